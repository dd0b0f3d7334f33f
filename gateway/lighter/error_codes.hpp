// What a Lighter error code asks of the sender. Match on codes, never on message text; the volume quota is the one
// exception, its code is not documented.
//
// Owner: pure functions, any thread; no allocation. Source: error_codes.json (list of July 2026), lighter.md 12.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/messages.hpp"
#include "gateway/error_class.hpp"

namespace jobber::gateway::lighter {

inline constexpr std::int32_t kMakerOnlyKey = 62007;  // this key may send only what cannot take
inline constexpr std::int32_t kInvalidNonce = 21104;

enum class ErrorAction : std::uint8_t {
  kNone = 0,
  kNonce,      // stop using the counted nonce, read nextNonce, renumber, sign again
  kConfig,     // the operator's fault: stop trading with this key
  kBug,        // our request was malformed: log, do not send it unchanged
  kReject,     // this order only; nothing else changed
  kMargin,     // smaller, or free margin; pull quotes
  kRisk,       // the account's health: cancel, only reduce
  kThrottle,   // back off; cancels first
  kGone,       // the target is no longer active: wait for the order stream
  kDuplicate,  // the first one with this id probably exists: reconcile
  kUnknown,    // outcome not known: ask for the transaction by hash before sending again
  kProtocol,   // of the socket, not of an order
  kNotOurs,    // nothing a quoting account does
};
[[nodiscard]] std::string_view to_text(ErrorAction action) noexcept;

// 200 and 0 are no errors: not to be asked. Unlisted codes count as kUnknown, the careful reading.
[[nodiscard]] ErrorAction action_of(std::int32_t code) noexcept;
// The gateway's common word on it.
[[nodiscard]] ErrorClass classify(std::int32_t code, std::string_view text) noexcept;
[[nodiscard]] RejectReason reject_reason(std::int32_t code) noexcept;

}  // namespace jobber::gateway::lighter
