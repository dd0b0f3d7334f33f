#include "engine/book_update.hpp"

#include <algorithm>

namespace jobber {

using Cause = BookUpdateFault::Cause;

BookUpdater::BookUpdater(const Instrument& instrument, std::size_t levels_max)
    : instrument_(instrument), levels_max_(levels_max) {
  for (Side& side : sides_) side.levels = std::make_unique<Level[]>(levels_max);
}

Result<BookUpdateOutcome, BookUpdateFault> BookUpdater::apply(Book& book, BookUpdateKind kind,
                                                              std::span<const TextLevel> bids,
                                                              std::span<const TextLevel> asks) noexcept {
  const bool snapshot = is_snapshot(kind, std::max(bids.size(), asks.size()));
  if (!snapshot && !synced_) return BookUpdateOutcome::kIgnored;
  if (const auto fault = read(BookSide::kBid, bids); fault.cause != Cause::kNone) return fault;
  if (const auto fault = read(BookSide::kAsk, asks); fault.cause != Cause::kNone) return fault;

  const std::uint64_t refused_before = book.refused();
  if (snapshot) book.clear();
  for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
    for (const Level& level : read_levels(side)) {
      // Zeros of a snapshot are no deletes: an earlier entry at the same price stands.
      if (!snapshot || level.qty.n != 0) book.set(side, level.price, level.qty);
    }
  }
  if (snapshot) synced_ = true;
  if (book.refused() != refused_before) {
    synced_ = false;
    return BookUpdateFault{.cause = Cause::kNoRoom};
  }
  return snapshot ? BookUpdateOutcome::kSnapshot : BookUpdateOutcome::kDelta;
}

bool BookUpdater::is_snapshot(BookUpdateKind kind, std::size_t levels_a_side) const noexcept {
  if (kind != BookUpdateKind::kUntyped) return kind == BookUpdateKind::kSnapshot;
  return !synced_ || levels_a_side > kUntypedDeltaMax;
}

// Fills the side's levels; says what is wrong with the first bad one.
BookUpdateFault BookUpdater::read(BookSide side, std::span<const TextLevel> texts) noexcept {
  if (texts.size() > levels_max_) return {.cause = Cause::kTooManyLevels, .side = side, .index = levels_max_};
  Side& out = sides_[static_cast<std::size_t>(side)];
  out.count = 0;
  for (const TextLevel& text : texts) {
    const auto price = parse_price(text.price, instrument_);
    if (!price) return {.cause = Cause::kPrice, .side = side, .decimal = price.error(), .index = out.count};
    if (!Book::in_range(price.value())) return {.cause = Cause::kPrice, .side = side, .index = out.count};
    const auto qty = parse_qty(text.qty, instrument_);
    if (!qty) return {.cause = Cause::kQty, .side = side, .decimal = qty.error(), .index = out.count};
    if (!Book::in_range(qty.value())) return {.cause = Cause::kQty, .side = side, .index = out.count};
    out.levels[out.count++] = {price.value(), qty.value()};
  }
  return {};
}

}  // namespace jobber
