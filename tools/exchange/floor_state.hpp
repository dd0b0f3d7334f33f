// Inside of the floor: markets, accounts and what connects them. Included by floor*.cpp and settlement.cpp only.
//
// Owner: the floor's thread.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "gateway/matching/engine.hpp"
#include "tools/exchange/event_ring.hpp"
#include "tools/exchange/floor.hpp"
#include "tools/exchange/tape_background.hpp"

namespace jobber::exchange {

// Integers by which prices and sizes of one market become money.
struct Steps {
  Int128 quote = 0;  // price grid * lots * quote = 10^-8 of the quote asset
  Int128 base = 0;   // lots * base = 10^-8 of the base asset, the multiplier included
  Int128 price = 0;  // grid * price = 10^-8
  Int128 lot = 0;    // lots * lot = 10^-8 units of size as the venue writes it
};

struct Crowd {
  world::FairValue fair;
  world::OrderFlow flow;
};

// The other half of a market's engine: what the floor knows about it.
struct Market {
  Market(const MarketConfig& c, std::uint32_t accounts);

  MarketConfig config;
  Steps steps;
  std::int64_t maker_fee_e8;
  std::int64_t taker_fee_e8;
  gateway::MatchingEngine engine;
  std::size_t base_purse = 0;
  std::size_t quote_purse = 0;
  bool trading = true;

  EventRing<MarketEvent> events;
  EventRing<DepthBatch> batches;
  std::deque<MarketEvent> trades;  // the newest, oldest first
  std::uint64_t update;            // id of the newest level change
  Instant updated_at;
  std::uint64_t batch_first;       // first id of the batch in the making
  Instant batch_at{};
  struct Touched { BookSide side; Price price; friend auto operator<=>(const Touched&, const Touched&) = default; };
  std::vector<Touched> touched;

  MarketStats stats;
  std::int64_t mark2 = 0;          // twice the mark price, in ticks
  Instant marked_at{};
  Instant next_funding = Instant::never();

  BackgroundConfig::Kind background = BackgroundConfig::Kind::kNone;
  std::unique_ptr<Crowd> crowd;
  std::unique_ptr<TapeBackground> tape;
  std::uint64_t crowd_events = 0;
  std::uint64_t refused = 0;       // orders of the background

  [[nodiscard]] bool spot() const noexcept { return config.kind == MarketKind::kSpot; }
  [[nodiscard]] Amount notional(Price p, Lots q) const noexcept { return {Int128{p.grid} * q.n * steps.quote}; }
  [[nodiscard]] Amount at_mark(Lots q) const noexcept { return {Int128{mark2} * q.n * steps.quote / 2}; }
  // Where a limit price is judged from: the mid, else the last trade, else the start price.
  [[nodiscard]] Price reference() const noexcept;
  [[nodiscard]] std::int64_t mid2() const noexcept;
};

// One account in one market.
struct Seat {
  Lots qty;        // perpetual position
  Amount cost;     // signed
  Amount realised;
  Amount funding;
  Amount buys, sells;  // notional of open orders that may add risk
  std::uint32_t leverage = 1;
  bool isolated = false;
  Instant updated{};
  Instant countdown = Instant::never();
  std::vector<Order*> open;  // oldest first
};

struct Money {
  Amount total;
  Amount locked;
};

struct Account {
  Account(std::string_view n, const FloorConfig& c) : name(n), events(c.events_kept) {}

  std::string name;
  std::vector<Money> money;                // by purse
  std::map<std::uint16_t, Seat> seats;     // by market
  std::map<std::uint64_t, Order> orders;   // every order still known, by id
  std::deque<OrderId> closed;              // in the order in which they ended
  std::map<std::pair<std::uint16_t, std::string>, OrderId> by_client;  // the newest order of a market and client id
  std::deque<Fill> fills;
  EventRing<AccountEvent> events;
};

// An asset in a wallet.
struct Purse {
  Wallet wallet;
  std::string asset;
  Amount house;      // fees and rounding
  Amount deposited;  // over all accounts
};

struct Timer {
  enum class Kind : std::uint8_t { kLiquidity, kExpiry, kCountdown, kFunding, kMark, kBatch };
  Instant at;
  Kind kind;
  std::uint64_t number;  // ties in time: by kind, then in the order in which they were set
  InstrumentId market;
  AccountId account;
  OrderId order;
  friend bool operator>(const Timer& a, const Timer& b) noexcept {
    if (a.at != b.at) return a.at > b.at;
    if (a.kind != b.kind) return a.kind > b.kind;
    return a.number > b.number;
  }
};

struct Floor::State {
  explicit State(const FloorConfig& c) : config(c), next_order(c.first_order) {}

  FloorConfig config;
  std::vector<std::unique_ptr<Market>> markets;
  std::vector<std::unique_ptr<Account>> accounts;
  std::vector<Purse> purses;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers;
  std::uint64_t timers_set = 0;
  std::uint64_t next_order;
  std::uint64_t group = 0;
  Instant now{};

  [[nodiscard]] bool known(AccountId a) const noexcept { return a.n < accounts.size(); }
  [[nodiscard]] bool known(InstrumentId m) const noexcept { return m.n < markets.size(); }
  [[nodiscard]] Market& at(InstrumentId m) const noexcept { return *markets[m.n]; }
  [[nodiscard]] Account& at(AccountId a) const noexcept { return *accounts[a.n]; }
  [[nodiscard]] Seat& seat(AccountId a, const Market& m);
  [[nodiscard]] const Seat* find_seat(AccountId a, InstrumentId m) const noexcept;
  [[nodiscard]] std::size_t purse(Wallet wallet, std::string_view asset);
  [[nodiscard]] std::size_t find_purse(Wallet wallet, std::string_view asset) const noexcept;  // npos = none
  [[nodiscard]] Money& money(AccountId a, std::size_t purse);
  [[nodiscard]] Money peek(AccountId a, std::size_t purse) const noexcept;
  [[nodiscard]] Balance balance(AccountId a, std::size_t purse) const;
  void set_timer(Instant at, Timer::Kind kind, InstrumentId market, AccountId account = {}, OrderId order = {});

  // Requests and time (floor.cpp).
  [[nodiscard]] Refusal judge(const PlaceRequest& r, Lots& qty, const Order* frees) const;
  [[nodiscard]] Refusal judge_grid(const Market& m, OrderKind type, Price price, Lots qty, bool reduce_only) const;
  [[nodiscard]] Refusal judge_money(const Market& m, AccountId a, Side side, OrderKind type, Price price, Lots qty, bool reduce_only,
                                    SelfTrade self_trade, const Order* frees) const;
  // What a taker of the account meets, best first: without its own orders, where they give way to it.
  template <class F>
  void for_each_level_to_take(const Market& m, AccountId a, Side side, SelfTrade self_trade, F&& f) const;
  [[nodiscard]] Lots lots_for(const Market& m, AccountId a, Side side, SelfTrade self_trade, Amount quote) const;
  [[nodiscard]] Amount cost_of_taking(const Market& m, AccountId a, Side side, SelfTrade self_trade, Price limit, Lots qty) const;
  void run(const Timer& t);
  void cut_batch(Market& m);
  void set_mark(Market& m);
  void pay_funding(Market& m);

  // Consequences (settlement.cpp).
  void relock(Order& o);
  void settle(Fill& fill, const Market& m, AccountEvent* tell);
  void move_position(Fill& fill, const Market& m);
  [[nodiscard]] AccountEvent event_of(AccountEvent::Kind kind, const Order& o) const;
  void close(Order& o, OrderStatus status, EndCause cause);
  void forget_oldest(Account& a);
  [[nodiscard]] Position position(AccountId a, const Market& m) const;
  [[nodiscard]] Margin margin(AccountId a, std::size_t purse, const Market* except) const;
  [[nodiscard]] Amount margin_of(const Seat& s, const Market& m, Amount more_buys, Amount more_sells) const;

  [[nodiscard]] Order* find(AccountId a, OrderId id) const noexcept;
  [[nodiscard]] Order* find(AccountId a, InstrumentId m, const OrderRef& ref) const noexcept;
};

// Of the book as it stands, kCrcLevels a side; the recipe of tools/jobber/book_crc.hpp.
[[nodiscard]] std::uint32_t crc_of(const Market& m);

inline constexpr std::size_t kNoPurse = static_cast<std::size_t>(-1);

// The sink of one call into a market's engine: turns its events into records, money and events.
struct MarketSink {
  Floor::State& s;
  Market& m;
  EndCause cause = EndCause::kRequested;   // of cancels that were asked for
  std::string_view cancel_client_id{};
  OrderId watch{};                         // whose fills are collected
  std::vector<Fill>* fills = nullptr;
  std::vector<Order>* ended = nullptr;     // orders this call cancelled
  gateway::matching::Refusal refused = gateway::matching::Refusal::kNone;
  bool quiet = false;                      // no amendment events: half of one

  void on(const gateway::matching::Accepted& e);
  void on(const gateway::matching::Refused& e) { refused = e.why; }
  void on(const gateway::matching::Fill& e);
  void on(const gateway::matching::Cancelled& e);
  void on(const gateway::matching::Replaced& e);
  void on(const gateway::matching::LevelChange& e);

 private:
  void half(const gateway::matching::Fill& e, bool maker);
};

// The background's hand in one market: for TapeBackground, and for world::OrderFlow, which knows it by shape.
class MarketDesk final : public BackgroundDesk {
 public:
  MarketDesk(Floor::State& s, Market& m) : s_(s), m_(m) {}

  OrderId place(Side side, Price price, Lots qty, TimeInForce tif, SelfTrade self_trade) override;
  void resize(OrderId id, Price price, Lots total) override;
  void cancel(OrderId id) override;
  bool find(OrderId id, Lots& left, Lots& total) const override;
  [[nodiscard]] Lots qty_at(BookSide side, Price price) const override { return m_.engine.qty_at(side, price); }
  [[nodiscard]] bool is_last(OrderId id, BookSide side, Price price) const override;

  [[nodiscard]] OrderId take_order_id() noexcept { return {s_.next_order++}; }
  void submit(Instant, const gateway::matching::NewOrder& order) noexcept;
  void cancel(Instant, OrderId id, AccountId, std::uint64_t) noexcept { cancel(id); }
  [[nodiscard]] const gateway::MatchingEngine& engine() const noexcept { return m_.engine; }

 private:
  Floor::State& s_;
  Market& m_;
};

}  // namespace jobber::exchange
