// Price-time matching of one instrument: integers only, all events through a template sink.
//
// Owner: one thread (a venue in this process, the simulated market, the local exchange). Hot: noexcept, no
// allocation after construction, no virtual call. The sink has one overload `on(const X&)` for each of
// Accepted, Refused, Fill, Cancelled, Replaced and LevelChange; it must not call back into the engine.
//
// An order's life: refused, or accepted -> fills -> { done, cancelled, resting }; resting -> fills / modifies ->
// { done, cancelled }. Rules that are a choice:
// - The arriving order's self-trade mode decides, at the moment it would trade, in queue order.
// - The engine itself keeps each account's position, because it sees every fill first. A reduce-only
//   order is cut to the position when it arrives or is modified; once resting it executes at most what
//   still reduces, and the rest is cancelled when an aggressor reaches it.
// - Fill-or-kill counts firm size only: no resting reduce-only order, none of its own account unless
//   self-trades are allowed, and nothing behind the own order that would expire it.
// - Modify keeps the place only at the same price and not above the remaining size. A modify that is
//   refused leaves the order as it was; a post-only order is refused rather than repriced through.
// - Capacity is refused before anything trades: an order that may rest needs a free slot and a price
//   within the window even if all of it would have been filled at once.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "engine/units.hpp"
#include "gateway/matching/level_window.hpp"
#include "gateway/matching/order_index.hpp"
#include "gateway/matching/types.hpp"

namespace jobber::gateway {

struct EngineConfig {
  std::uint32_t window_ticks = 1u << 16;  // power of two, at most 2^18; resting prices span less than this
  std::uint32_t max_orders = 1u << 16;    // resting at once, at most 2^22
  std::uint32_t accounts = 64;
  std::uint64_t first_trade = 1;
};

class MatchingEngine {
 public:
  using OrderId = matching::OrderId;
  using AccountId = matching::AccountId;

  // What one resting order looks like from outside.
  struct Resting {
    OrderId id;
    AccountId account;
    std::uint64_t client;
    Side side;
    Price price;
    Lots left;
    Lots total;
    bool reduce_only;
  };

  explicit MatchingEngine(const EngineConfig& config = {});

  // Requests. Whatever they cause is in the sink when they return.
  template <class Sink>
  void submit(const matching::NewOrder& order, Sink& sink) noexcept;
  template <class Sink>
  void cancel(OrderId id, AccountId account, Sink& sink) noexcept;
  template <class Sink>
  void modify(const matching::Modify& change, Sink& sink) noexcept;
  // All orders of the account, best bid to worst, then best ask to worst, oldest first. Cold: walks the book.
  template <class Sink>
  std::uint32_t cancel_all(AccountId account, Sink& sink) noexcept;

  // The book.
  [[nodiscard]] bool empty(BookSide s) const noexcept { return levels_[index(s)] == 0; }
  [[nodiscard]] Price best(BookSide s) const noexcept { return best_[index(s)]; }  // only when !empty(s)
  [[nodiscard]] Lots best_qty(BookSide s) const noexcept { return {window_.at(best(s)).qty}; }
  [[nodiscard]] Lots qty_at(BookSide s, Price p) const noexcept;
  [[nodiscard]] std::uint32_t levels(BookSide s) const noexcept { return levels_[index(s)]; }
  // Best first: f(Price, Lots).
  template <class F>
  void for_each_level(BookSide s, std::uint32_t max_levels, F&& f) const;
  // In queue order: f(Resting).
  template <class F>
  void for_each_order_at(BookSide s, Price p, F&& f) const;
  [[nodiscard]] bool find(OrderId id, Resting& out) const noexcept;

  // Accounts. The opening position is set before the first order; from then on fills move it.
  void set_position(AccountId a, Lots position) noexcept { accounts_[a.n].position = position.n; }
  [[nodiscard]] Lots position(AccountId a) const noexcept { return {accounts_[a.n].position}; }
  [[nodiscard]] std::uint32_t open_orders(AccountId a) const noexcept { return accounts_[a.n].open; }
  [[nodiscard]] std::uint32_t live_orders() const noexcept { return live_; }
  [[nodiscard]] std::uint64_t next_trade() const noexcept { return next_trade_; }

  // Cold. Over every resting order in priority order, every position and the trade counter.
  [[nodiscard]] std::uint64_t state_hash() const noexcept;
  // Cold. Null, or what is wrong: crossed, a broken queue, a sum, link, bit or index that disagrees.
  [[nodiscard]] const char* broken_invariant() const noexcept;

 private:
  static constexpr std::uint32_t kNone = 0;

  struct alignas(64) Order {
    OrderId id;
    std::uint64_t client;
    Price price;
    std::int64_t left;
    std::int64_t total;
    AccountId account;
    std::uint32_t next;   // towards younger; also links the free list
    std::uint32_t prev;
    std::uint32_t chain;  // the index's
    Side side;
    TimeInForce tif;
    matching::SelfTrade self_trade;
    bool reduce_only;
  };
  static_assert(sizeof(Order) == 64);

  struct Account {
    std::int64_t position = 0;
    std::uint32_t open = 0;
    std::uint32_t zero = 0;
  };

  // The order that takes: an arriving one, or a resting one on its way to another price.
  struct Taker {
    OrderId id;
    std::uint64_t client;
    AccountId account;
    matching::SelfTrade self_trade;
    Price limit;
    std::int64_t left;
  };

  static constexpr std::size_t index(BookSide s) noexcept { return static_cast<std::size_t>(s); }
  static constexpr BookSide other(BookSide s) noexcept { return s == BookSide::kBid ? BookSide::kAsk : BookSide::kBid; }
  static constexpr Price limit_of_market(Side s) noexcept { return {s == Side::kBuy ? matching::kMaxPrice : 1}; }
  // The best price of an empty side: worse than any order's, so that comparisons need no second question.
  static constexpr Price nobody(BookSide s) noexcept { return {s == BookSide::kBid ? 0 : matching::kMaxPrice + 1}; }
  // Nearer to the other side. A sign, not a branch: sides come at random.
  static constexpr bool is_better(BookSide s, Price a, Price b) noexcept {
    return (a - b).n * (1 - 2 * static_cast<std::int64_t>(s)) > 0;
  }
  // True if a taker with this limit trades at that price.
  template <Side S>
  static constexpr bool reaches(Price limit, Price best) noexcept { return S == Side::kBuy ? limit >= best : limit <= best; }
  [[nodiscard]] bool would_take(Side s, Price limit) const noexcept;

  [[nodiscard]] matching::Refusal admit(const matching::NewOrder& o, Price limit, bool rests, std::int64_t& qty) noexcept;
  [[nodiscard]] std::int64_t reducible(AccountId a, Side s) const noexcept;
  [[nodiscard]] std::int64_t firm_size_slow(const matching::NewOrder& o, Price limit) const noexcept;
  [[nodiscard]] bool fits_window(Price p) noexcept;
  [[nodiscard]] bool fits_window_slow(Price p) noexcept;

  template <Side S, class Sink>
  bool match(Taker& t, Sink& sink) noexcept;
  template <Side S, class Sink>
  bool match_level(Taker& t, Price price, matching::Level& level, Sink& sink) noexcept;
  template <class Sink>
  bool resolve_self_trade(const Taker& t, std::uint32_t maker, matching::Level& level, Sink& sink) noexcept;
  template <class Sink>
  void remove(std::uint32_t at, matching::CancelCause cause, Sink& sink) noexcept;
  template <class Sink>
  void cancel_resting(std::uint32_t at, matching::CancelCause cause, Sink& sink) noexcept;
  template <class Sink>
  void resize(std::uint32_t at, std::int64_t left, Sink& sink) noexcept;
  template <class Sink>
  void reprice(std::uint32_t at, Price price, std::int64_t left, Sink& sink) noexcept;
  template <class Sink>
  void enqueue(std::uint32_t at, Sink& sink) noexcept;
  template <class Sink>
  void announce(BookSide s, Price p, Sink& sink) noexcept { sink.on(matching::LevelChange{s, p, {window_.at(p).qty}}); }

  void append(matching::Level& level, std::uint32_t at) noexcept;
  void unlink(matching::Level& level, std::uint32_t at) noexcept;
  void open_level(BookSide s, Price p) noexcept;
  void drop_level(BookSide s, Price p) noexcept;
  void forget(std::uint32_t at) noexcept;
  [[nodiscard]] std::uint32_t lookup(OrderId id) const noexcept;
  [[nodiscard]] std::uint32_t admit_resting(const matching::NewOrder& from, std::int64_t total, std::int64_t left) noexcept;
  [[nodiscard]] std::uint32_t take_slot() noexcept;
  [[nodiscard]] static Resting resting(const Order& o) noexcept;
  [[nodiscard]] Price next_level(BookSide s, Price p) const noexcept { return s == BookSide::kBid ? window_.below(p) : window_.above(p); }

  matching::LevelWindow window_;
  matching::OrderIndex ids_;
  std::vector<Order> orders_;  // slot 0 is never an order
  std::vector<Account> accounts_;
  std::array<Price, 2> best_{nobody(BookSide::kBid), nobody(BookSide::kAsk)};
  std::array<std::uint32_t, 2> levels_{};
  // Bounds of all resting prices, possibly too wide: narrowed only when they would refuse an order.
  Price lowest_{};
  Price highest_{};
  OrderId newest_{};  // greatest id that ever rested: most ids are new, and need no look at the index to know it
  std::uint64_t next_trade_;
  std::uint32_t live_ = 0;
  std::uint32_t capacity_;
  std::uint32_t free_ = kNone;   // last freed slot first: the pool stays as compact as the book
  std::uint32_t fresh_ = 1;      // slots from here on were never used
};

}  // namespace jobber::gateway

#include "gateway/matching/engine_impl.hpp"
