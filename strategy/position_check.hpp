// Our position from fills against the venue's word on it.
//
// Owner: the quoting agent. Hot. Fills drive the position; the venue's word may run ahead of or
// behind them, so it is taken only when the two still differ after a grace time (D-66).
#pragma once

#include <optional>

#include "engine/units.hpp"

namespace jobber::strategy {

class PositionCheck {
 public:
  // The venue says the position is `told`.
  void on_told(Instant now, Lots told, Lots ours) noexcept {
    if (told == ours) {
      told_.reset();
    } else if (!told_) {
      since_ = now;
      told_ = told;
    } else {
      told_ = told;  // the disagreement goes on; its start stays
    }
  }
  // The next word of the venue needs no grace: there is nothing of ours to weigh against it.
  void forgive() noexcept { forgiven_ = true; }
  // Our position changed.
  void on_ours(Lots ours) noexcept {
    forgiven_ = false;
    if (told_ && *told_ == ours) told_.reset();
  }
  // The position to adopt, once the grace is over.
  std::optional<Lots> adopt(Instant now, Nanos grace) noexcept {
    if (!told_ || (!forgiven_ && now - since_ < grace)) return std::nullopt;
    const std::optional<Lots> out = told_;
    forgiven_ = false;
    told_.reset();
    return out;
  }
  [[nodiscard]] Instant deadline(Nanos grace) const noexcept { return !told_ ? Instant::never() : forgiven_ ? since_ : since_ + grace; }

 private:
  std::optional<Lots> told_;  // while it differs from ours
  Instant since_{};
  bool forgiven_ = false;
};

}  // namespace jobber::strategy
