#include "tools/jobber/replay.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "engine/os/journal_file.hpp"
#include "tools/world/journal_tap.hpp"
#include "tools/world/run_record.hpp"

namespace jobber::tools {
namespace {

// A journal that no run wrote, in a file of its own.
class Forged {
 public:
  Forged() : path_(testing::TempDir() + "forged_" + std::to_string(::getpid()) + ".jnl"), writer_({1}, 1), file_(writer_) {
    std::remove(path_.c_str());
    EXPECT_EQ(file_.open(path_, os::FsyncPolicy::kNever), os::JournalFileError::kNone);
    quoter = &writer_.add_port("quoter", 1U << 13);
    gateway = &writer_.add_port("gateway", 1U << 13);
    world::RunRecord run;
    run.markets.resize(1);
    run.markets[0].quoted.set_symbol("FORGED");
    run.markets[0].reference_price = 60'000.0;
    writer_.config(world::to_text(run));
  }
  ~Forged() { std::remove(path_.c_str()); }
  ReplayResult replay() {
    EXPECT_EQ(file_.close({2}), os::JournalFileError::kNone);
    std::string problem;
    const auto result = replay_journal(path_, problem);
    EXPECT_TRUE(result.has_value()) << problem;
    return result.value_or(ReplayResult{});
  }

  JournalPort* quoter = nullptr;
  JournalPort* gateway = nullptr;

 private:
  std::string path_;
  JournalWriter writer_;
  os::JournalFile file_;
};

TEST(Replay, OnePollMayTellTheQuoterMoreThanItsRingHolds) {
  Forged journal;
  OrderEvent quota{};
  quota.kind = OrderEvent::Kind::kQuota;
  const std::uint64_t many = 2 * EventRing::capacity();  // drained by the quoter while the poll went on
  for (std::uint64_t i = 0; i != many; ++i) {
    quota.qty = {static_cast<std::int64_t>(i)};
    journal.gateway->append(JournalKind::kEvent, quota);
    journal.gateway->append(JournalKind::kOut, quota);
  }
  journal.gateway->append_poll({1'000});
  const ReplayResult result = journal.replay();
  EXPECT_TRUE(result.identical) << result.difference;
  EXPECT_EQ(result.events, many);
}

TEST(Replay, ADecisionThatNoInputCausedIsADifference) {
  Forged journal;
  OrderEvent quota{};
  quota.kind = OrderEvent::Kind::kQuota;
  journal.gateway->append(JournalKind::kOut, quota);
  journal.gateway->append_poll({1'000});
  const ReplayResult result = journal.replay();
  EXPECT_FALSE(result.identical);
  EXPECT_NE(result.difference.find("gateway"), std::string::npos) << result.difference;
}

}  // namespace
}  // namespace jobber::tools
