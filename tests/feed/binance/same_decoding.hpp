// Compares what two decoders made of one message: the scanner and the general parser must never differ.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "feed/binance/codec.hpp"

namespace jobber::feed::test {

inline bool same(std::span<const Level> a, std::span<const Level> b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].price != b[i].price || a[i].qty != b[i].qty) return false;
  }
  return true;
}

inline bool same(const DepthUpdate& a, const DepthUpdate& b) {
  return a.first_id == b.first_id && a.last_id == b.last_id && a.prev_id == b.prev_id && a.has_prev == b.has_prev &&
         a.event_time == b.event_time && a.transact_time == b.transact_time && same(a.bids, b.bids) &&
         same(a.asks, b.asks);
}
inline bool same(const DepthSnapshot& a, const DepthSnapshot& b) {
  return a.last_update_id == b.last_update_id && a.event_time == b.event_time && same(a.bids, b.bids) &&
         same(a.asks, b.asks);
}
inline bool same(const Trade& a, const Trade& b) {
  return a.id == b.id && a.price == b.price && a.qty == b.qty && a.aggressor == b.aggressor &&
         a.event_time == b.event_time && a.trade_time == b.trade_time && a.off_market == b.off_market &&
         a.aggregate == b.aggregate;
}
inline bool same(const BookTicker& a, const BookTicker& b) {
  return a.update_id == b.update_id && a.bid == b.bid && a.bid_qty == b.bid_qty && a.ask == b.ask &&
         a.ask_qty == b.ask_qty && a.event_time == b.event_time;
}
inline bool same(const MarkPrice& a, const MarkPrice& b) {
  return a.mark_e8 == b.mark_e8 && a.index_e8 == b.index_e8 && a.funding_rate_e8 == b.funding_rate_e8 &&
         a.event_time == b.event_time && a.next_funding == b.next_funding;
}

// Decodes `json` with both; empty when they agree in everything, else what differs.
inline std::string difference(Decoder& a, Decoder& b, std::span<const char> json) {
  const auto x = a.decode(json), y = b.decode(json);
  if (x.ok() != y.ok()) return std::string("one accepts: ") + std::string(to_text(x.ok() ? y.error() : x.error()));
  if (!x.ok()) return x.error() == y.error() ? "" : "error causes";
  if (x.value() != y.value()) return "kinds";
  if (a.stream() != b.stream()) return "streams";
  switch (x.value()) {
    case EventKind::kDepth:
      return same(a.depth(), b.depth()) ? "" : "depth";
    case EventKind::kSnapshot:
      return same(a.snapshot(), b.snapshot()) ? "" : "snapshot";
    case EventKind::kTrade:
      return same(a.trade(), b.trade()) ? "" : "trade";
    case EventKind::kBookTicker:
      return same(a.book_ticker(), b.book_ticker()) ? "" : "book ticker";
    case EventKind::kMarkPrice:
      return same(a.mark_price(), b.mark_price()) ? "" : "mark price";
    case EventKind::kOther:
      break;
  }
  return "";
}

}  // namespace jobber::feed::test
