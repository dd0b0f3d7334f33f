// What a paper or backtest run did: filled by the worlds, printed by the verbs.
//
// Cold; the main thread, after the agents have stopped.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tools/jobber/book_crc.hpp"
#include "tools/jobber/link_report.hpp"

namespace jobber::tools {

// Quantiles of one stage, nanoseconds of real time.
struct StageLatency {
  std::string stage;
  std::uint64_t count = 0;
  std::int64_t p50 = 0;
  std::int64_t p99 = 0;
  std::int64_t p99_9 = 0;
  std::int64_t max = 0;
};

// One market at the end of a run, with its book.
struct MarketReport {
  std::string symbol;
  std::string currency;
  std::uint64_t fills = 0;
  std::uint64_t gaps = 0;
  std::uint64_t resyncs = 0;
  std::uint64_t ticker_agree = 0, ticker_differ = 0;  // the book beside the venue's ticker
  std::uint64_t rest_agree = 0, rest_differ = 0;      // and beside its REST snapshots
  double position = 0.0;
  double average_price = 0.0;
  double mark = 0.0;
  double volume = 0.0;
  double realised = 0.0;
  double unrealised = 0.0;
  double fees = 0.0;
  double funding = 0.0;
  double pnl = 0.0;
  BookMark book;
};

// Money is in the currency named; sizes in base units (contracts for inverse markets). Of several markets
// what can be summed is a sum; position, average price and mark are then 0 here and stand with each.
struct RunReport {
  std::string verb;
  std::string source;        // tape paths, or "simulated market, seed N"
  std::string symbol;
  std::string alpha_symbol;  // empty: no alpha
  std::string model = "vol_obi";
  std::string currency;
  std::uint64_t events = 0;   // wire messages handled by the quoted market's feed
  std::uint64_t market_messages = 0;
  std::uint64_t signals = 0;
  std::uint64_t quotes = 0;   // quoting decisions that left at least one side quoted
  std::uint64_t orders = 0;   // new orders accepted by the gate
  std::uint64_t replaces = 0;
  std::uint64_t cancels = 0;
  std::uint64_t fills = 0;
  std::uint64_t risk_rejects = 0;
  std::map<std::string, std::uint64_t> refused_because;  // at the gate, by verdict
  std::uint64_t venue_rejects = 0;
  std::uint64_t unsafe_orders = 0;  // new or replaced while the book was stale, crossed or broken: must be 0
  std::uint64_t open_orders_at_end = 0;
  double volume = 0.0;
  double position = 0.0;
  double average_price = 0.0;
  double mark = 0.0;
  double realised = 0.0;
  double unrealised = 0.0;
  double fees = 0.0;      // positive = paid, negative = rebate
  double funding = 0.0;   // positive = received
  double pnl = 0.0;       // realised + unrealised - fees + funding
  std::map<std::string, std::uint64_t> why_not_bid;  // decisions by reason, other than quoting
  std::map<std::string, std::uint64_t> why_not_ask;
  std::uint64_t feed_gaps = 0;
  std::uint64_t decode_errors = 0;
  std::uint64_t depth_applied = 0;
  std::uint64_t state_hash = 0;
  std::uint64_t hot_allocations = 0;  // after warm-up, hot threads only
  std::uint64_t hot_page_faults = 0;
  bool hot_counters = false;          // there are hot threads
  bool hot_measured = false;          // all of them got warm, which is when counting begins
  std::uint64_t journal_records = 0;
  std::uint64_t journal_dropped = 0;
  std::string journal_path;
  double wall_seconds = 0.0;
  double market_seconds = 0.0;
  std::vector<StageLatency> latency;
  std::vector<MarketReport> markets;
  std::vector<LinkReport> links;  // live: of the market feed, then of the alpha feed
  std::vector<std::string> warnings;
};

std::string to_json(const RunReport& report);
std::string to_text(const RunReport& report);

}  // namespace jobber::tools
