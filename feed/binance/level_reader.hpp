// Level arrays, [["61800.20","0.014"],...], to integers: two levels a step.
//
// Owner: the feed thread (inside FastScan); hot, AVX2.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "feed/binance/avx2.hpp"
#include "feed/binance/fast_scan.hpp"

namespace jobber::feed::avx2 {

// Surprises, gathered without branches and looked at once a message.
struct Checks {
  __m256i wrong;  // non-zero: a character that is not what its place asks for
  __m256i range;  // or of all (price - 1, size), before division by units: a zero price has all bits
};

// What the parts of one pass over one message share.
struct Scan {
  JOBBER_AVX2_INLINE Scan(std::span<const char> json, const NumberForm& price_form, const NumberForm& qty_form) noexcept
      : end(json.data() + json.size()),
        price(price_form),
        qty(qty_form),
        expect(pair(load16(price_form.expect.data()), load16(qty_form.expect.data()))),
        limit(pair(load16(price_form.limit.data()), load16(qty_form.limit.data()))),
        checks{_mm256_setzero_si256(), _mm256_setzero_si256()} {
    values[0] = 0;
  }
  [[nodiscard]] std::int64_t value(const Layout& layout, FieldName name) const noexcept {
    return values[layout.value_of[static_cast<std::size_t>(name)]];
  }

  const char* end;
  const NumberForm& price;
  const NumberForm& qty;
  __m256i expect;
  __m256i limit;
  Checks checks;
  std::span<const Level> bids;
  std::span<const Level> asks;
  std::array<std::int64_t, Layout::kValuesMax> values;  // [0] is zero; clearing the rest would cost two levels
};

// Where the opening brackets are, some way ahead. Found first, they free the levels from each other: the
// length of one's size need not be known to begin the next.
class Brackets {
 public:
  static constexpr std::size_t kAhead = 1024;  // bytes indexed at a time

  // Makes next() the bracket at `p`, which is one; indexes from there if it is not known.
  JOBBER_AVX2_INLINE void seek(const char* p, const char* end) noexcept {
    while (next_ < count_ && begin_ + at_[next_] < p) ++next_;
    if (next_ == count_) index(p, end);
  }
  // Brackets known from next() on.
  [[nodiscard]] std::size_t left() const noexcept { return count_ - next_; }
  [[nodiscard]] const char* operator[](std::size_t i) const noexcept { return begin_ + at_[next_ + i]; }
  void advance(std::size_t n) noexcept { next_ += n; }

 private:
  JOBBER_AVX2 void index(const char* p, const char* end) noexcept {
    begin_ = p;
    next_ = count_ = 0;
    const auto size = static_cast<std::size_t>(end - p) < kAhead ? static_cast<std::size_t>(end - p) : kAhead;
    const __m256i bracket = _mm256_set1_epi8('[');
    for (std::size_t block = 0; block < size; block += 64) {
      const auto* from = reinterpret_cast<const __m256i*>(p + block);
      const auto low =
          static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_loadu_si256(from), bracket)));
      const auto high =
          static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_loadu_si256(from + 1), bracket)));
      std::uint64_t found = std::uint64_t{high} << 32 | low;
      if (size - block < 64) found = _bzhi_u64(found, static_cast<unsigned>(size - block));
      const auto n = static_cast<std::size_t>(std::popcount(found));
      std::uint16_t* to = at_.data() + count_;
      count_ += n;
      // Levels are 19 bytes and more: four places are filled without asking, more is rare.
      for (std::size_t i = 0; i < 4 || i < n; ++i) {
        to[i] = static_cast<std::uint16_t>(block + static_cast<std::size_t>(std::countr_zero(found)));
        found = _blsr_u64(found);
      }
    }
  }

  const char* begin_ = nullptr;
  std::size_t count_ = 0;
  std::size_t next_ = 0;
  std::array<std::uint16_t, kAhead + 4> at_;  // from begin_; only [0, count_) is set
};

// Reads one array of levels.
class LevelReader {
 public:
  JOBBER_AVX2_INLINE LevelReader(Scan& s, Layout::Run& run, std::vector<Level>& buffer) noexcept
      : s_(s), run_(run), checks_(s.checks), out_(buffer.data()), out_end_(out_ + buffer.size()) {
    set_price_size(run.price_size);
  }

  // p is at the first level's bracket. Returns the array's closing bracket, null on a surprise.
  JOBBER_AVX2_INLINE const char* read(const char* p, Brackets& brackets) noexcept {
    if (load_word(p, 2) != word(R"([")")) return nullptr;
    for (;;) {
      brackets.seek(p, s_.end);
      const std::size_t known = brackets.left();
      if (known > static_cast<std::size_t>(out_end_ - out_)) return nullptr;  // for the general parser to count
      std::size_t i = 0;
      while (i + 2 < known && two(brackets[i], brackets[i + 1], brackets[i + 2])) i += 2;
      brackets.advance(i);
      // One level by itself: an odd one, the last of the array, or the last whose end is not indexed.
      p = one(brackets[0]);
      if (p == nullptr) return nullptr;
      if (load_word(p, 5) == kBetweenLevels) {
        p += 3;
        if (p >= s_.end) return nullptr;
        continue;
      }
      if (load_word(p, 3) != kAfterLevels) return nullptr;
      run_.price_size = static_cast<std::uint8_t>(price_size_);
      s_.checks = checks_;
      return p + 2;
    }
  }
  [[nodiscard]] const Level* end() const noexcept { return out_; }

 private:
  struct Texts {
    __m256i text;  // price low, size high
    __m256i moves;
  };

  JOBBER_AVX2_INLINE void set_price_size(unsigned size) noexcept {
    price_size_ = size;
    price_moves_ = load16(s_.price.moves[size].data());
  }
  // The price is as long as the one before it, nearly always.
  JOBBER_AVX2_INLINE bool price_ends(const char* price) noexcept {
    if (load_word(price + price_size_, 3) == kBetweenNumbers) [[likely]]
      return true;
    set_price_size(quote_at(load16(price)));
    return load_word(price + price_size_, 3) == kBetweenNumbers;
  }
  JOBBER_AVX2_INLINE __m256i fours(const char* price, const char* qty, std::size_t qty_size) noexcept {
    const __m256i text = _mm256_sub_epi8(pair(load16(price), load16(qty)), _mm256_set1_epi8('0'));
    const __m256i placed = _mm256_shuffle_epi8(text, pair(price_moves_, load16(s_.qty.moves[qty_size].data())));
    const __m256i digits = _mm256_xor_si256(placed, s_.expect);
    checks_.wrong = _mm256_or_si256(checks_.wrong, _mm256_subs_epu8(digits, s_.limit));
    return join_by_four(digits);
  }
  JOBBER_AVX2_INLINE __m256i numbers(__m256i a, __m256i b) noexcept {
    const __m256i pairs = _mm256_permute4x64_epi64(join_fours(a, b), 0b11'01'10'00);  // price, size, price, size
    checks_.range = _mm256_or_si256(checks_.range, _mm256_sub_epi64(pairs, _mm256_set_epi64x(0, 1, 0, 1)));
    return pairs;
  }

  // Two levels that another follows, at brackets a and b, the next at c. False, with nothing done, when they
  // are not such.
  JOBBER_AVX2_INLINE bool two(const char* a, const char* b, const char* c) noexcept {
    if (load_word(b - 3, 5) != kBetweenLevels || load_word(c - 3, 5) != kBetweenLevels) return false;
    if (!price_ends(a + 2)) return false;
    const char* qty = a + price_size_ + 5;
    const auto qty_size = static_cast<std::size_t>(b - 3 - qty);
    if (qty_size > NumberForm::kTextMax) return false;
    const __m256i first = fours(a + 2, qty, qty_size);
    if (!price_ends(b + 2)) return false;
    const char* next_qty = b + price_size_ + 5;
    const auto next_qty_size = static_cast<std::size_t>(c - 3 - next_qty);
    if (next_qty_size > NumberForm::kTextMax) return false;
    const __m256i second = fours(b + 2, next_qty, next_qty_size);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out_), numbers(first, second));
    out_ += 2;
    return true;
  }

  // Returns the quote that ends the size, null on a surprise.
  JOBBER_AVX2_INLINE const char* one(const char* p) noexcept {
    if (out_ == out_end_ || !price_ends(p + 2)) return nullptr;
    const char* qty = p + price_size_ + 5;
    const unsigned qty_size = quote_at(load16(qty));
    const __m256i level = fours(p + 2, qty, qty_size);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out_++), _mm256_castsi256_si128(numbers(level, level)));
    return qty + qty_size;
  }

  Scan& s_;
  Layout::Run& run_;
  Checks checks_;
  Level* out_;
  Level* out_end_;
  unsigned price_size_;
  __m128i price_moves_;
};

// Reads [["61800.20","0.014"],...] from behind its first bracket; returns the last.
JOBBER_AVX2 inline const char* read_levels(Scan& s, const char* p, Layout::Run& run, Brackets& brackets,
                                           std::vector<Level>& buffer, std::span<const Level>& to) noexcept {
  to = {buffer.data(), 0};
  if (*p == ']') return p;
  LevelReader reader(s, run, buffer);
  p = reader.read(p, brackets);
  to = {buffer.data(), static_cast<std::size_t>(reader.end() - buffer.data())};
  return p;
}

}  // namespace jobber::feed::avx2
