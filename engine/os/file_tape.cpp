#include "engine/os/file_tape.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>

#include "engine/os/tape_writer.hpp"

namespace jobber {
namespace {

constexpr std::size_t kFileChunk = std::size_t{128} << 10;  // bytes asked of the file at a time
constexpr std::size_t kReadChunk = std::size_t{256} << 10;  // unpacked bytes at a time: stays in L2
constexpr std::size_t kBufferBytes = kTapeLineMax + 1 + kReadChunk;
constexpr unsigned char kZstdMagic[4] = {0x28, 0xB5, 0x2F, 0xFD};  // RFC 8878, 3.1.1

}  // namespace

// Bytes of the tape, unpacked where needed.
class FileTape::Source {
 public:
  Source(int fd, TapeError& error) : fd_(fd), input_(kFileChunk) {
    fill_input(error);
    packed_ = input_size_ >= sizeof(kZstdMagic) && std::memcmp(input_.data(), kZstdMagic, sizeof(kZstdMagic)) == 0;
    if (packed_) stream_ = ZSTD_createDStream();
  }
  ~Source() {
    ::close(fd_);
    ZSTD_freeDStream(stream_);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // Fills `out` as far as it can; fewer bytes mean the end, or a fault named in `error`.
  std::size_t read(std::span<char> out, TapeError& error) noexcept {
    std::size_t done = 0;
    while (done < out.size() && error.cause == TapeError::Cause::kNone) {
      if (input_at_ == input_size_ && !fill_input(error)) break;
      done += packed_ ? unpack(out.subspan(done), error) : copy(out.subspan(done));
    }
    const bool ended = done < out.size() && error.cause == TapeError::Cause::kNone;
    if (ended && packed_ && in_frame_) error.cause = TapeError::Cause::kCutArchive;
    return done;
  }

 private:
  // False at the end of the file and on a fault.
  bool fill_input(TapeError& error) noexcept {
    ssize_t n = 0;
    do n = ::read(fd_, input_.data(), input_.size());
    while (n < 0 && errno == EINTR);
    if (n < 0) error = {TapeError::Cause::kUnreadable, errno, 0};
    input_at_ = 0;
    input_size_ = n > 0 ? static_cast<std::size_t>(n) : 0;
    return n > 0;
  }

  std::size_t copy(std::span<char> out) noexcept {
    const std::size_t n = std::min(out.size(), input_size_ - input_at_);
    std::memcpy(out.data(), input_.data() + input_at_, n);
    input_at_ += n;
    return n;
  }

  std::size_t unpack(std::span<char> out, TapeError& error) noexcept {
    ZSTD_inBuffer in{input_.data(), input_size_, input_at_};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const std::size_t rest = ZSTD_decompressStream(stream_, &to, &in);
    input_at_ = in.pos;
    if (ZSTD_isError(rest) != 0) {
      error.cause = TapeError::Cause::kBadArchive;
      return to.pos;
    }
    in_frame_ = rest != 0;  // 0: this frame is complete; another may follow
    return to.pos;
  }

  int fd_;
  bool packed_ = false;
  bool in_frame_ = false;
  std::vector<char> input_;
  std::size_t input_at_ = 0;
  std::size_t input_size_ = 0;
  ZSTD_DStream* stream_ = nullptr;
};

FileTape::FileTape() = default;
FileTape::~FileTape() = default;
FileTape::FileTape(FileTape&&) noexcept = default;
FileTape& FileTape::operator=(FileTape&&) noexcept = default;

Result<FileTape, TapeError> FileTape::open(const std::string& path) {
  std::vector<std::string> segments = tape_segments(path);
  if (segments.empty()) return open_file(path);
  FileTape tape;
  tape.buffer_.resize(kBufferBytes + kTapePadding);
  tape.segments_ = std::move(segments);
  while (tape.next_segment()) {
    if (tape.refill()) return tape;
    tape.note_tear();
  }
  return tape.torn_.cause != TapeError::Cause::kNone ? tape.torn_ : TapeError{TapeError::Cause::kEmpty, 0, 0};
}

Result<FileTape, TapeError> FileTape::open_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return TapeError{TapeError::Cause::kMissing, 0, 0};
  if (fd < 0) return TapeError{TapeError::Cause::kUnreadable, errno, 0};
  struct stat status {};
  if (::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
    ::close(fd);
    return TapeError{TapeError::Cause::kDirectory, 0, 0};
  }
  FileTape tape;
  tape.buffer_.resize(kBufferBytes + kTapePadding);
  tape.source_ = std::make_unique<Source>(fd, tape.fault_);
  const bool any = tape.fault_.cause == TapeError::Cause::kNone && tape.refill();
  if (any) return tape;  // a fault behind the first bytes is told when it is reached
  return tape.fault_.cause != TapeError::Cause::kNone ? tape.fault_ : TapeError{TapeError::Cause::kEmpty, 0, 0};
}

bool FileTape::next(TapeLine& out) noexcept {
  const void* line_end = begin_ != end_ ? std::memchr(buffer_.data() + begin_, '\n', end_ - begin_) : nullptr;
  if (line_end == nullptr) [[unlikely]]
    return next_slow(out);
  return take_line(static_cast<std::size_t>(static_cast<const char*>(line_end) - (buffer_.data() + begin_)), out);
}

// No line end in what is buffered: read on, or hand out what the tape ends with.
bool FileTape::next_slow(TapeLine& out) noexcept {
  if (source_ == nullptr) return false;
  while (!drained_) {
    if (end_ - begin_ > kTapeLineMax) return fail(TapeError::Cause::kLineTooLong);
    const std::size_t searched = end_ - begin_;
    refill();
    const char* unread = buffer_.data() + begin_;
    const void* line_end = std::memchr(unread + searched, '\n', end_ - begin_ - searched);
    if (line_end != nullptr)
      return take_line(static_cast<std::size_t>(static_cast<const char*>(line_end) - unread), out);
  }
  if (segments_read_ == segments_.size()) return last_line(out);
  note_tear();
  return next_segment() ? next_slow(out) : last_line(out);
}

// A segment ended; what is left of it is no whole line.
void FileTape::note_tear() noexcept {
  if (fault_.cause == TapeError::Cause::kNone && begin_ != end_) fault_.cause = TapeError::Cause::kCutLine;
  if (torn_.cause == TapeError::Cause::kNone && fault_.cause != TapeError::Cause::kNone) torn_ = {fault_.cause, fault_.system_error, lines_ + 1};
  begin_ = end_ = 0;
  fault_ = {};
}

// False when there is none left to read.
bool FileTape::next_segment() noexcept {
  while (segments_read_ < segments_.size()) {
    const int fd = ::open(segments_[segments_read_++].c_str(), O_RDONLY | O_CLOEXEC);
    drained_ = false;
    if (fd >= 0) source_ = std::make_unique<Source>(fd, fault_);
    else fault_ = {TapeError::Cause::kUnreadable, errno, 0};
    if (fault_.cause == TapeError::Cause::kNone) return true;
    note_tear();
  }
  drained_ = true;
  return false;
}

// Moves the unread bytes to the front and reads behind them. False when nothing came.
bool FileTape::refill() noexcept {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  const std::span<char> room{buffer_.data() + end_, std::min(kReadChunk, kBufferBytes - end_)};
  const std::size_t n = source_->read(room, fault_);
  drained_ = n < room.size();
  end_ += n;
  return n != 0;
}

bool FileTape::take_line(std::size_t length, TapeLine& out) noexcept {
  if (length > kTapeLineMax) return fail(TapeError::Cause::kLineTooLong);
  const auto line = parse_tape_line({buffer_.data() + begin_, length}, lines_ + 1);
  if (!line.ok()) return fail(line.error().cause);
  out = line.value();
  begin_ += length + 1;
  ++lines_;
  return true;
}

// The tape's end without a line end: a whole line is taken, a piece of one is a cut.
bool FileTape::last_line(TapeLine& out) noexcept {
  const std::size_t rest = end_ - begin_;
  if (fault_.cause != TapeError::Cause::kNone) return fail(fault_.cause);
  if (rest == 0 && torn_.cause != TapeError::Cause::kNone) return fail_torn();
  if (rest == 0) return false;
  if (rest > kTapeLineMax) return fail(TapeError::Cause::kLineTooLong);
  const auto line = parse_tape_line({buffer_.data() + begin_, rest}, lines_ + 1);
  if (!line.ok() || !is_balanced_json(line.value().json)) return fail(TapeError::Cause::kCutLine);
  out = line.value();
  begin_ = end_;
  ++lines_;
  return true;
}

bool FileTape::fail_torn() noexcept {
  error_ = torn_;
  source_.reset();
  return false;
}

// The tape stays at its fault: nothing after it is handed out.
bool FileTape::fail(TapeError::Cause cause) noexcept {
  error_ = {cause, cause == TapeError::Cause::kUnreadable ? fault_.system_error : 0, lines_ + 1};
  begin_ = end_ = 0;
  source_.reset();
  return false;
}

}  // namespace jobber
