// Golden vectors: finds every file of a known format and reads its number notations.
//
// Default folder: tests/vectors/spec. JOBBER_VECTORS=DIR runs whatever files of the known formats
// lie in DIR instead; a format with no file there is SKIPPED, loudly.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/places.hpp"

namespace jobber::test {

struct VectorFile {
  std::string path;
  nlohmann::json json;
};

inline std::filesystem::path vectors_dir() {
  const char* dir = std::getenv("JOBBER_VECTORS");
  return dir != nullptr && *dir != '\0' ? std::filesystem::path(dir)
                                        : source_dir() / "tests/vectors/spec";
}

// Folder of recordings: JOBBER_DATA, else ../shared/data beside the project.
inline std::filesystem::path data_dir() {
  const char* dir = std::getenv("JOBBER_DATA");
  return dir != nullptr && *dir != '\0' ? std::filesystem::path(dir)
                                        : source_dir() / "../shared/data";
}

// Files whose "name" is `name`, or whose file name begins with `stem`; sorted by path.
inline std::vector<VectorFile> load_vectors(std::string_view name, std::string_view stem) {
  std::vector<VectorFile> out;
  std::error_code ec;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(vectors_dir(), ec)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    std::ifstream in(path);
    nlohmann::json json = nlohmann::json::parse(in, nullptr, false);
    if (json.is_discarded() || !json.is_object()) continue;
    const bool named = json.contains("name") && json["name"] == name;
    if (named || path.stem().string().starts_with(stem)) out.push_back({path.string(), std::move(json)});
  }
  return out;
}

// A double in any notation of the vectors: JSON number, C99 hexadecimal or decimal string, inf, nan;
// null = NaN (absent).
inline double number(const nlohmann::json& j) {
  if (j.is_number()) return j.get<double>();
  if (j.is_string()) return std::strtod(j.get_ref<const std::string&>().c_str(), nullptr);
  return std::numeric_limits<double>::quiet_NaN();
}

// The vectors' generator: 64-bit LCG, yields state >> 33.
class Lcg {
 public:
  explicit Lcg(std::uint64_t seed) : state_(seed) {}
  std::int64_t next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::int64_t>(state_ >> 33);
  }

 private:
  std::uint64_t state_;
};

// Relative error against `want`, with an absolute floor for values near zero.
inline double rel_error(double got, double want, double floor = 1e-300) {
  return std::fabs(got - want) / std::fmax(std::fabs(want), floor);
}

}  // namespace jobber::test

// Loads or skips, in a TEST body.
#define JOBBER_LOAD_VECTORS(files, name, stem)                         \
  const auto files = ::jobber::test::load_vectors(name, stem);         \
  if (files.empty()) GTEST_SKIP() << "SKIPPED: no vector file of format " << (name) << " in " \
                                  << ::jobber::test::vectors_dir()
