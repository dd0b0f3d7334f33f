#include "engine/os/journal_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "engine/messages.hpp"

namespace jobber::os {
namespace {

struct Path {
  std::string text = (std::filesystem::temp_directory_path() /
                      ("jobber-journal-" + std::to_string(getpid()) + "-" +
                       ::testing::UnitTest::GetInstance()->current_test_info()->name()))
                         .string();
  Path() { ::unlink(text.c_str()); }
  ~Path() { ::unlink(text.c_str()); }
};

OrderCommand command(std::uint64_t n) {
  OrderCommand c{};
  c.order.n = n;
  return c;
}

struct Count {
  std::uint64_t commands = 0, last = 0;
  JournalStop stop;
  bool closed = false, in_order = true;
};
Count count(const std::string& path) {
  Count out;
  auto reader = JournalFileReader::open(path);
  EXPECT_TRUE(reader.ok());
  for (JournalRecord r; reader.value().next(r);) {
    if (r.kind != JournalKind::kCommand) continue;
    const std::uint64_t n = r.as<OrderCommand>().order.n;
    out.in_order = out.in_order && n == out.last + 1;
    out.last = n;
    ++out.commands;
  }
  out.stop = reader.value().stop();
  out.closed = reader.value().decoder().closed();
  return out;
}

TEST(JournalFile, WritesAFileOfItsOwnThatReadsBackWhole) {
  const Path path;
  JournalWriter writer(Instant{1}, 1);
  JournalPort& port = writer.add_port("strategy", 1 << 12);
  JournalFile file(writer);
  ASSERT_EQ(file.open(path.text, FsyncPolicy::kEverySecond), JournalFileError::kNone);
  for (std::uint64_t i = 1; i <= 50'000; ++i) {
    ASSERT_TRUE(port.append(JournalKind::kCommand, command(i)));
    if (i % 1000 == 0) file.poll(Instant{static_cast<std::int64_t>(i)});
  }
  EXPECT_EQ(file.close(Instant{2}), JournalFileError::kNone);
  struct stat info {};
  ASSERT_EQ(stat(path.text.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_EQ(static_cast<std::uint64_t>(info.st_size), file.bytes());
  const Count back = count(path.text);
  EXPECT_EQ(back.commands, 50'000U);
  EXPECT_TRUE(back.in_order);
  EXPECT_TRUE(back.closed);
  EXPECT_EQ(back.stop.fault, JournalFault::kNone);
}

TEST(JournalFile, NeverOverwritesAndFollowsNoLink) {
  const Path path;
  std::ofstream(path.text) << "evidence";
  JournalWriter writer(Instant{}, 1);
  JournalFile file(writer);
  EXPECT_EQ(file.open(path.text), JournalFileError::kExists);
  EXPECT_EQ(file.open("/no/such/folder/j"), JournalFileError::kMissing);
  EXPECT_EQ(file.poll(Instant{}), 0);
  std::string text;
  std::ifstream(path.text) >> text;
  EXPECT_EQ(text, "evidence");
}

TEST(JournalFile, AFullDiskIsToldToThePortsAndToTheCaller) {
  JournalWriter writer(Instant{}, 1);
  JournalPort& port = writer.add_port("a", 16);
  JournalFile file(writer);
  const int full = ::open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  file.adopt(full, FsyncPolicy::kNever);
  EXPECT_TRUE(port.intact());
  port.append(JournalKind::kCommand, command(1));
  file.poll(Instant{});
  EXPECT_EQ(file.error(), JournalFileError::kDiskFull);
  EXPECT_EQ(to_text(file.error()), "no space left");
  EXPECT_FALSE(port.intact());
  EXPECT_EQ(port.lost(), 0U);
  EXPECT_EQ(file.close(Instant{}), JournalFileError::kDiskFull);
}

// The file may grow to a limit in the middle of a record: what was written stays, and once there is
// room again the journal goes on at the very byte.
TEST(JournalFile, AfterAFullDiskItGoesOnAtTheVeryByteAndLosesNothing) {
  const Path path;
  const pid_t child = fork();  // the limit is the process's
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    JournalWriter writer(Instant{}, 1);
    JournalPort& port = writer.add_port("a", 1024);
    JournalFile file(writer);
    if (file.open(path.text) != JournalFileError::kNone) _exit(10);
    rlimit limit{1001, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &limit);
    for (std::uint64_t i = 1; i <= 100; ++i) {
      port.append(JournalKind::kCommand, command(i));
      file.poll(Instant{});
    }
    if (file.error() != JournalFileError::kDiskFull || port.intact() || file.bytes() != 1001) _exit(11);
    if (count(path.text).stop.fault != JournalFault::kCut || count(path.text).commands < 8) _exit(12);
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    file.poll(Instant{});
    if (file.error() != JournalFileError::kNone || !port.intact()) _exit(13);
    _exit(file.close(Instant{}) == JournalFileError::kNone ? 0 : 14);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 0);
  const Count back = count(path.text);
  EXPECT_EQ(back.commands, 100U);
  EXPECT_TRUE(back.in_order && back.closed);
}

TEST(JournalFile, WhatWasWrittenSurvivesAKillAtAnyMoment) {
  for (int round = 0; round != 10; ++round) {
    const Path path;
    int told[2];
    ASSERT_EQ(pipe(told), 0);
    const pid_t child = fork();
    if (child == 0) {
      JournalWriter writer(Instant{}, 1);
      JournalPort& port = writer.add_port("a", 1024);
      JournalFile file(writer);
      if (file.open(path.text) != JournalFileError::kNone) _exit(1);
      for (std::uint64_t i = 1;; ++i) {
        port.append(JournalKind::kCommand, command(i));
        file.poll(Instant{});
        if (i % 16 == 0 && write(told[1], &i, sizeof i) != sizeof i) _exit(1);  // acknowledged up to i
      }
    }
    close(told[1]);
    std::uint64_t acknowledged = 0;
    for (int n = 0; n != 5 + round * 7; ++n) ASSERT_EQ(read(told[0], &acknowledged, 8), 8);
    kill(child, SIGKILL);
    while (read(told[0], &acknowledged, 8) == 8) {
    }
    close(told[0]);
    int status = 0;
    waitpid(child, &status, 0);
    const Count back = count(path.text);
    EXPECT_GE(back.commands, acknowledged);
    EXPECT_TRUE(back.in_order);
    EXPECT_FALSE(back.closed);
    EXPECT_TRUE(back.stop.fault == JournalFault::kNone || back.stop.fault == JournalFault::kCut);
  }
}

TEST(JournalFileReader, EmptyMissingAndStrangeFilesAreNamed) {
  const Path path;
  EXPECT_EQ(JournalFileReader::open(path.text).error(), JournalFileError::kMissing);
  EXPECT_EQ(JournalFileReader::open("/tmp").error(), JournalFileError::kNotAFile);
  EXPECT_EQ(JournalFileReader::open("/dev/zero").error(), JournalFileError::kNotAFile);
  std::ofstream(path.text).flush();
  EXPECT_EQ(count(path.text).stop.fault, JournalFault::kEmpty);
}

TEST(JournalFileReader, AHugeSparseFileIsRefusedAtItsFirstByte) {
  const Path path;
  std::ofstream(path.text).flush();
  if (truncate(path.text.c_str(), std::int64_t{4} << 30) != 0) GTEST_SKIP() << "SKIPPED: no sparse files here";
  EXPECT_EQ(count(path.text).stop.fault, JournalFault::kMagic);
}

TEST(JournalFileReader, AgreesWithTheReaderInMemoryForEveryCut) {
  const Path path;
  JournalWriter writer(Instant{}, 1);
  JournalPort& port = writer.add_port("a", 64);
  writer.config(std::string(30'000, 'c'));
  for (std::uint64_t i = 1; i <= 20; ++i) port.append(JournalKind::kCommand, command(i));
  writer.finish(Instant{});
  const std::vector<std::byte> all(writer.pending().begin(), writer.pending().end());
  for (std::size_t n = 0; n <= all.size(); n += n < 200 || n + 200 > all.size() ? 1U : 997U) {
    std::ofstream(path.text, std::ios::trunc | std::ios::binary).write(reinterpret_cast<const char*>(all.data()), static_cast<std::streamsize>(n));
    JournalReader memory{std::span<const std::byte>(all).first(n)};
    for (JournalRecord r; memory.next(r);) {
    }
    const JournalStop want = memory.decoder().stop();
    const JournalStop got = count(path.text).stop;
    ASSERT_EQ(got.fault, want.fault) << n;
    ASSERT_EQ(got.offset, want.offset) << n;
    ASSERT_EQ(got.record, want.record) << n;
  }
}

}  // namespace
}  // namespace jobber::os
