#include "feed/binance/public_data.hpp"

#include "engine/json_fields.hpp"

namespace jobber::feed {
namespace {

using simdjson::dom::element;
constexpr auto kRequired = JsonFields::kRequired;

// The message itself, without the wrapper of combined streams.
class Message {
 public:
  explicit Message(std::string_view json, TimeUnit unit = TimeUnit::kMilliseconds) : in(unit == TimeUnit::kMicroseconds) {
    if (!document_.parse(json)) {
      in.fail(JsonFault::kNotJson);
      return;
    }
    root = document_.root();
    element data;
    if (root.is_object() && in.find(root, "data", JsonFields::kOptional, data)) root = data;
  }

  template <class T, class Read>
  Result<T, JsonFault> get(Read&& read) {
    T out{};
    if (in.sound() && !root.is_object() && !root.is_array()) in.fail(JsonFault::kWrongShape);
    if (in.sound()) read(out);
    if (!in.sound()) return in.fault();
    return out;
  }
  [[nodiscard]] std::string text(const element& from, const char* key) { return std::string(in.text(from, key, kRequired)); }
  [[nodiscard]] bool has(const element& from, const char* key) {
    element found;
    return in.find(from, key, JsonFields::kOptional, found);
  }

  JsonFields in;
  element root;

 private:
  JsonDocument document_;
};

void read_funding(Message& m, const element& from, BinanceFunding& out) {
  const bool rest = m.has(from, "markPrice");  // REST writes words, streams letters
  out.symbol = m.text(from, rest ? "symbol" : "s");
  out.mark = m.in.decimal(from, rest ? "markPrice" : "p", kRequired);
  out.index = m.in.decimal(from, rest ? "indexPrice" : "i");
  out.rate = m.in.decimal(from, rest ? "lastFundingRate" : "r");
  out.next = m.in.time(from, rest ? "nextFundingTime" : "T");
  out.at = m.in.time(from, rest ? "time" : "E");
}

}  // namespace

Result<std::vector<BinanceFunding>, JsonFault> read_binance_funding(std::string_view json) {
  Message m(json);
  return m.get<std::vector<BinanceFunding>>([&](auto& out) {
    if (m.root.is_array()) return m.in.each(m.root, [&](const element& item) { read_funding(m, item, out.emplace_back()); });
    read_funding(m, m.root, out.emplace_back());
  });
}

Result<std::vector<BinanceFundingRule>, JsonFault> read_binance_funding_rules(std::string_view json) {
  Message m(json);
  return m.get<std::vector<BinanceFundingRule>>([&](auto& out) {
    m.in.each(m.root, [&](const element& item) {
      out.push_back({m.text(item, "symbol"), m.in.decimal(item, "adjustedFundingRateCap"),
                     m.in.decimal(item, "adjustedFundingRateFloor"), m.in.integer(item, "fundingIntervalHours", kRequired)});
    });
  });
}

Result<BinanceTouch, JsonFault> read_binance_touch(std::string_view json) {
  Message m(json);
  return m.get<BinanceTouch>([&](BinanceTouch& out) {
    const bool rest = m.has(m.root, "bidPrice");
    out.symbol = m.text(m.root, rest ? "symbol" : "s");
    out.bid = m.in.decimal(m.root, rest ? "bidPrice" : "b", kRequired);
    out.bid_qty = m.in.decimal(m.root, rest ? "bidQty" : "B", kRequired);
    out.ask = m.in.decimal(m.root, rest ? "askPrice" : "a", kRequired);
    out.ask_qty = m.in.decimal(m.root, rest ? "askQty" : "A", kRequired);
    out.update_id = m.in.id(m.root, rest ? "lastUpdateId" : "u", rest ? JsonFields::kOptional : kRequired);
    out.event_time = m.in.time(m.root, "E");
    out.transact_time = m.in.time(m.root, rest ? "time" : "T");
  });
}

Result<BinanceTrade, JsonFault> read_binance_trade(std::string_view json) {
  Message m(json);
  return m.get<BinanceTrade>([&](BinanceTrade& out) {
    const std::string_view event = m.in.text(m.root, "e", kRequired);
    const bool aggregate = event == "aggTrade";
    if (!aggregate && event != "trade" && event != "blockTrade") return m.in.fail(JsonFault::kWrongShape);
    out.symbol = m.text(m.root, "s");
    out.id = m.in.id(m.root, aggregate ? "a" : "t");
    out.price = m.in.decimal(m.root, "p", kRequired);
    out.qty = out.qty_without_rpi = m.in.decimal(m.root, "q", kRequired);
    if (m.has(m.root, "nq")) out.qty_without_rpi = m.in.decimal(m.root, "nq");
    out.aggressor = m.in.flag(m.root, "m") ? Side::kSell : Side::kBuy;
    out.at = m.in.time(m.root, "T", kRequired);
    out.block = event == "blockTrade";
    if (!aggregate) return;
    const std::uint64_t first = m.in.id(m.root, "f");
    const std::uint64_t last = m.in.id(m.root, "l");
    if (last < first) return m.in.fail(JsonFault::kBadNumber);
    out.trades = last - first + 1;
  });
}

Result<BinanceReference, JsonFault> read_binance_reference(std::string_view json) {
  Message m(json);
  return m.get<BinanceReference>([&](BinanceReference& out) {
    const std::string_view event = m.in.text(m.root, "e");
    const bool rest = event.empty();
    const char* price = rest ? "referencePrice" : event == "avgPrice" ? "w" : "r";
    if (m.root[price].error() != simdjson::SUCCESS) return m.in.fail(JsonFault::kMissingField);
    out.symbol = m.text(m.root, rest ? "symbol" : "s");
    if (m.has(m.root, price)) out.price = m.in.decimal(m.root, price);
    out.at = m.in.time(m.root, rest ? "timestamp" : event == "avgPrice" ? "T" : "t");
  });
}

Result<BinanceContractChange, JsonFault> read_binance_contract_change(std::string_view json) {
  Message m(json);
  return m.get<BinanceContractChange>([&](BinanceContractChange& out) {
    out.symbol = m.text(m.root, "s");
    out.status = m.text(m.root, "cs");
    m.in.each_of(m.root, "bks", [&](const element& bracket) { out.maintenance.push_back(m.in.decimal(bracket, "mmr")); });
  });
}

Result<BinanceLiquidation, JsonFault> read_binance_liquidation(std::string_view json) {
  Message m(json);
  return m.get<BinanceLiquidation>([&](BinanceLiquidation& out) {
    element order;
    if (!m.in.find(m.root, "o", kRequired, order)) return;
    out.symbol = m.text(order, "s");
    out.side = m.in.side(order, "S");
    out.average_price = m.in.decimal(order, "ap");
    out.qty = m.in.decimal(order, "z", kRequired);
    out.at = m.in.time(order, "T");
  });
}

Result<BinanceCandle, JsonFault> read_binance_candle(std::string_view json) {
  Message m(json);
  return m.get<BinanceCandle>([&](BinanceCandle& out) {
    element candle = m.root;
    const bool day = !m.in.find(m.root, "k", JsonFields::kOptional, candle);
    if (day) candle = m.root;
    out.symbol = m.text(m.root, "s");
    out.open = m.in.decimal(candle, "o", kRequired);
    out.close = m.in.decimal(candle, "c", kRequired);
    out.high = m.in.decimal(candle, "h", kRequired);
    out.low = m.in.decimal(candle, "l", kRequired);
    out.volume = m.in.decimal(candle, "v", kRequired);
    out.begin = m.in.time(candle, day ? "O" : "t");
    out.closed = !day && m.in.flag(candle, "x");
  });
}

Result<Instant, JsonFault> read_binance_time(std::string_view json, TimeUnit unit) {
  Message m(json, unit);
  return m.get<Instant>([&](Instant& out) { out = m.in.time(m.root, "serverTime", kRequired); });
}

}  // namespace jobber::feed
