// A recording decoded once: 16-byte records of level changes and trades, to be replayed many times.
//
// Built cold by the real decoder and session (build_event_log); then read-only, any thread. A text pass
// spends most of its time on decimals and ids; over a log, many parameter sets share that one decoding.
//
// Record, 16 bytes:
//   int32  tick   price less the log's base price
//   uint32 lots   absolute size (level), traded size (trade), FeedState (status)
//   uint64 word   bits 0-47 nanoseconds since the epoch of the log, 48-51 kind, 52 side (0 bid or buy),
//                 53 end of a wire event: only there the book stood at the exchange
// Two kinds are about the encoding alone and never seen by a reader:
//   kEpoch  tick and lots are the low and high half of a new epoch: at the start, and every 78 hours
//   kHigh   upper halves of the next record's tick and lots, where 32 bits are too few
// Prints agreed off the book are left out: nobody in a queue gets them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/messages.hpp"
#include "engine/units.hpp"

namespace jobber::world {

// One event as a replay sees it.
struct LogEvent {
  enum class Kind : std::uint8_t {
    kLevel = 1,    // absolute size at a price; 0 = gone
    kTrade = 2,    // side is the aggressor
    kRebuild = 3,  // the whole book follows: forget what stood before
    kRebuilt = 4,  // all of it has been told; until here it is half a book
    kStatus = 5,   // qty is the FeedState from now on
  };
  Instant at;
  Price price;
  Lots qty;
  Kind kind;
  std::uint8_t side;  // 0 bid / buy, 1 ask / sell
  std::uint8_t end;   // 1: last of its wire event
  std::uint8_t zero[5];

  [[nodiscard]] BookSide book_side() const noexcept { return static_cast<BookSide>(side); }
  [[nodiscard]] Side aggressor() const noexcept { return side == 0 ? Side::kBuy : Side::kSell; }
};
static_assert(sizeof(LogEvent) == 32);

class EventLog {
 public:
  // Cold. `at` never decreases.
  void append(const LogEvent& event);
  // The last event turned out to end its wire event.
  void end_last() noexcept { records_.back().word |= kEndBit; }

  // Level changes and trades.
  [[nodiscard]] std::size_t events() const noexcept { return events_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return records_.size() * sizeof(Record); }
  [[nodiscard]] bool last_ended() const noexcept { return records_.empty() || (records_.back().word & kEndBit) != 0; }

  // In order: visit(const LogEvent&). A few records before, peek(BookSide, Price) hears where a level may
  // change, so that its memory can be fetched meanwhile: a hint, not always right.
  template <class Visit, class Peek>
  void for_each(Visit&& visit, Peek&& peek) const {
    Decoder decoder;
    LogEvent e{};
    const std::size_t n = records_.size();
    for (std::size_t i = 0; i != n; ++i) {
      if (i + kPeek < n) {
        const Record& ahead = records_[i + kPeek];
        peek(static_cast<BookSide>(ahead.word >> kSideShift & 1), Price{base_ + ahead.tick});
      }
      if (decoder.step(records_[i], base_, e)) visit(static_cast<const LogEvent&>(e));
    }
  }

  class Reader;

 private:
  struct Record {
    std::int32_t tick;
    std::uint32_t lots;
    std::uint64_t word;
  };
  static_assert(sizeof(Record) == 16);
  static constexpr int kKindShift = 48, kSideShift = 52, kEndShift = 53;
  static constexpr std::uint64_t kTimeMask = (std::uint64_t{1} << kKindShift) - 1;
  static constexpr std::uint64_t kEndBit = std::uint64_t{1} << kEndShift;
  static constexpr std::uint8_t kEpoch = 8, kHigh = 9;
  static constexpr std::size_t kPeek = 12;  // records; some 100 ns of work

  // What a record means depends on the ones before it.
  struct Decoder {
    std::int64_t epoch = 0;
    std::uint64_t high_tick = 0, high_lots = 0;
    bool wide = false;

    // False: a record about the encoding alone.
    [[gnu::always_inline]] bool step(const Record& r, std::int64_t base, LogEvent& e) noexcept {
      const auto kind = static_cast<std::uint8_t>(r.word >> kKindShift & 15);
      if (kind >= kEpoch) [[unlikely]] {
        if (kind == kEpoch) {
          epoch = static_cast<std::int64_t>(std::uint64_t{r.lots} << 32 | static_cast<std::uint32_t>(r.tick));
        } else {
          high_tick = std::uint64_t{static_cast<std::uint32_t>(r.tick)} << 32;
          high_lots = std::uint64_t{r.lots} << 32;
          wide = true;
        }
        return false;
      }
      e.at = {epoch + static_cast<std::int64_t>(r.word & kTimeMask)};
      e.kind = static_cast<LogEvent::Kind>(kind);
      e.side = static_cast<std::uint8_t>(r.word >> kSideShift & 1);
      e.end = static_cast<std::uint8_t>(r.word >> kEndShift & 1);
      e.price = {base + r.tick};
      e.qty = {static_cast<std::int64_t>(r.lots)};
      if (wide) [[unlikely]] {
        e.price = {base + static_cast<std::int64_t>(high_tick | static_cast<std::uint32_t>(r.tick))};
        e.qty = {static_cast<std::int64_t>(high_lots | r.lots)};
        wide = false;
      }
      return true;
    }
  };

  std::vector<Record> records_;
  std::size_t events_ = 0;
  std::int64_t base_ = 0;   // price
  std::int64_t epoch_ = 0;  // of the last record
};

// The same events one at a time, for whoever paces them. The log must outlive it and not grow meanwhile.
class EventLog::Reader {
 public:
  explicit Reader(const EventLog& log) noexcept : log_(log) {}
  // False: the end.
  bool next(LogEvent& out) noexcept {
    while (at_ != log_.records_.size()) {
      if (decoder_.step(log_.records_[at_++], log_.base_, out)) return true;
    }
    return false;
  }
  void rewind() noexcept { at_ = 0, decoder_ = {}; }

 private:
  const EventLog& log_;
  std::size_t at_ = 0;
  Decoder decoder_;
};

}  // namespace jobber::world
