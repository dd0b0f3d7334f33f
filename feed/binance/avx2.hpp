// Eight instructions from sixteen characters to a number: the arithmetic of the fast scanner.
//
// Owner: pure functions, hot. Compiled for AVX2 whatever -march says; FastScan::supported() guards each use.
#pragma once

#include <immintrin.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#define JOBBER_AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt")))
#define JOBBER_AVX2_INLINE __attribute__((target("avx2,bmi,bmi2,lzcnt"), always_inline)) inline

namespace jobber::feed::avx2 {

// Little-endian words of punctuation, compared at once.
constexpr std::uint64_t word(std::string_view text) noexcept {
  std::uint64_t w = 0;
  for (std::size_t i = text.size(); i-- != 0;) w = w << 8 | static_cast<std::uint8_t>(text[i]);
  return w;
}
constexpr std::uint64_t kBetweenNumbers = word(R"(",")");
constexpr std::uint64_t kBetweenLevels = word(R"("],[")");
constexpr std::uint64_t kAfterLevels = word(R"("]])");

inline std::uint64_t load_word(const char* p, unsigned bytes) noexcept {
  std::uint64_t w = 0;
  std::memcpy(&w, p, sizeof w);
  return w & (~std::uint64_t{0} >> (64 - 8 * bytes));
}

JOBBER_AVX2_INLINE __m128i load16(const void* p) noexcept { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
JOBBER_AVX2_INLINE __m256i pair(__m128i low, __m128i high) noexcept {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

// Characters before the first quote of 16, 16 when there is none.
JOBBER_AVX2_INLINE unsigned quote_at(__m128i text) noexcept {
  const int quotes = _mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8('"')));
  return static_cast<unsigned>(std::countr_zero(static_cast<unsigned>(quotes) | 0x10000u));
}

// 16 digit values, most significant first, in each 128-bit lane -> four numbers of four digits.
JOBBER_AVX2_INLINE __m256i join_by_four(__m256i digits) noexcept {
  const __m256i by2 = _mm256_maddubs_epi16(digits, _mm256_set1_epi16(0x010A));  // 10 * even + odd
  return _mm256_madd_epi16(by2, _mm256_set1_epi32(0x0001'0064));                // 100 * even + odd
}
// The fours of two texts a lane -> their two numbers.
JOBBER_AVX2_INLINE __m256i join_fours(__m256i a, __m256i b) noexcept {
  const __m256i by8 = _mm256_madd_epi16(_mm256_packus_epi32(a, b), _mm256_set1_epi32(0x0001'2710));
  return _mm256_add_epi64(_mm256_mul_epu32(by8, _mm256_set1_epi64x(100'000'000)), _mm256_srli_epi64(by8, 32));
}
JOBBER_AVX2_INLINE std::int64_t join_one(__m128i digits) noexcept {
  const __m256i fours = join_by_four(_mm256_castsi128_si256(digits));
  return _mm_cvtsi128_si64(_mm256_castsi256_si128(join_fours(fours, fours)));
}

}  // namespace jobber::feed::avx2
