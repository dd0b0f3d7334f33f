// What LMEX status codes and errors mean for the order session.
//
// Pure functions, any thread, no allocation. Sources: BTSE status table (April 2026), and where marked what
// clients observed; docs/venues/lmex.md. HTTP 200 does not mean accepted: each element's status decides.
#pragma once

#include <cstdint>
#include <string_view>

namespace jobber::gateway::lmex {

enum class OrderWord : std::uint8_t {
  kNone = 0,         // no status was sent
  kOpen = 1,         // rests, or waits for its trigger
  kPartlyFilled = 2,
  kFilled = 3,
  kCancelled = 4,
  kRejected = 5,
  kUnknownOrder = 6, // the venue does not know it: ask for its fills, then it is gone
  kAsk = 7,          // its fate is not known: query before anything else
  kPending = 8,      // being worked on
  kEmergency = 9,    // liquidation or deleveraging
  kHalt = 10,        // the market is not available
  kTryLater = 11,    // a configuration change is running, or the rate limit was hit
  kNotice = 12,      // about the account, not about an order
  kSuccess = 13,     // of a call that is no order
};

constexpr std::string_view to_text(OrderWord word) noexcept {
  switch (word) {
    case OrderWord::kNone: return "none";
    case OrderWord::kOpen: return "open";
    case OrderWord::kPartlyFilled: return "partly filled";
    case OrderWord::kFilled: return "filled";
    case OrderWord::kCancelled: return "cancelled";
    case OrderWord::kRejected: return "rejected";
    case OrderWord::kUnknownOrder: return "unknown order";
    case OrderWord::kAsk: return "unknown, to be asked";
    case OrderWord::kPending: return "pending";
    case OrderWord::kEmergency: return "emergency";
    case OrderWord::kHalt: return "market halted";
    case OrderWord::kTryLater: return "try later";
    case OrderWord::kNotice: return "notice";
    case OrderWord::kSuccess: return "success";
  }
  return "unknown";
}

// The word of a code alone; sizes may refine kPartlyFilled (see order_word() in codec.hpp). A code outside the
// published list is a refusal that must still be asked about (135 was seen with a refusal in its message).
constexpr OrderWord word_of_status(std::int64_t status) noexcept {
  switch (status) {
    case 1: return OrderWord::kHalt;
    case 2: case 9: case 10: case 65: case 123: return OrderWord::kOpen;  // 123: amended
    case 3: case 5: return OrderWord::kPartlyFilled;  // 3 says only that something traded: the sizes decide
    case 4: return OrderWord::kFilled;
    case 6: case 7: case 88: return OrderWord::kCancelled;
    case 8: case 15: case 101: case 300: case 301: case 302: case 304: case 305: return OrderWord::kRejected;
    case 16: return OrderWord::kUnknownOrder;
    case 17: return OrderWord::kAsk;
    case 20: return OrderWord::kSuccess;
    case 64: case 1003: case 1004: return OrderWord::kEmergency;
    case 85: return OrderWord::kPending;
    case 129: case 131: case 132: case 133: case 134: case 138: case 303: return OrderWord::kTryLater;
    case 11: case 12: case 13: case 21: case 27: case 28: case 41: case 110: case 124: case 30410: return OrderWord::kNotice;
    default: return OrderWord::kRejected;
  }
}

// Open orders carry a text instead of a code.
constexpr OrderWord word_of_state(std::string_view state) noexcept {
  if (state == "STATUS_ACTIVE") return OrderWord::kOpen;
  if (state == "STATUS_PROCESSING") return OrderWord::kPending;
  if (state == "STATUS_INACTIVE") return OrderWord::kCancelled;
  return state.empty() ? OrderWord::kNone : OrderWord::kAsk;
}

// What an error answer asks of us.
enum class Reaction : std::uint8_t {
  kNone = 0,
  kStop = 1,          // authentication: key, clock or signed path are wrong
  kDisable = 2,       // this market or this right is missing
  kProgram = 3,       // we sent something wrong
  kUnknownOutcome = 4,// keep the full size as risk, query; never send again before
  kShrink = 5,        // balance or margin
  kReconcile = 6,     // reduce-only refused: our position is not theirs
  kRequote = 7,       // price band
  kSize = 8,          // size limits
  kQueryOrder = 9,    // the order is not known or not in that state
  kBackOff = 10,      // wait until the time of the header Retry-After
  kBanned = 11,       // 451
};

constexpr std::string_view to_text(Reaction reaction) noexcept {
  switch (reaction) {
    case Reaction::kNone: return "none";
    case Reaction::kStop: return "stop";
    case Reaction::kDisable: return "disable";
    case Reaction::kProgram: return "program error";
    case Reaction::kUnknownOutcome: return "unknown outcome";
    case Reaction::kShrink: return "shrink";
    case Reaction::kReconcile: return "reconcile";
    case Reaction::kRequote: return "requote";
    case Reaction::kSize: return "fix the size";
    case Reaction::kQueryOrder: return "query the order";
    case Reaction::kBackOff: return "back off";
    case Reaction::kBanned: return "banned";
  }
  return "unknown";
}

// `http` is the status line (0: none seen, then `body_status` stands for it), `code` the body's errorCode or
// code, `text` its message. The text comes before the status: LMEX answers a cancel of an unknown order with
// status 429, which then is no rate limit.
constexpr Reaction reaction_to(int http, std::int64_t body_status, std::int64_t code, std::string_view text) noexcept {
  const auto says = [text](std::string_view words) { return text.find(words) != std::string_view::npos; };
  if (says("rder not found") || says("ORDER_NOT_FOUND")) return Reaction::kQueryOrder;
  switch (code) {
    case 10001: case 10002: case -7: return Reaction::kStop;
    case -7006: case -8103: return Reaction::kDisable;
    case -2: return Reaction::kProgram;
    case -11: return Reaction::kUnknownOutcome;
    case 51523: case 33199101: return Reaction::kShrink;
    case 33199120: return Reaction::kReconcile;
    case 33001001: case 33001003: return Reaction::kRequote;
    case 4003: case 4005: case 4051: case 300: case 301: return Reaction::kSize;
    case 80001: case 80003: case 80004: case 80006: case 80007: return Reaction::kQueryOrder;
    default: break;
  }
  switch (http != 0 ? http : static_cast<int>(body_status)) {
    case 401: return Reaction::kStop;
    case 403: return Reaction::kDisable;
    case 408: return Reaction::kUnknownOutcome;  // the venue's own deadline passed: it may have acted
    case 429: return Reaction::kBackOff;
    case 451: return Reaction::kBanned;
    case 400: case 404: case 405: return Reaction::kProgram;
    default: break;
  }
  return (http != 0 ? http : body_status) >= 500 ? Reaction::kUnknownOutcome : Reaction::kNone;
}

}  // namespace jobber::gateway::lmex
