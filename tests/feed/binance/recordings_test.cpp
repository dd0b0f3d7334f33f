// Every line of every Binance recording through both decoding paths: the same events, field by field.
#include <gtest/gtest.h>

#include <string>

#include "engine/os/file_tape.hpp"
#include "feed/binance/codec.hpp"
#include "feed/binance/grid.hpp"
#include "tests/feed/binance/same_decoding.hpp"
#include "tests/support/vectors.hpp"

namespace jobber::feed {
namespace {

struct Recording {
  const char* path;
  std::uint64_t depth, tickers, trades, marks, others;  // of the recordings' own manifest
};

class BinanceRecordings : public ::testing::TestWithParam<Recording> {};

TEST_P(BinanceRecordings, BothPathsReadTheSameAndTheScannerReadsNearlyAll) {
  const Recording& r = GetParam();
  const std::string path = jobber::test::data_dir() / r.path;
  auto tape = FileTape::open(path);
  if (!tape.ok()) GTEST_SKIP() << "SKIPPED: no recording " << path;
  const auto instrument = infer_instrument(tape.value());
  ASSERT_TRUE(instrument.ok());
  Decoder both(instrument.value()),
      general(instrument.value(), std::size_t{1} << 16, TimeUnit::kMilliseconds, Decoder::Paths::kGeneral);

  tape = FileTape::open(path);
  std::array<std::uint64_t, 6> seen{};
  TapeLine line;
  while (tape.value().next(line)) {
    const std::string difference = test::difference(both, general, line.json);
    ASSERT_EQ(difference, "") << path << " line " << line.number;
    const auto kind = both.decode(line.json);
    ASSERT_TRUE(kind.ok()) << path << " line " << line.number << ": " << to_text(kind.error());
    ++seen[static_cast<std::size_t>(kind.value())];
  }
  const auto count = [&seen](EventKind kind) { return seen[static_cast<std::size_t>(kind)]; };
  EXPECT_EQ(count(EventKind::kDepth), r.depth);
  EXPECT_EQ(count(EventKind::kBookTicker), r.tickers);
  EXPECT_EQ(count(EventKind::kTrade), r.trades);
  EXPECT_EQ(count(EventKind::kMarkPrice), r.marks);
  EXPECT_EQ(count(EventKind::kOther), r.others);
  if (both.counters().fast != 0) {  // else: no AVX2 here
    EXPECT_LE(both.counters().fallback, 2 * (r.marks + r.others) + 40);
  }
  EXPECT_EQ(general.counters().fast, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    All, BinanceRecordings,
    ::testing::Values(Recording{"binance_usdm_2024-08-08/btcusdt.log.zst", 6551, 66089, 21313, 0, 0},
                      Recording{"binance_usdm_2024-08-08/ethusdt.log.zst", 6586, 53992, 14076, 0, 0},
                      Recording{"binance_coinm_2024-08-08/btcusd_perp.log.zst", 44795, 48355, 5235, 0, 0},
                      Recording{"binance_spot_2024-08-08/btcusdt.log.zst", 6495, 73174, 19904, 0, 0},
                      Recording{"binance_usdm_2023-04-04/btcusdt.log.zst", 16110, 44205, 12935, 514, 0},
                      Recording{"binance_usdm_2023-04-04/btcusdt_spot.log.zst", 3929, 8015, 3144, 0, 0},
                      Recording{"binance_spot_nexo_2024-07-23/nexousdt.log.zst", 68182, 33437, 12458, 0, 0},
                      Recording{"binance_usdm_2021-07-22/sushiusdt.log.zst", 255, 305, 40, 0, 22},
                      Recording{"binance_usdm_2021-07-22/ctkusdt.log.zst", 185, 145, 38, 0, 32}));

}  // namespace
}  // namespace jobber::feed
