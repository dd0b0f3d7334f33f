#include "engine/os/log_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace jobber::os {
namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path = fs::temp_directory_path() / ("jobber-log-" + std::to_string(getpid()));
  Folder() { fs::remove_all(path), fs::create_directory(path); }
  ~Folder() { fs::remove_all(path); }
  [[nodiscard]] std::string read(const char* name) const {
    std::ifstream in(path / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST(LogFile, AppendsToAFileOfItsOwn) {
  const Folder folder;
  for (const char* text : {"one\n", "two\n"}) {
    LogFile log;
    ASSERT_TRUE(log.open(folder.path / "log"));
    log.write(text);
  }
  EXPECT_EQ(folder.read("log"), "one\ntwo\n");
  struct stat info {};
  ASSERT_EQ(stat((folder.path / "log").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST(LogFile, RotatesBySizeAndKeepsOnlySoManyFiles) {
  const Folder folder;
  LogFile log;
  ASSERT_TRUE(log.open(folder.path / "log", 10, 3));
  for (const char* text : {"1111111\n", "2222222\n", "3333333\n", "4444444\n"}) log.write(text);
  EXPECT_EQ(folder.read("log"), "4444444\n");
  EXPECT_EQ(folder.read("log.1"), "3333333\n");
  EXPECT_EQ(folder.read("log.2"), "2222222\n");
  EXPECT_FALSE(fs::exists(folder.path / "log.3"));
  EXPECT_EQ(log.failed_writes(), 0U);
}

TEST(LogFile, LinksFoldersAndMissingFoldersAreRefused) {
  const Folder folder;
  fs::create_symlink("/etc/passwd", folder.path / "link");
  LogFile log;
  EXPECT_FALSE(log.open(folder.path / "link"));
  EXPECT_FALSE(log.open(folder.path));
  EXPECT_FALSE(log.open(folder.path / "no" / "log"));
  EXPECT_FALSE(log.open("/dev/full"));
}

}  // namespace
}  // namespace jobber::os
