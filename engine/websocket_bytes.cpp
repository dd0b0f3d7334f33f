#include "engine/websocket_bytes.hpp"

#include <immintrin.h>
#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace jobber::ws {
namespace {

constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;

template <class T>
T load(const char* p) noexcept {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

template <class T>
void put(char* p, T value) noexcept {
  std::memcpy(p, &value, sizeof value);
}

// The mask as bytes i, i + 1, ... of a payload see it.
std::uint32_t mask_at(std::uint32_t mask, std::size_t i) noexcept { return std::rotr(mask, static_cast<int>(8 * (i & 3))); }

// n >= sizeof(V), V a vector of 32-bit words. The last block lies over the one before it, so it is read first: where the
// ranges are the same its bytes are not masked twice. Four blocks a turn: one a turn took twice as long on 300 bytes.
template <class V>
[[gnu::always_inline]] inline bool copy_masked_blocks(char* to, const char* from, std::size_t n, std::uint32_t mask) noexcept {
  constexpr std::size_t kWide = sizeof(V);
  V last;
  std::memcpy(&last, from + n - kWide, kWide);
  last ^= mask_at(mask, n);
  std::size_t i = 0;
  for (V a, b, c, d; i + 4 * kWide < n; i += 4 * kWide) {
    std::memcpy(&a, from + i, kWide);
    std::memcpy(&b, from + i + kWide, kWide);
    std::memcpy(&c, from + i + 2 * kWide, kWide);
    std::memcpy(&d, from + i + 3 * kWide, kWide);
    a ^= mask, b ^= mask, c ^= mask, d ^= mask;
    std::memcpy(to + i, &a, kWide);
    std::memcpy(to + i + kWide, &b, kWide);
    std::memcpy(to + i + 2 * kWide, &c, kWide);
    std::memcpy(to + i + 3 * kWide, &d, kWide);
  }
  for (V one; i + kWide < n; i += kWide) {
    std::memcpy(&one, from + i, kWide);
    one ^= mask;
    std::memcpy(to + i, &one, kWide);
  }
  std::memcpy(to + n - kWide, &last, kWide);
  return true;
}

using V16 __attribute__((vector_size(16))) = std::uint32_t;
using V32 __attribute__((vector_size(32))) = std::uint32_t;
using V64 __attribute__((vector_size(64))) = std::uint32_t;

template <class Word>
bool copy_masked_pair(char* to, const char* from, std::size_t n, std::uint32_t mask) noexcept {
  const auto key = [](std::uint32_t m) { return static_cast<Word>(m * 0x1'0000'0001ULL); };
  const Word last = load<Word>(from + n - sizeof(Word)) ^ key(mask_at(mask, n));
  put(to, load<Word>(from) ^ key(mask));
  put(to + n - sizeof last, last);
  return true;
}

// All blocks of [p, p + n) ored together, n >= sizeof(V); the last block lies over the one before it.
template <class V>
[[gnu::always_inline]] inline void or_blocks(const char* p, std::size_t n, V& any) noexcept {
  constexpr std::size_t kWide = sizeof(V);
  std::memcpy(&any, p + n - kWide, kWide);
  std::size_t i = 0;
  for (V a, b; i + 2 * kWide < n; i += 2 * kWide) {
    std::memcpy(&a, p + i, kWide);
    std::memcpy(&b, p + i + kWide, kWide);
    any |= a | b;
  }
  if (i + kWide < n) {
    V one;
    std::memcpy(&one, p + i, kWide);
    any |= one;
  }
}

}  // namespace

const std::size_t kWidestVector = __builtin_cpu_supports("avx512f") ? 64 : __builtin_cpu_supports("avx2") ? 32 : 16;

bool copy_masked_short(char* to, const char* from, std::size_t n, std::uint32_t mask) noexcept {
  if (n >= 8) return copy_masked_pair<std::uint64_t>(to, from, n, mask);
  if (n >= 4) return copy_masked_pair<std::uint32_t>(to, from, n, mask);
  for (std::size_t i = 0; i != n; ++i, mask >>= 8) to[i] = static_cast<char>(from[i] ^ static_cast<char>(mask));
  return true;
}

bool copy_masked_16(char* to, const char* from, std::size_t n, std::uint32_t mask) noexcept {
  return copy_masked_blocks<V16>(to, from, n, mask);
}
__attribute__((target("avx2"))) bool copy_masked_32(char* to, const char* from, std::size_t n, std::uint32_t mask) noexcept {
  return copy_masked_blocks<V32>(to, from, n, mask);
}
__attribute__((target("avx512f"))) bool copy_masked_64(char* to, const char* from, std::size_t n, std::uint32_t mask) noexcept {
  return copy_masked_blocks<V64>(to, from, n, mask);
}

bool is_ascii_16(const char* p, std::size_t n) noexcept {
  __m128i any;
  or_blocks(p, n, any);
  return _mm_movemask_epi8(any) == 0;
}
__attribute__((target("avx2"))) bool is_ascii_32(const char* p, std::size_t n) noexcept {
  __m256i any;
  or_blocks(p, n, any);
  return _mm256_movemask_epi8(any) == 0;
}

bool is_ascii(const char* p, std::size_t n) noexcept {
  if (n >= 32 && kWidestVector >= 32) return is_ascii_32(p, n);
  if (n >= 16) return is_ascii_16(p, n);
  if (n >= 8) return ((load<std::uint64_t>(p) | load<std::uint64_t>(p + n - 8)) & kHighBits) == 0;
  return std::none_of(p, p + n, [](char c) { return (c & 0x80) != 0; });
}

// Most of what comes is ASCII; the rest is simdjson's.
bool is_utf8(const char* p, std::size_t n) noexcept { return is_ascii(p, n) || simdjson::validate_utf8(p, n); }
void is_utf8_prepare() noexcept { [[maybe_unused]] const bool empty_is = simdjson::validate_utf8("", 0); }

std::size_t incomplete_tail(const char* p, std::size_t n) noexcept {
  for (std::size_t back = 1; back <= std::min<std::size_t>(n, 3); ++back) {
    const auto byte = static_cast<unsigned char>(p[n - back]);
    if ((byte & 0xC0) == 0x80) continue;  // in the middle of a character
    const std::size_t need = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return need > back ? back : 0;
  }
  return 0;
}

}  // namespace jobber::ws
