// One message of each kind, market and year that the venue has sent, and what hostile bytes come to.
#include "feed/binance/codec.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace jobber::feed {
namespace {

Instrument grid(int price_decimals, int qty_decimals, const char* symbol = "BTCUSDT") {
  Instrument i;
  i.price_decimals = price_decimals;
  i.qty_decimals = qty_decimals;
  i.set_symbol(symbol);
  return i;
}

// The message followed by the padding the decoder may read; the padding is chosen to tempt it.
struct Bytes {
  explicit Bytes(std::string_view json, char padding = '}') : size(json.size()), all(json) {
    all.append(kDecodePadding, padding);
  }
  [[nodiscard]] std::span<const char> span() const { return {all.data(), size}; }
  std::size_t size;
  std::string all;
};

Result<EventKind, DecodeError> decode(Decoder& d, std::string_view json) {
  static std::vector<Bytes> kept;  // results point into the message
  kept.emplace_back(json);
  return d.decode(kept.back().span());
}

TEST(BinanceCodec, ReadsAFuturesDeltaInItsWrapper) {
  Decoder d(grid(1, 3));
  const auto kind = decode(d, R"({"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":5123107832006,"u":5123107837557,"pu":5123107831937,"b":[["58710.20","0.014"],["61496.50","0.000"]],"a":[["65880.70","15.918"]]}})");
  ASSERT_TRUE(kind.ok());
  ASSERT_EQ(kind.value(), EventKind::kDepth);
  EXPECT_EQ(d.stream(), "btcusdt@depth@0ms");
  EXPECT_EQ(d.depth().first_id, 5123107832006u);
  EXPECT_EQ(d.depth().last_id, 5123107837557u);
  EXPECT_TRUE(d.depth().has_prev);
  EXPECT_EQ(d.depth().prev_id, 5123107831937u);
  EXPECT_EQ(d.depth().event_time.ns, 1723161256299'000'000);
  EXPECT_EQ(d.depth().transact_time.ns, 1723161256298'000'000);
  ASSERT_EQ(d.depth().bids.size(), 2u);
  EXPECT_EQ(d.depth().bids[0].price.grid, 587102);
  EXPECT_EQ(d.depth().bids[0].qty.n, 14);
  EXPECT_EQ(d.depth().bids[1].qty.n, 0);
  ASSERT_EQ(d.depth().asks.size(), 1u);
  EXPECT_EQ(d.depth().asks[0].price.grid, 658807);
  EXPECT_EQ(d.depth().asks[0].qty.n, 15918);
}

}  // namespace
}  // namespace jobber::feed
