// The tape world: one thread, the time of the tape, the same agents as live. Backtests run here.
//
// For each line, in order of receive time (ties: the first tape first): timers that fall before it
// run at their own instants, then the line is handed to its feed, then the agents are polled in a
// fixed order until none did work. Nothing here reads a clock that decides anything.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/check.hpp"
#include "engine/histogram.hpp"
#include "engine/os/tsc_clock.hpp"
#include "tools/world/engine.hpp"
#include "tools/world/loaded_tape.hpp"

namespace jobber::world {

// Real time since the present line (or timer) began to be handled.
class TapeStage {
 public:
  explicit TapeStage(const os::TscClock& clock) noexcept : clock_(clock) {}
  void begin() noexcept { began_ = clock_.now(); }
  [[nodiscard]] Nanos since(Instant) const noexcept { return clock_.now() - began_; }

 private:
  const os::TscClock& clock_;
  Instant began_{};
};

// One cursor a tape; hands out lines of all of them in the order of their receive times.
class TapeMerge {
 public:
  explicit TapeMerge(std::vector<const LoadedTape*> tapes) : tapes_(std::move(tapes)), next_(tapes_.size(), 0) {}
  // False once the first tape, the quoted one, is through. `tape` says whose line it is.
  bool next(TapeLine& line, std::size_t& tape) noexcept {
    if (next_[0] == tapes_[0]->lines()) return false;
    const LoadedTape* earliest = nullptr;
    for (std::size_t i = 0; i < tapes_.size(); ++i) {
      if (next_[i] == tapes_[i]->lines()) continue;
      const TapeLine candidate = tapes_[i]->line(next_[i]);
      if (earliest != nullptr && candidate.recv >= line.recv) continue;
      earliest = tapes_[i];
      line = candidate;
      tape = i;
    }
    ++next_[tape];
    return true;
  }

 private:
  std::vector<const LoadedTape*> tapes_;
  std::vector<std::size_t> next_;
};

// Polls every agent of the engine until none has work left.
template <class Engine>
void settle(Engine& engine, Instant now) {
  while (engine.market().poll(now) + engine.alpha().poll(now) + engine.quoter.poll(now) + engine.gateway.poll(now) != 0) {
  }
}

template <class Engine>
Instant next_deadline(const Engine& engine) {
  return std::min({engine.market().next_deadline(), engine.alpha().next_deadline(), engine.quoter.next_deadline(),
                   engine.gateway.next_deadline()});
}

// Runs everything that falls due up to and including `until`.
template <class Engine>
void run_timers(Engine& engine, TapeStage& stage, Instant& now, Instant until) {
  for (Instant due = next_deadline(engine); due <= until; due = next_deadline(engine)) {
    now = std::max(now, due);
    stage.begin();
    settle(engine, now);
    JOBBER_CHECK(next_deadline(engine) > now);  // an agent that leaves its deadline behind stops time
  }
}

// Plays tapes[0] to the market feed and the last tape to the alpha feed (one tape serves both), lets
// the engine wind down, and returns the instant of the last line.
template <class Engine>
Instant play(Engine& engine, TapeStage& stage, std::vector<const LoadedTape*> tapes, Histogram& decoded,
             const std::function<void(std::uint64_t)>& on_progress) {
  const std::size_t alpha_tape = tapes.size() - 1;
  TapeMerge merge(std::move(tapes));
  TapeLine line;
  std::size_t tape = 0;
  std::uint64_t lines = 0;
  Instant now{};
  while (merge.next(line, tape)) {
    if (lines == 0) {
      now = line.recv;
      engine.market().on_connect(now);
      engine.alpha().on_connect(now);
    }
    run_timers(engine, stage, now, line.recv);
    now = std::max(now, line.recv);
    stage.begin();
    if (tape == 0) {
      play_line(engine.market(), now, line.json);
      decoded.record(stage.since(now));
    }
    if (tape == alpha_tape) play_line(engine.alpha(), now, line.json);
    settle(engine, now);
    if ((++lines & 0xFFF) == 0) on_progress(lines);
  }
  const Instant last = now;
  engine.market().on_end(now);
  engine.alpha().on_end(now);
  settle(engine, now);
  run_timers(engine, stage, now, last + seconds(5));  // cancels travel, reports return
  return last;
}

}  // namespace jobber::world
