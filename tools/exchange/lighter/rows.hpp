// Lighter's words and rows: what the floor knows, as the venue's JSON writes it.
//
// Owner: the server's thread. Cold. Source: lighter.md 2, 4.4, 5.3, 5.4 with fixtures (shapes/), recordings of 2026-07.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/exchange/accounts.hpp"
#include "tools/exchange/floor.hpp"
#include "tools/exchange/json_text.hpp"

namespace jobber::exchange::lighter {

// Account numbers of the wire. Everybody who is not on Lighter, the background first of all, trades as kStranger.
class Directory {
 public:
  static constexpr std::int64_t kStranger = 281'474'976'639'642;
  explicit Directory(const Accounts& accounts) : accounts_(accounts) {}
  [[nodiscard]] std::int64_t index_of(AccountId id) const noexcept {
    const Accounts::Entry* e = accounts_.find(id);
    return e != nullptr && e->config.lighter_index >= 0 ? e->config.lighter_index : kStranger;
  }
  [[nodiscard]] const Accounts::Entry* find(std::int64_t index) const noexcept { return accounts_.find_lighter(index); }
  [[nodiscard]] const std::vector<Accounts::Entry>& all() const noexcept { return accounts_.all(); }

 private:
  const Accounts& accounts_;
};

constexpr std::int64_t millis(Instant t) noexcept { return t.ns / 1'000'000; }
constexpr std::int64_t micros(Instant t) noexcept { return t.ns / 1'000; }

// Asks of market m count up from (m+1)*2^48, bids down from (m+2)*2^48 (lighter.md 2).
[[nodiscard]] std::int64_t order_index(OrderId id, Side side, const MarketConfig& market) noexcept;
// Back; whatever the market. 0 for what is no such index.
[[nodiscard]] OrderId order_id(std::int64_t index) noexcept;

// The venue's status word.
[[nodiscard]] std::string_view status_text(const Order& order) noexcept;

// Each writes one object. `nonce` is that of the market's book. An empty status means the order's own.
void order_row(JsonText& out, const Order& order, const MarketConfig& market, std::int64_t account, std::uint64_t nonce,
               std::string_view status = {});
void trade_row(JsonText& out, const MarketEvent& trade, const MarketConfig& market, const Directory& directory);
void trade_row(JsonText& out, const Fill& fill, const MarketConfig& market, const Directory& directory);
void position_row(JsonText& out, const Position& position, const MarketConfig& market, std::size_t open_orders);
void asset_row(JsonText& out, const Balance& balance);
void market_row(JsonText& out, const Floor& floor, const MarketConfig& market, bool details);
void stats_row(JsonText& out, const Floor& floor, const MarketConfig& market);
void level_row(JsonText& out, Price price, Lots qty, const Instrument& instrument);

// The members of an account, without braces; `complete` adds positions and assets.
void account_members(JsonText& out, const Floor& floor, const Accounts::Entry& entry, bool complete);
// The members of user_stats.
void user_stats(JsonText& out, const Floor& floor, AccountId account);
[[nodiscard]] int asset_number(std::string_view asset) noexcept;

}  // namespace jobber::exchange::lighter
