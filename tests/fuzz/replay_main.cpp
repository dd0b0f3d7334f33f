// Plain driver for fuzz targets: runs each file of the given folders through the target once, and
// some seeded mutations of it, so that the corpus is a test on every compiler.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "engine/rng.hpp"

// The slowest target (configuration, under sanitizers) makes about a hundred runs a second.
#ifdef JOBBER_SANITIZED
constexpr int kMutations = 100;
#else
constexpr int kMutations = 1000;
#endif

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  jobber::Rng rng(1);
  int inputs = 0;
  LLVMFuzzerTestOneInput(nullptr, 0);
  for (int i = 1; i < argc; ++i) {
    std::error_code ec;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i], ec)) {
      std::ifstream in(entry.path(), std::ios::binary);
      std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(in), {}};
      LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
      ++inputs;
      for (int k = 0; k < kMutations && !bytes.empty(); ++k) {
        std::vector<std::uint8_t> mutant = bytes;
        for (std::uint64_t n = 1 + rng.below(4); n != 0; --n) mutant[rng.below(mutant.size())] = static_cast<std::uint8_t>(rng.next());
        if (rng.chance(0.2)) mutant.resize(rng.below(mutant.size()));
        LLVMFuzzerTestOneInput(mutant.data(), mutant.size());
      }
    }
  }
  std::printf("%d corpus files replayed\n", inputs);
  return inputs != 0 ? 0 : 1;  // an empty corpus is a broken test, not a passing one
}
