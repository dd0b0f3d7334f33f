#include "strategy/quote_reason.hpp"

#include <array>

namespace jobber::strategy {
namespace {

struct Words { std::string_view label; std::string_view sentence; };

constexpr std::array<Words, kQuoteReasons> kWords = {{
    {"quoting", "quoting"},
    {"starting", "starting: no decision was made yet"},
    {"warming_up", "warming up: too few samples, or they span too little time"},
    {"no_book", "no two-sided book"},
    {"stale_book", "the book is stale"},
    {"crossed_book", "the book is locked or crossed"},
    {"syncing", "the feed is not live: connecting or resyncing"},
    {"settling", "the book is fresh again; waiting until it has stayed so"},
    {"alpha_stale", "the reference signal is required and stale"},
    {"position_limit", "the position limit leaves no room on this side"},
    {"reduce_only", "only orders that reduce the position are allowed"},
    {"paused", "paused by the operator"},
    {"killed", "killed: nothing but cancels leaves until restart"},
    {"ring_full", "the gateway does not keep up: its queue is full"},
    {"zero_size", "the size is below what the venue takes"},
    {"reject_backoff", "waiting after rejected orders"},
    {"end_of_tape", "the recording has ended"},
    {"session_down", "the order session is down"},
    {"no_quote", "the model has no price for this side"},
    {"own_order_in_the_way", "waiting for an own order on the other side to move"},
    {"beyond_collar", "the model wants to quote further from the mid than the price collar allows"},
}};

const Words& words(QuoteReason reason) noexcept {
  static constexpr Words kUnknown{"unknown", "unknown reason"};
  const auto i = static_cast<std::size_t>(reason);
  return i < kWords.size() ? kWords[i] : kUnknown;
}

}  // namespace

std::string_view to_text(QuoteReason reason) noexcept { return words(reason).label; }
std::string_view explain(QuoteReason reason) noexcept { return words(reason).sentence; }

}  // namespace jobber::strategy
