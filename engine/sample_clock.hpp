// When a model or an alpha feed takes a sample: at each message, or on a clock of its own.
//
// Owner: the model or feed that holds it. Hot. The reference bots sample per message and scale as if each
// message stood for one step, which is wrong at any other rate (defect D-03): kPerMessage exists for
// their golden vectors, kStepClock is for production.
#pragma once

#include "engine/units.hpp"

namespace jobber {

enum class Sampling : std::uint8_t { kPerMessage = 1, kStepClock = 2 };

class SampleClock {
 public:
  SampleClock(Sampling sampling, Nanos step) noexcept : sampling_(sampling), step_(step) {}

  // True when a sample is due; the next one is due a step after this one. Missed steps are not
  // made up: a silent stretch gives one sample, not many equal ones.
  bool due(Instant now) noexcept {
    if (sampling_ == Sampling::kStepClock && started_ && now - last_ < step_) return false;
    started_ = true;
    last_ = now;
    return true;
  }
  void reset() noexcept { started_ = false; }

  [[nodiscard]] Nanos step() const noexcept { return step_; }

 private:
  Sampling sampling_;
  bool started_ = false;
  Nanos step_;
  Instant last_{};
};

}  // namespace jobber
