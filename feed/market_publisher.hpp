// What a feed says to the other threads: batches of MarketEvents on any number of rings.
//
// Owner: one market agent, its thread; hot, no allocation after add_output(). A batch carries what
// one wire event caused, in the order kStatus, kLevels..., kTrade, kDepthSums, kTop, and its last
// message has kEndOfBatch. A batch goes out whole or not at all.
//
// States of an output:
//   kFlowing      -> kGapped        a batch does not fit: say so in the slot kept free for it, then
//                                   nothing more; the decoder is never blocked
//   kGapped       -> kRepublishing  half of the ring is free again
//   kFlowing      -> kRepublishing  the book was rebuilt
//   kRepublishing -> kFlowing       the book was lost: the status says so, a rebuilt one will follow
//   kRepublishing -> kFlowing       all levels are out; status, sums and touch follow in the last batch
//   kRepublishing -> kGapped        a batch does not fit
// An output that asked for no levels has nothing to republish but the last batch. While
// republishing, levels go out best first and in portions, and the changes of new events between
// them; sizes are absolute, so a level told twice is told right. The consumer hears kLive again
// only when it knows everything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/book.hpp"
#include "engine/check.hpp"
#include "engine/messages.hpp"
#include "engine/rings.hpp"

namespace jobber::feed {

// What the consumer behind one ring asked for. Touch, sums, trades and status go to everybody.
struct MarketWants {
  bool levels = false;  // every level change: paper venue, queue-ahead estimates, the page
  bool ticker = false;  // kTop from bookTicker, flagged kFromTicker: information, not the book
};

struct OutputCounters {
  std::uint64_t messages = 0;
  std::uint64_t gaps = 0;             // times the ring was full
  std::uint64_t batches_lost = 0;     // not sent because of such a gap
  std::uint64_t republications = 0;
};

// The part all messages of a batch share.
struct BatchHead {
  Seq seq;
  Instant received_at;
};

// The session's word on the book, as consumers hear it.
struct FeedStatus {
  FeedState state = FeedState::kConnecting;
  FeedReason reason = FeedReason::kStart;
  friend bool operator==(const FeedStatus&, const FeedStatus&) = default;
};

class MarketPublisher {
 public:
  // Levels sent of a republication in one portion; 256 messages.
  static constexpr std::size_t kPortion = 512;

  explicit MarketPublisher(InstrumentId instrument) : instrument_(instrument) {}

  // Cold, before the first event.
  void add_output(MarketRing& ring, MarketWants wants) { outputs_.push_back(Output{&ring, wants}); }

  // The book's view at the end of a wire event.
  struct View {
    FeedStatus status;
    std::uint64_t update_id;
    Instant venue_time;
    Book* book;  // nullptr while it is not whole; not const because band() slides its edges
  };

  // An event was applied: these levels changed. `Level` needs .price and .qty.
  template <class Level>
  void applied(const BatchHead& head, const View& view, std::span<const Level> bids, std::span<const Level> asks) noexcept;
  // The book is new as a whole.
  void rebuilt(const BatchHead& head, const View& view) noexcept;
  // Nothing but perhaps the status changed.
  void status(const BatchHead& head, const View& view) noexcept;
  void trade(const BatchHead& head, const MarketEvent::Trade& trade, Side aggressor, bool off_market) noexcept;
  void ticker(const BatchHead& head, const MarketEvent::Top& top) noexcept;
  // Goes on with republications; returns how many messages it sent.
  int poll(const BatchHead& head, const View& view) noexcept;

  [[nodiscard]] std::size_t outputs() const noexcept { return outputs_.size(); }
  [[nodiscard]] const OutputCounters& counters(std::size_t output) const noexcept { return outputs_[output].counters; }
  [[nodiscard]] bool flowing(std::size_t output) const noexcept { return outputs_[output].flow == Flow::kFlowing; }

 private:
  enum class Flow : std::uint8_t { kFlowing, kGapped, kRepublishing };
  struct Output {
    MarketRing* ring;
    MarketWants wants;
    Flow flow = Flow::kFlowing;
    bool told = false;               // any status was sent
    FeedStatus last{};               // the one sent last
    // Republication: where it stands.
    bool first_portion = false;
    BookSide side = BookSide::kBid;
    bool beyond_valid = false;       // `beyond` is set
    Price beyond{};                  // the last price sent of this side
    std::size_t depth = 0;           // how many levels of this side were walked
    OutputCounters counters{};
  };
  // Packs level changes two to a message.
  class LevelPacker;

  [[nodiscard]] MarketEvent make(const BatchHead& head, MarketEvent::Kind kind) const noexcept;
  // Room for a batch of n, with one slot left over for the word of the next gap; else -> kGapped.
  bool room(Output& out, const BatchHead& head, const View* view, std::size_t n) noexcept;
  [[gnu::cold, gnu::noinline]] void gap_slow(Output& out, const BatchHead& head, const View* view) noexcept;
  static void push(Output& out, const MarketEvent& event) noexcept;
  void push_status(Output& out, const BatchHead& head, const View& view, FeedStatus status, bool last) noexcept;
  void push_touch(Output& out, const BatchHead& head, const View& view, const Book::Band& band) noexcept;
  int finish(Output& out, const BatchHead& head, const View& view) noexcept;
  int republish(Output& out, const BatchHead& head, const View& view) noexcept;
  // True once the side is out completely; takes what it sends off `budget`.
  static bool walk_side(Output& out, const Book& book, LevelPacker& packer, std::size_t& budget) noexcept;
  static void begin_republication(Output& out) noexcept;
  [[nodiscard]] static bool news(const Output& out, FeedStatus status) noexcept { return !out.told || !(out.last == status); }

  InstrumentId instrument_;
  std::vector<Output> outputs_;
};

class MarketPublisher::LevelPacker {
 public:
  LevelPacker(Output& out, const MarketEvent& blank, std::uint8_t first_flags) noexcept
      : out_(out), event_(blank), blank_(blank) {
    event_.flags = first_flags;
  }
  void add(BookSide side, Price price, Lots qty) noexcept {
    if (event_.count == 2) flush(0);  // not earlier: the last message may end the batch
    event_.body.levels.level[event_.count] = {price, qty};
    event_.sides = static_cast<std::uint8_t>(event_.sides | (static_cast<unsigned>(side) << event_.count));
    ++event_.count;
  }
  // Sends what is left, with `flags` on that message.
  int finish(std::uint8_t flags) noexcept {
    if (event_.count != 0) flush(flags);
    return sent_;
  }

 private:
  void flush(std::uint8_t flags) noexcept {
    event_.flags = static_cast<std::uint8_t>(event_.flags | flags);
    push(out_, event_);
    event_ = blank_;
    ++sent_;
  }
  Output& out_;
  MarketEvent event_;
  const MarketEvent blank_;
  int sent_ = 0;
};

inline MarketEvent MarketPublisher::make(const BatchHead& head, MarketEvent::Kind kind) const noexcept {
  MarketEvent event{};
  event.seq = head.seq;
  event.received_at = head.received_at;
  event.instrument = instrument_;
  event.kind = kind;
  event.side = Side::kBuy;
  return event;
}

inline void MarketPublisher::push(Output& out, const MarketEvent& event) noexcept {
  JOBBER_CHECK(out.ring->try_push(event));  // room() was asked first
  ++out.counters.messages;
}

inline bool MarketPublisher::room(Output& out, const BatchHead& head, const View* view, std::size_t n) noexcept {
  if (out.flow != Flow::kGapped && out.ring->free_slots() > n) [[likely]] return true;
  gap_slow(out, head, view);
  return false;
}

template <class Level>
void MarketPublisher::applied(const BatchHead& head, const View& view, std::span<const Level> bids,
                              std::span<const Level> asks) noexcept {
  const std::size_t level_messages = (bids.size() + asks.size() + 1) / 2;
  const Book::Band band = view.book->band();
  for (Output& out : outputs_) {
    const std::size_t levels = out.wants.levels ? level_messages : 0;
    if (!room(out, head, &view, levels + 3)) continue;
    const bool flowing = out.flow == Flow::kFlowing;
    if (flowing && news(out, view.status)) push_status(out, head, view, view.status, false);
    if (levels != 0) {
      LevelPacker packer(out, make(head, MarketEvent::Kind::kLevels), 0);
      for (const Level& l : bids) packer.add(BookSide::kBid, l.price, l.qty);
      for (const Level& l : asks) packer.add(BookSide::kAsk, l.price, l.qty);
      packer.finish(flowing ? std::uint8_t{0} : std::uint8_t{MarketEvent::kEndOfBatch});
    }
    if (flowing) push_touch(out, head, view, band);
  }
}

}  // namespace jobber::feed
