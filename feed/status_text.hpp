// Feed states and reasons as words, for reports, `stat` and logs. Cold; pure functions, any thread.
#pragma once

#include <string_view>

#include "engine/messages.hpp"

namespace jobber::feed {

constexpr std::string_view to_text(FeedState state) noexcept {
  switch (state) {
    case FeedState::kConnecting: return "connecting";
    case FeedState::kSubscribing: return "subscribing";
    case FeedState::kSyncing: return "syncing";
    case FeedState::kLive: return "live";
    case FeedState::kStale: return "stale";
  }
  return "unknown";
}

constexpr std::string_view to_text(FeedReason reason) noexcept {
  switch (reason) {
    case FeedReason::kNone: return "none";
    case FeedReason::kStart: return "start";
    case FeedReason::kSequenceGap: return "sequence_gap";
    case FeedReason::kStaleSnapshot: return "stale_snapshot";
    case FeedReason::kCrossedBook: return "crossed_book";
    case FeedReason::kEmptySide: return "empty_side";
    case FeedReason::kDecodeError: return "decode_error";
    case FeedReason::kSilence: return "silence";
    case FeedReason::kDisconnect: return "disconnect";
    case FeedReason::kRingGap: return "ring_gap";
    case FeedReason::kDuplicate: return "duplicate";
    case FeedReason::kEndOfTape: return "end_of_tape";
    case FeedReason::kResynced: return "resynced";
  }
  return "unknown";
}

}  // namespace jobber::feed
