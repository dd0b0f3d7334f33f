// The id index against a map, for ids that count, stride and collide.
#include "gateway/matching/order_index.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "engine/rng.hpp"

namespace jobber::gateway::matching {
namespace {

struct Slot {
  OrderId id;
  std::uint32_t chain;
};

TEST(OrderIndex, AgreesWithAMapWhateverTheIds) {
  for (const std::uint64_t stride : {std::uint64_t{1}, std::uint64_t{16}, std::uint64_t{1} << 32, std::uint64_t{0x9E3779B97F4A7C15}}) {
    Rng rng(stride);
    std::vector<Slot> pool(65);
    std::vector<std::uint32_t> free;
    for (std::uint32_t i = 64; i > 0; --i) free.push_back(i);
    OrderIndex index(64);
    std::map<std::uint64_t, std::uint32_t> want;
    for (int step = 0; step < 20'000; ++step) {
      const OrderId id{rng.below(100) * stride};
      const auto it = want.find(id.n);
      ASSERT_EQ(index.find(id, pool), it == want.end() ? 0u : it->second) << "stride " << stride << " step " << step;
      if (it != want.end()) {
        index.erase(id, it->second, pool);
        free.push_back(it->second);
        want.erase(it);
      } else if (!free.empty()) {
        pool[free.back()].id = id;
        index.insert(id, free.back(), pool);
        want[id.n] = free.back();
        free.pop_back();
      }
    }
  }
}

}  // namespace
}  // namespace jobber::gateway::matching
