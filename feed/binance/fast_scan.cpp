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

// 16 digit values, most significant first -> their number, in each 128-bit lane.
JOBBER_AVX2_INLINE __m256i join_digits(__m256i digits) noexcept {
  const __m256i by2 = _mm256_maddubs_epi16(digits, _mm256_set1_epi16(0x010A));        // 10 * even + odd
  const __m256i by4 = _mm256_madd_epi16(by2, _mm256_set1_epi32(0x0001'0064));         // 100 * even + odd
  const __m256i by8 = _mm256_madd_epi16(_mm256_packus_epi32(by4, by4), _mm256_set1_epi32(0x0001'2710));
  return _mm256_add_epi64(_mm256_mul_epu32(by8, _mm256_set1_epi64x(100'000'000)), _mm256_srli_epi64(by8, 32));
}

// Surprises, gathered without branches and looked at once a message.
struct Checks {
  __m256i wrong;   // non-zero: a character that is not what its place asks for
  __m128i zero;    // all ones in the low half: a price of zero
  __m128i range;   // or of all (price, size) pairs, before division by units
};

// Price in the low lane, size in the high lane: texts -> numbers on the decimals of the grid.
JOBBER_AVX2_INLINE __m128i convert(__m256i text, __m256i moves, __m256i expect, __m256i limit, Checks& checks) noexcept {
  const __m256i placed = _mm256_shuffle_epi8(_mm256_sub_epi8(text, _mm256_set1_epi8('0')), moves);
  const __m256i digits = _mm256_xor_si256(placed, expect);
  checks.wrong = _mm256_or_si256(checks.wrong, _mm256_subs_epu8(digits, limit));
  const __m256i numbers = join_digits(digits);
  const __m128i both = _mm_unpacklo_epi64(_mm256_castsi256_si128(numbers), _mm256_extracti128_si256(numbers, 1));
  checks.zero = _mm_or_si128(checks.zero, _mm_cmpeq_epi64(both, _mm_setzero_si128()));
  checks.range = _mm_or_si128(checks.range, both);
  return both;
}

// One pass over one message.
struct Scan {
  const char* end;
  const NumberForm& price;
  const NumberForm& qty;
  __m256i expect;
  __m256i limit;
  Checks checks;
  std::array<std::int64_t, static_cast<std::size_t>(FieldName::kCount)> values;
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
  s.value(step.name) = _mm_cvtsi128_si64(_mm256_castsi256_si128(join_digits(_mm256_castsi128_si256(placed))));
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
  const std::int64_t number = _mm_cvtsi128_si64(_mm256_castsi256_si128(join_digits(_mm256_castsi128_si256(digits))));
  s.value(step.name) = number;
  const __m128i both = is_price ? _mm_set_epi64x(0, number) : _mm_set_epi64x(number, 0);
  s.checks.range = _mm_or_si128(s.checks.range, both);
  if (is_price && number == 0) [[unlikely]] return nullptr;
  return p + size;
}

// Reads [["61800.20","0.014"],...] from behind its first bracket; p is at the last bracket then. The
// price is as long as the one before it, nearly always, so where its size starts is known at once.
JOBBER_AVX2 const char* scan_levels(Scan& s, const char* p, Layout::Step& step, std::vector<Level>& buffer,
                                    std::span<const Level>& to) noexcept {
  to = {buffer.data(), 0};
  if (*p == ']') return p;
  if (load_word(p, 2) != word(R"([")")) return nullptr;
  Checks checks = s.checks;
  const __m256i expect = s.expect, limit = s.limit;
  Level* out = buffer.data();
  Level* const out_end = out + buffer.size();
  unsigned price_size = step.digits;
  __m128i price_moves = load16(s.price.moves[price_size].data());
  for (;;) {
    const char* price_text = p + 2;
    if (load_word(price_text + price_size, 3) != kBetweenNumbers) [[unlikely]] {
      price_size = quote_at(load16(price_text));
      price_moves = load16(s.price.moves[price_size].data());
      if (load_word(price_text + price_size, 3) != kBetweenNumbers) return nullptr;
    }
    const char* qty_text = price_text + price_size + 3;
    const __m128i qty = load16(qty_text);
    const unsigned qty_size = quote_at(qty);
    const __m256i moves = pair(price_moves, load16(s.qty.moves[qty_size].data()));
    const __m128i level = convert(pair(load16(price_text), qty), moves, expect, limit, checks);
    if (out == out_end) [[unlikely]] return nullptr;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out++), level);
    const char* after = qty_text + qty_size;
    if (load_word(after, 5) != kBetweenLevels) {
      if (load_word(after, 3) != kAfterLevels) [[unlikely]] return nullptr;
      p = after + 2;
      break;
    }
    p = after + 3;
    if (p >= s.end) [[unlikely]] return nullptr;
  }
  step.digits = static_cast<std::uint8_t>(price_size);
  s.checks = checks;
  to = {buffer.data(), static_cast<std::size_t>(out - buffer.data())};
  return p;
}

JOBBER_AVX2_INLINE const char* scan_flag(Scan& s, const char* p, const Layout::Step& step) noexcept {
  const bool yes = load_word(p, 4) == word("true");
  if (!yes && load_word(p, 5) != word("false")) return nullptr;
  s.value(step.name) = yes ? 1 : 0;
  return p + (yes ? 4 : 5);
}

JOBBER_AVX2_INLINE const char* scan_field(Scan& s, const char* p, Layout::Step& step, Decoded& out) noexcept {
  switch (step.type) {
    case FieldType::kInteger: return scan_integer(s, p, step);
    case FieldType::kPrice:
    case FieldType::kQty: return scan_number(s, p, step);
    case FieldType::kFlag: return scan_flag(s, p, step);
    case FieldType::kLevels:
      return step.name == FieldName::kBids ? scan_levels(s, p, step, out.bids, s.bids)
                                           : scan_levels(s, p, step, out.asks, s.asks);
    case FieldType::kEnd: break;
  }
  return nullptr;
}

// Every fixed byte and every field's shape; values are trusted only when this and in_order() hold.
JOBBER_AVX2 bool match(Scan& s, std::span<const char> json, Layout& layout, Decoded& out) noexcept {
  const char* p = json.data();
  for (Layout::Step& step : std::span(layout.steps.data(), layout.step_count)) {
    if (step.text_size > static_cast<std::size_t>(s.end - p)) return false;
    if (!equal(p, layout.text.data() + step.text_at, step.text_size)) return false;
    p += step.text_size;
    if (step.type == FieldType::kEnd) return p == s.end;
    p = scan_field(s, p, step, out);
    if (p == nullptr || p > s.end) return false;
  }
  return false;
}

// Digits where digits must be, prices above zero, numbers within the grid's limits.
JOBBER_AVX2 bool in_order(const Scan& s) noexcept {
  const auto price_bits = static_cast<std::uint64_t>(_mm_extract_epi64(s.checks.range, 0));
  const auto qty_bits = static_cast<std::uint64_t>(_mm_extract_epi64(s.checks.range, 1));
  return _mm256_testz_si256(s.checks.wrong, s.checks.wrong) != 0 && _mm_extract_epi64(s.checks.zero, 0) == 0 &&
         price_bits <= static_cast<std::uint64_t>(kMaxPriceGrid) && qty_bits <= static_cast<std::uint64_t>(kMaxQtyLots);
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

[[gnu::noinline]] bool divide_slow(Scan& s, Decoded& out) noexcept {
  bool exact = divide(s.bids, out.bids, s.price, s.qty) && divide(s.asks, out.asks, s.price, s.qty);
  for (const FieldName name : {FieldName::kPrice, FieldName::kBid, FieldName::kAsk}) exact &= divide(s.value(name), s.price.units);
  for (const FieldName name : {FieldName::kQty, FieldName::kBidQty, FieldName::kAskQty}) exact &= divide(s.value(name), s.qty.units);
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
  Scan s{.end = json.data() + json.size(),
         .price = price,
         .qty = qty,
         .expect = pair(load16(price.expect.data()), load16(qty.expect.data())),
         .limit = pair(load16(price.limit.data()), load16(qty.limit.data())),
         .checks = {_mm256_setzero_si256(), _mm_setzero_si128(), _mm_setzero_si128()},
         .values = {},
         .bids = {},
         .asks = {}};
  if (!match(s, json, layout, out) || !in_order(s)) return false;
  if ((price.units != 1 || qty.units != 1) && !divide_slow(s, out)) return false;
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
