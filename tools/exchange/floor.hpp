// The exchange itself: markets, accounts, orders, money. No wire, no socket, no clock: `now` comes in.
//
// Owner: one thread (the server's). Cold: it may allocate; every memory is bounded (MarketConfig, FloorConfig).
// Deterministic: the same calls with the same times give the same events, ids and balances.
//
//   request -> check (grid, minima, band, client id, money) -> gateway::MatchingEngine -> records, balances,
//   positions, events. Readers poll: account events and market events through cursors, anything else by queries.
//
// Money: spot trades move base and quote between accounts; perpetual trades move positions, and profit when
// they close. Fees and the rounding of funding go to the house. So at every moment, per asset and exactly:
//   sum of balances of all accounts + house = what was deposited          (spot)
//   sum of (balance - signed cost of open positions) + house = deposits   (perpetual)
// and the positions of a market sum to zero, the background's included.
// The margin check is that of a cross account: equity must carry position and open orders at the account's
// leverage before a request that adds risk is accepted. There is no liquidation.
//
// `now` never decreases over all calls; advance() runs whatever fell due. Pointers and references returned by
// queries hold until the next call that is not const.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/exchange/background.hpp"
#include "tools/exchange/types.hpp"

namespace jobber::exchange {

struct FloorConfig {
  std::uint64_t seed = 1;
  std::uint32_t max_accounts = 256;           // the background included
  std::uint32_t max_markets = 4'096;
  std::uint32_t closed_orders_kept = 10'000;  // of one account; the oldest is forgotten
  std::uint32_t fills_kept = 20'000;          // of one account
  std::uint32_t events_kept = 1u << 14;       // of one account
  std::uint64_t first_order = 1'000'000'001;  // ids count up over all markets
};

class Floor {
 public:
  explicit Floor(const FloorConfig& config = {});
  ~Floor();
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;

  // ---- set-up, before the first request

  // Indexed from 0 in this order. The background opens its book at once. A configuration that cannot be counted
  // exactly (see MarketConfig::instrument) is our own mistake and stops the process.
  InstrumentId add_market(Instant now, const MarketConfig& config, const BackgroundConfig& background = {});
  AccountId add_account(std::string_view name);
  // Changes a balance; negative withdraws. False: it would fall below what is locked or below zero.
  bool deposit(Instant now, AccountId account, Wallet wallet, std::string_view asset, Amount delta);

  // ---- time

  // Runs background, expiries, countdowns, funding, marks and depth batches up to `now`, in order of their times,
  // at most `steps_max` of them. True: all of it was done. Call it before requests of that moment.
  bool advance(Instant now, std::uint32_t steps_max = 100'000);
  [[nodiscard]] Instant next_deadline() const noexcept;

  // ---- requests

  OrderResult place(Instant now, const PlaceRequest& request);
  // What place() would refuse, without placing: an order test, or the judgement before a cancel-and-replace.
  // `frees`: money and client id of this open order count as free.
  [[nodiscard]] Refusal check(Instant now, const PlaceRequest& request, OrderId frees = {}) const;
  OrderResult cancel(Instant now, AccountId account, InstrumentId market, const OrderRef& order,
                     std::string_view cancel_client_id = {}, EndCause cause = EndCause::kRequested);
  // A refused amend leaves the order as it was; kModifiedAway and kPostOnly end it and are not refusals.
  OrderResult amend(Instant now, const AmendRequest& request);
  // The cancelled orders, as they ended.
  std::vector<Order> cancel_all(Instant now, AccountId account, InstrumentId market, EndCause cause = EndCause::kCancelAll);
  // Dead-man switch: all orders of the account in this market are cancelled at `at` unless set again; never = off.
  void set_countdown(Instant now, AccountId account, InstrumentId market, Instant at);
  [[nodiscard]] Instant countdown(AccountId account, InstrumentId market) const noexcept;
  Refusal set_leverage(Instant now, AccountId account, InstrumentId market, std::uint32_t leverage);
  void set_isolated(Instant now, AccountId account, InstrumentId market, bool isolated);
  void set_trading(Instant now, InstrumentId market, bool trading);

  // ---- markets

  [[nodiscard]] std::size_t markets() const noexcept;
  [[nodiscard]] const MarketConfig& market(InstrumentId market) const noexcept;
  [[nodiscard]] const Instrument& instrument(InstrumentId id) const noexcept { return market(id).instrument; }
  // By the venue's own symbol or number; null = none.
  [[nodiscard]] const MarketConfig* find_market(Venue venue, std::string_view symbol) const noexcept;
  [[nodiscard]] const MarketConfig* find_market(Venue venue, MarketKind kind, std::string_view symbol) const noexcept;
  [[nodiscard]] const MarketConfig* find_market(Venue venue, std::int64_t venue_number) const noexcept;
  [[nodiscard]] bool trading(InstrumentId market) const noexcept;
  [[nodiscard]] Touch touch(InstrumentId market) const noexcept;
  // Best first, at most `max`, appended.
  void levels(InstrumentId market, BookSide side, std::size_t max, std::vector<Level>& out) const;
  // Single orders in priority order, at most `max`, appended; the background's too.
  struct Resting { OrderId id; AccountId account; Price price; Lots left; Lots total; };
  void resting(InstrumentId market, BookSide side, std::size_t max, std::vector<Resting>& out) const;
  [[nodiscard]] Lots qty_at(InstrumentId market, BookSide side, Price price) const noexcept;
  [[nodiscard]] std::uint64_t update_id(InstrumentId market) const noexcept;  // of the newest level change
  [[nodiscard]] Instant updated_at(InstrumentId market) const noexcept;
  [[nodiscard]] std::uint32_t crc(InstrumentId market) const;                 // of the book now, kCrcLevels a side
  [[nodiscard]] Mark mark(InstrumentId market) const noexcept;
  [[nodiscard]] MarketStats stats(InstrumentId market) const noexcept;
  // Newest first, at most `max`, appended: kTrade events.
  void recent_trades(InstrumentId market, std::size_t max, std::vector<MarketEvent>& out) const;
  [[nodiscard]] BackgroundState background(InstrumentId market) const;

  // ---- accounts

  [[nodiscard]] std::size_t accounts() const noexcept;
  [[nodiscard]] std::string_view account_name(AccountId account) const noexcept;
  // Null = never seen, forgotten, or another account's.
  [[nodiscard]] const Order* find(AccountId account, InstrumentId market, const OrderRef& order) const;
  // Oldest first. Without a market: of all of them.
  [[nodiscard]] std::vector<const Order*> open_orders(AccountId account) const;
  [[nodiscard]] std::vector<const Order*> open_orders(AccountId account, InstrumentId market) const;
  // Every order still known, open and closed, by ascending id from `from`, at most `max`.
  [[nodiscard]] std::vector<const Order*> orders(AccountId account, InstrumentId market, OrderId from, std::size_t max) const;
  // Oldest kept first. Filter them yourself.
  [[nodiscard]] std::vector<const Fill*> fills(AccountId account, InstrumentId market) const;
  [[nodiscard]] Balance balance(AccountId account, Wallet wallet, std::string_view asset) const;
  // Every asset ever touched, by name.
  [[nodiscard]] std::vector<Balance> balances(AccountId account, Wallet wallet) const;
  [[nodiscard]] Position position(AccountId account, InstrumentId market) const;
  // Of the perpetual markets of that wallet, flat ones included, by market.
  [[nodiscard]] std::vector<Position> positions(AccountId account, Wallet wallet) const;
  [[nodiscard]] Margin margin(AccountId account, Wallet wallet, std::string_view asset) const;
  [[nodiscard]] Amount house(Wallet wallet, std::string_view asset) const;  // fees and rounding taken so far

  // ---- events

  [[nodiscard]] Cursor account_end(AccountId account) const noexcept;  // behind the newest event
  Read next(AccountId account, Cursor& cursor, const AccountEvent*& out) const noexcept;
  [[nodiscard]] Cursor market_end(InstrumentId market) const noexcept;
  Read next(InstrumentId market, Cursor& cursor, const MarketEvent*& out) const noexcept;
  [[nodiscard]] Cursor batch_end(InstrumentId market) const noexcept;
  Read next(InstrumentId market, Cursor& cursor, const DepthBatch*& out) const noexcept;
  // The newest batches' (last update id, crc), oldest first.
  [[nodiscard]] std::vector<std::pair<std::uint64_t, std::uint32_t>> recent_crcs(InstrumentId market, std::size_t max) const;

  // ---- money in numbers

  [[nodiscard]] Amount quote_value(InstrumentId market, Price price, Lots qty) const noexcept;  // price * size * multiplier
  [[nodiscard]] Amount base_value(InstrumentId market, Lots qty) const noexcept;   // size in base
  [[nodiscard]] Amount price_value(InstrumentId market, Price price) const noexcept;
  // sum / size, as a price rounded to 10^-8: average of a fill, entry of a position. 0 when the size is 0.
  [[nodiscard]] Amount average(InstrumentId market, Amount quote, Lots qty) const noexcept;

  // Cold, for tests: null, or which of the promises above does not hold.
  [[nodiscard]] const char* broken_invariant() const;

  struct State;  // floor_state.hpp

 private:
  std::unique_ptr<State> state_;
};

}  // namespace jobber::exchange
