// What an engine says about itself in shared memory: the one list of cells, filled by the topology.
//
// Made before the threads start; then each group is written by the thread named with it, from cheap
// getters of the agents, between rounds (some ten times a second), not per message. Only latencies are
// recorded as they happen. `jobber stat`, `top` and the page show whatever cells they find, by name.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/stats.hpp"

namespace jobber::tools {

// Stages of a byte's journey; a histogram of nanoseconds each: latency/<stage>.
enum class Stage : std::uint8_t {
  kFeed,         // venue's event time -> our receive time
  kDecode,       // bytes read -> decoded
  kBook,         // decoded -> applied and published
  kDecide,       // received -> the quoter's decision
  kGate,         // decided -> through the risk gate
  kSign,         // through the gate -> signed
  kWire,         // received -> last byte of the order written: tick to order
  kAck,          // written -> the venue's answer
};
constexpr std::size_t kStages = 8;
std::string_view to_text(Stage stage) noexcept;

struct EngineStats {
  struct Shape {
    std::vector<std::string> markets;  // symbols, by InstrumentId
    std::vector<std::string> threads;
    std::vector<std::string> rings;
  };

  // engine/...: housekeeping thread.
  struct Engine {
    Text state;         // "starting", "quoting", "paused", "halted", ...
    Text verb;          // "paper", "live"
    Text config;        // fingerprint of the configuration
    Text risk_latch;    // what tripped, empty when nothing did
    Gauge now_ns;       // the engine's own clock: tape time on a tape
    Real clock_error_us;
    Counter journal_records, journal_bytes, journal_dropped;
    Text journal_state;
    Counter log_records, log_dropped;
  };

  // One side of one market: strategy thread.
  struct Side {
    Text why_not;       // reason this side is not quoted; "quoting" when it is
    Real price, qty;    // of the best order working on this side; 0 when none
    Gauge open_orders;
  };

  // market/<symbol>/...
  struct Market {
    // Feed thread.
    Text feed_state, feed_reason;
    Gauge feed_age_ns;  // since the last message of this market
    Counter messages, decode_errors, gaps, resyncs;
    Real best_bid, best_ask;
    // Strategy thread.
    Side bid, ask;
    Real fair, alpha;
    Counter decisions, requotes, cancels, rejects;
    // Gateway thread.
    Real position, average_price, realised, unrealised, fees, pnl, volume;
    Counter orders, fills, risk_rejects;
  };

  // thread/<name>/...: that thread (tools/jobber/thread_meter.hpp fills it).
  struct Thread {
    Counter rounds, busy_rounds, work, stalls;
    Gauge longest_ns, stalled_ns;   // longest gap between two rounds; sum of the stalls
    Gauge alive_ns;                 // engine clock at its last publication
    Counter allocated_bytes;        // since warm; stays 0 on a hot thread
    Counter page_faults;            // since warm; stays 0 on a hot thread
    Counter involuntary_switches;   // since warm
    Text warm;                      // "yes" once the two above are counted
  };

  // ring/<name>/...: the producing thread.
  struct Ring {
    Gauge depth, capacity;    // depth: up to a quarter ring too high, slots come back in portions
    Counter pushed, refused;  // refused: times it was too full for what was to go in
  };

  EngineStats(StatsWriter& writer, const Shape& shape);
  Histogram& latency(Stage stage) noexcept { return *latency_[static_cast<std::size_t>(stage)]; }

  Engine engine;
  std::vector<Market> markets;
  std::vector<Thread> threads;
  std::vector<Ring> rings;

  // Memory that a segment of this shape needs, and entries of its name table.
  static std::size_t bytes(const Shape& shape) noexcept;
  static std::uint32_t cells(const Shape& shape) noexcept;

 private:
  std::array<Histogram*, kStages> latency_{};
};

}  // namespace jobber::tools
