// Golden vectors "RollingStats": at least as close to the exact rational statistics as the
// reference bot is, and close to both.
#include "engine/rolling_stats.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "tests/support/vectors.hpp"

namespace jobber {
namespace {

using test::number;

// The files' input formulas; one value a call.
class Generator {
 public:
  explicit Generator(const nlohmann::json& c)
      : c_(c), lcg_(c.value("seed", std::uint64_t{0})), formula_(c["formula"].get<std::string>()) {}

  double next(std::int64_t i) {
    if (formula_ == "const") return number(c_["a"]);
    if (formula_ == "alternate") return i % 2 == 0 ? number(c_["a"]) : -number(c_["a"]);
    if (formula_ == "step") return i < c_["n1"].get<std::int64_t>() ? 0.0 : 1.0;
    if (formula_ == "lcg_div") {
      const std::int64_t r = lcg_.next() % c_["m"].get<std::int64_t>() - c_["off"].get<std::int64_t>();
      return number(c_["base"]) + static_cast<double>(r) / number(c_["den"]);
    }
    if (formula_ == "mid_changes") {
      if (lcg_.next() % 10 < 7) return 0.0;
      return static_cast<double>(lcg_.next() % 41 - 20) / 20.0;
    }
    if (formula_ == "regime") {
      const std::int64_t r = lcg_.next();
      return i < c_["n1"].get<std::int64_t>() ? static_cast<double>(r % 2'000'001 - 1'000'000) / 1'000.0
                                              : static_cast<double>(r % 2'001 - 1'000) / 1'000'000.0;
    }
    ADD_FAILURE() << "unknown formula " << formula_;
    return 0.0;
  }

 private:
  const nlohmann::json& c_;
  test::Lcg lcg_;
  std::string formula_;
};

void run(const nlohmann::json& c) {
  RollingStats stats(c["capacity"].get<std::size_t>());
  Generator generator(c);
  const double probe = c.contains("probe") ? number(c["probe"]) : 1.5;
  const std::int64_t clear_at = c.value("clear_at", std::int64_t{-1});
  double largest = 0.0;
  std::size_t at = 0;
  const auto& checkpoints = c["checkpoints"];
  for (std::int64_t i = 0; i < c["n"].get<std::int64_t>() && at < checkpoints.size(); ++i) {
    if (i == clear_at) stats.clear();
    const double v = generator.next(i);
    largest = std::fmax(largest, std::fabs(v));
    ASSERT_TRUE(stats.push(v));
    const auto& want = checkpoints[at];
    if (want["i"].get<std::int64_t>() != i) continue;
    ++at;
    const std::string where = c["name"].get<std::string>() + " at " + std::to_string(i);
    const double mean = number(want["exact_mean"]), deviation = number(want["exact_std"]);
    // The allowance of the file, or the reference bot's own error where that is larger.
    const double room = 1e-9 * std::fmax(deviation, 1e-12 * largest);
    const double mean_room = std::fmax(std::fabs(number(want["mean"]) - mean), 1e-9 * std::fmax(deviation, 1e-6 * largest));
    ASSERT_EQ(stats.count(), want["count"].get<std::size_t>()) << where;
    EXPECT_NEAR(stats.mean(), mean, mean_room) << where;
    EXPECT_NEAR(stats.stddev(), deviation, std::fmax(std::fabs(number(want["std"]) - deviation), room)) << where;
    for (const double x : {v, probe}) {
      // D-01: a spread within rounding noise of the level has no score; the reference bot gives one.
      const bool noise = deviation <= RollingStats::kRelativeNoise * std::fmax(std::fabs(mean), std::fabs(x));
      const double score = noise ? 0.0 : (x - mean) / deviation;
      const double got = stats.zscore(x);
      const double input_noise = noise ? 0.0 : 4e-16 * std::fmax(std::fabs(mean), std::fabs(x)) / deviation;
      EXPECT_NEAR(got, score, 1e-9 * std::fmax(std::fabs(score), 1.0) + 4.0 * input_noise) << where;
    }
  }
  EXPECT_EQ(at, checkpoints.size()) << c["name"];
}

TEST(Vectors, RollingStatsIsAtLeastAsExactAsTheReferenceBot) {
  JOBBER_LOAD_VECTORS(files, "RollingStats", "rolling_stats");
  for (const auto& file : files) {
    SCOPED_TRACE(file.path);
    for (const auto& c : file.json["cases"]) run(c);
  }
}

}  // namespace
}  // namespace jobber
