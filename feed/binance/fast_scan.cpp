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

JOBBER_AVX2_INLINE __m256i misfits(const char* p, const Layout& layout, std::size_t at) noexcept {
  const __m256i text = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  const __m256i lowest = _mm256_load_si256(reinterpret_cast<const __m256i*>(layout.lowest.data() + at));
  const __m256i spread = _mm256_load_si256(reinterpret_cast<const __m256i*>(layout.spread.data() + at));
  return _mm256_subs_epu8(_mm256_sub_epi8(text, lowest), spread);
}

// Four integers of a run that begins at p, into values[0, 4) in the order layout.cpp expects.
JOBBER_AVX2_INLINE void read_group(const char* p, const Layout::Integer* integers, std::int64_t* values) noexcept {
  // 16 bytes from n on: n digits to the right, the rest zero.
  alignas(16) static constexpr std::array<char, 32> kMoves = {
      '\x80', '\x80', '\x80', '\x80', '\x80', '\x80', '\x80', '\x80', '\x80', '\x80', '\x80',
      '\x80', '\x80', '\x80', '\x80', '\x80', 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const auto fours = [&](const Layout::Integer& a, const Layout::Integer& b) __attribute__((target("avx2,bmi,bmi2,lzcnt"), always_inline)) {
    const __m256i text = _mm256_sub_epi8(pair(load16(p + a.at), load16(p + b.at)), _mm256_set1_epi8('0'));
    return join_by_four(_mm256_shuffle_epi8(text, pair(load16(kMoves.data() + a.digits), load16(kMoves.data() + b.digits))));
  };
  const __m256i numbers = join_fours(fours(integers[0], integers[1]), fours(integers[2], integers[3]));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(values), numbers);
}

// The text of a run: whether it fits shows in checks.wrong.
JOBBER_AVX2_INLINE void read_run(Scan& s, const char* p, const Layout& layout, const Layout::Run& run) noexcept {
  __m256i wrong = s.checks.wrong;
  for (std::size_t i = 0; i < run.size; i += 32) wrong = _mm256_or_si256(wrong, misfits(p + i, layout, run.begin + i));
  s.checks.wrong = wrong;
  for (std::size_t g = run.first_group; g < std::size_t{run.first_group} + run.groups; ++g) {
    read_group(p, layout.integers.data() + g * Layout::kGroup, s.values.data() + 1 + g * Layout::kGroup);
  }
}

// Reads "61800.20" (p behind its quote) as the field wants it; returns the closing quote.
JOBBER_AVX2_INLINE const char* read_number(Scan& s, const char* p, Layout::Run& run) noexcept {
  const bool is_price = run.then == FieldType::kPrice;
  const NumberForm& form = is_price ? s.price : s.qty;
  const __m128i text = load16(p);
  // A price is as long as the last one, nearly always; then the next run need not wait for its end.
  unsigned size = run.price_size;
  if (!is_price || p[size] != '"') run.price_size = static_cast<std::uint8_t>(size = quote_at(text));
  const __m128i placed = _mm_shuffle_epi8(_mm_sub_epi8(text, _mm_set1_epi8('0')), load16(form.moves[size].data()));
  const __m128i digits = _mm_xor_si128(placed, load16(form.expect.data()));
  s.checks.wrong = _mm256_or_si256(s.checks.wrong, _mm256_zextsi128_si256(_mm_subs_epu8(digits, load16(form.limit.data()))));
  const std::int64_t number = join_one(digits);
  s.values[run.value] = number;
  const __m128i both = is_price ? _mm_set_epi64x(0, number - 1) : _mm_set_epi64x(number, 0);
  s.checks.range = _mm256_or_si256(s.checks.range, _mm256_zextsi128_si256(both));
  return p + size;
}

// true or false, without a branch: which of them is as good as random.
JOBBER_AVX2_INLINE const char* read_flag(Scan& s, const char* p, const Layout::Run& run) noexcept {
  const bool yes = *p == 't';
  const std::uint64_t want = yes ? word("true") : word("false");
  const std::uint64_t mask = yes ? 0xFFFF'FFFFu : 0xFF'FFFF'FFFFu;
  const std::uint64_t differs = (load_word(p, 8) & mask) ^ want;
  s.checks.wrong = _mm256_or_si256(s.checks.wrong, _mm256_zextsi128_si256(_mm_cvtsi64_si128(static_cast<std::int64_t>(differs))));
  s.values[run.value] = yes ? 1 : 0;
  return p + (yes ? 4 : 5);
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
  Layout::Run& run_;
  Checks checks_;
  Level* out_;
  Level* out_end_;
  unsigned price_size_;
  __m128i price_moves_;
};

// Reads [["61800.20","0.014"],...] from behind its first bracket; returns the last.
JOBBER_AVX2 const char* read_levels(Scan& s, const char* p, Layout::Run& run, Brackets& brackets, std::vector<Level>& buffer,
                                    std::span<const Level>& to) noexcept {
  to = {buffer.data(), 0};
  if (*p == ']') return p;
  LevelReader reader(s, run, buffer);
  p = reader.read(p, brackets);
  to = {buffer.data(), static_cast<std::size_t>(reader.end() - buffer.data())};
  return p;
}

// Every run and every field. True: values may be trusted if in_order() agrees.
JOBBER_AVX2_INLINE bool read_all(Scan& s, std::span<const char> json, Layout& layout, Decoded& out) noexcept {
  const char* p = json.data();
  Brackets brackets;
  for (Layout::Run& run : std::span(layout.runs.data(), layout.run_count)) {
    if (run.size > s.end - p) return false;
    read_run(s, p, layout, run);
    p += run.size;
    switch (run.then) {
      case FieldType::kEnd: return p == s.end;
      case FieldType::kPrice:
      case FieldType::kQty: p = read_number(s, p, run); break;
      case FieldType::kFlag: p = read_flag(s, p, run); break;
      case FieldType::kBids: p = read_levels(s, p, run, brackets, out.bids, s.bids); break;
      case FieldType::kAsks: p = read_levels(s, p, run, brackets, out.asks, s.asks); break;
    }
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
  for (const Layout::Run& run : std::span(layout.runs.data(), layout.run_count)) {
    if (run.then == FieldType::kPrice) exact &= divide(s.values[run.value], s.price.units);
    if (run.then == FieldType::kQty) exact &= divide(s.values[run.value], s.qty.units);
  }
  return exact;
}

// The values of a message that fits, as its kind names them. False when a time is out of range.
bool fill(const Scan& s, const Layout& layout, Decoded& out) noexcept {
  const auto value = [&](FieldName name) { return s.value(layout, name); };
  const auto id = [&](FieldName name) { return static_cast<std::uint64_t>(s.value(layout, name)); };
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
      out.trade = {.id = id(FieldName::kTradeId), .price = {value(FieldName::kPrice)}, .qty = {value(FieldName::kQty)},
                   .aggressor = value(FieldName::kBuyerIsMaker) != 0 ? Side::kSell : Side::kBuy,
                   .event_time = event_time.value(), .trade_time = transact_time.value(),
                   .off_market = layout.off_market, .aggregate = layout.aggregate};
      return true;
    case EventKind::kBookTicker:
      out.book_ticker = {.update_id = id(FieldName::kLastId), .bid = {value(FieldName::kBid)}, .bid_qty = {value(FieldName::kBidQty)},
                         .ask = {value(FieldName::kAsk)}, .ask_qty = {value(FieldName::kAskQty)}, .event_time = event_time.value()};
      return true;
    case EventKind::kMarkPrice:
    case EventKind::kOther: break;
  }
  return false;
}

JOBBER_AVX2 bool scan_layout(std::span<const char> json, Layout& layout, const NumberForm& price, const NumberForm& qty,
                             Decoded& out) noexcept {
  Scan s(json, price, qty);
  if (!read_all(s, json, layout, out) || !in_order(s)) return false;
  if ((price.units != 1 || qty.units != 1) && !divide_slow(s, layout, out)) return false;
  if (!fill(s, layout, out)) return false;
  out.stream = {json.data() + layout.stream_at, layout.stream_size};
  return true;
}

// Whether the first 64 bytes fit: they hold the stream or the event. What comes after decides.
JOBBER_AVX2_INLINE bool begins(std::span<const char> json, const Layout& layout) noexcept {
  const Layout::Run& run = layout.runs[0];
  if (run.size > json.size()) return false;
  __m256i wrong = misfits(json.data(), layout, 0);
  if (run.size > 32) wrong = _mm256_or_si256(wrong, misfits(json.data() + 32, layout, 32));
  return _mm256_testz_si256(wrong, wrong) != 0;
}

JOBBER_AVX2 EventKind scan_any(std::span<const char> json, std::span<Layout> layouts, const NumberForm& price, const NumberForm& qty,
                               Decoded& out) noexcept {
  for (Layout& layout : layouts) {
    if (begins(json, layout) && scan_layout(json, layout, price, qty, out)) return layout.kind;
  }
  return EventKind::kOther;
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
  return scan_any(json, {layouts_.data(), layout_count_}, price_, qty_, out);
}

void FastScan::learn(std::span<const char> json, EventKind kind) noexcept {
  LearnedLayout learned;
  if (!learn_layout(json, kind, learned)) return;
  set_form(price_, learned.price_text, price_decimals_);
  set_form(qty_, learned.qty_text, qty_decimals_);
  for (std::size_t i = 0; i < layout_count_; ++i) {
    if (matches_same(layouts_[i], learned.layout)) return;  // it was the numbers that surprised
  }
  if (layout_count_ < kLayoutsMax) {
    layouts_[layout_count_++] = learned.layout;
    return;
  }
  layouts_[replace_] = learned.layout;
  replace_ = (replace_ + 1) % kLayoutsMax;
}

}  // namespace jobber::feed
