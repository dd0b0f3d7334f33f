// The journal of one run: its ports for the two deciding agents, and the file behind them.
//
// Cold. Open before the agents are made, start() its thread, close() at the end. Without a path it is
// off and its taps hear nothing.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "engine/os/journal_file.hpp"
#include "engine/os/runner.hpp"
#include "engine/os/tsc_clock.hpp"
#include "tools/jobber/report.hpp"
#include "tools/world/journal_tap.hpp"
#include "tools/world/run_record.hpp"

namespace jobber::tools {

class RunJournal {
 public:
  explicit RunJournal(const os::TscClock& clock) : clock_(clock) {}
  ~RunJournal() { close(); }

  // Empty path: off. False: `problem` says why there is no journal.
  bool open(const std::string& path, const world::RunRecord& run, std::string& problem);
  void start();
  void close();

  [[nodiscard]] world::JournalTap quoter() const noexcept { return world::JournalTap(quoter_); }
  [[nodiscard]] world::JournalTap gateway() const noexcept { return world::JournalTap(gateway_); }
  // Nothing lost so far and the file takes what comes. Any thread.
  [[nodiscard]] bool intact() const noexcept {
    return quoter_ == nullptr || (quoter_->intact() && gateway_->intact());
  }
  // After close(). False when the file lacks something; the report's warnings say what.
  bool fill(RunReport& report) const;

 private:
  static constexpr std::size_t kRecords = std::size_t{1} << 16;  // a port's ring, 5 MB

  const os::TscClock& clock_;
  std::string path_;
  std::unique_ptr<JournalWriter> writer_;
  std::unique_ptr<os::JournalFile> file_;
  std::unique_ptr<os::Runner<os::TscClock>> thread_;
  JournalPort* quoter_ = nullptr;
  JournalPort* gateway_ = nullptr;
  os::JournalFileError error_ = os::JournalFileError::kNone;
  bool closed_ = false;
};

}  // namespace jobber::tools
