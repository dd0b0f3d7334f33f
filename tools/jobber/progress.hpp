// Progress of long work, on stderr, only when a person is watching (a terminal).
//
// Cold; the main thread. Redraws at most ten times a second.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace jobber::tools {

class Progress {
 public:
  explicit Progress(std::string_view what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Cheap when there is no terminal or the last drawing is recent. total 0 = unknown.
  void update(std::uint64_t done, std::uint64_t total, std::string_view note = {});

 private:
  std::string what_;
  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace jobber::tools
