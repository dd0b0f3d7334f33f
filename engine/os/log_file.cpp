#include "engine/os/log_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace jobber::os {

LogFile::~LogFile() {
  if (fd_ > 2) ::close(fd_);
}

bool LogFile::open(const std::string& path, std::uint64_t bytes_max, int files_max) {
  path_ = path;
  bytes_max_ = bytes_max;
  files_max_ = files_max;
  return reopen();
}

bool LogFile::reopen() noexcept {
  const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
  if (fd < 0) return false;
  struct stat info {};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    errno = EINVAL;
    return false;
  }
  if (fd_ > 2) ::close(fd_);
  fd_ = fd;
  bytes_ = static_cast<std::uint64_t>(info.st_size);
  return true;
}

// If a step fails the old file simply grows on: losing lines would be worse.
void LogFile::rotate() noexcept {
  for (int i = files_max_ - 1; i > 0; --i) {
    const std::string from = i == 1 ? path_ : path_ + "." + std::to_string(i - 1);
    std::rename(from.c_str(), (path_ + "." + std::to_string(i)).c_str());
  }
  reopen();
}

void LogFile::write(std::string_view lines) noexcept {
  if (fd_ > 2 && bytes_ != 0 && bytes_ + lines.size() > bytes_max_) rotate();
  while (!lines.empty()) {
    const ssize_t n = ::write(fd_, lines.data(), lines.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      ++failed_writes_;
      return;
    }
    bytes_ += static_cast<std::uint64_t>(n);
    lines.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace jobber::os
