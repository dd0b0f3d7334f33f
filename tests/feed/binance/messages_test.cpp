// The message shapes of tests/vectors/binance: each file decodes to what its row says, twice, so that both
// the general parser and the scanner have read it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "feed/binance/codec.hpp"
#include "tests/support/places.hpp"

namespace jobber::feed {
namespace {

Instrument grid(std::string_view symbol, int price_decimals, int qty_decimals) {
  Instrument i;
  i.price_decimals = price_decimals;
  i.qty_decimals = qty_decimals;
  i.set_symbol(symbol);
  return i;
}
const Instrument kSpot = grid("BTCUSDT", 2, 8);
const Instrument kUsdm = grid("BTCUSDT", 1, 3);
const Instrument kTiny = grid("SHIBUSDT", 8, 2);

struct Row {
  const char* file;
  const Instrument& instrument;
  EventKind kind;
  std::function<bool(const Decoder&)> holds;
  TimeUnit unit = TimeUnit::kMilliseconds;
};

bool is(std::span<const Level> levels, std::initializer_list<Level> want) {
  return std::equal(levels.begin(), levels.end(), want.begin(), want.end(),
                    [](const Level& a, const Level& b) { return a.price == b.price && a.qty == b.qty; });
}
Level level(std::int64_t price, std::int64_t qty) { return {Price{price}, Lots{qty}}; }

std::string read(const std::string& file) {
  std::ifstream in(test::source_dir() / "tests/vectors/binance" / file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

const auto anything = [](const Decoder&) { return true; };

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"spot_rest_depth.json", kSpot, EventKind::kSnapshot,
       [](const Decoder& d) {
         const auto& s = d.snapshot();
         return s.last_update_id == 88000000100 && s.bids.size() == 3 && s.asks.size() == 3 &&
                s.bids[0].price.grid == 6000000 && s.bids[0].qty.n == 125000000 && s.asks[0].price.grid == 6000001 &&
                s.asks[0].qty.n == 75000000;
       }},
      {"spot_rest_depth_one_sided.json", kTiny, EventKind::kSnapshot,
       [](const Decoder& d) {
         return d.snapshot().last_update_id == 9007199254740993 && d.snapshot().bids.empty() &&
                is(d.snapshot().asks, {level(12, 5123456700)});
       }},
      {"spot_ws_depth_diff.json", kSpot, EventKind::kDepth,
       [](const Decoder& d) {
         return d.depth().first_id == 88000000101 && d.depth().last_id == 88000000104 && !d.depth().has_prev &&
                is(d.depth().bids, {level(6000000, 100000000), level(5999850, 0)}) &&
                is(d.depth().asks, {level(6000001, 0), level(6000003, 220000000)});
       }},
      {"spot_ws_depth_diff_combined_us.json", kSpot, EventKind::kDepth,
       [](const Decoder& d) {
         return d.stream() == "btcusdt@depth@100ms" && d.depth().first_id == 88000000105 &&
                d.depth().last_id == 88000000105 && d.depth().event_time.ns == 1785000000200077'000 &&
                d.depth().bids.empty() && is(d.depth().asks, {level(6000002, 999999999)});
       },
       TimeUnit::kMicroseconds},
      {"spot_ws_depth_diff_reordered.json", kSpot, EventKind::kDepth,
       [](const Decoder& d) {
         return d.depth().first_id == 88000000106 && d.depth().last_id == 88000000109 && d.depth().asks.empty() &&
                is(d.depth().bids, {level(5900000, 0)});
       }},
      {"spot_ws_book_ticker.json", kSpot, EventKind::kBookTicker,
       [](const Decoder& d) {
         return d.book_ticker().update_id == 88000000111 && d.book_ticker().bid.grid == 6000000 &&
                d.book_ticker().ask_qty.n == 999999999;
       }},
      {"spot_ws_book_ticker_reordered.json", kTiny, EventKind::kBookTicker,
       [](const Decoder& d) {
         const auto& t = d.book_ticker();
         return t.update_id == 18446744073709551 && t.bid.grid == 1234 && t.bid_qty.n == 9876543210900 &&
                t.ask.grid == 1235 && t.ask_qty.n == 12345678901200;
       }},
      {"spot_ws_trade.json", kSpot, EventKind::kTrade,
       [](const Decoder& d) {
         return d.trade().aggressor == Side::kBuy && d.trade().id == 5100000020 && d.trade().qty.n == 100000 &&
                !d.trade().aggregate;
       }},
      {"spot_ws_agg_trade.json", kSpot, EventKind::kTrade,
       [](const Decoder& d) {
         return d.trade().aggressor == Side::kSell && d.trade().id == 3600000001 && d.trade().aggregate;
       }},
      {"usdm_rest_depth.json", kUsdm, EventKind::kSnapshot,
       [](const Decoder& d) {
         return d.snapshot().last_update_id == 7000000000200 && d.snapshot().bids[0].price.grid == 600010 &&
                d.snapshot().bids[0].qty.n == 4500;
       }},
      {"usdm_ws_depth_diff.json", kUsdm, EventKind::kDepth,
       [](const Decoder& d) {
         const auto& u = d.depth();
         return u.first_id == 7000000000190 && u.last_id == 7000000000205 && u.has_prev && u.prev_id == 7000000000189 &&
                u.transact_time.ns == 1785000000100'000'000 && is(u.bids, {level(600010, 4000), level(600000, 0)}) &&
                is(u.asks, {level(600011, 0), level(600013, 5500)});
       }},
      {"usdm_ws_depth_diff_next.json", kUsdm, EventKind::kDepth,
       [](const Decoder& d) { return d.depth().prev_id == 7000000000205 && d.depth().bids.empty(); }},
      {"usdm_ws_depth_diff_old_form.json", kUsdm, EventKind::kDepth,
       [](const Decoder& d) {
         return d.depth().prev_id == 7000000000230 && d.depth().last_id == 7000000000240 &&
                is(d.depth().bids, {level(600009, 2)});
       }},
      // By content a delta: only its stream's name would tell, and a raw payload has none.
      {"usdm_ws_partial_depth.json", kUsdm, EventKind::kDepth, anything},
      {"usdm_ws_rpi_depth.json", kUsdm, EventKind::kOther, anything},
      {"usdm_ws_book_ticker.json", kUsdm, EventKind::kBookTicker,
       [](const Decoder& d) {
         return d.book_ticker().update_id == 7000000000231 && d.book_ticker().ask.grid == 600012 &&
                d.book_ticker().event_time.ns == 1785000000212'000'000;
       }},
      {"usdm_ws_agg_trade.json", kUsdm, EventKind::kTrade,
       [](const Decoder& d) { return d.trade().aggressor == Side::kSell && d.trade().qty.n == 500; }},
      {"usdm_ws_trade.json", kUsdm, EventKind::kTrade,
       [](const Decoder& d) { return d.trade().aggressor == Side::kSell && !d.trade().off_market; }},
      {"usdm_ws_mark_price.json", kUsdm, EventKind::kMarkPrice,
       [](const Decoder& d) {
         return d.mark_price().funding_rate_e8 == -12345 && d.mark_price().mark_e8 == 6000051234567 &&
                d.mark_price().index_e8 == 6001098765432;
       }},
      {"spot_ws_partial_depth.json", kSpot, EventKind::kSnapshot,
       [](const Decoder& d) { return d.snapshot().last_update_id == 88000000110; }},
      {"usdm_rest_rpi_depth.json", kUsdm, EventKind::kSnapshot, anything},
      {"usdm_ws_mark_price_arr.json", kUsdm, EventKind::kOther, anything},
      {"spot_ws_avg_price.json", kSpot, EventKind::kOther, anything},
      {"spot_ws_block_trade.json", kSpot, EventKind::kOther, anything},
      {"spot_ws_control_error.json", kSpot, EventKind::kOther, anything},
      {"spot_ws_kline.json", kSpot, EventKind::kOther, anything},
      {"spot_ws_list_subscriptions.json", kSpot, EventKind::kOther, anything},
      {"spot_ws_reference_price.json", kSpot, EventKind::kOther, anything},
      {"spot_ws_server_shutdown.json", kSpot, EventKind::kOther, anything},
      {"spot_ws_server_shutdown_combined.json", kSpot, EventKind::kOther, anything},
      {"spot_ws_subscribe_ok.json", kSpot, EventKind::kOther, anything},
      {"spot_ws_subscribe_ok_string_id.json", kSpot, EventKind::kOther, anything},
      {"usdm_ws_contract_info.json", kUsdm, EventKind::kOther, anything},
      {"usdm_ws_control_error.json", kUsdm, EventKind::kOther, anything},
      {"usdm_ws_force_order.json", kUsdm, EventKind::kOther, anything},
      {"usdm_ws_subscribe_ok.json", kUsdm, EventKind::kOther, anything},
      {"usdm_ws_ticker.json", kUsdm, EventKind::kOther, anything},
  };
  return all;
}

TEST(BinanceMessages, EachShapeDecodesToWhatItSays) {
  for (const Row& row : rows()) {
    std::string json = read(row.file);
    ASSERT_FALSE(json.empty()) << row.file;
    if (json.back() == '\n') json.pop_back();
    const std::size_t size = json.size();
    json.append(kDecodePadding, '\n');
    Decoder decoder(row.instrument, 1000, row.unit);
    for (int time = 0; time < 2; ++time) {
      const auto kind = decoder.decode({json.data(), size});
      ASSERT_TRUE(kind.ok()) << row.file << ": " << to_text(kind.error());
      EXPECT_EQ(kind.value(), row.kind) << row.file;
      EXPECT_TRUE(row.holds(decoder)) << row.file << (time == 0 ? ", first time" : ", second time");
    }
  }
}

// The order side's shapes and the rest of REST are tests/vectors/binance_shapes_test.cpp's.
TEST(BinanceMessages, EveryMarketDataShapeHasItsRow) {
  std::size_t files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(test::source_dir() / "tests/vectors/binance")) {
    const std::string name = entry.path().filename().string();
    const bool book = name.find("_rest_depth") != std::string::npos || name.find("_rest_rpi_depth") != std::string::npos;
    files += name.find("_ws_") != std::string::npos || book;
  }
  EXPECT_EQ(files, rows().size());
}

}  // namespace
}  // namespace jobber::feed
