#include "feed/binance/symbols.hpp"

#include <gtest/gtest.h>

namespace jobber::feed {
namespace {

constexpr std::string_view kListed[] = {"BTCUSDT", "ETHUSDT", "1000PEPEUSDT"};

TEST(BinanceSymbols, APairCountsOnlyWhenItIsListed) {
  EXPECT_EQ(binance_pair("BTC", kListed), "btcusdt");
  EXPECT_EQ(binance_pair("btc", kListed), "btcusdt");
  EXPECT_EQ(binance_pair("1000PEPE", kListed), "1000pepeusdt");
  EXPECT_EQ(binance_pair("EURUSD", kListed), std::nullopt) << "no such pair";
  EXPECT_EQ(binance_pair("BT", kListed), std::nullopt) << "a prefix is another symbol";
  EXPECT_EQ(binance_pair("BTC", {}), std::nullopt) << "nothing known, nothing assumed";
}

TEST(BinanceSymbols, SomeMarketsHaveNoLeader) {
  constexpr std::string_view kListedToo[] = {"ASTERUSDT"};
  EXPECT_EQ(binance_pair("ASTER", kListedToo), std::nullopt);
  EXPECT_EQ(binance_candidate("aster"), std::nullopt);
  EXPECT_EQ(binance_candidate(""), std::nullopt);
}

}  // namespace
}  // namespace jobber::feed
