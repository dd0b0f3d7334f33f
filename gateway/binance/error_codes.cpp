#include "gateway/binance/error_codes.hpp"

namespace jobber::gateway::binance {

namespace {

constexpr bool is_between(std::int64_t code, std::int64_t from, std::int64_t to) noexcept { return code <= from && code >= to; }

// Without a code: HTML of the edge, or nothing.
Reaction by_status(int status) noexcept {
  if (status == 418) return Reaction::kStopAll;
  if (status == 429) return Reaction::kStopRest;
  if (status == 403) return Reaction::kWaitAndRetry;  // the firewall: not executed, back off
  if (status == 408 || status >= 500) return Reaction::kUnknownOutcome;
  if (status == 404 || status == 405) return Reaction::kProgramError;
  return status >= 400 ? Reaction::kProgramError : Reaction::kUnknownOutcome;
}

// "new order rejected": why, is only in the text.
Reaction rejected_because(std::string_view text) noexcept {
  using detail::contains;
  if (contains(text, "immediately match")) return Reaction::kRequote;
  if (contains(text, "insufficient balance")) return Reaction::kShrink;
  if (contains(text, "duplicate order")) return Reaction::kQueryClientId;
  if (contains(text, "market is closed") || contains(text, "symbol is not") || contains(text, "not supported for this symbol")) {
    return Reaction::kDisableMarket;
  }
  return Reaction::kFixOrder;  // not sent again as it is, and the rules are looked up
}

Reaction of_both(std::int64_t code, int status) noexcept {
  switch (code) {
    case -1000:
    case -1001:
    case -1006:
    case -1007: return Reaction::kUnknownOutcome;
    case -1003: return status == 418 ? Reaction::kStopAll : Reaction::kStopRest;
    case -1015: return Reaction::kPauseOrders;
    case -1021: return Reaction::kSyncClock;
    case -1002:
    case -1022:
    case -2014:
    case -2015: return Reaction::kStopTrading;
    case -1121: return Reaction::kDisableMarket;
    case -2011: return Reaction::kQueryOrder;
    case -2013: return Reaction::kQueryAgain;
    case -1111:
    case -1130:
    case -1135: return Reaction::kProgramError;
    default: return is_between(code, -1100, -1199) ? Reaction::kProgramError : Reaction::kNone;
  }
}

Reaction of_spot(std::int64_t code, std::string_view text) noexcept {
  switch (code) {
    case -1008: return Reaction::kUnknownOutcome;  // on spot it counts as not executed only after a query
    case -1013: return Reaction::kFixOrder;
    case -2010: return rejected_because(text);
    case -2021: return Reaction::kPartlyDone;
    case -2022: return Reaction::kLookAtHalves;
    case -2026: return Reaction::kDone;            // archived, older than 90 days
    case -2035: return Reaction::kDone;            // subscription already active
    case -2036: return Reaction::kRenewKey;        // subscription not active
    case -2038: return Reaction::kCancelAndNew;
    case -2039: return Reaction::kProgramError;
    case -2042: return Reaction::kStopTrading;     // too many subscriptions
    default: return Reaction::kNone;
  }
}

Reaction of_futures(std::int64_t code) noexcept {
  switch (code) {
    case -1008: return Reaction::kWaitAndRetry;    // not executed; reduce-only may pass
    case -1125: return Reaction::kRenewKey;
    case -2018:
    case -2019:
    case -2027:
    case -2028: return Reaction::kShrink;
    case -2020:
    case -2021:
    case -5021:
    case -5041: return Reaction::kNotFilled;
    case -2022: return Reaction::kReconcile;
    case -2025: return Reaction::kCancelFar;
    case -4061: return Reaction::kStopTrading;
    case -4116: return Reaction::kQueryClientId;
    case -4120: return Reaction::kOtherRoute;
    case -4131: return Reaction::kNotFilled;       // market order price protection: a limit order instead
    case -4140:
    case -4141: return Reaction::kDisableMarket;
    case -4164: return Reaction::kFixOrder;
    case -4192:
    case -4400:
    case -4401:
    case -4402: return Reaction::kReduceOnly;
    case -5022: return Reaction::kRequote;
    case -5024:
    case -5025:
    case -5026: return Reaction::kCancelAndNew;
    case -5027: return Reaction::kDone;
    case -5028: return Reaction::kSyncClock;       // reached the engine after recvWindow: not executed
    case -5047: return Reaction::kProgramError;
    default: break;
  }
  if (is_between(code, -4003, -4024)) return Reaction::kFixOrder;
  if (is_between(code, -5037, -5040)) return Reaction::kProgramError;
  return Reaction::kNone;
}

}  // namespace

Reaction react(Venue venue, std::int64_t code, int http_status, std::string_view text) noexcept {
  if (code == 0) return by_status(http_status);
  const bool spot = venue == Venue::kBinanceSpot;
  const Reaction own = spot ? of_spot(code, text) : of_futures(code);
  if (own != Reaction::kNone) return own;
  // Futures: 503 is not executed unless it says that it does not know.
  if (!spot && http_status == 503) {
    return detail::contains(text, "unknown error") ? Reaction::kUnknownOutcome : Reaction::kWaitAndRetry;
  }
  const Reaction common = of_both(code, http_status);
  if (common != Reaction::kNone) return common;
  // A number not listed: what the status says; of a plain refusal, not sent again as it was.
  return http_status >= 500 || http_status == 408 ? Reaction::kUnknownOutcome : Reaction::kFixOrder;
}

}  // namespace jobber::gateway::binance
