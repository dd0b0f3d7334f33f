// Binance's words on the order side, as enums, and texts of bounded length.
//
// Owner: values, any thread; no allocation. A word that is not listed is kOther: decoded, shown to nobody as
// something it is not. Source: binance.md 7 and 8, revision 2026-07.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace jobber::gateway::binance {

// Text of at most N bytes; longer text is cut, which `cut` tells.
template <std::size_t N>
class ShortText {
 public:
  ShortText() = default;
  explicit ShortText(std::string_view text) noexcept
      : size_(static_cast<std::uint8_t>(text.size() < N ? text.size() : N)), cut_(text.size() > N) {
    static_assert(N < 256);
    text.copy(text_.data(), size_);
  }
  [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), size_}; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] bool cut() const noexcept { return cut_; }
  friend bool operator==(const ShortText& a, std::string_view b) noexcept { return a.view() == b; }
  friend bool operator==(const ShortText& a, const ShortText& b) noexcept { return a.view() == b.view(); }

 private:
  std::array<char, N> text_{};
  std::uint8_t size_ = 0;
  bool cut_ = false;
};

using Symbol = ShortText<32>;
using ClientId = ShortText<40>;   // the venue's own limit is 36
using Asset = ShortText<24>;

enum class OrderStatus : std::uint8_t {
  kNone = 0,           // not told (an ACK)
  kOther,
  kPendingNew,
  kNew,
  kPartiallyFilled,
  kFilled,
  kCanceled,
  kRejected,
  kExpired,
  kExpiredInMatch,     // self-trade prevention
};
// Nothing more will happen to the order.
[[nodiscard]] constexpr bool is_final(OrderStatus s) noexcept {
  return s == OrderStatus::kFilled || s == OrderStatus::kCanceled || s == OrderStatus::kRejected ||
         s == OrderStatus::kExpired || s == OrderStatus::kExpiredInMatch;
}

// What happened to the order (x). kReplaced, kAmendment: another size or price, no change of status.
// kCalculated: a liquidation, which is a fill.
enum class Execution : std::uint8_t {
  kOther = 0, kNew, kCanceled, kReplaced, kRejected, kTrade, kExpired, kTradePrevention, kAmendment, kCalculated,
};

enum class OrderType : std::uint8_t { kOther = 0, kLimit, kLimitMaker, kMarket, kStop, kLiquidation };
enum class Force : std::uint8_t { kOther = 0, kGtc, kIoc, kFok, kGtx, kGtd, kRpi };
enum class PositionSide : std::uint8_t { kBoth = 0, kLong, kShort };
enum class SelfTradeMode : std::uint8_t { kOther = 0, kNone, kExpireMaker, kExpireTaker, kExpireBoth, kDecrement, kTransfer };

[[nodiscard]] OrderStatus read_status(std::string_view word) noexcept;
[[nodiscard]] Execution read_execution(std::string_view word) noexcept;
[[nodiscard]] OrderType read_type(std::string_view word) noexcept;
[[nodiscard]] Force read_force(std::string_view word) noexcept;
[[nodiscard]] PositionSide read_position_side(std::string_view word) noexcept;
[[nodiscard]] SelfTradeMode read_self_trade(std::string_view word) noexcept;
[[nodiscard]] std::string_view to_text(OrderStatus status) noexcept;

}  // namespace jobber::gateway::binance
