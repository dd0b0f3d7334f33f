#include "tools/jobber/engine_stats.hpp"

#include <algorithm>

namespace jobber::tools {
namespace {

// Cells of each group, rounded up: for the sizes below.
constexpr std::uint32_t kEngineCells = 16, kMarketCells = 40, kThreadCells = 14, kRingCells = 4;

// '/' separates the parts of a name, so a symbol may not contain one.
std::string part(std::string_view text) {
  std::string out(text.substr(0, 20));
  std::replace(out.begin(), out.end(), '/', '-');
  return out;
}

EngineStats::Engine add_engine(StatsWriter& w) {
  w.next_line();
  return {.state = w.text("engine/state", "starting"), .verb = w.text("engine/verb"), .config = w.text("engine/config"),
          .risk_latch = w.text("engine/risk_latch"), .now_ns = w.gauge("engine/now_ns"),
          .clock_error_us = w.real("engine/clock_error_us"), .journal_records = w.counter("journal/records"),
          .journal_bytes = w.counter("journal/bytes"), .journal_dropped = w.counter("journal/dropped"),
          .journal_state = w.text("journal/state", "off"), .log_records = w.counter("log/records"),
          .log_dropped = w.counter("log/dropped")};
}

EngineStats::Side add_side(StatsWriter& w, const std::string& prefix) {
  return {.why_not = w.text(prefix + "why_not", "starting"), .price = w.real(prefix + "price"),
          .qty = w.real(prefix + "qty"), .open_orders = w.gauge(prefix + "open_orders")};
}

EngineStats::Market add_market(StatsWriter& w, const std::string& symbol) {
  const std::string p = "market/" + part(symbol) + "/";
  EngineStats::Market m;
  w.next_line();  // feed thread
  m.feed_state = w.text(p + "feed_state", "connecting");
  m.feed_reason = w.text(p + "feed_reason");
  m.feed_age_ns = w.gauge(p + "feed_age_ns");
  m.messages = w.counter(p + "messages");
  m.decode_errors = w.counter(p + "decode_errors");
  m.gaps = w.counter(p + "gaps");
  m.resyncs = w.counter(p + "resyncs");
  m.best_bid = w.real(p + "best_bid");
  m.best_ask = w.real(p + "best_ask");
  w.next_line();  // strategy thread
  m.bid = add_side(w, p + "bid/");
  m.ask = add_side(w, p + "ask/");
  m.fair = w.real(p + "fair");
  m.alpha = w.real(p + "alpha");
  m.decisions = w.counter(p + "decisions");
  m.requotes = w.counter(p + "requotes");
  m.cancels = w.counter(p + "cancels");
  m.rejects = w.counter(p + "rejects");
  w.next_line();  // gateway thread
  m.position = w.real(p + "position");
  m.average_price = w.real(p + "average_price");
  m.realised = w.real(p + "realised");
  m.unrealised = w.real(p + "unrealised");
  m.fees = w.real(p + "fees");
  m.pnl = w.real(p + "pnl");
  m.volume = w.real(p + "volume");
  m.orders = w.counter(p + "orders");
  m.fills = w.counter(p + "fills");
  m.risk_rejects = w.counter(p + "risk_rejects");
  return m;
}

EngineStats::Thread add_thread(StatsWriter& w, const std::string& name) {
  const std::string p = "thread/" + part(name) + "/";
  w.next_line();
  return {.rounds = w.counter(p + "rounds"), .busy_rounds = w.counter(p + "busy_rounds"), .work = w.counter(p + "work"),
          .stalls = w.counter(p + "stalls"), .longest_ns = w.gauge(p + "longest_ns"),
          .stalled_ns = w.gauge(p + "stalled_ns"), .alive_ns = w.gauge(p + "alive_ns"),
          .allocated_bytes = w.counter(p + "allocated_bytes"), .page_faults = w.counter(p + "page_faults"),
          .involuntary_switches = w.counter(p + "involuntary_switches"), .warm = w.text(p + "warm", "no")};
}

EngineStats::Ring add_ring(StatsWriter& w, const std::string& name) {
  const std::string p = "ring/" + part(name) + "/";
  w.next_line();
  return {.depth = w.gauge(p + "depth"), .capacity = w.gauge(p + "capacity"), .pushed = w.counter(p + "pushed"),
          .refused = w.counter(p + "refused")};
}

}  // namespace

std::string_view to_text(Stage stage) noexcept {
  switch (stage) {
    case Stage::kFeed: return "feed";
    case Stage::kDecode: return "decode";
    case Stage::kBook: return "book";
    case Stage::kDecide: return "decide";
    case Stage::kGate: return "gate";
    case Stage::kSign: return "sign";
    case Stage::kWire: return "wire";
    case Stage::kAck: return "ack";
  }
  return "?";
}

EngineStats::EngineStats(StatsWriter& writer, const Shape& shape) : engine(add_engine(writer)) {
  for (const std::string& symbol : shape.markets) markets.push_back(add_market(writer, symbol));
  for (const std::string& name : shape.rings) rings.push_back(add_ring(writer, name));
  for (const std::string& name : shape.threads) threads.push_back(add_thread(writer, name));
  for (std::size_t i = 0; i != kStages; ++i) {
    latency_[i] = &writer.histogram("latency/" + std::string(to_text(static_cast<Stage>(i))));
  }
}

std::uint32_t EngineStats::cells(const Shape& shape) noexcept {
  return kEngineCells + static_cast<std::uint32_t>(kStages) + kMarketCells * static_cast<std::uint32_t>(shape.markets.size()) +
         kThreadCells * static_cast<std::uint32_t>(shape.threads.size()) +
         kRingCells * static_cast<std::uint32_t>(shape.rings.size());
}

// Every cell but a histogram takes at most a cache line.
std::size_t EngineStats::bytes(const Shape& shape) noexcept {
  return sizeof(StatsHeader) + cells(shape) * (sizeof(CellEntry) + std::size_t{64} * 2) + (kStages + 1) * sizeof(Histogram);
}

}  // namespace jobber::tools
