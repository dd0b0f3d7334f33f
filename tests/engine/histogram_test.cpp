#include "engine/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "engine/rng.hpp"
#include "tests/support/alloc_counter.hpp"

namespace jobber {
namespace {

TEST(Histogram, EmptyHasNoQuantilesAndNoMean) {
  const auto h = std::make_unique<Histogram>();
  EXPECT_EQ(h->count(), 0U);
  EXPECT_EQ(h->p50(), 0U);
  EXPECT_EQ(h->quantile(1.0), 0U);
  EXPECT_EQ(h->max(), 0U);
  EXPECT_EQ(h->mean(), 0.0);
}

TEST(Histogram, EveryValueLiesInItsBucketAndBucketsAreContiguous) {
  for (std::size_t i = 0; i != Histogram::kBuckets; ++i) {
    const std::uint64_t top = Histogram::upper_edge(i);
    EXPECT_EQ(Histogram::index(top), i);
    if (i + 1 != Histogram::kBuckets) {
      EXPECT_EQ(Histogram::index(top + 1), i + 1);
    }
  }
  EXPECT_EQ(Histogram::index(Histogram::kMaxValue), Histogram::kBuckets - 1);
}

TEST(Histogram, SmallValuesAreExact) {
  const auto h = std::make_unique<Histogram>();
  for (int v : {3, 5, 7}) h->record(v);
  EXPECT_EQ(h->p50(), 5U);
  EXPECT_EQ(h->quantile(0.0), 3U);
  EXPECT_EQ(h->quantile(1.0), 7U);
  EXPECT_EQ(h->max(), 7U);
  EXPECT_EQ(h->sum(), 15U);
}

TEST(Histogram, QuantilesAreNeverBelowTheTruthAndAtMostOneThirtySecondAbove) {
  const auto h = std::make_unique<Histogram>();
  Rng rng(7);
  std::vector<std::uint64_t> all;
  for (int i = 0; i != 20'000; ++i) {
    const std::uint64_t v = rng.next() >> (28 + rng.below(34));
    all.push_back(std::min(v, Histogram::kMaxValue));
    h->record(static_cast<std::int64_t>(v));
  }
  std::sort(all.begin(), all.end());
  for (double q : {0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(q * static_cast<double>(all.size()))));
    const std::uint64_t truth = all[rank - 1];
    EXPECT_GE(h->quantile(q), truth) << q;
    EXPECT_LE(static_cast<double>(h->quantile(q)), static_cast<double>(truth) * (1.0 + 1.0 / 32) + 1) << q;
  }
}

TEST(Histogram, NegativeSpansCountAsZeroAndHugeOnesAsTheTop) {
  const auto h = std::make_unique<Histogram>();
  h->record(Nanos{-5});
  h->record(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(h->count(), 2U);
  EXPECT_EQ(h->quantile(0.5), 0U);
  EXPECT_EQ(h->max(), Histogram::kMaxValue);
}

TEST(Histogram, MergingEqualsRecordingEverythingInOne) {
  const auto a = std::make_unique<Histogram>(), b = std::make_unique<Histogram>(), both = std::make_unique<Histogram>();
  Rng rng(9);
  for (int i = 0; i != 1000; ++i) {
    const auto v = static_cast<std::int64_t>(rng.below(1'000'000));
    (i % 3 == 0 ? *a : *b).record(v);
    both->record(v);
  }
  a->merge(*b);
  EXPECT_EQ(a->count(), both->count());
  EXPECT_EQ(a->sum(), both->sum());
  EXPECT_EQ(a->max(), both->max());
  for (double q : {0.1, 0.5, 0.99}) EXPECT_EQ(a->quantile(q), both->quantile(q));
  a->clear();
  EXPECT_EQ(a->count(), 0U);
}

TEST(Histogram, RecordingAllocatesNothing) {
  const auto h = std::make_unique<Histogram>();
  test::AllocationScope scope;
  for (int i = 0; i != 1000; ++i) h->record(i * 17);
  EXPECT_EQ(scope.count(), 0);
}

}  // namespace
}  // namespace jobber
