// Counts heap allocations of the calling thread, so that a test can prove a hot path makes none.
//
// The counting operator new / delete live in alloc_counter.cpp, linked once into every test binary.
// They go through malloc, so ASan and TSan still see each block.
//
//   test::AllocationScope scope;
//   for (int i = 0; i != 1000; ++i) agent.poll(now);
//   EXPECT_EQ(scope.count(), 0);
#pragma once

#include <cstdint>

namespace jobber::test {

// Allocations of this thread since it started.
std::int64_t thread_allocations() noexcept;

class AllocationScope {
 public:
  AllocationScope() noexcept : before_(thread_allocations()) {}
  [[nodiscard]] std::int64_t count() const noexcept { return thread_allocations() - before_; }

 private:
  std::int64_t before_;
};

}  // namespace jobber::test
