// Queue position, exchange fill rules and order latency against the paper venue's parts. Where a case
// gives both the reference's numbers and bounded ones (with_clamp), the bounded ones are ours.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "gateway/paper/latency_model.hpp"
#include "gateway/paper/paper_exchange.hpp"
#include "gateway/paper/queue_model.hpp"
#include "tests/support/vectors.hpp"

namespace jobber::gateway {
namespace {

using nlohmann::json;

QueueModel::Kind kind_of(const json& model) {
  if (model["kind"] == "risk_averse") return QueueModel::Kind::kRiskAverse;
  const std::map<std::string, QueueModel::Kind> names = {{"power", QueueModel::Kind::kPower},
                                                         {"power2", QueueModel::Kind::kPower2},
                                                         {"power3", QueueModel::Kind::kPower3},
                                                         {"log", QueueModel::Kind::kLog},
                                                         {"log2", QueueModel::Kind::kLog2}};
  return names.at(model["f"].get<std::string>());
}
double n_of(const json& model) { return model.contains("n") ? test::number(model["n"]) : 1.0; }

void run_queue(const json& c) {
  const double lot = test::number(c["lot"]);
  const QueueModel queue(kind_of(c["model"]), n_of(c["model"]), lot);
  const json& want = c.contains("with_clamp") ? c["with_clamp"] : c;
  QueueSpot spot;
  for (std::size_t i = 0; i != c["ops"].size(); ++i) {
    const json& op = c["ops"][i];
    std::int64_t executable = 0;
    if (op[0] == "new") {
      spot = QueueModel::on_accept(test::number(op[1]));
    } else if (op[0] == "trade") {
      executable = queue.on_trade(spot, test::number(op[1]));
    } else {
      ASSERT_EQ(op[0], "depth");
      queue.on_level(spot, test::number(op[1]), test::number(op[2]));
    }
    EXPECT_NEAR(spot.front, test::number(want["front_after"][i]), 1e-9) << "op " << i;
    EXPECT_EQ(executable, std::llround(test::number(want["executable_after"][i]) / lot)) << "op " << i;
  }
}

// Drives one PaperExchange with the events of a case and reads its reports at once.
class Replay {
 public:
  explicit Replay(const json& c)
      : latency_(LatencyModel::constant({}, {})),
        reports_(latency_),
        exchange_(unit_instrument(), kind_of(c["model"]), n_of(c["model"]),
                  c["exchange"] == "partial_fill" ? FillRule::kPartial : FillRule::kWhole, {}, reports_) {}

  void feed(const json& e) {
    if (e[0] == "depth" || e[0] == "trade") return market(e);
    OrderCommand c{};
    c.order = {e[1].get<std::uint64_t>()};
    if (e[0] == "new") {
      c.kind = OrderCommand::Kind::kNew;
      c.side = e[2] == "buy" ? Side::kBuy : Side::kSell;
      c.price = {e[3].get<std::int64_t>()};
      c.qty = {e[4].get<std::int64_t>()};
      c.tif = tif_of(e[5]);
      // A market order reaches 100 ticks beyond the best price, whatever its own.
      const BookSide other = c.side == Side::kBuy ? BookSide::kAsk : BookSide::kBid;
      if (e[5] == "MARKET") c.price = exchange_.book().best(other) + Ticks{100 * sign(c.side)};
    } else if (e[0] == "modify") {
      c.kind = OrderCommand::Kind::kReplace;
      c.price = {e[2].get<std::int64_t>()};
      c.qty = {e[3].get<std::int64_t>()};
    } else {
      ASSERT_EQ(e[0], "cancel");
      c.kind = OrderCommand::Kind::kCancel;
    }
    exchange_.on_command({++now_}, c);
  }
  std::vector<OrderEvent> drain() {
    std::vector<OrderEvent> out;
    for (OrderEvent e{}; reports_.pop_due({now_}, e);) out.push_back(e);
    return out;
  }
  [[nodiscard]] const PaperExchange& exchange() const { return exchange_; }

 private:
  static Instrument unit_instrument() {
    Instrument in;
    in.price_decimals = in.qty_decimals = 0;
    return in;
  }
  static TimeInForce tif_of(const json& word) {
    if (word == "GTX") return TimeInForce::kPostOnly;
    if (word == "GTC") return TimeInForce::kGoodTillCancel;
    if (word == "FOK") return TimeInForce::kFillOrKill;
    return TimeInForce::kImmediateOrCancel;
  }
  void market(const json& e) {
    MarketEvent m{};
    m.flags = MarketEvent::kEndOfBatch;
    if (e[0] == "depth") {
      m.kind = MarketEvent::Kind::kLevels;
      m.count = 1;
      m.sides = e[1] == "ask" ? 1 : 0;
      m.body.levels.level[0] = {{e[2].get<std::int64_t>()}, {e[3].get<std::int64_t>()}};
    } else {
      m.kind = MarketEvent::Kind::kTrade;
      m.side = e[1] == "buy" ? Side::kBuy : Side::kSell;
      m.body.trade = {{e[2].get<std::int64_t>()}, {e[3].get<std::int64_t>()}, 0, {}};
    }
    exchange_.on_market({++now_}, m);
  }

  LatencyModel latency_;
  ReportQueue reports_;
  PaperExchange exchange_;
  std::int64_t now_ = 0;
};

// Our event in the file's words. An acknowledgement of an order that took at once has no counterpart.
std::string status_of(const OrderEvent& e) {
  switch (e.kind) {
    case OrderEvent::Kind::kAck:
    case OrderEvent::Kind::kReplaced: return "new";
    case OrderEvent::Kind::kFill: return e.leaves.n == 0 ? "filled" : "partially_filled";
    case OrderEvent::Kind::kCancelled: return e.reason == RejectReason::kExpired ? "expired" : "canceled";
    case OrderEvent::Kind::kReject: return "expired";
    case OrderEvent::Kind::kCancelReject: return "cancel_rejected";
    case OrderEvent::Kind::kReplaceReject: return "modify_rejected";
    default: return "?";
  }
}

void run_exchange(const json& c) {
  Replay replay(c);
  std::size_t next = 0;
  for (std::size_t i = 0; i != c["events"].size(); ++i) {
    replay.feed(c["events"][i]);
    auto events = replay.drain();
    if (events.size() > 1 && events[0].kind == OrderEvent::Kind::kAck) events.erase(events.begin());
    for (const OrderEvent& e : events) {
      ASSERT_LT(next, c["reports"].size()) << "a report too many at event " << i;
      const json& want = c["reports"][next++];
      EXPECT_EQ(want["event"].get<std::size_t>(), i);
      EXPECT_EQ(want["id"].get<std::uint64_t>(), e.order.n);
      EXPECT_EQ(want["status"].get<std::string>(), status_of(e)) << "event " << i;
      if (e.kind != OrderEvent::Kind::kFill) continue;
      EXPECT_EQ(test::number(want["exec_qty"]), static_cast<double>(e.qty.n)) << "event " << i;
      EXPECT_EQ(want["exec_tick"].get<std::int64_t>(), e.price.grid) << "event " << i;
      EXPECT_EQ(want["maker"].get<bool>(), (e.flags & OrderEvent::kMaker) != 0) << "event " << i;
      EXPECT_EQ(test::number(want["leaves"]), static_cast<double>(e.leaves.n)) << "event " << i;
    }
  }
  EXPECT_EQ(next, c["reports"].size());
  ASSERT_EQ(replay.exchange().resting().size(), c["open_orders"].size());
  for (std::size_t i = 0; i != c["open_orders"].size(); ++i) {
    const PaperOrder& o = replay.exchange().resting()[i];
    const json& want = c["open_orders"][i];
    EXPECT_EQ(want["id"].get<std::uint64_t>(), o.id.n);
    EXPECT_EQ(want["tick"].get<std::int64_t>(), o.price.grid);
    EXPECT_EQ(test::number(want["leaves"]), static_cast<double>(o.leaves().n));
    EXPECT_NEAR(test::number(want["front"]), o.spot.front, 1e-9);
  }
}

std::vector<LatencyRow> latency_rows(const json& rows) {
  std::vector<LatencyRow> out;
  for (const json& r : rows) out.push_back({{r[0].get<std::int64_t>()}, {r[1].get<std::int64_t>()}, {r[2].get<std::int64_t>()}});
  return out;
}
std::vector<FeedTimes> feed_times(const json& rows) {
  std::vector<FeedTimes> out;
  for (const json& r : rows) out.push_back({{r[0].get<std::int64_t>()}, {r[1].get<std::int64_t>()}});
  return out;
}
FeedScale scale_of(const json& c) {
  return {c["mul_entry"].get<std::int64_t>(), {c["offset_entry"].get<std::int64_t>()},
          c["mul_response"].get<std::int64_t>(), {c["offset_response"].get<std::int64_t>()}};
}

void run_interpolated(const json& c) {
  const auto model = LatencyModel::interpolated(latency_rows(c["rows"]), {c.value("offset", std::int64_t{0})});
  for (const json& e : c["entry"]) EXPECT_EQ(model.entry({e[0].get<std::int64_t>()}).n, e[1].get<std::int64_t>()) << e;
  if (!c.contains("response")) return;
  for (const json& e : c["response"]) {
    EXPECT_EQ(model.response({e[0].get<std::int64_t>()}).n, e[1].get<std::int64_t>()) << e;
  }
}

void run_from_feed(const json& c) {
  const bool resampled = c.contains("events");
  std::vector<FeedTimes> feed = feed_times(resampled ? c["events"] : c["feed"]);
  if (resampled) {
    feed = last_of_each(feed, {c["period"].get<std::int64_t>()});
    EXPECT_EQ(feed, feed_times(c["kept"]));
  }
  EXPECT_EQ(rows_of(feed, scale_of(c)), latency_rows(c["rows"]));
}

void run_fifo(const json& c) {
  FifoClock clock;
  for (std::size_t i = 0; i != c["requests"].size(); ++i) {
    const json& r = c["requests"][i];
    EXPECT_EQ(clock.arrival({r[0].get<std::int64_t>()}, {r[1].get<std::int64_t>()}).ns, c["arrival"][i].get<std::int64_t>());
  }
}

void run_constant(const json& c) {
  const auto model = LatencyModel::constant({c["entry"].get<std::int64_t>()}, {c["response"].get<std::int64_t>()});
  const Instant sent{c["sent"].get<std::int64_t>()};
  const Instant there = sent + model.entry(sent);
  EXPECT_EQ(there.ns, c["at_exchange"].get<std::int64_t>());
  EXPECT_EQ((there + model.response(there)).ns, c["seen"].get<std::int64_t>());
}

TEST(QueueModelVectors, EveryCase) {
  JOBBER_LOAD_VECTORS(files, "queue position, exchange fill rules, order latency", "queue_models");
  for (const auto& file : files) {
    for (const json& c : file.json["cases"]) {
      SCOPED_TRACE(file.path + ": " + c.value("name", ""));
      const std::string kind = c["kind"];
      if (kind == "queue") {
        run_queue(c);
      } else if (kind == "exchange") {
        run_exchange(c);
      } else if (kind == "latency_interpolated" || kind == "latency_rejects") {
        run_interpolated(c);
      } else if (kind == "latency_from_feed" || kind == "latency_from_feed_resampled") {
        run_from_feed(c);
      } else if (kind == "latency_fifo") {
        run_fifo(c);
      } else if (kind == "latency_constant") {
        run_constant(c);
      } else {
        ADD_FAILURE() << "unknown kind " << kind;
      }
    }
  }
}

}  // namespace
}  // namespace jobber::gateway
