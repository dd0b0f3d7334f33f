// What Binance's error codes mean for the sender, keyed by (venue, code): the numbers of spot and futures
// collide (-2021, -2022, -2026), and texts are not stable.
//
// Owner: pure functions, any thread; no allocation. Source: binance.md 2 and 10, revision 2026-07.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/instrument.hpp"
#include "gateway/error_class.hpp"

namespace jobber::gateway::binance {

// `code` 0: the body could not be read, the HTTP status decides. Text splits -2010 and the futures' 503 only,
// by parts of it, with a safe default.
[[nodiscard]] Reaction react(Venue venue, std::int64_t code, int http_status, std::string_view text) noexcept;

// The request may have been executed although it was answered with an error.
[[nodiscard]] constexpr bool may_be_executed(Reaction reaction) noexcept {
  return reaction == Reaction::kUnknownOutcome || reaction == Reaction::kPartlyDone;
}

}  // namespace jobber::gateway::binance
