// From the configuration to a venue: what a person may have written wrongly is said before anything is opened.
#include "tools/live/venues.hpp"

#include <gtest/gtest.h>

namespace jobber::live {
namespace {

TEST(LiveVenues, MarketsAreUpperCaseAndEachIsNamedOnce) {
  std::string problem;
  const auto venue = make_venue(Config{}, Venue::kLmex, {.at = {}, .ca_file = {}, .symbols = "btc-perp, ETH-PERP"}, problem);
  ASSERT_TRUE(venue) << problem;
  EXPECT_EQ(venue->symbols, (std::vector<std::string>{"BTC-PERP", "ETH-PERP"}));
  EXPECT_FALSE(make_venue(Config{}, Venue::kLmex, {.at = {}, .ca_file = {}, .symbols = "btc-perp,ETH-PERP,BTC-PERP"}, problem));
  EXPECT_EQ(problem, "lmex: BTC-PERP is named twice");
  problem.clear();
  EXPECT_FALSE(make_venue(Config{}, Venue::kLmex, {.at = {}, .ca_file = {}, .symbols = " ,"}, problem));
  EXPECT_EQ(problem, "lmex: no market is named");
}

}  // namespace
}  // namespace jobber::live
