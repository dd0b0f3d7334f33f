// CRC-32C (Castagnoli, reflected 0x82F63B78), by the processor's instruction: part of x86-64-v2.
//
// Finds every error of up to three bits and every burst of up to 32 in a record of ours.
#pragma once

#include <nmmintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace jobber {

// Continues from `crc`, the value of what came before (0 for nothing).
inline std::uint32_t crc32c(std::uint32_t crc, std::span<const std::byte> bytes) noexcept {
  std::uint64_t state = ~crc;
  const std::byte* p = bytes.data();
  std::size_t n = bytes.size();
  for (; n >= 8; p += 8, n -= 8) {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    state = _mm_crc32_u64(state, word);
  }
  auto last = static_cast<std::uint32_t>(state);
  for (; n != 0; ++p, --n) last = _mm_crc32_u8(last, static_cast<std::uint8_t>(*p));
  return ~last;
}

}  // namespace jobber
