#include "engine/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace jobber {

void check_failed(const char* file, int line, const char* fact) noexcept {
  // acquire: pairs with the rim's store, so the sink's own state is visible.
  if (LastWords sink = g_last_words.load(std::memory_order_acquire)) sink(file, line, fact);
  std::fprintf(stderr, "jobber: check failed at %s:%d: %s\n", file, line, fact);
  std::abort();
}

}  // namespace jobber
