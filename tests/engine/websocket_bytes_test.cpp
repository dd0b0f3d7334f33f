#include "engine/websocket_bytes.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "engine/rng.hpp"

namespace jobber::ws {
namespace {

using Copy = bool (*)(char*, const char*, std::size_t, std::uint32_t) noexcept;

// Every length and alignment, apart and in place; the bytes around stay as they were.
void expect_masks(Copy copy, std::size_t least, std::size_t most) {
  Rng rng(1);
  for (std::size_t n = least; n <= most; ++n) {
    const std::size_t from_at = rng.below(70), to_at = rng.below(70);
    const auto mask = static_cast<std::uint32_t>(rng.next());
    std::string from(from_at + n, '\0');
    for (char& c : from) c = static_cast<char>(rng.next());
    std::string want(to_at + n + 70, 'g');
    for (std::size_t i = 0; i != n; ++i)
      want[to_at + i] = static_cast<char>(from[from_at + i] ^ static_cast<char>(mask >> (8 * (i % 4))));
    std::string to(want.size(), 'g');
    ASSERT_TRUE(copy(to.data() + to_at, from.data() + from_at, n, mask));
    ASSERT_EQ(to, want) << n;
    std::memcpy(to.data() + to_at, from.data() + from_at, n);
    ASSERT_TRUE(copy(to.data() + to_at, to.data() + to_at, n, mask));
    ASSERT_EQ(to, want) << n << " in place";
  }
}

TEST(WebSocketBytes, EveryWidthMasksTheSame) {
  expect_masks(copy_masked_short, 0, 15);
  expect_masks(copy_masked_16, 16, 700);
  if (kWidestVector >= 32) expect_masks(copy_masked_32, 32, 700);
  if (kWidestVector >= 64) expect_masks(copy_masked_64, 64, 1200);
  expect_masks(copy_masked, 0, 1200);
}

TEST(WebSocketBytes, OneByteBeyondAsciiIsSeenWhereverItStands) {
  for (std::size_t n = 0; n != 200; ++n) {
    std::string text(n, 'x');
    ASSERT_TRUE(is_ascii(text.data(), n));
    ASSERT_TRUE(n < 16 || is_ascii_16(text.data(), n));
    ASSERT_TRUE(n < 32 || kWidestVector < 32 || is_ascii_32(text.data(), n));
    for (std::size_t i = 0; i != n; ++i) {
      text[i] = '\x80';
      ASSERT_FALSE(is_ascii(text.data(), n)) << i << " of " << n;
      ASSERT_FALSE(n >= 16 && is_ascii_16(text.data(), n)) << i << " of " << n;
      ASSERT_FALSE(n >= 32 && kWidestVector >= 32 && is_ascii_32(text.data(), n)) << i << " of " << n;
      text[i] = 'x';
    }
  }
}

// The table of RFC 3629 section 4, a character at a time: its length at `p`, 0 = none begins there.
std::size_t character(const std::string& s, std::size_t at) {
  const auto byte = [&](std::size_t k) { return at + k < s.size() ? static_cast<unsigned char>(s[at + k]) : 0U; };
  const auto in = [&](std::size_t k, unsigned lo, unsigned hi) { return byte(k) >= lo && byte(k) <= hi; };
  const auto tail = [&](std::size_t k) { return in(k, 0x80, 0xBF); };
  if (byte(0) < 0x80) return 1;
  if (in(0, 0xC2, 0xDF)) return tail(1) ? 2 : 0;
  if (in(0, 0xE0, 0xEF)) {
    const unsigned lo = byte(0) == 0xE0 ? 0xA0 : 0x80, hi = byte(0) == 0xED ? 0x9F : 0xBF;
    return in(1, lo, hi) && tail(2) ? 3 : 0;
  }
  if (in(0, 0xF0, 0xF4)) {
    const unsigned lo = byte(0) == 0xF0 ? 0x90 : 0x80, hi = byte(0) == 0xF4 ? 0x8F : 0xBF;
    return in(1, lo, hi) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}
bool naive_utf8(const std::string& s) {
  for (std::size_t at = 0; at != s.size();) {
    const std::size_t n = character(s, at);
    if (n == 0) return false;
    at += n;
  }
  return true;
}

std::string random_text(Rng& rng) {
  static constexpr const char* kPieces[] = {"a", "{\"b\":1}", "\xC3\xBC", "\xE2\x82\xAC", "\xF0\x9F\x92\xB0", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"};
  std::string text;
  for (std::uint64_t k = rng.below(40); k != 0; --k) text += kPieces[rng.below(std::size(kPieces))];
  if (!text.empty() && rng.chance(0.4)) text[rng.below(text.size())] = static_cast<char>(rng.next());
  return text;
}

TEST(WebSocketBytes, Utf8IsThatOfTheRfc) {
  Rng rng(2);
  int good = 0, bad = 0;
  for (int i = 0; i != 50'000; ++i) {
    const std::string text = random_text(rng);
    const bool want = naive_utf8(text);
    ASSERT_EQ(is_utf8(text.data(), text.size()), want) << testing::PrintToString(text);
    ++(want ? good : bad);
  }
  EXPECT_GT(good, 10'000);
  EXPECT_GT(bad, 5'000);
}

TEST(WebSocketBytes, WhatIsLeftForTheNextFragmentNeverChangesTheVerdict) {
  Rng rng(3);
  for (int i = 0; i != 50'000; ++i) {
    const std::string text = random_text(rng);
    const std::size_t cut = rng.below(text.size() + 1);
    const std::size_t left = incomplete_tail(text.data(), cut);
    ASSERT_LE(left, std::min<std::size_t>(cut, 3));
    const bool halves = is_utf8(text.data(), cut - left) && is_utf8(text.data() + cut - left, text.size() - cut + left);
    ASSERT_EQ(halves, naive_utf8(text)) << testing::PrintToString(text) << " cut at " << cut;
    if (naive_utf8(text)) {
      ASSERT_TRUE(is_utf8(text.data(), cut - left)) << "a good text must not be refused early";
    }
  }
}

}  // namespace
}  // namespace jobber::ws
