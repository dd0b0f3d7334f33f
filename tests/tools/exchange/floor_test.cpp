#include "tools/exchange/floor.hpp"

#include <gtest/gtest.h>

#include "tests/tools/exchange/floor_fixture.hpp"

namespace jobber::exchange {
namespace {

using namespace testing;

Amount amount(std::string_view text) { return parse_amount(text).value(); }
std::string text(Amount a) { return short_amount_text(a); }

// Two rich accounts, one perpetual and one spot market, nobody else.
class FloorTest : public ::testing::Test {
 protected:
  FloorTest() {
    perp = floor.add_market(kStart, perpetual());
    cash = floor.add_market(kStart, spot());
    alice = floor.add_account("alice");
    bob = floor.add_account("bob");
    for (const AccountId a : {alice, bob}) {
      floor.deposit(kStart, a, Wallet::kBinanceUsdm, "USDT", whole(10'000));
      floor.deposit(kStart, a, Wallet::kBinanceSpot, "USDT", whole(10'000));
      floor.deposit(kStart, a, Wallet::kBinanceSpot, "BTC", whole(1));
    }
  }
  void TearDown() override { EXPECT_STREQ(floor.broken_invariant(), nullptr); }

  Balance spot_balance(AccountId a, std::string_view asset) { return floor.balance(a, Wallet::kBinanceSpot, asset); }
  std::vector<AccountEvent::Kind> kinds(AccountId a, Cursor& from) {
    std::vector<AccountEvent::Kind> out;
    for (const AccountEvent& e : read_all(floor, a, from)) out.push_back(e.kind);
    return out;
  }

  Floor floor;
  InstrumentId perp, cash;
  AccountId alice, bob;
  Instant now = kStart + seconds(1);
  using Kind = AccountEvent::Kind;
};

TEST_F(FloorTest, RestingOrderIsSeenInTheBookAndLocksMoney) {
  Cursor cursor = floor.account_end(alice);
  const OrderResult r = floor.place(now, limit(alice, cash, Side::kBuy, 599'000, 100));
  ASSERT_TRUE(r.ok()) << to_text(r.why);
  EXPECT_EQ(r.order.status, OrderStatus::kNew);
  EXPECT_TRUE(r.order.resting);
  EXPECT_EQ(floor.touch(cash).bid, (Level{{599'000}, {100}}));
  EXPECT_EQ(text(spot_balance(alice, "USDT").locked), "5990");
  EXPECT_EQ(text(spot_balance(alice, "USDT").free()), "4010");
  EXPECT_EQ(kinds(alice, cursor), std::vector{Kind::kNew});

  const OrderResult gone = floor.cancel(now, alice, cash, {r.order.id, {}}, "why");
  ASSERT_TRUE(gone.ok());
  EXPECT_EQ(gone.order.status, OrderStatus::kCancelled);
  EXPECT_EQ(gone.order.cancel_client_id, "why");
  EXPECT_EQ(text(spot_balance(alice, "USDT").locked), "0");
  EXPECT_EQ(floor.touch(cash).bid.qty.n, 0);
  EXPECT_EQ(floor.cancel(now, alice, cash, {r.order.id, {}}).why, Refusal::kOrderClosed);
}

TEST_F(FloorTest, SpotTradeMovesBothAssetsAndFees) {
  ASSERT_TRUE(floor.place(now, limit(alice, cash, Side::kSell, 600'000, 100)).ok());
  EXPECT_EQ(text(spot_balance(alice, "BTC").locked), "0.1");
  Cursor at = floor.account_end(bob), at_alice = floor.account_end(alice);
  const OrderResult r = floor.place(now, limit(bob, cash, Side::kBuy, 610'000, 40));
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(r.order.status, OrderStatus::kFilled);
  ASSERT_EQ(r.fills.size(), 1u);
  EXPECT_EQ(r.fills[0].price.grid, 600'000);
  EXPECT_FALSE(r.fills[0].maker);
  EXPECT_EQ(r.fills[0].fee_asset, "BTC");
  EXPECT_EQ(text(r.fills[0].fee), "0.00004");
  EXPECT_EQ(text(spot_balance(bob, "BTC").total), "1.03996");
  EXPECT_EQ(text(spot_balance(bob, "USDT").total), "7600");
  EXPECT_EQ(text(spot_balance(bob, "USDT").locked), "0");
  EXPECT_EQ(text(spot_balance(alice, "USDT").total), "12397.6");
  EXPECT_EQ(text(spot_balance(alice, "BTC").locked), "0.06");
  EXPECT_EQ(text(floor.house(Wallet::kBinanceSpot, "USDT")), "2.4");
  const auto told = read_all(floor, bob, at);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].kind, Kind::kNew);
  EXPECT_EQ(told[0].order.filled.n, 0);
  EXPECT_EQ(told[1].kind, Kind::kTrade);
  EXPECT_EQ(told[1].balances.size(), 2u);
  EXPECT_EQ(told[0].group, told[1].group);
  EXPECT_EQ(kinds(alice, at_alice), std::vector{Kind::kTrade});
}

TEST_F(FloorTest, PositionAveragesRealisesAndFlips) {
  const auto trade = [&](Side side, std::int64_t price, std::int64_t qty) {
    ASSERT_TRUE(floor.place(now, limit(bob, perp, opposite(side), price, qty)).ok());
    const OrderResult r = floor.place(now, limit(alice, perp, side, price, qty, TimeInForce::kImmediateOrCancel));
    ASSERT_EQ(r.order.status, OrderStatus::kFilled);
  };
  trade(Side::kBuy, 600'000, 100);
  trade(Side::kBuy, 610'000, 100);
  EXPECT_EQ(text(floor.position(alice, perp).entry), "60500");
  EXPECT_EQ(floor.position(alice, perp).qty.n, 200);
  trade(Side::kSell, 615'000, 50);
  EXPECT_EQ(text(floor.position(alice, perp).realised), "50");
  EXPECT_EQ(text(floor.position(alice, perp).entry), "60500");
  trade(Side::kSell, 600'000, 250);
  EXPECT_EQ(floor.position(alice, perp).qty.n, -100);
  EXPECT_EQ(text(floor.position(alice, perp).realised), "-25");
  EXPECT_EQ(text(floor.position(alice, perp).entry), "60000");
  EXPECT_EQ(floor.position(bob, perp).qty.n, 100);
}

TEST_F(FloorTest, RefusalsNameTheirReason) {
  struct Row { const char* what; PlaceRequest request; Refusal want; };
  PlaceRequest named = limit(alice, perp, Side::kBuy, 600'000, 10);
  named.client_id = "one";
  ASSERT_TRUE(floor.place(now, named).ok());
  ASSERT_TRUE(floor.place(now, limit(bob, perp, Side::kSell, 601'000, 10)).ok());
  PlaceRequest reduce = limit(alice, perp, Side::kSell, 605'000, 10);
  reduce.reduce_only = true;
  PlaceRequest late = limit(alice, perp, Side::kBuy, 599'000, 10);
  late.expires_at = now;
  PlaceRequest odd = market_order(alice, perp, Side::kBuy, 10);
  odd.tif = TimeInForce::kPostOnly;
  PlaceRequest long_id = limit(alice, perp, Side::kBuy, 599'000, 10);
  long_id.client_id = std::string(kClientIdMax + 1, 'x');
  const Row rows[] = {
      {"no account", limit({77}, perp, Side::kBuy, 600'000, 10), Refusal::kUnknownAccount},
      {"the background's", limit(kBackground, perp, Side::kBuy, 600'000, 10), Refusal::kUnknownAccount},
      {"no market", limit(alice, {77}, Side::kBuy, 600'000, 10), Refusal::kUnknownMarket},
      {"price zero", limit(alice, perp, Side::kBuy, 0, 10), Refusal::kBadPrice},
      {"size zero", limit(alice, perp, Side::kBuy, 600'000, 0), Refusal::kBadQty},
      {"too far", limit(alice, perp, Side::kBuy, 400'000, 10), Refusal::kPriceBand},
      {"notional", limit(alice, cash, Side::kBuy, 600'000, 1), Refusal::kNone},
      {"client id twice", named, Refusal::kDuplicateClientId},
      {"client id too long", long_id, Refusal::kBadClientId},
      {"post-only takes", limit(alice, perp, Side::kBuy, 601'000, 10, TimeInForce::kPostOnly), Refusal::kPostOnlyWouldTake},
      {"fill or kill", limit(alice, perp, Side::kBuy, 601'000, 11, TimeInForce::kFillOrKill), Refusal::kFillOrKillShort},
      {"nothing to reduce", reduce, Refusal::kReduceOnly},
      {"expired", late, Refusal::kBadExpiry},
      {"post-only market order", odd, Refusal::kBadOrder},
      {"nobody sells", market_order(alice, cash, Side::kSell, 10), Refusal::kNone},
      {"balance", limit(alice, cash, Side::kBuy, 600'000, 200), Refusal::kInsufficientBalance},
      {"margin", limit(alice, perp, Side::kBuy, 600'000, 4'000), Refusal::kInsufficientMargin},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(floor.check(now, row.request), row.want == Refusal::kFillOrKillShort ? Refusal::kNone : row.want) << row.what;
    EXPECT_EQ(floor.place(now, row.request).why, row.want) << row.what;
  }
  EXPECT_EQ(floor.cancel(now, bob, perp, {{}, "one"}).why, Refusal::kUnknownOrder) << "another account's";
  floor.set_trading(now, perp, false);
  EXPECT_EQ(floor.place(now, limit(alice, perp, Side::kBuy, 599'000, 10)).why, Refusal::kHalted);
}

TEST_F(FloorTest, MarketOrderSizedInQuoteBuysWholeLots) {
  ASSERT_TRUE(floor.place(now, limit(bob, cash, Side::kSell, 600'000, 10)).ok());
  ASSERT_TRUE(floor.place(now, limit(bob, cash, Side::kSell, 600'100, 10)).ok());
  PlaceRequest r = market_order(alice, cash, Side::kBuy, 0);
  r.quote_qty = whole(1'000);
  const OrderResult got = floor.place(now, r);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got.order.qty.n, 16);
  EXPECT_EQ(got.order.status, OrderStatus::kFilled);
  EXPECT_EQ(text(got.order.quote_filled), "960.06");
}

TEST_F(FloorTest, MarketOrderWithAWorstPriceStopsThere) {
  ASSERT_TRUE(floor.place(now, limit(bob, perp, Side::kSell, 600'000, 10)).ok());
  ASSERT_TRUE(floor.place(now, limit(bob, perp, Side::kSell, 600'100, 10)).ok());
  PlaceRequest r = market_order(alice, perp, Side::kBuy, 15);
  r.price = {600'050};
  const OrderResult got = floor.place(now, r);
  EXPECT_EQ(got.order.filled.n, 10);
  EXPECT_EQ(got.order.status, OrderStatus::kExpired);
  EXPECT_EQ(got.order.cause, EndCause::kUnfilled);
}

TEST_F(FloorTest, AmendKeepsOrLosesThePlace) {
  const OrderResult first = floor.place(now, limit(alice, perp, Side::kBuy, 599'000, 10));
  const OrderResult second = floor.place(now, limit(bob, perp, Side::kBuy, 599'000, 10));
  AmendRequest less{.account = alice, .market = perp, .order = {first.order.id, {}}, .qty = Lots{8}};
  ASSERT_TRUE(floor.amend(now, less).ok());
  std::vector<Floor::Resting> queue;
  floor.resting(perp, BookSide::kBid, 10, queue);
  ASSERT_EQ(queue.size(), 2u);
  EXPECT_EQ(queue[0].id, first.order.id);
  EXPECT_EQ(queue[0].left.n, 8);
  less.qty = Lots{7};
  less.lose_place = true;
  const OrderResult r = floor.amend(now, less);
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(r.order.amends, 2u);
  queue.clear();
  floor.resting(perp, BookSide::kBid, 10, queue);
  EXPECT_EQ(queue[0].id, second.order.id);
  EXPECT_EQ(queue[1].left.n, 7);
  EXPECT_EQ(floor.qty_at(perp, BookSide::kBid, {599'000}).n, 17);
  less.refuse_unchanged = true;
  EXPECT_EQ(floor.amend(now, less).why, Refusal::kNothingToAmend);
  less.qty = Lots{9};
  less.only_reduce = true;
  EXPECT_EQ(floor.amend(now, less).why, Refusal::kAmendRaisesSize);
}

TEST_F(FloorTest, AmendBelowWhatWasFilledCancels) {
  const OrderResult r = floor.place(now, limit(alice, perp, Side::kBuy, 599'000, 10));
  ASSERT_TRUE(floor.place(now, limit(bob, perp, Side::kSell, 599'000, 6)).ok());
  const OrderResult less = floor.amend(now, {.account = alice, .market = perp, .order = {r.order.id, {}}, .qty = Lots{5}});
  ASSERT_TRUE(less.ok());
  EXPECT_EQ(less.order.status, OrderStatus::kCancelled);
  EXPECT_EQ(less.order.cause, EndCause::kModifiedAway);
  EXPECT_EQ(less.order.filled.n, 6);
}

TEST_F(FloorTest, PostOnlyAmendThroughTheTouchIsRefusedOrEndsTheOrder) {
  ASSERT_TRUE(floor.place(now, limit(bob, perp, Side::kSell, 600'000, 10)).ok());
  const OrderResult r = floor.place(now, limit(alice, perp, Side::kBuy, 599'000, 10, TimeInForce::kPostOnly));
  AmendRequest through{.account = alice, .market = perp, .order = {r.order.id, {}}, .price = Price{600'000}};
  EXPECT_EQ(floor.amend(now, through).why, Refusal::kPostOnlyWouldTake);
  EXPECT_TRUE(floor.find(alice, perp, {r.order.id, {}})->open());
  through.cancel_if_taking = true;
  const OrderResult gone = floor.amend(now, through);
  EXPECT_TRUE(gone.ok());
  EXPECT_EQ(gone.order.cause, EndCause::kPostOnly);
}

TEST_F(FloorTest, CountdownCancelsUnlessSetAgain) {
  ASSERT_TRUE(floor.place(now, limit(alice, perp, Side::kBuy, 599'000, 10)).ok());
  floor.set_countdown(now, alice, perp, now + seconds(1));
  floor.set_countdown(now, alice, perp, now + seconds(3));
  floor.advance(now + seconds(2));
  EXPECT_EQ(floor.open_orders(alice, perp).size(), 1u);
  Cursor at = floor.account_end(alice);
  floor.advance(now + seconds(4));
  EXPECT_TRUE(floor.open_orders(alice, perp).empty());
  const auto told = read_all(floor, alice, at);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].order.cause, EndCause::kCountdown);
  EXPECT_EQ(told[0].at, now + seconds(3));
  ASSERT_TRUE(floor.place(now + seconds(4), limit(alice, perp, Side::kBuy, 599'000, 10)).ok());
  floor.set_countdown(now + seconds(4), alice, perp, now + seconds(5));
  floor.set_countdown(now + seconds(4), alice, perp, Instant::never());
  floor.advance(now + seconds(9));
  EXPECT_EQ(floor.open_orders(alice, perp).size(), 1u);
}

TEST_F(FloorTest, GoodTillDateExpires) {
  PlaceRequest r = limit(alice, perp, Side::kBuy, 599'000, 10);
  r.expires_at = now + seconds(2);
  const OrderId id = floor.place(now, r).order.id;
  floor.advance(now + seconds(1));
  EXPECT_TRUE(floor.find(alice, perp, {id, {}})->open());
  floor.advance(now + seconds(3));
  EXPECT_EQ(floor.find(alice, perp, {id, {}})->status, OrderStatus::kExpired);
  EXPECT_EQ(floor.find(alice, perp, {id, {}})->cause, EndCause::kGoodTillDate);
}

TEST_F(FloorTest, FundingIsPaidByLongsToShorts) {
  ASSERT_TRUE(floor.place(now, limit(bob, perp, Side::kSell, 600'000, 100)).ok());
  ASSERT_TRUE(floor.place(now, limit(alice, perp, Side::kBuy, 600'000, 100)).ok());
  Cursor at = floor.account_end(alice);
  const Instant due = floor.mark(perp).next_funding;
  while (!floor.advance(due)) {
  }
  const auto told = read_all(floor, alice, at);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].kind, Kind::kFunding);
  EXPECT_EQ(text(told[0].delta), "-0.6");
  EXPECT_EQ(text(floor.position(bob, perp).funding), "0.6");
}

TEST_F(FloorTest, DepthBatchesChainAndCarryTheBooksChecksum) {
  Cursor at = floor.batch_end(perp);
  ASSERT_TRUE(floor.place(now, limit(alice, perp, Side::kBuy, 599'000, 10)).ok());
  ASSERT_TRUE(floor.place(now, limit(alice, perp, Side::kBuy, 599'000, 10)).ok());
  floor.advance(now + milliseconds(100));
  ASSERT_TRUE(floor.place(now + milliseconds(150), limit(bob, perp, Side::kSell, 599'000, 15)).ok());
  floor.advance(now + milliseconds(300));
  const DepthBatch* first = nullptr;
  const DepthBatch* second = nullptr;
  ASSERT_EQ(floor.next(perp, at, first), Read::kEvent);
  ASSERT_EQ(floor.next(perp, at, second), Read::kEvent);
  EXPECT_EQ(first->last, first->first + 1);
  EXPECT_EQ(first->bids, (std::vector<Level>{{{599'000}, {20}}}));
  EXPECT_EQ(second->first, first->last + 1);
  EXPECT_EQ(second->bids, (std::vector<Level>{{{599'000}, {5}}}));
  EXPECT_EQ(second->crc, floor.crc(perp));
  EXPECT_EQ(second->last, floor.update_id(perp));
  EXPECT_EQ(floor.recent_crcs(perp, 1), (std::vector<std::pair<std::uint64_t, std::uint32_t>>{{second->last, second->crc}}));
}

TEST_F(FloorTest, ReadersThatFallBehindAreTold) {
  FloorConfig small;
  small.events_kept = 4;
  Floor tiny(small);
  const InstrumentId m = tiny.add_market(kStart, perpetual());
  const AccountId a = tiny.add_account("a");
  tiny.deposit(kStart, a, Wallet::kBinanceUsdm, "USDT", whole(100'000));
  Cursor at = tiny.account_end(a);
  for (int i = 0; i != 6; ++i) ASSERT_TRUE(tiny.place(kStart, limit(a, m, Side::kBuy, 599'000, 10)).ok());
  const AccountEvent* e = nullptr;
  EXPECT_EQ(tiny.next(a, at, e), Read::kBehind);
  int seen = 0;
  while (tiny.next(a, at, e) == Read::kEvent) ++seen;
  EXPECT_EQ(seen, 4);
}

TEST_F(FloorTest, ClientIdsFindTheOpenOrderThenTheNewestClosedOne) {
  PlaceRequest r = limit(alice, perp, Side::kBuy, 599'000, 10);
  r.client_id = "mine";
  const OrderId first = floor.place(now, r).order.id;
  EXPECT_EQ(floor.find(alice, perp, {{}, "mine"})->id, first);
  EXPECT_EQ(floor.find(alice, cash, {{}, "mine"}), nullptr);
  EXPECT_EQ(floor.find(bob, perp, {{}, "mine"}), nullptr);
  ASSERT_TRUE(floor.cancel(now, alice, perp, {{}, "mine"}).ok());
  EXPECT_EQ(floor.find(alice, perp, {{}, "mine"})->id, first);
  const OrderId second = floor.place(now, r).order.id;
  EXPECT_EQ(floor.find(alice, perp, {{}, "mine"})->id, second);
  r.tif = TimeInForce::kFillOrKill;
  r.client_id = "theirs";
  EXPECT_EQ(floor.place(now, r).why, Refusal::kFillOrKillShort);
  EXPECT_EQ(floor.find(alice, perp, {{}, "theirs"}), nullptr);
  ASSERT_TRUE(floor.amend(now, {.account = alice, .market = perp, .order = {second, {}}, .client_id = "ours"}).ok());
  EXPECT_EQ(floor.find(alice, perp, {{}, "ours"})->id, second);
  EXPECT_EQ(floor.find(alice, perp, {{}, "mine"}), nullptr);
}

TEST_F(FloorTest, ClosedOrdersAreForgottenBeyondTheLimit) {
  Floor tiny({.closed_orders_kept = 3});
  const InstrumentId m = tiny.add_market(kStart, perpetual());
  const AccountId a = tiny.add_account("a");
  tiny.deposit(kStart, a, Wallet::kBinanceUsdm, "USDT", whole(100'000));
  std::vector<OrderId> ids;
  for (int i = 0; i != 8; ++i) {
    PlaceRequest r = limit(a, m, Side::kBuy, 599'000, 10);
    r.client_id = std::to_string(i);
    ids.push_back(tiny.place(kStart, r).order.id);
    ASSERT_TRUE(tiny.cancel(kStart, a, m, {ids.back(), {}}).ok());
  }
  EXPECT_EQ(tiny.find(a, m, {ids[0], {}}), nullptr);
  EXPECT_EQ(tiny.find(a, m, {{}, "0"}), nullptr);
  EXPECT_NE(tiny.find(a, m, {{}, "7"}), nullptr);
  EXPECT_LE(tiny.orders(a, m, {}, 100).size(), 4u);
}

TEST_F(FloorTest, SelfTradeModesEndTheRightOrder) {
  const OrderResult maker = floor.place(now, limit(alice, perp, Side::kSell, 600'000, 10));
  PlaceRequest taker = limit(alice, perp, Side::kBuy, 600'000, 10);
  const OrderResult r = floor.place(now, taker);
  EXPECT_EQ(r.order.status, OrderStatus::kExpired);
  EXPECT_EQ(r.order.cause, EndCause::kSelfTrade);
  taker.self_trade = SelfTrade::kExpireMaker;
  EXPECT_EQ(floor.place(now, taker).order.status, OrderStatus::kNew);
  EXPECT_EQ(floor.find(alice, perp, {maker.order.id, {}})->cause, EndCause::kSelfTrade);
}

// An own order that gives way is not there to be taken: the money must carry what stands behind it.
TEST_F(FloorTest, AMarketOrderIsPaidForByWhatItMeetsBehindItsOwnOrders) {
  ASSERT_TRUE(floor.place(now, limit(alice, cash, Side::kSell, 600'000, 160)).ok());  // 0.16 at 60,000 are 9,600
  ASSERT_TRUE(floor.place(now, limit(bob, cash, Side::kSell, 690'000, 200)).ok());
  PlaceRequest buy = market_order(alice, cash, Side::kBuy, 160);  // 0.16 at 69,000 are 11,040 of 10,000
  buy.self_trade = SelfTrade::kExpireMaker;
  EXPECT_EQ(floor.place(now, buy).why, Refusal::kInsufficientBalance);
  buy.qty = {};
  buy.quote_qty = whole(9'660);
  const OrderResult r = floor.place(now, buy);
  ASSERT_TRUE(r.ok()) << to_text(r.why);
  EXPECT_EQ(r.order.filled.n, 140);
  EXPECT_EQ(text(r.order.quote_filled), "9660");
  EXPECT_EQ(text(spot_balance(alice, "USDT").total), "340");
}

TEST_F(FloorTest, LeverageDecidesWhatMarginCarries) {
  EXPECT_EQ(floor.set_leverage(now, alice, perp, 126), Refusal::kBadLeverage);
  EXPECT_EQ(floor.place(now, limit(alice, perp, Side::kBuy, 600'000, 3'400)).why, Refusal::kInsufficientMargin);
  ASSERT_EQ(floor.set_leverage(now, alice, perp, 50), Refusal::kNone);
  ASSERT_TRUE(floor.place(now, limit(alice, perp, Side::kBuy, 600'000, 3'400)).ok());
  EXPECT_EQ(text(floor.margin(alice, Wallet::kBinanceUsdm, "USDT").order_margin), "4080");
  EXPECT_EQ(text(floor.margin(alice, Wallet::kBinanceUsdm, "USDT").available), "5920");
  EXPECT_EQ(floor.set_leverage(now, alice, perp, 10), Refusal::kInsufficientMargin);
}

TEST_F(FloorTest, AmountsAreWrittenAndReadExactly) {
  EXPECT_EQ(amount_text({123'450'000}, 4), "1.2345");
  EXPECT_EQ(amount_text({-5}, 8), "-0.00000005");
  EXPECT_EQ(amount_text({-5}, 2), "0.00");
  EXPECT_EQ(amount_text(whole(12), 0), "12");
  EXPECT_EQ(text({}), "0");
  EXPECT_EQ(amount("-12.5").e8, -1'250'000'000);
  EXPECT_FALSE(parse_amount("0.000000001").ok());
}

}  // namespace
}  // namespace jobber::exchange
