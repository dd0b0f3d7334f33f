#include "tools/world/log_builder.hpp"

#include <memory>

#include "engine/rings.hpp"

namespace jobber::world {
namespace {

// Turns the feed's batches into log events. A batch whose last message says nothing to a replay (the
// touch) ends with the last one that did.
class Appender {
 public:
  explicit Appender(EventLog& log) : log_(log) {}

  void on_market(const MarketEvent& e) {
    const bool ends = (e.flags & MarketEvent::kEndOfBatch) != 0;
    switch (e.kind) {
      case MarketEvent::Kind::kLevels: on_levels(e, ends); break;
      case MarketEvent::Kind::kTrade:
        if ((e.flags & MarketEvent::kOffMarket) == 0) {
          const std::uint8_t side = e.side == Side::kBuy ? 0 : 1;
          append(e, LogEvent::Kind::kTrade, e.body.trade.price, e.body.trade.qty, side, ends);
        }
        break;
      case MarketEvent::Kind::kStatus:
        append(e, LogEvent::Kind::kStatus, last_, {static_cast<std::int64_t>(e.body.status.state)}, 0, ends);
        break;
      case MarketEvent::Kind::kTop:  // also ends a republication, which may have come in portions
        if (rebuilding_) append(e, LogEvent::Kind::kRebuilt, last_, {}, 0, ends);
        rebuilding_ = false;
        if (ends && !log_.last_ended()) log_.end_last();
        break;
      case MarketEvent::Kind::kDepthSums: break;
    }
  }

 private:
  void on_levels(const MarketEvent& e, bool ends) {
    if ((e.flags & MarketEvent::kSnapshot) != 0) {
      append(e, LogEvent::Kind::kRebuild, e.body.levels.level[0].price, {}, 0, false);
      rebuilding_ = true;
    }
    for (std::size_t i = 0; i != e.count; ++i) {
      const MarketEvent::LevelChange& level = e.body.levels.level[i];
      append(e, LogEvent::Kind::kLevel, level.price, level.qty, static_cast<std::uint8_t>(e.sides >> i & 1U),
             ends && i + 1 == e.count);
    }
  }
  void append(const MarketEvent& e, LogEvent::Kind kind, Price price, Lots qty, std::uint8_t side, bool end) {
    LogEvent event{};
    event.at = e.received_at;
    event.price = last_ = price;
    event.qty = qty;
    event.kind = kind;
    event.side = side;
    event.end = end ? 1 : 0;
    log_.append(event);
  }

  EventLog& log_;
  Price last_{};
  bool rebuilding_ = false;
};

}  // namespace

DecodedTape decode_tape(const LoadedTape& tape, const feed::MarketAgentConfig& config) {
  DecodedTape out;
  Appender appender(out.log);
  feed::MarketAgent agent(config);
  const auto ring = std::make_unique<MarketRing>();
  agent.add_output(*ring, {.levels = true, .ticker = false});
  const auto drain = [&] {
    return ring->drain(static_cast<int>(MarketRing::capacity()), [&](const MarketEvent& e) { appender.on_market(e); });
  };
  const auto settle = [&](Instant now) {
    while (drain() + agent.poll(now) != 0) {
    }
  };
  for (std::size_t i = 0; i != tape.lines(); ++i) {
    const TapeLine line = tape.line(i);
    if (i == 0) agent.on_connect(line.recv);
    for (Instant due = agent.next_deadline(); due <= line.recv; due = agent.next_deadline()) settle(due);
    agent.on_line(line.recv, line.json);
    settle(line.recv);
  }
  if (agent.session().book_is_whole()) out.book_hash = agent.session().book().state_hash();
  return out;
}

}  // namespace jobber::world
