#include "tools/world/event_log.hpp"

#include "engine/check.hpp"

namespace jobber::world {

void EventLog::append(const LogEvent& e) {
  const bool first = records_.empty();
  if (first) base_ = e.price.grid;
  if (first || e.at.ns - epoch_ > static_cast<std::int64_t>(kTimeMask)) {
    epoch_ = e.at.ns;
    const auto epoch = static_cast<std::uint64_t>(epoch_);
    records_.push_back({static_cast<std::int32_t>(static_cast<std::uint32_t>(epoch)), static_cast<std::uint32_t>(epoch >> 32),
                        std::uint64_t{kEpoch} << kKindShift});
  }
  JOBBER_CHECK(e.at.ns >= epoch_);
  const std::int64_t tick = e.price.grid - base_;
  const auto tick_bits = static_cast<std::uint64_t>(tick), lots_bits = static_cast<std::uint64_t>(e.qty.n);
  const auto low_tick = static_cast<std::int32_t>(static_cast<std::uint32_t>(tick_bits));
  if (low_tick != tick || lots_bits >> 32 != 0) {
    records_.push_back({static_cast<std::int32_t>(static_cast<std::uint32_t>(tick_bits >> 32)),
                        static_cast<std::uint32_t>(lots_bits >> 32), std::uint64_t{kHigh} << kKindShift});
  }
  const std::uint64_t word = static_cast<std::uint64_t>(e.at.ns - epoch_) |
                             static_cast<std::uint64_t>(e.kind) << kKindShift |
                             static_cast<std::uint64_t>(e.side & 1) << kSideShift |
                             static_cast<std::uint64_t>(e.end & 1) << kEndShift;
  records_.push_back({low_tick, static_cast<std::uint32_t>(lots_bits), word});
  events_ += e.kind == LogEvent::Kind::kLevel || e.kind == LogEvent::Kind::kTrade ? 1 : 0;
}

}  // namespace jobber::world
