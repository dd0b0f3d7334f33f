#include "feed/market_publisher.hpp"

namespace jobber::feed {

void MarketPublisher::rebuilt(const BatchHead& head, const View& view) noexcept {
  for (Output& out : outputs_) {
    if (out.flow == Flow::kGapped) continue;  // poll() will come to it
    begin_republication(out);
    republish(out, head, view);
  }
}

void MarketPublisher::status(const BatchHead& head, const View& view) noexcept {
  for (Output& out : outputs_) {
    if (out.flow == Flow::kGapped) continue;
    if (out.flow == Flow::kRepublishing) {
      if (view.book != nullptr) continue;  // told at the end of the republication
      out.flow = Flow::kFlowing;
    }
    if (news(out, view.status) && room(out, head, &view, 1)) push_status(out, head, view, view.status, true);
  }
}

void MarketPublisher::trade(const BatchHead& head, const MarketEvent::Trade& trade, Side aggressor,
                            bool off_market) noexcept {
  MarketEvent event = make(head, MarketEvent::Kind::kTrade);
  event.flags = static_cast<std::uint8_t>(MarketEvent::kEndOfBatch | (off_market ? MarketEvent::kOffMarket : 0));
  event.side = aggressor;
  event.body.trade = trade;
  for (Output& out : outputs_) {
    if (room(out, head, nullptr, 1)) push(out, event);
  }
}

void MarketPublisher::ticker(const BatchHead& head, const MarketEvent::Top& top) noexcept {
  MarketEvent event = make(head, MarketEvent::Kind::kTop);
  event.flags = MarketEvent::kEndOfBatch | MarketEvent::kFromTicker;
  event.body.top = top;
  for (Output& out : outputs_) {
    if (out.wants.ticker && room(out, head, nullptr, 1)) push(out, event);
  }
}

int MarketPublisher::poll(const BatchHead& head, const View& view) noexcept {
  int sent = 0;
  for (Output& out : outputs_) {
    if (out.flow == Flow::kFlowing) [[likely]] continue;
    if (out.flow == Flow::kGapped) {
      if (out.ring->free_slots() < MarketRing::capacity() / 2) continue;
      begin_republication(out);
    }
    sent += republish(out, head, view);
  }
  return sent;
}

void MarketPublisher::gap_slow(Output& out, const BatchHead& head, const View* view) noexcept {
  ++out.counters.batches_lost;
  if (out.flow == Flow::kGapped) return;
  out.flow = Flow::kGapped;
  ++out.counters.gaps;
  const View nothing{{}, 0, {}, nullptr};
  push_status(out, head, view != nullptr ? *view : nothing, {FeedState::kSyncing, FeedReason::kRingGap}, true);
}

void MarketPublisher::push_status(Output& out, const BatchHead& head, const View& view, FeedStatus status,
                                  bool last) noexcept {
  MarketEvent event = make(head, MarketEvent::Kind::kStatus);
  event.flags = last ? MarketEvent::kEndOfBatch : 0;
  event.body.status = {static_cast<std::uint64_t>(status.state), static_cast<std::uint64_t>(status.reason),
                       view.update_id, view.venue_time};
  push(out, event);
  out.told = true;
  out.last = status;
}

// kDepthSums while there are two sides, then kTop, which ends the batch.
void MarketPublisher::push_touch(Output& out, const BatchHead& head, const View& view, const Book::Band& band) noexcept {
  const Book& book = *view.book;
  if (book.two_sided()) {
    MarketEvent sums = make(head, MarketEvent::Kind::kDepthSums);
    sums.body.sums = {band.bid, band.ask, band.mid2, view.venue_time};
    push(out, sums);
  }
  MarketEvent touch = make(head, MarketEvent::Kind::kTop);
  touch.flags = MarketEvent::kEndOfBatch;
  if (!book.empty(BookSide::kBid)) {
    touch.body.top.bid = book.best(BookSide::kBid);
    touch.body.top.bid_qty = book.best_qty(BookSide::kBid);
  }
  if (!book.empty(BookSide::kAsk)) {
    touch.body.top.ask = book.best(BookSide::kAsk);
    touch.body.top.ask_qty = book.best_qty(BookSide::kAsk);
  }
  push(out, touch);
}

void MarketPublisher::begin_republication(Output& out) noexcept {
  ++out.counters.republications;
  out.flow = Flow::kRepublishing;
  out.first_portion = true;
  out.side = BookSide::kBid;
  out.beyond_valid = false;
  out.depth = 0;
}

// The last batch of a republication.
int MarketPublisher::finish(Output& out, const BatchHead& head, const View& view) noexcept {
  if (!room(out, head, &view, 3)) return 0;
  const std::uint64_t before = out.counters.messages;
  out.flow = Flow::kFlowing;
  if (news(out, view.status)) push_status(out, head, view, view.status, view.book == nullptr);
  if (view.book != nullptr) push_touch(out, head, view, view.book->band());
  return static_cast<int>(out.counters.messages - before);
}

int MarketPublisher::republish(Output& out, const BatchHead& head, const View& view) noexcept {
  if (!out.wants.levels || view.book == nullptr) return finish(out, head, view);
  if (!room(out, head, &view, kPortion / 2)) return 0;
  LevelPacker packer(out, make(head, MarketEvent::Kind::kLevels), out.first_portion ? MarketEvent::kSnapshot : 0);
  std::size_t budget = kPortion;
  bool done = walk_side(out, *view.book, packer, budget);
  if (done && out.side == BookSide::kBid) {
    out.side = BookSide::kAsk;
    out.beyond_valid = false;
    out.depth = 0;
    done = walk_side(out, *view.book, packer, budget);
  }
  const int sent = packer.finish(MarketEvent::kEndOfBatch);
  out.first_portion = false;
  return done ? sent + finish(out, head, view) : sent;
}

// The book may have changed since the last portion: levels are told apart by price, and the depth
// walked last time only bounds the search.
bool MarketPublisher::walk_side(Output& out, const Book& book, LevelPacker& packer, std::size_t& budget) noexcept {
  std::size_t walked = 0;
  std::size_t sent_to = 0;
  book.for_each(out.side, out.depth + 2 * kPortion, [&](Price price, Lots qty) {
    ++walked;
    if (budget == 0) return;
    if (out.beyond_valid && (out.side == BookSide::kBid ? price >= out.beyond : price <= out.beyond)) return;
    packer.add(out.side, price, qty);
    --budget;
    out.beyond = price;
    out.beyond_valid = true;
    sent_to = walked;
  });
  out.depth = budget == 0 ? sent_to : walked;
  return budget != 0 && walked == book.levels(out.side);
}

}  // namespace jobber::feed
