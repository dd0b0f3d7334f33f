// JOBBER_CHECK(fact): our own mistakes stop the process, in release too. Stopped beats wrong.
//
// Any thread. The last words go to stderr and, when a sink is installed (shared memory), there too.
#pragma once

#include <atomic>

namespace jobber {

// Receives file, line and the fact that did not hold. Must be async-signal-safe.
using LastWords = void (*)(const char* file, int line, const char* fact) noexcept;

// Installed once by the rim before threads start; nullptr = stderr only.
inline std::atomic<LastWords> g_last_words{nullptr};

[[noreturn, gnu::cold, gnu::noinline]] void check_failed(const char* file, int line, const char* fact) noexcept;

}  // namespace jobber

#define JOBBER_CHECK(fact)                                              \
  do {                                                                  \
    if (!(fact)) [[unlikely]] {                                         \
      ::jobber::check_failed(__FILE__, __LINE__, #fact);                \
    }                                                                   \
  } while (false)
