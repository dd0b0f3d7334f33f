#include "engine/book.hpp"

#include <algorithm>
#include <bit>

#include "engine/check.hpp"

namespace jobber {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

// Band edges of a doubled mid: the least bid and the greatest ask inside, exact.
struct Edges { std::int64_t bid; std::int64_t ask; };

template <class Wide>
constexpr Edges edges_of(std::int64_t mid2, std::int64_t ppm) noexcept {
  constexpr Wide kTwice = 2 * kMillion;
  const Wide low = static_cast<Wide>(mid2) * static_cast<Wide>(kMillion - ppm);
  const Wide high = static_cast<Wide>(mid2) * static_cast<Wide>(kMillion + ppm);
  return {static_cast<std::int64_t>((low + kTwice - 1) / kTwice), static_cast<std::int64_t>(high / kTwice)};
}

}  // namespace

BookShape BookShape::round_mid(Price mid, std::uint32_t band_ppm) noexcept {
  const double band_ticks = static_cast<double>(std::max<std::int64_t>(mid.grid, 1)) * band_ppm / 1e6;
  const double window = std::clamp(2.0 * band_ticks, double{BookHalf::kWindowMin}, double{BookHalf::kWindowMax});
  return {.window_ticks = std::bit_ceil(static_cast<std::uint32_t>(window)), .band_ppm = band_ppm};
}

Book::Book(const BookShape& shape)
    : halves_{BookHalf(shape.window_ticks, shape.far_levels), BookHalf(shape.window_ticks, shape.far_levels)},
      band_ppm_(shape.band_ppm) {
  JOBBER_CHECK(shape.band_ppm <= kMillion);
}

Book::Change Book::refuse_out_of_range() noexcept {
  ++out_of_range_;
  return Change::kRefused;
}

// The mid moves with the touch, so this is also the moment to look whether the windows still fit.
void Book::follow_mid(std::int64_t mid2) noexcept {
  for (BookHalf& half : halves_) half.settle();
  constexpr std::int64_t kNarrow = std::numeric_limits<std::int64_t>::max() / (4 * kMillion);  // no product overflows
  const Edges edges = mid2 < kNarrow ? edges_of<std::uint64_t>(mid2, band_ppm_) : edges_of<Int128>(mid2, band_ppm_);
  half(BookSide::kBid).move_edge(key_of(BookSide::kBid, {edges.bid}));
  half(BookSide::kAsk).move_edge(key_of(BookSide::kAsk, {edges.ask}));
  band_mid2_ = mid2;
}

std::uint64_t Book::state_hash() const noexcept {
  std::uint64_t hash = 0;  // a sum, so that the order of visits does not matter
  for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
    half(side).for_each([&](std::int64_t key, std::int64_t lots) {
      hash += level_hash(side, price_of(side, key), {lots});
      return true;
    });
  }
  return hash;
}

}  // namespace jobber
