// The counter itself must count, or every "allocates nothing" test passes for the wrong reason.
#include "tests/support/alloc_counter.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace jobber::test {
namespace {

struct alignas(128) Wide {
  char bytes[128];
};

// A compiler may drop a new whose block nobody looks at.
void look_at(const void* p) { asm volatile("" : : "g"(p) : "memory"); }

TEST(AllocationScope, CountsEveryFormOfNew) {
  AllocationScope scope;
  const auto one = std::make_unique<int>(1);
  const auto array = std::make_unique<int[]>(10);
  const auto wide = std::make_unique<Wide>();
  const std::unique_ptr<int> quiet(new (std::nothrow) int(2));
  for (const void* p : {static_cast<const void*>(one.get()), static_cast<const void*>(array.get()),
                        static_cast<const void*>(wide.get()), static_cast<const void*>(quiet.get())}) {
    look_at(p);
  }
  EXPECT_EQ(scope.count(), 4);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(wide.get()) % 128, 0U);
  const std::string text(1000, 'x');
  look_at(text.data());
  EXPECT_EQ(scope.count(), 5);
}

TEST(AllocationScope, CountsItsOwnThreadOnly) {
  std::int64_t seen = -1;
  {
    std::thread worker([&seen] {
      AllocationScope inner;
      const std::vector<int> v(100);
      look_at(v.data());
      seen = inner.count();
    });
    const std::int64_t before = thread_allocations();
    worker.join();
    EXPECT_EQ(thread_allocations(), before);
  }
  EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace jobber::test
