#include "feed/binance/fast_scan.hpp"

#include <bit>

#include "feed/binance/avx2.hpp"
#include "feed/binance/layout.hpp"
#include "feed/binance/level_reader.hpp"
#include "feed/number.hpp"

namespace jobber::feed {
namespace {

using namespace avx2;

// How far each of 32 bytes is from what the layout lets stand there; all zero where it fits.
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
      '\x80', '\x80', '\x80', '\x80', '\x80', 0,      1,      2,      3,      4,      5,
      6,      7,      8,      9,      10,     11,     12,     13,     14,     15};
  const auto fours = [&](const Layout::Integer& a, const Layout::Integer& b)
      __attribute__((target("avx2,bmi,bmi2,lzcnt"), always_inline)) {
    const __m256i text = _mm256_sub_epi8(pair(load16(p + a.at), load16(p + b.at)), _mm256_set1_epi8('0'));
    return join_by_four(
        _mm256_shuffle_epi8(text, pair(load16(kMoves.data() + a.digits), load16(kMoves.data() + b.digits))));
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
  s.checks.wrong =
      _mm256_or_si256(s.checks.wrong, _mm256_zextsi128_si256(_mm_subs_epu8(digits, load16(form.limit.data()))));
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
  s.checks.wrong =
      _mm256_or_si256(s.checks.wrong, _mm256_zextsi128_si256(_mm_cvtsi64_si128(static_cast<std::int64_t>(differs))));
  s.values[run.value] = yes ? 1 : 0;
  return p + (yes ? 4 : 5);
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
      case FieldType::kEnd:
        return p == s.end;
      case FieldType::kPrice:
      case FieldType::kQty:
        p = read_number(s, p, run);
        break;
      case FieldType::kFlag:
        p = read_flag(s, p, run);
        break;
      case FieldType::kBids:
        p = read_levels(s, p, run, brackets, out.bids, s.bids);
        break;
      case FieldType::kAsks:
        p = read_levels(s, p, run, brackets, out.asks, s.asks);
        break;
    }
    if (p == nullptr || p > s.end) return false;
  }
  return false;
}

// Digits where digits must be, prices above zero, numbers within the grid's limits.
JOBBER_AVX2 bool in_order(const Scan& s) noexcept {
  const __m128i range =
      _mm_or_si128(_mm256_castsi256_si128(s.checks.range), _mm256_extracti128_si256(s.checks.range, 1));
  const auto price_bits = static_cast<std::uint64_t>(_mm_extract_epi64(range, 0));
  const auto qty_bits = static_cast<std::uint64_t>(_mm_extract_epi64(range, 1));
  // Limits are powers of two, a price's from 1 on: the highest bit of all tells of each.
  static_assert(std::has_single_bit(static_cast<std::uint64_t>(kMaxPriceGrid)));
  static_assert(std::has_single_bit(static_cast<std::uint64_t>(kMaxQtyLots) + 1));
  return _mm256_testz_si256(s.checks.wrong, s.checks.wrong) != 0 &&
         price_bits < static_cast<std::uint64_t>(kMaxPriceGrid) && qty_bits <= static_cast<std::uint64_t>(kMaxQtyLots);
}

// A grid of 5 or 2 units, say: numbers of its decimals -> its steps. False when one lies between.
bool divide(std::int64_t& value, std::int64_t units) noexcept {
  const bool exact = value % units == 0;
  value /= units;
  return exact;
}

bool divide(std::span<const Level> levels, std::vector<Level>& buffer, const NumberForm& price,
            const NumberForm& qty) noexcept {
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
      out.depth = {.first_id = id(FieldName::kFirstId),
                   .last_id = id(FieldName::kLastId),
                   .prev_id = id(FieldName::kPrevId),
                   .has_prev = layout.has_prev_id,
                   .event_time = event_time.value(),
                   .transact_time = layout.has_transact_time ? transact_time.value() : event_time.value(),
                   .bids = s.bids,
                   .asks = s.asks};
      return true;
    case EventKind::kSnapshot:
      out.snapshot = {
          .last_update_id = id(FieldName::kLastId), .event_time = event_time.value(), .bids = s.bids, .asks = s.asks};
      return true;
    case EventKind::kTrade:
      out.trade = {.id = id(FieldName::kTradeId),
                   .price = {value(FieldName::kPrice)},
                   .qty = {value(FieldName::kQty)},
                   .aggressor = value(FieldName::kBuyerIsMaker) != 0 ? Side::kSell : Side::kBuy,
                   .event_time = event_time.value(),
                   .trade_time = transact_time.value(),
                   .off_market = layout.off_market,
                   .aggregate = layout.aggregate};
      return true;
    case EventKind::kBookTicker:
      out.book_ticker = {.update_id = id(FieldName::kLastId),
                         .bid = {value(FieldName::kBid)},
                         .bid_qty = {value(FieldName::kBidQty)},
                         .ask = {value(FieldName::kAsk)},
                         .ask_qty = {value(FieldName::kAskQty)},
                         .event_time = event_time.value()};
      return true;
    case EventKind::kMarkPrice:
    case EventKind::kOther:
      break;
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

JOBBER_AVX2 EventKind scan_any(std::span<const char> json, std::span<Layout> layouts, const NumberForm& price,
                               const NumberForm& qty, Decoded& out) noexcept {
  for (Layout& layout : layouts) {
    if (begins(json, layout) && scan_layout(json, layout, price, qty, out)) return layout.kind;
  }
  return EventKind::kOther;
}

}  // namespace

bool FastScan::supported() noexcept {
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0 &&
         __builtin_cpu_supports("bmi2") != 0;
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
