#include "engine/os/signals.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <vector>

#include "engine/os/memory.hpp"

namespace jobber::os {
namespace {

TEST(Signals, EachSignalComesBackAsItsMeaningAndNobodyDies) {
  Signals signals;
  EXPECT_FALSE(signals.wait(Nanos{0}).has_value());
  struct Row { int number; SignalKind want; };
  for (const Row& r : {Row{SIGINT, SignalKind::kStop}, Row{SIGTERM, SignalKind::kStop}, Row{SIGHUP, SignalKind::kReload},
                       Row{SIGUSR1, SignalKind::kDump}}) {
    ASSERT_EQ(kill(getpid(), r.number), 0);
    EXPECT_EQ(signals.wait(seconds(5)), r.want) << r.number;
  }
  EXPECT_FALSE(signals.wait(milliseconds(1)).has_value());
}

TEST(Signals, ASecondStopIsASecondValue) {
  Signals signals;
  kill(getpid(), SIGINT);
  kill(getpid(), SIGTERM);
  EXPECT_EQ(signals.wait(seconds(5)), SignalKind::kStop);
  EXPECT_EQ(signals.wait(seconds(5)), SignalKind::kStop);
}

TEST(Memory, PrefaultKeepsTheContents) {
  std::vector<std::byte> memory(10'000, std::byte{7});
  prefault(memory);
  prefault({});
  prefault_stack();
  for (std::byte b : memory) ASSERT_EQ(b, std::byte{7});
}

}  // namespace
}  // namespace jobber::os
