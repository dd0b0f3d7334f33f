// The units every folder speaks: points and distances on integer grids, time, identity.
//
// Owner: values, any thread. A price is an integer number of ticks, a size an integer number of
// lots, both of one Instrument (engine/instrument.hpp). Decimals exist only at the wire; doubles
// only inside models. Points and distances differ: Price - Price is Ticks, Instant - Instant is
// Nanos, and Price + Price does not compile.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace jobber {

// A distance on one instrument's price grid.
struct Ticks {
  std::int64_t n{};
  friend constexpr auto operator<=>(Ticks, Ticks) = default;
  friend constexpr Ticks operator+(Ticks a, Ticks b) noexcept { return {a.n + b.n}; }
  friend constexpr Ticks operator-(Ticks a, Ticks b) noexcept { return {a.n - b.n}; }
  friend constexpr Ticks operator-(Ticks a) noexcept { return {-a.n}; }
};

// A point on one instrument's price grid: price = grid * tick.
struct Price {
  std::int64_t grid{};
  friend constexpr auto operator<=>(Price, Price) = default;
  friend constexpr Ticks operator-(Price a, Price b) noexcept { return {a.grid - b.grid}; }
  friend constexpr Price operator+(Price p, Ticks d) noexcept { return {p.grid + d.n}; }
  friend constexpr Price operator-(Price p, Ticks d) noexcept { return {p.grid - d.n}; }
};

// A size (or a signed position: long > 0) in lots of one instrument.
struct Lots {
  std::int64_t n{};
  friend constexpr auto operator<=>(Lots, Lots) = default;
  friend constexpr Lots operator+(Lots a, Lots b) noexcept { return {a.n + b.n}; }
  friend constexpr Lots operator-(Lots a, Lots b) noexcept { return {a.n - b.n}; }
  friend constexpr Lots operator-(Lots a) noexcept { return {-a.n}; }
  constexpr Lots& operator+=(Lots b) noexcept { n += b.n; return *this; }
  constexpr Lots& operator-=(Lots b) noexcept { n -= b.n; return *this; }
};

// A span of time in nanoseconds.
struct Nanos {
  std::int64_t n{};
  friend constexpr auto operator<=>(Nanos, Nanos) = default;
  friend constexpr Nanos operator+(Nanos a, Nanos b) noexcept { return {a.n + b.n}; }
  friend constexpr Nanos operator-(Nanos a, Nanos b) noexcept { return {a.n - b.n}; }
  friend constexpr Nanos operator*(Nanos a, std::int64_t k) noexcept { return {a.n * k}; }
};

// A point in time: nanoseconds since 1970 UTC on the world's clock (TSC live, tape time in
// backtest, virtual time in simulation).
struct Instant {
  std::int64_t ns{};
  friend constexpr auto operator<=>(Instant, Instant) = default;
  friend constexpr Nanos operator-(Instant a, Instant b) noexcept { return {a.ns - b.ns}; }
  friend constexpr Instant operator+(Instant t, Nanos d) noexcept { return {t.ns + d.n}; }
  friend constexpr Instant operator-(Instant t, Nanos d) noexcept { return {t.ns - d.n}; }
  static constexpr Instant never() noexcept { return {std::numeric_limits<std::int64_t>::max()}; }
};

constexpr Nanos microseconds(std::int64_t us) noexcept { return {us * 1'000}; }
constexpr Nanos milliseconds(std::int64_t ms) noexcept { return {ms * 1'000'000}; }
constexpr Nanos seconds(std::int64_t s) noexcept { return {s * 1'000'000'000}; }

// Number of a market event within one MarketAgent, from 1; 0 = none.
struct Seq {
  std::uint64_t n{};
  friend constexpr auto operator<=>(Seq, Seq) = default;
};

// Our own order id, unique for ever per account; 0 = none.
struct ClientOrderId {
  std::uint64_t n{};
  friend constexpr auto operator<=>(ClientOrderId, ClientOrderId) = default;
};

// Index of a market within this process; arrays are indexed by it.
struct InstrumentId {
  std::uint16_t n{};
  friend constexpr auto operator<=>(InstrumentId, InstrumentId) = default;
};

// What an order does; also the aggressor of a trade.
enum class Side : std::uint8_t { kBuy = 1, kSell = 2 };
constexpr Side opposite(Side s) noexcept { return s == Side::kBuy ? Side::kSell : Side::kBuy; }
constexpr std::int64_t sign(Side s) noexcept { return s == Side::kBuy ? 1 : -1; }

// A side of the book. Buy orders rest on the bid side.
enum class BookSide : std::uint8_t { kBid = 0, kAsk = 1 };
constexpr BookSide resting_side(Side s) noexcept {
  return s == Side::kBuy ? BookSide::kBid : BookSide::kAsk;
}

// How long an order lives and what it may do on arrival.
enum class TimeInForce : std::uint8_t {
  kGoodTillCancel = 1,
  kPostOnly = 2,           // rests or is refused; never takes
  kImmediateOrCancel = 3,  // takes what is there, the rest expires
  kFillOrKill = 4,         // all at once or nothing
};

static_assert(sizeof(Price) == 8 && std::is_trivially_copyable_v<Price>);
static_assert(sizeof(Instant) == 8 && std::has_unique_object_representations_v<Instant>);

}  // namespace jobber
