#include "feed/market_agent.hpp"

namespace jobber::feed {

void MarketAgent::on_line(Instant now, std::span<const char> json) noexcept {
  ++counters_.lines;
  ++seq_.n;
  const BatchHead head{seq_, now};
  const auto kind = decoder_.decode(json);
  if (!kind.ok()) [[unlikely]] {
    ++counters_.undecodable;
    session_.on_unreadable(now);
    tell_status(now);
    return;
  }
  switch (kind.value()) {
    case EventKind::kDepth: on_depth(head, decoder_.depth()); break;
    case EventKind::kSnapshot: on_snapshot(head, decoder_.snapshot()); break;
    case EventKind::kTrade: on_trade(head, decoder_.trade()); break;
    case EventKind::kBookTicker: on_ticker(head, decoder_.book_ticker()); break;
    case EventKind::kMarkPrice:
      ++counters_.mark_prices;
      mark_price_ = decoder_.mark_price();
      break;
    case EventKind::kOther: ++counters_.others; break;
  }
}

void MarketAgent::on_depth(const BatchHead& head, const DepthUpdate& update) noexcept {
  const DepthSession::Effect effect = session_.on_depth(head.received_at, update, head.seq.n);
  switch (effect) {
    case DepthSession::Effect::kApplied:
      told_ = status();
      publisher_.applied(head, view(), update.bids, update.asks);
      ticker_check_.on_applied(update.last_id, session_.book());
      rest_check_.on_applied(update);
      break;
    case DepthSession::Effect::kRebuilt:
      told_ = status();
      publisher_.rebuilt(head, view());
      rest_check_.clear();
      break;
    case DepthSession::Effect::kNone: tell_status(head.received_at); break;
  }
}

void MarketAgent::on_snapshot(const BatchHead& head, const DepthSnapshot& snapshot) noexcept {
  if (session_.book_is_whole()) rest_check_.on_snapshot(snapshot);
  if (session_.on_snapshot(head.received_at, snapshot) == DepthSession::Effect::kRebuilt) {
    told_ = status();
    publisher_.rebuilt(head, view());
    rest_check_.clear();
  } else {
    tell_status(head.received_at);
  }
}

void MarketAgent::on_trade(const BatchHead& head, const Trade& trade) noexcept {
  ++counters_.trades;
  counters_.off_market_trades += trade.off_market;
  publisher_.trade(head, {trade.price, trade.qty, trade.id, trade.trade_time}, trade.aggressor, trade.off_market);
}

void MarketAgent::on_ticker(const BatchHead& head, const BookTicker& ticker) noexcept {
  ++counters_.tickers;
  if (!is_sound(ticker)) {
    ++counters_.tickers_unsound;
    return;
  }
  if (ticker.update_id < ticker_.update_id) {
    ++counters_.tickers_old;
    return;
  }
  ticker_ = ticker;
  ticker_check_.on_ticker(ticker);
  publisher_.ticker(head, {ticker.bid, ticker.ask, ticker.bid_qty, ticker.ask_qty});
}

void MarketAgent::on_connect(Instant now) noexcept {
  session_.on_connect(now);
  tell_status(now);
}

void MarketAgent::on_disconnect(Instant now) noexcept {
  session_.on_disconnect(now);
  ticker_check_.clear();
  rest_check_.clear();
  ticker_ = {};
  tell_status(now);
}

void MarketAgent::begin_rest_check() noexcept {
  if (!session_.book_is_whole()) return;
  rest_check_.arm(session_.book(), session_.update_id(), session_.covered_low(), session_.covered_high());
}

void MarketAgent::on_end(Instant now) noexcept {
  session_.on_end(now);
  tell_status(now);
}

int MarketAgent::poll(Instant now) noexcept {
  session_.on_timer(now);
  const bool changed = !(status() == told_);
  if (changed) tell_status(now);
  // A republished book is as old as its newest event, however late it finds room: its age is judged by this.
  const Instant received_at = session_.book_is_whole() ? session_.last_event() : now;
  return publisher_.poll({seq_, received_at}, view()) + static_cast<int>(changed);
}

void MarketAgent::tell_status(Instant now) noexcept {
  if (status() == told_) return;
  told_ = status();
  publisher_.status({seq_, now}, view());
}

MarketPublisher::View MarketAgent::view() noexcept {
  return {status(), session_.update_id(), session_.venue_time(), session_.book_is_whole() ? &session_.book() : nullptr};
}

}  // namespace jobber::feed
