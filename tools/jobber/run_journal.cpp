#include "tools/jobber/run_journal.hpp"

#include <fmt/format.h>

#include <string_view>

namespace jobber::tools {

bool RunJournal::open(const std::string& path, const world::RunRecord& run, std::string& problem) {
  if (path.empty()) return true;
  const Instant now = clock_.now();
  path_ = path;
  writer_ = std::make_unique<JournalWriter>(now, static_cast<std::uint64_t>(now.ns));
  file_ = std::make_unique<os::JournalFile>(*writer_);
  error_ = file_->open(path);
  if (error_ != os::JournalFileError::kNone) {
    problem = fmt::format("journal {}: {}", path, os::to_text(error_));
    closed_ = true;
    return false;
  }
  // Ports are numbered as they are added; the replay knows them by these numbers.
  quoter_ = &writer_->add_port("quoter", kRecords);
  gateway_ = &writer_->add_port("gateway", kRecords);
  JOBBER_CHECK(quoter_->agent() == world::kQuoterAgent && gateway_->agent() == world::kGatewayAgent);
  writer_->config(world::to_text(run));
  return true;
}

void RunJournal::start() {
  if (!file_) return;
  thread_ = std::make_unique<os::Runner<os::TscClock>>(
      os::RunnerOptions{.name = "journal", .idle = IdlePolicy::kPark}, clock_, std::initializer_list<AgentRef>{AgentRef(*file_)});
  thread_->start();
}

void RunJournal::close() {
  if (thread_) thread_->stop();
  if (!file_ || closed_) return;
  closed_ = true;
  error_ = file_->close(clock_.now());
}

bool RunJournal::fill(RunReport& report) const {
  if (!file_) return true;
  report.journal_path = path_;
  report.journal_records = writer_->records();
  report.journal_dropped = writer_->lost();
  if (error_ != os::JournalFileError::kNone) {
    report.warnings.push_back(fmt::format("journal {}: {}; what was written before is good", path_, os::to_text(error_)));
  }
  if (report.journal_dropped != 0) {
    report.warnings.push_back(fmt::format("journal {}: {} records dropped for lack of room", path_, report.journal_dropped));
  }
  return error_ == os::JournalFileError::kNone && report.journal_dropped == 0;
}

}  // namespace jobber::tools
