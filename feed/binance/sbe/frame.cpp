#include "feed/binance/sbe/frame.hpp"

#include <bit>
#include <cstring>
#include <type_traits>

namespace jobber::feed::sbe {

static_assert(std::endian::native == std::endian::little, "frames are read as they lie");

namespace {

constexpr std::size_t kHeaderBytes = 8;
constexpr std::uint16_t kSchemaId = 1;
// Root blocks and group entries of version 0 (binance.md 11).
constexpr std::size_t kTradesRoot = 18;
constexpr std::size_t kTradeEntry = 25;
constexpr std::size_t kTouchRoot = 50;
constexpr std::size_t kSnapshotRoot = 18;
constexpr std::size_t kDiffRoot = 26;
constexpr std::size_t kLevelEntry = 16;

constexpr std::int64_t kPow10[] = {1LL, 10LL, 100LL, 1000LL, 10000LL, 100000LL, 1000000LL, 10000000LL, 100000000LL, 1000000000LL,
                                   10000000000LL, 100000000000LL, 1000000000000LL, 10000000000000LL, 100000000000000LL,
                                   1000000000000000LL, 10000000000000000LL, 100000000000000000LL, 1000000000000000000LL};

template <class T>
T load(const std::byte* at) noexcept {
  static_assert(std::is_trivially_copyable_v<T>);
  T out;
  std::memcpy(&out, at, sizeof out);
  return out;
}

// Microseconds to an Instant; false before 1970 or past 2262.
bool to_instant(std::int64_t us, Instant& out) noexcept { return us >= 0 && !__builtin_mul_overflow(us, std::int64_t{1000}, &out.ns); }

}  // namespace

// Steps through a frame; nothing beyond its end can be taken.
class FrameDecoder::Cursor {
 public:
  explicit Cursor(std::span<const std::byte> frame) noexcept : left_(frame) {}

  // The next `n` bytes; null if there are not so many.
  const std::byte* take(std::size_t n) noexcept {
    if (left_.size() < n) return nullptr;
    const std::byte* at = left_.data();
    left_ = left_.subspan(n);
    return at;
  }
  [[nodiscard]] bool empty() const noexcept { return left_.empty(); }

  std::uint16_t block_bytes = 0;  // of the root; both from the header
  std::uint16_t version = 0;

 private:
  std::span<const std::byte> left_;
};

std::string_view to_text(SbeError error) noexcept {
  switch (error) {
    case SbeError::kTooShort: return "frame cut short";
    case SbeError::kWrongSchema: return "another schema";
    case SbeError::kBadBlock: return "block shorter than its fields";
    case SbeError::kBadNumber: return "a number is off the grid or out of range";
    case SbeError::kTooManyLevels: return "too many entries";
    case SbeError::kWrongSymbol: return "another instrument's frame";
    case SbeError::kTrailing: return "bytes behind the frame";
  }
  return "unknown";
}

FrameDecoder::FrameDecoder(const Instrument& instrument, std::size_t max_levels, std::size_t max_trades)
    : instrument_(instrument), bids_(max_levels), asks_(max_levels), trades_(max_trades) {}

Result<EventKind, SbeError> FrameDecoder::decode(std::span<const std::byte> frame) noexcept {
  ++counters_.frames;
  SbeError why = SbeError::kTooShort;
  Cursor in(frame);
  symbol_ = {};
  const std::byte* header = in.take(kHeaderBytes);
  EventKind kind = EventKind::kOther;
  bool good = header != nullptr;
  if (good) {
    in.block_bytes = load<std::uint16_t>(header);
    in.version = load<std::uint16_t>(header + 6);
    const auto which = static_cast<Template>(load<std::uint16_t>(header + 2));
    if (load<std::uint16_t>(header + 4) != kSchemaId) {
      good = false;
      why = SbeError::kWrongSchema;
    } else {
      switch (which) {
        case Template::kTrades: kind = EventKind::kTrade; break;
        case Template::kBestBidAsk: kind = EventKind::kBookTicker; break;
        case Template::kDepthSnapshot: kind = EventKind::kSnapshot; break;
        case Template::kDepthDiff: kind = EventKind::kDepth; break;
        default:
          ++counters_.unknown_templates;
          return EventKind::kOther;
      }
      good = read_root(in, which, why);
    }
  }
  if (!good) [[unlikely]] {
    ++counters_.errors[static_cast<std::size_t>(why)];
    return why;
  }
  return kind;
}

bool FrameDecoder::read_root(Cursor& in, Template which, SbeError& why) noexcept {
  bool good = false;
  switch (which) {
    case Template::kTrades: good = read_trades(in, why); break;
    case Template::kBestBidAsk: good = read_touch(in, why); break;
    case Template::kDepthSnapshot: good = read_depth(in, false, why); break;
    case Template::kDepthDiff: good = read_depth(in, true, why); break;
  }
  return good && read_symbol(in, why);
}

bool FrameDecoder::on_grid(std::int64_t mantissa, int exponent, std::int32_t decimals, std::int64_t units,
                           std::int64_t limit, std::int64_t& out) noexcept {
  if (mantissa < 0) return false;
  const int shift = exponent + decimals;  // mantissa * 10^shift is the value in 10^-decimals
  std::int64_t value = mantissa;
  if (mantissa == 0) {
    out = 0;
    return true;
  }
  if (shift >= 0) {
    if (shift > 18 || __builtin_mul_overflow(value, kPow10[shift], &value)) return false;
  } else {
    if (shift < -18 || value % kPow10[-shift] != 0) return false;
    value /= kPow10[-shift];
  }
  if (value % units != 0 || value / units > limit) return false;
  out = value / units;
  return true;
}

bool FrameDecoder::price(std::int64_t mantissa, int exponent, Price& out) const noexcept {
  return on_grid(mantissa, exponent, instrument_.price_decimals, instrument_.tick_units, kMaxPriceGrid, out.grid);
}
bool FrameDecoder::qty(std::int64_t mantissa, int exponent, Lots& out) const noexcept {
  return on_grid(mantissa, exponent, instrument_.qty_decimals, instrument_.lot_units, kMaxQtyLots, out.n);
}

bool FrameDecoder::read_trades(Cursor& in, SbeError& why) noexcept {
  trades_used_ = 0;
  if (in.block_bytes < kTradesRoot) return why = SbeError::kBadBlock, false;
  const std::byte* root = in.take(in.block_bytes);
  const std::byte* group = root == nullptr ? nullptr : in.take(6);  // this group counts with 32 bits
  if (group == nullptr) return why = SbeError::kTooShort, false;
  Instant event{};
  Instant traded{};
  if (!to_instant(load<std::int64_t>(root), event) || !to_instant(load<std::int64_t>(root + 8), traded)) return why = SbeError::kBadNumber, false;
  const int price_exponent = load<std::int8_t>(root + 16);
  const int qty_exponent = load<std::int8_t>(root + 17);
  const std::size_t entry_bytes = load<std::uint16_t>(group);
  const std::size_t count = load<std::uint32_t>(group + 2);
  if (count != 0 && entry_bytes < kTradeEntry) return why = SbeError::kBadBlock, false;
  if (count > trades_.size()) return why = SbeError::kTooManyLevels, false;
  for (std::size_t i = 0; i != count; ++i) {
    const std::byte* entry = in.take(entry_bytes);
    if (entry == nullptr) return why = SbeError::kTooShort, false;
    const std::int64_t id = load<std::int64_t>(entry);
    Trade& trade = trades_[i];
    trade = {};
    if (id < 0 || !price(load<std::int64_t>(entry + 8), price_exponent, trade.price) || trade.price.grid == 0 ||
        !qty(load<std::int64_t>(entry + 16), qty_exponent, trade.qty)) {
      return why = SbeError::kBadNumber, false;
    }
    trade.id = static_cast<std::uint64_t>(id);
    trade.aggressor = load<std::uint8_t>(entry + 24) != 0 ? Side::kSell : Side::kBuy;  // isBuyerMaker
    trade.event_time = event;
    trade.trade_time = traded;
  }
  trades_used_ = count;
  return true;
}

bool FrameDecoder::read_touch(Cursor& in, SbeError& why) noexcept {
  if (in.block_bytes < kTouchRoot) return why = SbeError::kBadBlock, false;
  const std::byte* root = in.take(in.block_bytes);
  if (root == nullptr) return why = SbeError::kTooShort, false;
  BookTicker t;
  const std::int64_t id = load<std::int64_t>(root + 8);
  const int price_exponent = load<std::int8_t>(root + 16);
  const int qty_exponent = load<std::int8_t>(root + 17);
  if (id < 0 || !to_instant(load<std::int64_t>(root), t.event_time) || !price(load<std::int64_t>(root + 18), price_exponent, t.bid) ||
      !qty(load<std::int64_t>(root + 26), qty_exponent, t.bid_qty) || !price(load<std::int64_t>(root + 34), price_exponent, t.ask) ||
      !qty(load<std::int64_t>(root + 42), qty_exponent, t.ask_qty)) {
    return why = SbeError::kBadNumber, false;
  }
  t.update_id = static_cast<std::uint64_t>(id);
  book_ticker_ = t;
  return true;
}

bool FrameDecoder::side(Cursor& in, int price_exponent, int qty_exponent, std::vector<Level>& out,
                        std::span<const Level>& used, SbeError& why) noexcept {
  const std::byte* group = in.take(4);
  if (group == nullptr) return why = SbeError::kTooShort, false;
  const std::size_t entry_bytes = load<std::uint16_t>(group);
  const std::size_t count = load<std::uint16_t>(group + 2);
  if (count != 0 && entry_bytes < kLevelEntry) return why = SbeError::kBadBlock, false;
  if (count > out.size()) return why = SbeError::kTooManyLevels, false;
  for (std::size_t i = 0; i != count; ++i) {
    const std::byte* entry = in.take(entry_bytes);
    if (entry == nullptr) return why = SbeError::kTooShort, false;
    Level& level = out[i];
    if (!price(load<std::int64_t>(entry), price_exponent, level.price) || level.price.grid == 0 ||
        !qty(load<std::int64_t>(entry + 8), qty_exponent, level.qty)) {
      return why = SbeError::kBadNumber, false;
    }
  }
  used = {out.data(), count};
  return true;
}

bool FrameDecoder::read_depth(Cursor& in, bool diff, SbeError& why) noexcept {
  if (in.block_bytes < (diff ? kDiffRoot : kSnapshotRoot)) return why = SbeError::kBadBlock, false;
  const std::byte* root = in.take(in.block_bytes);
  if (root == nullptr) return why = SbeError::kTooShort, false;
  Instant event{};
  const std::int64_t first = load<std::int64_t>(root + 8);
  const std::int64_t last = diff ? load<std::int64_t>(root + 16) : first;
  if (first < 0 || last < first || !to_instant(load<std::int64_t>(root), event)) return why = SbeError::kBadNumber, false;
  const std::size_t exponents = diff ? 24 : 16;
  const int price_exponent = load<std::int8_t>(root + exponents);
  const int qty_exponent = load<std::int8_t>(root + exponents + 1);
  std::span<const Level> bids;
  std::span<const Level> asks;
  if (!side(in, price_exponent, qty_exponent, bids_, bids, why) || !side(in, price_exponent, qty_exponent, asks_, asks, why)) return false;
  if (diff) {
    depth_ = {.first_id = static_cast<std::uint64_t>(first), .last_id = static_cast<std::uint64_t>(last), .prev_id = 0, .has_prev = false,
              .event_time = event, .transact_time = event, .bids = bids, .asks = asks};
  } else {
    snapshot_ = {.last_update_id = static_cast<std::uint64_t>(first), .event_time = event, .bids = bids, .asks = asks};
  }
  return true;
}

bool FrameDecoder::read_symbol(Cursor& in, SbeError& why) noexcept {
  const std::byte* length = in.take(1);
  const std::byte* text = length == nullptr ? nullptr : in.take(load<std::uint8_t>(length));
  if (text == nullptr) return why = SbeError::kTooShort, false;
  symbol_ = {reinterpret_cast<const char*>(text), load<std::uint8_t>(length)};
  if (!instrument_.symbol().empty() && symbol_ != instrument_.symbol()) return why = SbeError::kWrongSymbol, false;
  if (!in.empty() && in.version == 0) return why = SbeError::kTrailing, false;  // a later version may append
  return true;
}

}  // namespace jobber::feed::sbe
