// LMEX's order side: JSON texts of REST answers and private topics -> reports.
//
// Owner: the gateway's thread. Memory for the usual sizes is taken at construction; a longer text than any
// before may allocate once, never beyond kTextMax. noexcept: bad input is a CodecError. Numbers are read
// exactly, bare or as text; null counts as missing. Keys may come in any order, unknown ones are skipped, and
// every spelling seen is accepted (orderID, orderId, clOrderID, clOrderId, timeInForce, time_in_force, the
// v2.2 size names). Sources: BTSE futures v2.3, spot v3.3 (April 2026), ccxt 4.5.84 for the unified
// generation; docs/venues/lmex.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/result.hpp"
#include "gateway/lmex/reports.hpp"

namespace jobber::gateway::lmex {

enum class CodecError : std::uint8_t {
  kNone = 0,
  kBadJson = 1,
  kTooLong = 2,        // beyond kTextMax
  kTooMany = 3,        // more elements than kReportsMax
  kMissingField = 4,
  kWrongType = 5,
  kBadNumber = 6,      // not a number, or more digits than are kept exactly
  kRefused = 7,        // the venue's error answer instead of what was asked: error()
};
[[nodiscard]] std::string_view to_text(CodecError error) noexcept;

class Codec {
 public:
  static constexpr std::size_t kTextMax = std::size_t{8} << 20;
  static constexpr std::size_t kReportsMax = 10'000;

  // What a message of the private socket was. kRefusedTopics: an acknowledgement with an empty list.
  enum class Push : std::uint8_t { kOther = 0, kOrders, kFills, kPositions, kSubscribed, kRefusedTopics, kPong, kError };

  Codec();
  ~Codec();
  Codec(Codec&&) noexcept;
  Codec& operator=(Codec&&) noexcept;

  // A message of /ws/futures or /ws/spot.
  [[nodiscard]] Result<Push, CodecError> read_push(std::string_view text) noexcept;

  // REST bodies; how many reports there are.
  [[nodiscard]] Result<std::size_t, CodecError> read_orders(std::string_view body) noexcept;     // one object or an array
  [[nodiscard]] Result<std::size_t, CodecError> read_fills(std::string_view body) noexcept;
  [[nodiscard]] Result<std::size_t, CodecError> read_positions(std::string_view body) noexcept;
  [[nodiscard]] Result<std::size_t, CodecError> read_wallet(std::string_view body) noexcept;     // assets
  [[nodiscard]] Result<std::size_t, CodecError> read_fees(std::string_view body) noexcept;       // one object or an array
  [[nodiscard]] Result<std::size_t, CodecError> read_prices(std::string_view body) noexcept;
  [[nodiscard]] Result<std::size_t, CodecError> read_funding(std::string_view body) noexcept;
  // An error body of any form; false when it has none of their fields.
  [[nodiscard]] Result<bool, CodecError> read_error(std::string_view body) noexcept;
  [[nodiscard]] Result<Instant, CodecError> read_time(std::string_view body) noexcept;           // milliseconds, from `iso`
  [[nodiscard]] Result<SeedReport, CodecError> read_seed(std::string_view body) noexcept;

  // Of the last call.
  [[nodiscard]] std::span<const OrderReport> orders() const noexcept { return orders_; }
  [[nodiscard]] std::span<const FillReport> fills() const noexcept { return fills_; }
  [[nodiscard]] std::span<const PositionReport> positions() const noexcept { return positions_; }
  [[nodiscard]] std::span<const AssetReport> assets() const noexcept { return assets_; }
  [[nodiscard]] const WalletReport& wallet() const noexcept { return wallet_; }
  [[nodiscard]] std::span<const FeesReport> fees() const noexcept { return fees_; }
  [[nodiscard]] std::span<const PriceReport> prices() const noexcept { return prices_; }
  [[nodiscard]] std::span<const FundingReport> funding() const noexcept { return funding_; }
  [[nodiscard]] const ErrorReport& error() const noexcept { return error_; }

 private:
  class Reader;
  struct Parser;  // simdjson, out of sight of our includers

  std::unique_ptr<Parser> parser_;
  std::vector<OrderReport> orders_;
  std::vector<FillReport> fills_;
  std::vector<PositionReport> positions_;
  std::vector<AssetReport> assets_;
  std::vector<FeesReport> fees_;
  std::vector<PriceReport> prices_;
  std::vector<FundingReport> funding_;
  WalletReport wallet_{};
  ErrorReport error_{};
};

// "2026-07-25T17:20:00.123Z" -> time since 1970; kBadNumber for anything else.
[[nodiscard]] Result<Instant, CodecError> parse_iso_time(std::string_view text) noexcept;

// The header Retry-After of a 429: the moment of release (seconds or milliseconds since 1970, told apart by
// magnitude), not a duration. Instant{} when it is no such number.
[[nodiscard]] Instant release_time(std::string_view header) noexcept;

}  // namespace jobber::gateway::lmex
