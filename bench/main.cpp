// jobber_bench: Google Benchmark by default, the ratio targets with --check [FILTER].
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "bench/contest.hpp"

namespace jobber::bench {

std::vector<Contest>& contests() {
  static std::vector<Contest> all;
  return all;
}

namespace {

double median(std::vector<double> v) {
  std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
  return v[v.size() / 2];
}

// One line a contest; true when the target is met.
bool run(const Contest& c) {
  std::vector<double> ours, theirs;
  c.ours(), c.theirs();  // warm
  for (int round = 0; round < c.rounds; ++round) {
    ours.push_back(c.ours());
    theirs.push_back(c.theirs());
  }
  const double a = median(ours), b = median(theirs);
  const bool at_least = c.kind == Contest::Target::kAtLeast;
  const double ratio = at_least ? b / a : a / b;
  const bool ok = at_least ? ratio >= c.target : ratio <= c.target;
  std::printf("%-28s %12.2f %12.2f %8.2f %s%7.2f  %-5s  %s, %s\n", c.name.c_str(), a, b, ratio, at_least ? ">=" : "<=",
              c.target, ok ? "ok" : "short", c.peer.c_str(), c.unit.c_str());
  std::fflush(stdout);
  return ok;
}

int check(std::string_view filter) {
  std::vector<Contest> all = contests();
  std::stable_sort(all.begin(), all.end(), [](const Contest& a, const Contest& b) { return a.name < b.name; });
  std::printf("%-28s %12s %12s %8s %9s  %-5s  %s\n", "name", "ours", "theirs", "ratio", "target", "", "peer, unit");
  int ran = 0, short_of = 0;
  for (const Contest& c : all) {
    if (c.name.find(filter) == std::string::npos) continue;
    ++ran;
    short_of += !run(c);
  }
  std::printf("%d contests, %d short of target\n", ran, short_of);
  return ran == 0 ? 2 : short_of != 0 ? 1 : 0;
}

}  // namespace
}  // namespace jobber::bench

int main(int argc, char** argv) {
  if (argc >= 2 && std::strcmp(argv[1], "--check") == 0) return jobber::bench::check(argc >= 3 ? argv[2] : "");
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
