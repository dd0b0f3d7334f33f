// Contests: our part against a peer's, both sides alternating in one run, for `jobber_bench --check`.
//
// Each *_bench.cpp registers its contests at start-up. A side runs one round of a fixed amount of
// work and returns its cost (nanoseconds an operation, or any cost: less is better). The runner
// alternates the sides for several rounds, takes the median of each, and prints
//   name, ours, theirs, ratio, target, ok/short
// where ratio = theirs / ours for kAtLeast (target: ratio >= x) and ours / theirs for kAtMost.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace jobber::bench {

struct Contest {
  enum class Target { kAtLeast, kAtMost };
  std::string name;    // "book.update", as in docs/latency.md
  std::string peer;    // "std::map", "boost::lockfree::spsc_queue", ...
  Target kind = Target::kAtLeast;
  double target = 1.0;
  std::string unit = "ns/op";
  std::function<double()> ours;    // one round; returns the cost
  std::function<double()> theirs;
  int rounds = 9;
  bool pinned_pair = false;        // needs both cores to itself
};

// The registry; filled before main() by `static const bool registered = add_contest({...});`.
std::vector<Contest>& contests();
inline bool add_contest(Contest contest) {
  contests().push_back(std::move(contest));
  return true;
}

}  // namespace jobber::bench
