// Where log lines go: a file of our own that is rotated by size, or stderr.
//
// Cold, the thread that polls the Log. A write that fails is counted and never stops anything.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace jobber::os {

class LogFile {
 public:
  static constexpr std::uint64_t kBytesMax = 100'000'000;  // then PATH becomes PATH.1, PATH.1 PATH.2, ...
  static constexpr int kFilesMax = 10;

  LogFile() = default;  // stderr
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  // Appends to PATH, mode 0600, no links followed. False: errno says why, and stderr stays.
  bool open(const std::string& path, std::uint64_t bytes_max = kBytesMax, int files_max = kFilesMax);
  void write(std::string_view lines) noexcept;
  [[nodiscard]] std::uint64_t failed_writes() const noexcept { return failed_writes_; }

 private:
  bool reopen() noexcept;
  void rotate() noexcept;

  std::string path_;
  int fd_ = 2;
  std::uint64_t bytes_ = 0, bytes_max_ = kBytesMax, failed_writes_ = 0;
  int files_max_ = kFilesMax;
};

}  // namespace jobber::os
