// One wire update of a whole book: judged completely, then applied to both sides, or not at all.
//
// Owner: the feed thread of a venue that sends prices and sizes as text with a snapshot / delta mark
// (Lighter); hot. No allocation after construction. The reference bots validate and change one side,
// then the other, so a bad ask left a changed bid side behind; here nothing changes before the last
// number of the message has been read.
//
// States: waiting --snapshot--> synced --reset()--> waiting. Deltas are ignored while waiting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "engine/book.hpp"
#include "engine/decimal.hpp"
#include "engine/instrument.hpp"
#include "engine/result.hpp"

namespace jobber {

// A level as the venue wrote it.
struct TextLevel { std::string_view price; std::string_view qty; };

// What the venue says the update is. The size decides only where a venue gives no type.
enum class BookUpdateKind : std::uint8_t { kUntyped = 0, kSnapshot = 1, kDelta = 2 };

enum class BookUpdateOutcome : std::uint8_t {
  kSnapshot = 1,  // replaced both sides
  kDelta = 2,
  kIgnored = 3,   // a delta before any snapshot
};

// What was wrong, and where. The book is unchanged, except after kNoRoom.
struct BookUpdateFault {
  enum class Cause : std::uint8_t {
    kNone = 0,
    kPrice = 1,          // not a price on the grid above zero, see `decimal`
    kQty = 2,            // not a size on the grid, zero or more
    kTooManyLevels = 3,  // more than the updater was built for
    kNoRoom = 4,         // the book's far levels are exhausted: it is incomplete, take a new snapshot
  };
  Cause cause = Cause::kNone;
  BookSide side = BookSide::kBid;
  DecimalError decimal = DecimalError::kNone;
  std::size_t index = 0;  // of the level within its side
};

class BookUpdater {
 public:
  // Untyped updates with more levels than this on a side are snapshots.
  static constexpr std::size_t kUntypedDeltaMax = 100;

  // `levels_max` a side and message.
  BookUpdater(const Instrument& instrument, std::size_t levels_max);

  Result<BookUpdateOutcome, BookUpdateFault> apply(Book& book, BookUpdateKind kind, std::span<const TextLevel> bids,
                                                   std::span<const TextLevel> asks) noexcept;
  // The connection is gone, or the chain is broken: wait for a snapshot again.
  void reset() noexcept { synced_ = false; }
  [[nodiscard]] bool synced() const noexcept { return synced_; }

 private:
  struct Level { Price price; Lots qty; };
  struct Side { std::unique_ptr<Level[]> levels; std::size_t count = 0; };

  [[nodiscard]] bool is_snapshot(BookUpdateKind kind, std::size_t levels_a_side) const noexcept;
  [[nodiscard]] BookUpdateFault read(BookSide side, std::span<const TextLevel> texts) noexcept;
  [[nodiscard]] std::span<const Level> read_levels(BookSide side) const noexcept {
    const Side& of = sides_[static_cast<std::size_t>(side)];
    return {of.levels.get(), of.count};
  }

  Instrument instrument_;
  std::size_t levels_max_;
  Side sides_[2];
  bool synced_ = false;
};

}  // namespace jobber
