#include "engine/os/journal_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace jobber::os {
namespace {

constexpr std::size_t kPiece = 1 << 20;

JournalFileError from_errno(int error) noexcept {
  switch (error) {
    case EEXIST: return JournalFileError::kExists;
    case ENOENT:
    case ENOTDIR: return JournalFileError::kMissing;
    case EACCES:
    case EPERM:
    case EROFS: return JournalFileError::kNotAllowed;
    case ELOOP:
    case EISDIR: return JournalFileError::kNotAFile;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return JournalFileError::kDiskFull;
    default: return JournalFileError::kFailed;
  }
}

}  // namespace

std::string_view to_text(JournalFileError error) noexcept {
  switch (error) {
    case JournalFileError::kNone: return "ok";
    case JournalFileError::kExists: return "already exists; a journal is never overwritten";
    case JournalFileError::kMissing: return "does not exist";
    case JournalFileError::kNotAllowed: return "permission denied";
    case JournalFileError::kNotAFile: return "is not a regular file";
    case JournalFileError::kDiskFull: return "no space left";
    case JournalFileError::kFailed: return "input/output error";
  }
  return "?";
}

JournalFile::~JournalFile() {
  if (fd_ >= 0) ::close(fd_);
}

JournalFileError JournalFile::open(const std::string& path, FsyncPolicy policy) {
  fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_APPEND, 0600);
  if (fd_ < 0) {
    errno_ = errno;
    return error_ = from_errno(errno_);
  }
  policy_ = policy;
  return error_ = JournalFileError::kNone;
}

bool JournalFile::write_pending() noexcept {
  const std::span<const std::byte> bytes = writer_.pending();
  if (bytes.empty()) return false;
  ssize_t n = 0;
  do {
    n = ::write(fd_, bytes.data(), bytes.size());
  } while (n < 0 && errno == EINTR);
  const JournalFileError before = error_;
  errno_ = n < 0 ? errno : 0;
  error_ = n < 0 ? from_errno(errno_) : JournalFileError::kNone;
  if (error_ != before) writer_.set_failing(error_ != JournalFileError::kNone);
  if (n <= 0) return false;
  writer_.written(static_cast<std::size_t>(n));
  bytes_ += static_cast<std::uint64_t>(n);
  return true;
}

void JournalFile::sync(Instant now) noexcept {
  if (policy_ != FsyncPolicy::kEverySecond || now < next_sync_) return;
  next_sync_ = now + seconds(1);
  if (fdatasync(fd_) != 0 && errno != EINVAL) errno_ = errno, error_ = from_errno(errno_);
}

int JournalFile::poll(Instant now) noexcept {
  if (fd_ < 0) return 0;
  const std::size_t records = writer_.collect();
  write_pending();
  sync(now);
  return static_cast<int>(std::min<std::size_t>(records, 1 << 20));
}

JournalFileError JournalFile::close(Instant now) {
  if (fd_ < 0) return error_;
  writer_.finish(now);
  while (write_pending()) {
  }
  JournalFileError result = writer_.pending().empty() ? JournalFileError::kNone : error_;
  if (result == JournalFileError::kNone && policy_ != FsyncPolicy::kNever && fdatasync(fd_) != 0 && errno != EINVAL) {
    errno_ = errno;
    result = from_errno(errno_);
  }
  if (::close(std::exchange(fd_, -1)) != 0 && result == JournalFileError::kNone) result = from_errno(errno_ = errno);
  return error_ = result;
}

Result<JournalFileReader, JournalFileError> JournalFileReader::open(const std::string& path) {
  JournalFileReader reader;
  reader.fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (reader.fd_ < 0) return from_errno(errno);
  struct stat info {};
  if (fstat(reader.fd_, &info) != 0 || !S_ISREG(info.st_mode)) return JournalFileError::kNotAFile;
  reader.buffer_.resize(kPiece);
  return Result<JournalFileReader, JournalFileError>(std::move(reader));
}

JournalFileReader::~JournalFileReader() {
  if (fd_ >= 0) ::close(fd_);
}

JournalFileReader::JournalFileReader(JournalFileReader&& other) noexcept { *this = std::move(other); }

JournalFileReader& JournalFileReader::operator=(JournalFileReader&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(at_end_, other.at_end_);
  std::swap(broken_, other.broken_);
  std::swap(buffer_, other.buffer_);
  std::swap(begin_, other.begin_);
  std::swap(end_, other.end_);
  std::swap(decoder_, other.decoder_);
  return *this;
}

// Reads on until `wanted` bytes are there or the file ends; false when it cannot be read.
bool JournalFileReader::fill(std::size_t wanted) {
  if (begin_ != 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  while (!at_end_ && end_ < wanted) {
    const ssize_t n = ::read(fd_, buffer_.data() + end_, buffer_.size() - end_);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    if (n == 0) at_end_ = true;
    end_ += static_cast<std::size_t>(n);
  }
  return true;
}

bool JournalFileReader::next(JournalRecord& out) {
  while (!broken_) {
    const auto window = std::span<const std::byte>(buffer_).subspan(begin_, end_ - begin_);
    const JournalDecoder::Status status = decoder_.next(window, at_end_, out);
    begin_ += decoder_.taken();
    if (status == JournalDecoder::Status::kRecord) return true;
    if (status == JournalDecoder::Status::kStopped) return false;
    broken_ = !fill(decoder_.wanted());
  }
  return false;
}

JournalStop JournalFileReader::stop() const noexcept {
  JournalStop stop = decoder_.stop();
  if (broken_) stop.fault = JournalFault::kRead;
  return stop;
}

}  // namespace jobber::os
