// The work on the bytes of WebSocket frames: masks and the UTF-8 of text, in the widest vectors the processor has.
//
// Hot, pure. The functions of one width are here for the tests; who uses them asks copy_masked() and is_utf8().
#pragma once

#include <cstddef>
#include <cstdint>

namespace jobber::ws {

// Bytes of the widest vectors this processor has: 64 (AVX-512), 32 (AVX2) or 16.
extern const std::size_t kWidestVector;

// to[i] = from[i] ^ mask[i % 4], RFC 6455 5.3; the mask as its four bytes lie in memory. The ranges are the same or
// apart; nothing beyond n is read or written. All return true, so that a caller may end in the call.
bool copy_masked_short(char* to, const char* from, std::size_t n, std::uint32_t mask) noexcept;  // n < 16
bool copy_masked_16(char* to, const char* from, std::size_t n, std::uint32_t mask) noexcept;     // n >= 16, and so on
bool copy_masked_32(char* to, const char* from, std::size_t n, std::uint32_t mask) noexcept;
bool copy_masked_64(char* to, const char* from, std::size_t n, std::uint32_t mask) noexcept;

inline bool copy_masked(char* to, const char* from, std::size_t n, std::uint32_t mask) noexcept {
  if (n >= 64 && kWidestVector == 64) return copy_masked_64(to, from, n, mask);
  if (n >= 32 && kWidestVector >= 32) return copy_masked_32(to, from, n, mask);
  if (n >= 16) return copy_masked_16(to, from, n, mask);
  return copy_masked_short(to, from, n, mask);
}

[[nodiscard]] bool is_ascii_16(const char* p, std::size_t n) noexcept;  // n >= 16
[[nodiscard]] bool is_ascii_32(const char* p, std::size_t n) noexcept;
[[nodiscard]] bool is_ascii(const char* p, std::size_t n) noexcept;
[[nodiscard]] bool is_utf8(const char* p, std::size_t n) noexcept;
// Cold: the first text that is not ASCII would make the library choose its code, which allocates.
void is_utf8_prepare() noexcept;

// How many bytes at the end of [p, p + n) begin a character whose other bytes are yet to come: 0 to 3. Those before
// it can be judged now.
[[nodiscard]] std::size_t incomplete_tail(const char* p, std::size_t n) noexcept;

}  // namespace jobber::ws
