// What the peers of the decode bench do: the same depth messages to the same integers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace jobber::bench {

// A delta with prices and sizes scaled to the decimals of the wire; what each side must produce.
struct PeerDepth {
  std::uint64_t event_time = 0, transact_time = 0, first_id = 0, last_id = 0, prev_id = 0;
  struct Level {
    std::int64_t price = 0, qty = 0;
  };
  std::vector<Level> bids, asks;
};

// A wrapped futures delta with 64 readable bytes behind it (std::string with reserved room).
using DecodePeer = bool (*)(const std::string& padded, std::size_t size, PeerDepth& out);

// Text "61800.20" -> 6180020: all digits of the wire, whose number of decimals is fixed per stream.
inline std::int64_t wire_digits(const char* begin, const char* end) {
  std::int64_t value = 0;
  for (; begin != end; ++begin) {
    if (*begin != '.') value = value * 10 + (*begin - '0');
  }
  return value;
}

bool simdjson_depth(const std::string& padded, std::size_t size, PeerDepth& out);   // On-Demand, keys in wire order
bool rapidjson_depth(const std::string& padded, std::size_t size, PeerDepth& out);  // SAX
bool nlohmann_depth(const std::string& padded, std::size_t size, PeerDepth& out);   // DOM

}  // namespace jobber::bench
