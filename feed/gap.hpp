// A break in the chain of a book stream, as reports name it.
//
// Owner: values; kept by the session that saw it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace jobber::feed {

// One break of the id chain as it was seen on the wire.
struct Gap {
  enum class Kind : std::uint8_t {
    kMissing = 0,    // ids were skipped
    kSwapped = 1,    // ids were skipped and came later
    kDuplicate = 2,  // the event before came again
    kStale = 3,      // an older event came again
    kOverlap = 4,    // futures: begins inside what is already applied
  };
  static constexpr std::size_t kKinds = 5;
  static constexpr std::string_view to_text(Kind kind) noexcept {
    constexpr std::string_view kText[kKinds] = {"missing", "swapped", "duplicate", "stale", "overlap"};
    return kText[static_cast<std::size_t>(kind)];
  }
  std::uint64_t ordinal;   // of the event that did not connect
  Kind kind;
  std::uint64_t expected;  // Binance futures: pu, spot: U; Lighter: begin_nonce, or offset in 2025
  std::uint64_t got;
};

}  // namespace jobber::feed
