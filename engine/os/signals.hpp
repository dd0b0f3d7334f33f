// Signals as values: blocked in every thread, asked for by the housekeeping thread.
//
// Nothing runs in a handler. Construct before any other thread starts: threads inherit the mask.
#pragma once

#include <csignal>
#include <cstdint>
#include <optional>

#include "engine/units.hpp"

namespace jobber::os {

enum class SignalKind : std::uint8_t {
  kStop = 1,    // INT, TERM: stop quoting, cancel mine, verify, flush, exit
  kReload = 2,  // HUP: validate, then reload or keep the old
  kDump = 3,    // USR1: dump state
};

class Signals {
 public:
  Signals() noexcept;   // blocks INT, TERM, HUP, USR1; ignores PIPE
  ~Signals();           // restores the mask
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Waits at most `timeout` for the next signal.
  std::optional<SignalKind> wait(Nanos timeout) noexcept;

 private:
  sigset_t set_{};
  sigset_t before_{};
};

}  // namespace jobber::os
