#include "feed/lighter/market_agent.hpp"

namespace jobber::feed {

using lighter::BookFrame;
using lighter::FrameKind;
using lighter::MarketStats;
using lighter::TradesFrame;

void LighterMarketAgent::on_line(Instant now, std::span<const char> json) noexcept {
  ++counters_.lines;
  ++seq_.n;
  const BatchHead head{seq_, now};
  const auto kind = codec_.decode(json);
  if (!kind.ok()) [[unlikely]] {
    ++counters_.undecodable;
    session_.on_unreadable(now);
    tell_status(now);
    return;
  }
  switch (kind.value()) {
    case FrameKind::kBook: on_book(head, codec_.book()); return;
    case FrameKind::kTrades: on_trades(now, codec_.trades()); break;
    case FrameKind::kTicker: on_ticker(head, codec_.ticker()); break;
    case FrameKind::kMarketStats: on_stats(codec_.market_stats()); break;
    case FrameKind::kOther: ++counters_.others; return;  // perhaps another market's: proves nothing about ours
  }
  session_.on_heard(now);
  tell_status(now);
}

void LighterMarketAgent::on_book(const BatchHead& head, const BookFrame& frame) noexcept {
  switch (session_.on_book(head.received_at, frame, head.seq.n)) {
    case Session::Effect::kApplied:
      told_ = status();
      publisher_.applied(head, view(), frame.bids, frame.asks);
      if (frame.has_nonce) ticker_check_.on_applied(frame.nonce, session_.book());
      break;
    case Session::Effect::kRebuilt:
      told_ = status();
      publisher_.rebuilt(head, view());
      break;
    case Session::Effect::kNone: tell_status(head.received_at); break;
  }
}

void LighterMarketAgent::on_trades(Instant now, const TradesFrame& frame) noexcept {
  if (frame.history) {
    counters_.old_trades += frame.trades.size() + frame.liquidations.size();
    return;
  }
  for (const Trade& trade : frame.trades) on_trade(now, trade);
  for (const Trade& trade : frame.liquidations) on_trade(now, trade);
}

// Each print is a batch of its own under the number of its frame.
void LighterMarketAgent::on_trade(Instant now, const Trade& trade) noexcept {
  ++counters_.trades;
  counters_.off_market_trades += trade.off_market;
  publisher_.trade({seq_, now}, {trade.price, trade.qty, trade.id, trade.trade_time}, trade.aggressor, trade.off_market);
}

void LighterMarketAgent::on_ticker(const BatchHead& head, const BookTicker& ticker) noexcept {
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
  if (!TickerCheck::same_touch(ticker, session_.book())) session_.on_contradicted(head.received_at);
  publisher_.ticker(head, {ticker.bid, ticker.ask, ticker.bid_qty, ticker.ask_qty});
}

void LighterMarketAgent::on_stats(const MarketStats& stats) noexcept {
  constexpr std::int64_t kHour = 3'600'000'000'000;
  ++counters_.mark_prices;
  stats_ = stats;
  const Instant next_hour{(stats.sent_at.ns / kHour + 1) * kHour};  // funding is paid every full hour, lighter.md 13
  mark_price_ = {stats.mark_e8, stats.index_e8, stats.funding_estimate_e8, stats.sent_at, next_hour};
}

void LighterMarketAgent::on_connect(Instant now) noexcept {
  session_.on_connect(now);
  tell_status(now);
}

void LighterMarketAgent::on_disconnect(Instant now) noexcept {
  session_.on_disconnect(now);
  ticker_check_.clear();
  ticker_ = {};
  tell_status(now);
}

void LighterMarketAgent::on_end(Instant now) noexcept {
  session_.on_end(now);
  tell_status(now);
}

int LighterMarketAgent::poll(Instant now) noexcept {
  session_.on_timer(now);
  const bool changed = !(status() == told_);
  if (changed) tell_status(now);
  // A republished book is as old as its newest event, however late it finds room: its age is judged by this.
  const Instant received_at = session_.book_is_whole() ? session_.last_event() : now;
  return publisher_.poll({seq_, received_at}, view()) + static_cast<int>(changed);
}

void LighterMarketAgent::tell_status(Instant now) noexcept {
  if (status() == told_) return;
  told_ = status();
  publisher_.status({seq_, now}, view());
}

MarketPublisher::View LighterMarketAgent::view() noexcept {
  return {status(), session_.update_id(), session_.venue_time(), session_.book_is_whole() ? &session_.book() : nullptr};
}

}  // namespace jobber::feed
