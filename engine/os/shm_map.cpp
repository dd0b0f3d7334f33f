#include "engine/os/shm_map.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <utility>

namespace jobber::os {
namespace {

constexpr std::string_view kFolder = "/dev/shm";
constexpr std::string_view kPrefix = "jobber-";
constexpr std::size_t kNameMax = 64;

ShmError from_errno(int error) noexcept {
  switch (error) {
    case ENOENT:
    case ENOTDIR: return ShmError::kMissing;
    case EACCES:
    case EPERM:
    case EROFS: return ShmError::kNotAllowed;
    case ELOOP:
    case EISDIR:
    case ENXIO: return ShmError::kNotAFile;
    case ENOSPC:
    case EFBIG:
    case ENOMEM: return ShmError::kNoSpace;
    default: return ShmError::kFailed;
  }
}

// The whole file; OFD locks belong to the open file, so a fork or a second descriptor cannot drop it.
struct flock whole_file(short type) noexcept {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

bool has_owner(int fd) noexcept {
  struct flock lock = whole_file(F_RDLCK);
  return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

// Opens and locks; a file that its last owner removed between the two is opened again.
Result<int, ShmError> open_locked(const std::string& path) {
  for (;;) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (fd < 0) return from_errno(errno);
    struct stat mine {}, there {};
    struct flock lock = whole_file(F_WRLCK);
    ShmError error = ShmError::kNone;
    if (fstat(fd, &mine) != 0 || !S_ISREG(mine.st_mode)) error = ShmError::kNotAFile;
    else if (fcntl(fd, F_OFD_SETLK, &lock) != 0) error = ShmError::kAlreadyRunning;
    if (error == ShmError::kNone && ::lstat(path.c_str(), &there) == 0 && there.st_ino == mine.st_ino) return fd;
    ::close(fd);
    if (error != ShmError::kNone) return error;
  }
}

}  // namespace

std::string_view to_text(ShmError error) noexcept {
  switch (error) {
    case ShmError::kNone: return "no error";
    case ShmError::kBadName: return "a name is 1 to 64 letters, digits, '.', '_' or '-'";
    case ShmError::kMissing: return "does not exist";
    case ShmError::kAlreadyRunning: return "belongs to an engine that is running";
    case ShmError::kNotAllowed: return "permission denied";
    case ShmError::kNotAFile: return "is not a regular file";
    case ShmError::kNoSpace: return "no space for it";
    case ShmError::kTooLarge: return "is too large";
    case ShmError::kFailed: return "cannot be used";
  }
  return "?";
}

Result<std::string, ShmError> shm_path(std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  if (name.empty() || name.size() > kNameMax || !std::all_of(name.begin(), name.end(), good)) return ShmError::kBadName;
  return std::string(kFolder) + "/" + std::string(kPrefix) + std::string(name);
}

Result<ShmOwner, ShmError> ShmOwner::create(const std::string& path, std::size_t bytes) {
  const Result<int, ShmError> fd = open_locked(path);
  if (!fd) return fd.error();
  ShmOwner owner;
  owner.fd_ = fd.value();
  owner.path_ = path;
  // Emptied first, so that what a dead owner left is gone; allocated, so that a full file system is an
  // error here and not a SIGBUS later. fchmod: the file may be older than our umask.
  if (fchmod(owner.fd_, 0600) != 0 || ftruncate(owner.fd_, 0) != 0) return from_errno(errno);
  if (const int error = posix_fallocate(owner.fd_, 0, static_cast<off_t>(bytes)); error != 0) return from_errno(error);
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, owner.fd_, 0);
  if (p == MAP_FAILED) return from_errno(errno);
  owner.memory_ = {static_cast<std::byte*>(p), bytes};
  return Result<ShmOwner, ShmError>(std::move(owner));
}

ShmOwner::ShmOwner(ShmOwner&& other) noexcept { *this = std::move(other); }

ShmOwner& ShmOwner::operator=(ShmOwner&& other) noexcept {
  if (this == &other) return *this;
  close();
  path_ = std::exchange(other.path_, {});
  memory_ = std::exchange(other.memory_, {});
  fd_ = std::exchange(other.fd_, -1);
  return *this;
}

void ShmOwner::shrink(std::size_t bytes) noexcept {
  const std::size_t page = 4096, keep = (bytes + page - 1) / page * page;
  if (keep >= memory_.size() || ftruncate(fd_, static_cast<off_t>(keep)) != 0) return;
  munmap(memory_.data() + keep, memory_.size() - keep);
  memory_ = memory_.first(keep);
}

void ShmOwner::close() noexcept {
  if (!memory_.empty()) munmap(memory_.data(), memory_.size());
  memory_ = {};
  if (fd_ < 0) return;
  ::unlink(path_.c_str());  // before the lock goes, so that nobody finds a dead file of ours
  ::close(std::exchange(fd_, -1));
}

Result<ShmCopy, ShmError> shm_copy(const std::string& path, std::size_t bytes_max) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return from_errno(errno);
  ShmCopy copy;
  ShmError error = ShmError::kNone;
  struct stat info {};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    error = ShmError::kNotAFile;
  } else if (static_cast<std::uint64_t>(info.st_size) > bytes_max) {
    error = ShmError::kTooLarge;
  } else {
    copy.bytes.resize(static_cast<std::size_t>(info.st_size));
    std::size_t got = 0;
    while (got < copy.bytes.size()) {
      const ssize_t n = ::pread(fd, copy.bytes.data() + got, copy.bytes.size() - got, static_cast<off_t>(got));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;  // cut since we looked: what we have must do
      got += static_cast<std::size_t>(n);
    }
    copy.bytes.resize(got);
    copy.owner_alive = has_owner(fd);
  }
  ::close(fd);
  if (error != ShmError::kNone) return error;
  return Result<ShmCopy, ShmError>(std::move(copy));
}

std::vector<ShmName> shm_names() {
  std::vector<ShmName> names;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder, ec)) {
    const std::string file = entry.path().filename().string();
    if (!file.starts_with(kPrefix)) continue;
    const int fd = ::open(entry.path().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) continue;  // not ours to read
    names.push_back({file.substr(kPrefix.size()), has_owner(fd)});
    ::close(fd);
  }
  std::sort(names.begin(), names.end(), [](const ShmName& a, const ShmName& b) { return a.name < b.name; });
  return names;
}

std::int64_t monotonic_ns() noexcept {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace jobber::os
