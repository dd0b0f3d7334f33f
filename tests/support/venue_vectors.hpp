// Vectors of one venue: its payload shapes with their index, and its signatures.
//
// Default folder: tests/vectors/<venue>. With JOBBER_VECTORS=DIR every file of the venue's format below
// DIR is read instead; files of other venues there are nobody's here. Nothing found: SKIPPED, loudly.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/places.hpp"

namespace jobber::test {

struct VenueFile {
  std::filesystem::path path;
  nlohmann::json json;
};

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Where vectors of `venue` are looked for.
inline std::filesystem::path venue_vectors_dir(std::string_view venue) {
  const char* dir = std::getenv("JOBBER_VECTORS");
  return dir != nullptr && *dir != '\0' ? std::filesystem::path(dir) : source_dir() / "tests/vectors" / venue;
}

// JSON objects below the venue's folder that `is_ours` accepts; sorted by path.
inline std::vector<VenueFile> venue_files(std::string_view venue, const std::function<bool(const VenueFile&)>& is_ours) {
  std::vector<VenueFile> out;
  std::vector<std::filesystem::path> paths;
  std::error_code ec;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(venue_vectors_dir(venue), ec)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    VenueFile file{path, nlohmann::json::parse(read_file(path), nullptr, false)};
    if (file.json.is_object() && is_ours(file)) out.push_back(std::move(file));
  }
  return out;
}

}  // namespace jobber::test
