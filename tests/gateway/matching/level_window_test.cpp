// The bitmap of levels against a set of prices, round and round the ring.
#include "gateway/matching/level_window.hpp"

#include <gtest/gtest.h>

#include <iterator>
#include <set>

#include "engine/rng.hpp"

namespace jobber::gateway::matching {
namespace {

TEST(LevelWindow, FindsNeighboursLikeASetDoesWhereverTheWindowStands) {
  for (const std::uint32_t ticks : {64u, 128u, 4096u, 8192u, 1u << 18}) {
    Rng rng(ticks);
    LevelWindow window(ticks);
    std::set<std::int64_t> want;
    std::int64_t low = 1'000'000;  // the window wanders upwards
    for (int step = 0; step < 20'000; ++step) {
      low += static_cast<std::int64_t>(rng.below(ticks / 32));
      while (!want.empty() && *want.begin() < low) {
        window.unmark({*want.begin()});
        want.erase(want.begin());
      }
      const std::int64_t p = low + static_cast<std::int64_t>(rng.below(ticks));
      if (want.contains(p)) {
        window.unmark({p});
        want.erase(p);
      } else {
        window.mark({p});
        want.insert(p);
      }
      const std::int64_t probe = low + static_cast<std::int64_t>(rng.below(ticks));
      const auto above = want.upper_bound(probe);
      if (above != want.end()) {
        ASSERT_EQ(window.above({probe}), Price{*above}) << ticks << ' ' << step;
      }
      const auto below = want.lower_bound(probe);
      if (below != want.begin()) {
        ASSERT_EQ(window.below({probe}), Price{*std::prev(below)}) << ticks << ' ' << step;
      }
    }
  }
}

}  // namespace
}  // namespace jobber::gateway::matching
