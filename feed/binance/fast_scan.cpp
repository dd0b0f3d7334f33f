#include "feed/binance/fast_scan.hpp"

#include <immintrin.h>

#include <bit>
#include <cstring>

#include "feed/binance/layout.hpp"
#include "feed/binance/number.hpp"

// Compiled for AVX2 whatever -march says; FastScan::supported() guards every call.
#define JOBBER_AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt")))
#define JOBBER_AVX2_INLINE __attribute__((target("avx2,bmi,bmi2,lzcnt"), always_inline)) inline

namespace jobber::feed {
namespace {

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

// Surprises, gathered without branches and looked at once a message.
struct Checks {
  __m256i wrong;  // non-zero: a character that is not what its place asks for
  __m256i range;  // or of all (price - 1, size), before division by units: a zero price has all bits
};

// One pass over one message.
struct Scan {
  // `values` stays as it is: clearing all of it costs as much as two levels.
  JOBBER_AVX2_INLINE Scan(std::span<const char> json, const NumberForm& price_form, const NumberForm& qty_form) noexcept
      : end(json.data() + json.size()),
        price(price_form),
        qty(qty_form),
        expect(pair(load16(price_form.expect.data()), load16(qty_form.expect.data()))),
        limit(pair(load16(price_form.limit.data()), load16(qty_form.limit.data()))),
        checks{_mm256_setzero_si256(), _mm256_setzero_si256()} {
    value(FieldName::kEventTime) = value(FieldName::kTransactTime) = value(FieldName::kPrevId) = 0;
  }

  const char* end;
  const NumberForm& price;
  const NumberForm& qty;
  __m256i expect;
  __m256i limit;
  Checks checks;
  std::array<std::int64_t, static_cast<std::size_t>(FieldName::kCount)> values;  // set: the layout's fields, and the optional ones
  std::span<const Level> bids;
  std::span<const Level> asks;

  std::int64_t& value(FieldName name) noexcept { return values[static_cast<std::size_t>(name)]; }
};

JOBBER_AVX2_INLINE bool equal(const char* p, const char* text, std::size_t size) noexcept {
  for (std::size_t i = 0; i < size; i += 32) {
    const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + i));
    const __m256i b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + i));
    const auto same = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, b)));
    const std::uint32_t wanted = _bzhi_u32(~0u, static_cast<unsigned>(size - i < 32 ? size - i : 32));
    if ((~same & wanted) != 0) return false;
  }
  return true;
}

// Reads an integer of `digits` digits, as last time, or of as many as there are now. Null: a surprise.
JOBBER_AVX2_INLINE const char* scan_integer(Scan& s, const char* p, Layout::Step& step) noexcept {
  // Row n: n digits to the right, the rest zero.
  alignas(16) static constexpr std::array<char, 33> kMoves = {
      '\x80', '\x80', '\x80', '\x80', '\x80', '\x80', '\x80', '\x80', '\x80', '\x80', '\x80',
      '\x80', '\x80', '\x80', '\x80', '\x80', 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0};
  const auto is_digit_at = [p](unsigned i) { return static_cast<unsigned char>(p[i] - '0') < 10; };
  if (is_digit_at(step.digits)) [[unlikely]] {
    unsigned digits = step.digits;
    while (digits <= 16 && is_digit_at(digits)) ++digits;
    step.digits = static_cast<std::uint8_t>(digits);
  } else if (step.digits == 0 || !is_digit_at(step.digits - 1u)) [[unlikely]] {
    unsigned digits = 0;
    while (digits <= 16 && is_digit_at(digits)) ++digits;
    step.digits = static_cast<std::uint8_t>(digits);
  }
  const unsigned digits = step.digits;
  if (digits - 1u >= 16u || p[0] == '0') [[unlikely]] return nullptr;  // none, too many, or a leading zero
  const __m128i moves = load16(kMoves.data() + digits);
  const __m128i placed = _mm_shuffle_epi8(_mm_sub_epi8(load16(p), _mm_set1_epi8('0')), moves);
  s.checks.wrong = _mm256_or_si256(s.checks.wrong, _mm256_zextsi128_si256(_mm_subs_epu8(placed, _mm_set1_epi8(9))));
  s.value(step.name) = join_one(placed);
  return p + digits;
}

// Reads "61800.20" (p behind the quote) as the field wants it; p is at the closing quote then.
JOBBER_AVX2_INLINE const char* scan_number(Scan& s, const char* p, const Layout::Step& step) noexcept {
  const bool is_price = step.type == FieldType::kPrice;
  const NumberForm& form = is_price ? s.price : s.qty;
  const __m128i text = load16(p);
  const unsigned size = quote_at(text);
  const __m128i placed = _mm_shuffle_epi8(_mm_sub_epi8(text, _mm_set1_epi8('0')), load16(form.moves[size].data()));
  const __m128i digits = _mm_xor_si128(placed, load16(form.expect.data()));
  s.checks.wrong = _mm256_or_si256(s.checks.wrong, _mm256_zextsi128_si256(_mm_subs_epu8(digits, load16(form.limit.data()))));
  const std::int64_t number = join_one(digits);
  s.value(step.name) = number;
  const __m128i both = is_price ? _mm_set_epi64x(0, number - 1) : _mm_set_epi64x(number, 0);
  s.checks.range = _mm256_or_si256(s.checks.range, _mm256_zextsi128_si256(both));
  return p + size;
}

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
      const auto low = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_loadu_si256(from), bracket)));
      const auto high = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_loadu_si256(from + 1), bracket)));
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
  JOBBER_AVX2_INLINE LevelReader(Scan& s, Layout::Step& step, std::vector<Level>& buffer) noexcept
      : s_(s), step_(step), checks_(s.checks), out_(buffer.data()), out_end_(out_ + buffer.size()) {
    set_price_size(step.digits);
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
      step_.digits = static_cast<std::uint8_t>(price_size_);
      s_.checks = checks_;
      return p + 2;
    }
  }
  [[nodiscard]] const Level* end() const noexcept { return out_; }

 private:
  struct Texts {
    __m256i text;   // price low, size high
    __m256i moves;
  };

  JOBBER_AVX2_INLINE void set_price_size(unsigned size) noexcept {
    price_size_ = size;
    price_moves_ = load16(s_.price.moves[size].data());
  }
  // The price is as long as the one before it, nearly always.
  JOBBER_AVX2_INLINE bool price_ends(const char* price) noexcept {
    if (load_word(price + price_size_, 3) == kBetweenNumbers) [[likely]] return true;
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
  Layout::Step& step_;
  Checks checks_;
  Level* out_;
  Level* out_end_;
  unsigned price_size_;
  __m128i price_moves_;
};

// Reads [["61800.20","0.014"],...] from behind its first bracket; p is at the last bracket then.
JOBBER_AVX2 const char* scan_levels(Scan& s, const char* p, Layout::Step& step, Brackets& brackets,
                                    std::vector<Level>& buffer, std::span<const Level>& to) noexcept {
  to = {buffer.data(), 0};
  if (*p == ']') return p;
  LevelReader reader(s, step, buffer);
  p = reader.read(p, brackets);
  to = {buffer.data(), static_cast<std::size_t>(reader.end() - buffer.data())};
  return p;
}

JOBBER_AVX2_INLINE const char* scan_flag(Scan& s, const char* p, const Layout::Step& step) noexcept {
  const bool yes = load_word(p, 4) == word("true");
  if (!yes && load_word(p, 5) != word("false")) return nullptr;
  s.value(step.name) = yes ? 1 : 0;
  return p + (yes ? 4 : 5);
}

JOBBER_AVX2_INLINE const char* scan_field(Scan& s, const char* p, Layout::Step& step, Brackets& brackets, Decoded& out) noexcept {
  switch (step.type) {
    case FieldType::kInteger: return scan_integer(s, p, step);
    case FieldType::kPrice:
    case FieldType::kQty: return scan_number(s, p, step);
    case FieldType::kFlag: return scan_flag(s, p, step);
    case FieldType::kLevels:
      return step.name == FieldName::kBids ? scan_levels(s, p, step, brackets, out.bids, s.bids)
                                           : scan_levels(s, p, step, brackets, out.asks, s.asks);
    case FieldType::kEnd: break;
  }
  return nullptr;
}

// Every fixed byte and every field's shape; values are trusted only when this and in_order() hold.
JOBBER_AVX2 bool match(Scan& s, std::span<const char> json, Layout& layout, Decoded& out) noexcept {
  const char* p = json.data();
  Brackets brackets;
  for (Layout::Step& step : std::span(layout.steps.data(), layout.step_count)) {
    if (step.text_size > static_cast<std::size_t>(s.end - p)) return false;
    if (!equal(p, layout.text.data() + step.text_at, step.text_size)) return false;
    p += step.text_size;
    if (step.type == FieldType::kEnd) return p == s.end;
    p = scan_field(s, p, step, brackets, out);
    if (p == nullptr || p > s.end) return false;
  }
  return false;
}

// Digits where digits must be, prices above zero, numbers within the grid's limits.
JOBBER_AVX2 bool in_order(const Scan& s) noexcept {
  const __m128i range = _mm_or_si128(_mm256_castsi256_si128(s.checks.range), _mm256_extracti128_si256(s.checks.range, 1));
  const auto price_bits = static_cast<std::uint64_t>(_mm_extract_epi64(range, 0));
  const auto qty_bits = static_cast<std::uint64_t>(_mm_extract_epi64(range, 1));
  // Limits are powers of two, a price's from 1 on: the highest bit of all tells of each.
  static_assert(std::has_single_bit(static_cast<std::uint64_t>(kMaxPriceGrid)));
  static_assert(std::has_single_bit(static_cast<std::uint64_t>(kMaxQtyLots) + 1));
  return _mm256_testz_si256(s.checks.wrong, s.checks.wrong) != 0 && price_bits < static_cast<std::uint64_t>(kMaxPriceGrid) &&
         qty_bits <= static_cast<std::uint64_t>(kMaxQtyLots);
}

// A grid of 5 or 2 units, say: numbers of its decimals -> its steps. False when one lies between.
bool divide(std::int64_t& value, std::int64_t units) noexcept {
  const bool exact = value % units == 0;
  value /= units;
  return exact;
}

bool divide(std::span<const Level> levels, std::vector<Level>& buffer, const NumberForm& price, const NumberForm& qty) noexcept {
  bool exact = true;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    exact &= divide(buffer[i].price.grid, price.units);
    exact &= divide(buffer[i].qty.n, qty.units);
  }
  return exact;
}

[[gnu::noinline]] bool divide_slow(Scan& s, const Layout& layout, Decoded& out) noexcept {
  bool exact = divide(s.bids, out.bids, s.price, s.qty) && divide(s.asks, out.asks, s.price, s.qty);
  for (const Layout::Step& step : std::span(layout.steps.data(), layout.step_count)) {
    if (step.type == FieldType::kPrice) exact &= divide(s.value(step.name), s.price.units);
    if (step.type == FieldType::kQty) exact &= divide(s.value(step.name), s.qty.units);
  }
  return exact;
}

// The values of a matched message, as its kind names them. False when a time is out of range.
bool fill(Scan& s, const Layout& layout, Decoded& out) noexcept {
  const auto id = [&s](FieldName name) { return static_cast<std::uint64_t>(s.value(name)); };
  const auto event_time = to_instant(id(FieldName::kEventTime), out.time_unit);
  const auto transact_time = to_instant(id(FieldName::kTransactTime), out.time_unit);
  if (!event_time.ok() || !transact_time.ok()) return false;
  switch (layout.kind) {
    case EventKind::kDepth:
      out.depth = {.first_id = id(FieldName::kFirstId), .last_id = id(FieldName::kLastId), .prev_id = id(FieldName::kPrevId),
                   .has_prev = layout.has_prev_id, .event_time = event_time.value(),
                   .transact_time = layout.has_transact_time ? transact_time.value() : event_time.value(),
                   .bids = s.bids, .asks = s.asks};
      return true;
    case EventKind::kSnapshot:
      out.snapshot = {.last_update_id = id(FieldName::kLastId), .event_time = event_time.value(), .bids = s.bids, .asks = s.asks};
      return true;
    case EventKind::kTrade:
      out.trade = {.id = id(FieldName::kTradeId), .price = {s.value(FieldName::kPrice)}, .qty = {s.value(FieldName::kQty)},
                   .aggressor = s.value(FieldName::kBuyerIsMaker) != 0 ? Side::kSell : Side::kBuy,
                   .event_time = event_time.value(), .trade_time = transact_time.value(),
                   .off_market = layout.off_market, .aggregate = layout.aggregate};
      return true;
    case EventKind::kBookTicker:
      out.book_ticker = {.update_id = id(FieldName::kLastId), .bid = {s.value(FieldName::kBid)}, .bid_qty = {s.value(FieldName::kBidQty)},
                         .ask = {s.value(FieldName::kAsk)}, .ask_qty = {s.value(FieldName::kAskQty)},
                         .event_time = event_time.value()};
      return true;
    case EventKind::kMarkPrice:
    case EventKind::kOther: break;
  }
  return false;
}

JOBBER_AVX2 bool scan_layout(std::span<const char> json, Layout& layout, const NumberForm& price, const NumberForm& qty,
                             Decoded& out) noexcept {
  Scan s(json, price, qty);
  if (!match(s, json, layout, out) || !in_order(s)) return false;
  if ((price.units != 1 || qty.units != 1) && !divide_slow(s, layout, out)) return false;
  if (!fill(s, layout, out)) return false;
  out.stream = {json.data() + layout.stream_at, layout.stream_size};
  return true;
}

}  // namespace

bool FastScan::supported() noexcept {
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0 && __builtin_cpu_supports("bmi2") != 0;
}

FastScan::FastScan(const Instrument& instrument) noexcept
    : price_decimals_(instrument.price_decimals), qty_decimals_(instrument.qty_decimals) {
  price_.units = instrument.tick_units;
  qty_.units = instrument.lot_units;
  match_nothing(price_);
  match_nothing(qty_);
  strip_tens(price_.units, price_decimals_);
  strip_tens(qty_.units, qty_decimals_);
}

EventKind FastScan::scan(std::span<const char> json, Decoded& out) noexcept {
  if (json.size() > kMaxMessageBytes) return EventKind::kOther;
  if (scan_layout(json, layouts_[latest_], price_, qty_, out)) return layouts_[latest_].kind;
  for (std::size_t i = 0; i < kLayouts; ++i) {
    if (i == latest_ || layouts_[i].kind == EventKind::kOther) continue;
    if (!scan_layout(json, layouts_[i], price_, qty_, out)) continue;
    latest_ = i;
    return layouts_[i].kind;
  }
  return EventKind::kOther;
}

void FastScan::learn(std::span<const char> json, EventKind kind) noexcept {
  LearnedLayout learned;
  if (!learn_layout(json, kind, learned)) return;
  set_form(price_, learned.price_text, price_decimals_);
  set_form(qty_, learned.qty_text, qty_decimals_);
  for (Layout& known : layouts_) {
    if (known.kind == EventKind::kOther || !same_text(known, learned.layout)) continue;
    known = learned.layout;
    return;
  }
  layouts_[replace_] = learned.layout;
  replace_ = (replace_ + 1) % kLayouts;
}

}  // namespace jobber::feed
