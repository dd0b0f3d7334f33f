#include "engine/os/shm_map.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine/stats.hpp"
#include "engine/stats_snapshot.hpp"

namespace jobber::os {
namespace {

// A path of this test's own, gone afterwards.
struct Path {
  std::string text = "/dev/shm/test-jobber-" + std::to_string(getpid()) + "-" +
                     ::testing::UnitTest::GetInstance()->current_test_info()->name();
  ~Path() { ::unlink(text.c_str()); }
};

TEST(ShmPath, NamesAreShortAndPlain) {
  EXPECT_EQ(shm_path("btc-1").value(), "/dev/shm/jobber-btc-1");
  for (const char* bad : {"", "../x", "a/b", "a b", "\n"}) EXPECT_EQ(shm_path(bad).error(), ShmError::kBadName) << bad;
  EXPECT_EQ(shm_path(std::string(65, 'x')).error(), ShmError::kBadName);
}

TEST(ShmOwner, TheFileIsOursAloneZeroedAndGoneAfterClose) {
  const Path path;
  umask(0);
  auto owner = ShmOwner::create(path.text, 1 << 16);
  ASSERT_TRUE(owner.ok()) << to_text(owner.error());
  struct stat info {};
  ASSERT_EQ(stat(path.text.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_EQ(owner.value().memory().size(), std::size_t{1} << 16);
  for (std::byte b : owner.value().memory()) ASSERT_EQ(b, std::byte{0});
  owner.value().close();
  EXPECT_NE(stat(path.text.c_str(), &info), 0);
}

TEST(ShmOwner, ASecondEngineOfTheSameNameIsRefusedWhileTheFirstLives) {
  const Path path;
  auto first = ShmOwner::create(path.text, 4096);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(ShmOwner::create(path.text, 4096).error(), ShmError::kAlreadyRunning);
  first.value().close();
  EXPECT_TRUE(ShmOwner::create(path.text, 4096).ok());
}

TEST(ShmOwner, WhatADeadEngineLeftIsTakenOverAndWiped) {
  const Path path;
  std::ofstream(path.text) << std::string(9000, 'x');
  ::chmod(path.text.c_str(), 0666);
  auto owner = ShmOwner::create(path.text, 8192);
  ASSERT_TRUE(owner.ok());
  for (std::byte b : owner.value().memory()) ASSERT_EQ(b, std::byte{0});
  struct stat info {};
  ASSERT_EQ(stat(path.text.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST(ShmOwner, LinksFoldersAndMissingFoldersAreRefused) {
  const Path path;
  ASSERT_EQ(symlink("/etc/passwd", path.text.c_str()), 0);
  EXPECT_EQ(ShmOwner::create(path.text, 4096).error(), ShmError::kNotAFile);
  EXPECT_EQ(shm_copy(path.text, 4096).error(), ShmError::kNotAFile);
  EXPECT_EQ(ShmOwner::create("/dev/shm", 4096).error(), ShmError::kNotAFile);
  EXPECT_EQ(ShmOwner::create("/no/such/folder/x", 4096).error(), ShmError::kMissing);
}

TEST(ShmCopy, MissingOversizedAndDeviceFilesAreErrors) {
  const Path path;
  EXPECT_EQ(shm_copy(path.text, 4096).error(), ShmError::kMissing);
  std::ofstream(path.text) << std::string(5000, 'x');
  EXPECT_EQ(shm_copy(path.text, 4096).error(), ShmError::kTooLarge);
  EXPECT_EQ(shm_copy("/dev/zero", 4096).error(), ShmError::kNotAFile);
  EXPECT_EQ(shm_copy("/dev/shm", 4096).error(), ShmError::kNotAFile);
}

TEST(ShmCopy, ASegmentCutUnderTheReaderIsAShortCopyAndNoSignal) {
  const Path path;
  auto owner = ShmOwner::create(path.text, 1 << 20);
  ASSERT_TRUE(owner.ok());
  ASSERT_EQ(truncate(path.text.c_str(), 100), 0);
  const auto copy = shm_copy(path.text, 1 << 21);
  ASSERT_TRUE(copy.ok());
  EXPECT_EQ(copy.value().bytes.size(), 100U);
  EXPECT_EQ(StatsSnapshot::parse(copy.value().bytes).error(), StatsError::kTooSmall);
}

TEST(ShmNames, TellTheLivingFromTheDead) {
  const std::string name = "test." + std::to_string(getpid());
  const std::string path = shm_path(name).value();
  const auto found = [&]() -> int {
    for (const ShmName& n : shm_names()) {
      if (n.name == name) return n.owner_alive ? 1 : 0;
    }
    return -1;
  };
  EXPECT_EQ(found(), -1);
  {
    const auto owner = ShmOwner::create(path, 4096);
    ASSERT_TRUE(owner.ok());
    EXPECT_EQ(found(), 1);
  }
  std::ofstream(path) << "left behind";
  EXPECT_EQ(found(), 0);
  unlink(path.c_str());
}

TEST(ShmOwner, ShrinkingKeepsWhatIsUsed) {
  const Path path;
  auto owner = ShmOwner::create(path.text, 1 << 20);
  ASSERT_TRUE(owner.ok());
  owner.value().memory()[5000] = std::byte{42};
  owner.value().shrink(5001);
  EXPECT_EQ(owner.value().memory().size(), 8192U);
  const auto copy = shm_copy(path.text, 1 << 20);
  ASSERT_TRUE(copy.ok());
  EXPECT_EQ(copy.value().bytes.size(), 8192U);
  EXPECT_EQ(copy.value().bytes[5000], std::byte{42});
}

// The owner is another process: alive, stopped, killed.
TEST(ShmCopy, AKilledOwnerIsKnownToBeDeadAtOnceAndItsLastValuesStay) {
  const Path path;
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto owner = ShmOwner::create(path.text, 1 << 16);
    if (!owner.ok()) _exit(1);
    StatsWriter writer(owner.value().memory(), static_cast<std::uint64_t>(getpid()), Instant{1}, 8);
    writer.counter("n").set(7);
    writer.publish();
    writer.beat(monotonic_ns());
    if (write(ready[1], "x", 1) != 1) _exit(1);
    for (;;) pause();
  }
  char c = 0;
  ASSERT_EQ(read(ready[0], &c, 1), 1);
  const auto alive = shm_copy(path.text, 1 << 20);
  ASSERT_TRUE(alive.ok());
  EXPECT_TRUE(alive.value().owner_alive);

  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  const auto dead = shm_copy(path.text, 1 << 20);
  ASSERT_TRUE(dead.ok());
  EXPECT_FALSE(dead.value().owner_alive);
  const auto seen = StatsSnapshot::parse(dead.value().bytes);
  ASSERT_TRUE(seen.ok());
  EXPECT_EQ(seen.value().counter(*seen.value().find("n")), 7U);
  EXPECT_TRUE(ShmOwner::create(path.text, 4096).ok());  // and a new engine may start
  close(ready[0]);
  close(ready[1]);
}

}  // namespace
}  // namespace jobber::os
