#include "tools/jobber/progress.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>

namespace jobber::tools {

Progress::Progress(std::string_view what)
    : what_(what), terminal_(::isatty(STDERR_FILENO) == 1), next_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
  if (drawn_) fmt::print(stderr, "\r\x1b[K");
}

void Progress::update(std::uint64_t done, std::uint64_t total, std::string_view note) {
  if (!terminal_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds(100);
  drawn_ = true;
  if (total != 0) {
    const std::uint64_t percent = done >= total ? 100 : done * 100 / total;
    fmt::print(stderr, "\r\x1b[K{} {:3}% {}", what_, percent, note);
  } else {
    fmt::print(stderr, "\r\x1b[K{} {} {}", what_, done, note);
  }
  std::fflush(stderr);
}

}  // namespace jobber::tools
