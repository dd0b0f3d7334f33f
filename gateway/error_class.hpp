// What a venue's error means for the sender: by its text where a venue has only that, else by its code
// (gateway/binance/error_codes.hpp).
//
// Owner: pure functions, cold path of the gateway's thread; no allocation.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace jobber::gateway {

struct ErrorClass {
  bool transient = false;   // worth sending again later
  bool quota = false;       // the message quota is used up
  bool maker_only = false;  // this key may not take
  friend bool operator==(const ErrorClass&, const ErrorClass&) = default;
};

// What to do about it. One reaction an error: the first thing that must happen.
enum class Reaction : std::uint8_t {
  kNone = 0,
  kUnknownOutcome,     // it may have been executed: count it as open risk, query, never send again
  kWaitAndRetry,       // overload, not executed: after 100 to 500 ms
  kStopRest,           // request weight: no REST until the time told, streams go on
  kStopAll,            // the address is banned: nothing on it until the time told, alarm
  kPauseOrders,        // order count: no new orders until the window ends, cancels go
  kSyncClock,          // not executed
  kStopTrading,        // key, signature, permission, mode: configuration, a person must look
  kProgramError,       // malformed: our mistake, never resend unchanged
  kFixOrder,           // a filter of the market: round or size anew, look the rules up again
  kDisableMarket,      // unknown, closed or not tradable
  kRequote,            // post-only would take: one tick away
  kNotFilled,          // fill-or-kill, no depth: nothing happened
  kShrink,             // not enough balance or margin: less, and not the side that grows
  kQueryClientId,      // that id is in use: ask what became of it
  kQueryOrder,         // to be cancelled or amended but unknown or final: ask, no alarm
  kQueryAgain,         // asked for and not found: may lag right behind placement
  kReconcile,          // reduce-only and no such position
  kCancelFar,          // too many open orders
  kReduceOnly,         // the venue restricts us for minutes
  kRenewKey,           // listen key is gone
  kCancelAndNew,       // this order cannot be amended (any more)
  kOtherRoute,         // sent to the wrong service
  kDone,               // it is already as wanted
  kPartlyDone,         // cancel and replace: each half has its own answer
  kLookAtHalves,       // cancel and replace failed: nothing placed
};
[[nodiscard]] std::string_view to_text(Reaction reaction) noexcept;

namespace detail {

inline char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// `needle` in lower case.
inline bool contains(std::string_view text, std::string_view needle) noexcept {
  return std::search(text.begin(), text.end(), needle.begin(), needle.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}
inline bool any_of(std::string_view text, std::initializer_list<std::string_view> needles) noexcept {
  return std::any_of(needles.begin(), needles.end(), [&](std::string_view n) { return contains(text, n); });
}

}  // namespace detail

inline ErrorClass classify_error(std::string_view text) noexcept {
  using detail::any_of;
  using detail::contains;
  const bool quota = contains(text, "quota");
  const bool short_of_quota = quota && contains(text, "not enough");
  return {.transient = short_of_quota || any_of(text, {"429", "too many", "invalid nonce"}),
          .quota = short_of_quota || (quota && contains(text, "exhausted")),
          .maker_only = any_of(text, {"maker-only api key", "maker only api key", "0ms delay transactions"})};
}

inline std::string_view to_text(Reaction reaction) noexcept {
  switch (reaction) {
    case Reaction::kNone: return "none";
    case Reaction::kUnknownOutcome: return "outcome unknown: query";
    case Reaction::kWaitAndRetry: return "not executed: wait and retry";
    case Reaction::kStopRest: return "no REST until the time told";
    case Reaction::kStopAll: return "banned: nothing until the time told";
    case Reaction::kPauseOrders: return "no new orders until the window ends";
    case Reaction::kSyncClock: return "not executed: clock";
    case Reaction::kStopTrading: return "stop: configuration";
    case Reaction::kProgramError: return "malformed request";
    case Reaction::kFixOrder: return "outside the market's rules";
    case Reaction::kDisableMarket: return "market not tradable";
    case Reaction::kRequote: return "post-only would take: requote";
    case Reaction::kNotFilled: return "not filled";
    case Reaction::kShrink: return "not enough funds: reduce";
    case Reaction::kQueryClientId: return "client id in use: query it";
    case Reaction::kQueryOrder: return "order unknown or final: query it";
    case Reaction::kQueryAgain: return "not found yet: query again";
    case Reaction::kReconcile: return "no position to reduce: reconcile";
    case Reaction::kCancelFar: return "too many open orders: cancel far ones";
    case Reaction::kReduceOnly: return "restricted: only reduce";
    case Reaction::kRenewKey: return "listen key gone: new one";
    case Reaction::kCancelAndNew: return "cannot be amended: cancel and new";
    case Reaction::kOtherRoute: return "wrong service for this order";
    case Reaction::kDone: return "already as wanted";
    case Reaction::kPartlyDone: return "cancel and replace partly done";
    case Reaction::kLookAtHalves: return "cancel and replace failed";
  }
  return "unknown";
}

}  // namespace jobber::gateway
