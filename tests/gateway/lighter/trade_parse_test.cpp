#include "gateway/lighter/trade_parse.hpp"

#include <gtest/gtest.h>

namespace jobber::gateway::lighter {
namespace {

AccountTrade parsed(std::string_view json, std::int64_t own = 0) {
  const auto trade = parse_trade(json, 1, own);
  EXPECT_TRUE(trade.ok()) << json;
  return trade.ok() ? trade.value() : AccountTrade{};
}

TEST(TradeParse, TheAccountsDecideOverEveryWordInTheMessage) {
  const char* ask = R"({"side":"buy","is_maker_ask":false,"ask_account_id":7,"bid_account_id":9})";
  EXPECT_EQ(parsed(ask, 7).side, Side::kSell);
  EXPECT_EQ(parsed(ask, 7).maker, false) << "the maker was the bid";
  EXPECT_EQ(parsed(ask, 9).side, Side::kBuy);
  EXPECT_EQ(parsed(ask, 9).maker, true);
  EXPECT_EQ(parsed(ask, 5).side, Side::kBuy) << "neither account is ours: the word";
  EXPECT_EQ(parsed(R"({"side":"sell","ask_account_id":7,"bid_account_id":7})", 7).side, Side::kSell);
}

TEST(TradeParse, WithoutAccountsTheRoleIsUnknown) {
  EXPECT_EQ(parsed(R"({"is_maker_ask":true})", 7).maker, std::nullopt);
}

TEST(TradeParse, WhatCannotBeBookedSaysWhy) {
  struct Row { const char* json; TradeError want; };
  constexpr Row rows[] = {
      {R"({"side":"buy","price":"1.5","size":"2"})", TradeError::kNone},
      {R"({"type":"trade","price":"1","size":"2"})", TradeError::kNoSide},
      {R"({"side":"buy","size":"2"})", TradeError::kBadPrice},
      {R"({"side":"buy","price":"0","size":"2"})", TradeError::kBadPrice},
      {R"({"side":"buy","price":"-1","size":"2"})", TradeError::kBadPrice},
      {R"({"side":"buy","price":"1e3","size":"2"})", TradeError::kBadPrice},
      {R"({"side":"buy","price":"nan","size":"2"})", TradeError::kBadPrice},
      {R"({"side":"buy","price":{},"size":"2"})", TradeError::kBadPrice},
      {R"({"side":"buy","price":"1","size":""})", TradeError::kBadSize},
      {R"({"side":"buy","price":"1","size":[1]})", TradeError::kBadSize},
  };
  for (const Row& r : rows) EXPECT_EQ(bookable(parsed(r.json)), r.want) << r.json;
}

TEST(TradeParse, HostileBytesAreAnErrorValue) {
  for (const char* json : {"", "{", "[]", "null", "\"x\"", "{\"side\":}", "\x80\xff", "{\"a\":1}x"}) {
    const auto trade = parse_trade(json, 1, 0);
    ASSERT_FALSE(trade.ok()) << json;
    EXPECT_EQ(trade.error(), TradeError::kNotJson);
  }
  EXPECT_EQ(parsed(R"({"timestamp":1e300})").timestamp_ms, 0);
  EXPECT_EQ(parsed(R"({"timestamp":"12x","time":true,"created_at":5})").timestamp_ms, 5'000);
  EXPECT_EQ(parsed(R"({"ask_account_id":"7","bid_account_id":1.5,"side":3})", 7).side, std::nullopt);
}

}  // namespace
}  // namespace jobber::gateway::lighter
