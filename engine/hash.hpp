// State hashes: a fixed, seedless 64-bit mix, equal across compilers and runs. Not for untrusted keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace jobber {

// Finaliser of splitmix64: a bijection whose every output bit depends on every input bit.
constexpr std::uint64_t mix64(std::uint64_t z) noexcept {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

// Folds words into one running hash; order matters.
class StateHash {
 public:
  constexpr void add(std::uint64_t word) noexcept { h_ = mix64(h_ + 0x9E3779B97F4A7C15ULL + word); }
  void add(double value) noexcept {
    std::uint64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    add(bits);
  }
  void add_bytes(std::span<const std::byte> bytes) noexcept {
    for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
      std::uint64_t word;
      std::memcpy(&word, bytes.data() + i, 8);
      add(word);
    }
    std::uint64_t tail = 0;
    const std::size_t rest = bytes.size() & 7;
    if (rest != 0) std::memcpy(&tail, bytes.data() + (bytes.size() - rest), rest);  // no bytes may mean no address
    add(tail ^ bytes.size());
  }
  [[nodiscard]] constexpr std::uint64_t value() const noexcept { return h_; }

 private:
  std::uint64_t h_ = 0x6A6F626265720000ULL;
};

}  // namespace jobber
