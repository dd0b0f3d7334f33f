// A recording as the background of one market: its levels rest as orders, its trades arrive as aggressors.
//
// Owner: one market of the floor. Cold. The recording's book is kept beside the matching engine's; each recorded level
// is offered by orders of the background, and clients' orders stand among them in true price-time priority:
// - what a recorded level gains goes behind clients already queued there, what it loses goes from its youngest
//   order: nobody's place in the queue is improved by a change of size;
// - a recorded trade takes up to its price and size, whoever rests there first; a recorded level that moves
//   through a client's order trades with it at the client's price;
// - whatever takes from a recorded level, a client or a recorded trade, leaves it smaller until the recording's
//   next depth message: then every level stands again as recorded.
// Only levels within a quarter of the engine's window round the recorded mid are offered; the rest is remembered and
// offered when the market comes near.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "tools/exchange/background.hpp"
#include "tools/exchange/types.hpp"
#include "tools/world/event_log.hpp"

namespace jobber::exchange {

// What a background may do in its market; the floor implements it.
class BackgroundDesk {
 public:
  virtual ~BackgroundDesk() = default;
  virtual OrderId place(Side side, Price price, Lots qty, TimeInForce tif, SelfTrade self_trade) = 0;
  virtual void resize(OrderId id, Price price, Lots total) = 0;
  virtual void cancel(OrderId id) = 0;
  // What is left of a resting order of the background, and its total; false = it is gone.
  virtual bool find(OrderId id, Lots& left, Lots& total) const = 0;
  [[nodiscard]] virtual Lots qty_at(BookSide side, Price price) const = 0;
  [[nodiscard]] virtual bool is_last(OrderId id, BookSide side, Price price) const = 0;  // youngest of its level
};

class TapeBackground {
 public:
  TapeBackground(const BackgroundConfig& config, Instant start, std::uint32_t window_ticks);

  [[nodiscard]] Instant next_at() const noexcept { return next_at_; }
  // One wire event of the recording, at next_at().
  void act(BackgroundDesk& desk);
  // A background order at this price was hit: the level is to be restated.
  void on_hit(BookSide side, Price price);
  [[nodiscard]] BackgroundState state() const;

 private:
  struct Recorded {
    Lots qty;
    std::vector<OrderId> orders;  // oldest first; dead ones are dropped when the level is looked at
    bool dirty = false;
  };
  using Side2 = std::map<std::int64_t, Recorded>;  // by price

  void on_level(BookSide side, Price price, Lots qty);
  void forget_book();
  void touch(BookSide side, std::int64_t price, Recorded& level);
  void restate(BackgroundDesk& desk);
  void shrink(BackgroundDesk& desk, std::int64_t price, Recorded& level);
  void grow(BackgroundDesk& desk, BookSide side, std::int64_t price, Recorded& level);
  Lots standing(const BackgroundDesk& desk, Recorded& level) const;
  [[nodiscard]] bool offered(std::int64_t price) const noexcept;
  void follow_mid();
  void fetch();

  struct Dirty { BookSide side; std::int64_t price; };

  BackgroundConfig config_;
  world::EventLog::Reader reader_;
  world::LogEvent event_{};
  Instant start_;       // exchange time of the recording's beginning
  Instant tape_start_{};
  Instant next_at_;
  std::int64_t reach_;  // ticks
  std::int64_t anchor_ = 0;  // price round which levels are offered; 0 = none yet
  Side2 sides_[2];
  std::vector<Dirty> dirty_;
  bool rebuilding_ = false;
  bool anew_ = false;   // the next event is the first of another round
  BackgroundState state_;
};

}  // namespace jobber::exchange
