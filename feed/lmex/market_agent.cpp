#include "feed/lmex/market_agent.hpp"

namespace jobber::feed {

using lmex::BookMessage;
using lmex::MessageKind;

void LmexMarketAgent::on_line(Instant now, std::span<const char> text) noexcept {
  ++counters_.lines;
  ++seq_.n;
  const BatchHead head{seq_, now};
  const auto kind = codec_.decode(text);
  if (!kind.ok()) [[unlikely]] {
    ++counters_.undecodable;
    session_.on_unreadable(now);
    tell_status(now);
    return;
  }
  switch (kind.value()) {
    case MessageKind::kDelta: on_delta(head, codec_.book()); break;
    case MessageKind::kSnapshot: on_snapshot(head, codec_.book()); break;
    case MessageKind::kTrades:
      for (const Trade& trade : codec_.trades()) on_trade(head, trade);
      break;
    case MessageKind::kTopOfBook: on_ticker(head, codec_.top()); break;
    case MessageKind::kRestBook: on_polled(head, codec_.book()); break;
    case MessageKind::kOther: ++counters_.others; break;
  }
}

void LmexMarketAgent::on_delta(const BatchHead& head, const BookMessage& delta) noexcept {
  if (session_.on_change(head.received_at, delta, head.seq.n) == Session::Effect::kApplied) {
    told_ = status();
    publisher_.applied(head, view(), session_.changes(BookSide::kBid), session_.changes(BookSide::kAsk));
  } else {
    tell_status(head.received_at);
  }
}

void LmexMarketAgent::on_snapshot(const BatchHead& head, const BookMessage& snapshot) noexcept {
  if (session_.on_snapshot(head.received_at, snapshot) == Session::Effect::kRebuilt) {
    told_ = status();
    publisher_.rebuilt(head, view());
  } else {
    tell_status(head.received_at);
  }
}

void LmexMarketAgent::on_polled(const BatchHead& head, const BookMessage& book) noexcept {
  ++counters_.rest_books;
  if (session_.on_polled(head.received_at, book) == Session::Effect::kRebuilt) {
    told_ = status();
    publisher_.rebuilt(head, view());
  } else {
    tell_status(head.received_at);
  }
}

// Each print is a batch of its own under the number of its message.
void LmexMarketAgent::on_trade(const BatchHead& head, const Trade& trade) noexcept {
  ++counters_.trades;
  publisher_.trade(head, {trade.price, trade.qty, trade.id, trade.trade_time}, trade.aggressor, trade.off_market);
}

// The topic has no sequence number, so time alone tells what is old, and nothing can be checked against the book.
void LmexMarketAgent::on_ticker(const BatchHead& head, const BookTicker& ticker) noexcept {
  ++counters_.tickers;
  if (!is_sound(ticker)) {
    ++counters_.tickers_unsound;
    return;
  }
  if (ticker.event_time < ticker_.event_time) {
    ++counters_.tickers_old;
    return;
  }
  ticker_ = ticker;
  publisher_.ticker(head, {ticker.bid, ticker.ask, ticker.bid_qty, ticker.ask_qty});
}

void LmexMarketAgent::on_connect(Instant now) noexcept {
  session_.on_connect(now);
  tell_status(now);
}

void LmexMarketAgent::on_disconnect(Instant now) noexcept {
  session_.on_disconnect(now);
  ticker_ = {};
  tell_status(now);
}

void LmexMarketAgent::on_end(Instant now) noexcept {
  session_.on_end(now);
  tell_status(now);
}

int LmexMarketAgent::poll(Instant now) noexcept {
  session_.on_timer(now);
  const bool changed = !(status() == told_);
  if (changed) tell_status(now);
  // A republished book is as old as its newest event, however late it finds room: its age is judged by this.
  const Instant received_at = session_.book_is_whole() ? session_.last_event() : now;
  return publisher_.poll({seq_, received_at}, view()) + static_cast<int>(changed);
}

void LmexMarketAgent::tell_status(Instant now) noexcept {
  if (status() == told_) return;
  told_ = status();
  publisher_.status({seq_, now}, view());
}

MarketPublisher::View LmexMarketAgent::view() noexcept {
  return {status(), session_.update_id(), session_.venue_time(), session_.book_is_whole() ? &session_.book() : nullptr};
}

}  // namespace jobber::feed
