#include "engine/os/tape_writer.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "engine/crc32c.hpp"

namespace jobber {
namespace {

constexpr std::string_view kSuffix = ".log.zst";
constexpr std::string_view kIndex = "index.jsonl";
constexpr std::size_t kDigits = 6;

// 0 = not the name of a segment.
std::uint64_t segment_number(std::string_view name) {
  if (name.size() < kDigits + kSuffix.size() || !name.ends_with(kSuffix)) return 0;
  const std::string_view digits = name.substr(0, name.size() - kSuffix.size());
  std::uint64_t n = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), n);
  return read.ec == std::errc() && read.ptr == digits.data() + digits.size() ? n : 0;
}

std::vector<std::uint64_t> numbers_in(const std::string& folder) {
  std::vector<std::uint64_t> out;
  DIR* dir = ::opendir(folder.c_str());
  if (dir == nullptr) return out;
  for (const dirent* entry; (entry = ::readdir(dir)) != nullptr;) {
    if (const std::uint64_t n = segment_number(entry->d_name); n != 0) out.push_back(n);
  }
  ::closedir(dir);
  std::sort(out.begin(), out.end());
  return out;
}

// 0, or errno.
int write_all(int fd, std::span<const char> bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return 0;
}

int sync_file(int fd) noexcept { return ::fdatasync(fd) == 0 || errno == EINVAL ? 0 : errno; }

int sync_folder(const std::string& folder) noexcept {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int error = ::fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
  ::close(fd);
  return error;
}

}  // namespace

std::string tape_segment_name(std::uint64_t number) { return fmt::format("{:06}{}", number, kSuffix); }

std::vector<std::string> tape_segments(const std::string& folder) {
  std::vector<std::string> out;
  for (const std::uint64_t n : numbers_in(folder)) out.push_back(folder + "/" + tape_segment_name(n));
  return out;
}

struct TapeWriter::Segment {
  Segment(int file, std::string file_name, int level) : fd(file), name(std::move(file_name)), packer(ZSTD_createCCtx()), out(ZSTD_CStreamOutSize()) {
    ZSTD_CCtx_setParameter(packer, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(packer, ZSTD_c_checksumFlag, 1);
  }
  ~Segment() {
    ::close(fd);
    ZSTD_freeCCtx(packer);
  }
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  // Takes text in; what it packs goes to the file. 0, or errno.
  int pack(std::string_view text, ZSTD_EndDirective how) noexcept {
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    for (;;) {
      ZSTD_outBuffer to{out.data(), out.size(), 0};
      const std::size_t left = ZSTD_compressStream2(packer, &to, &in, how);
      if (ZSTD_isError(left) != 0) return EIO;
      const std::span<const char> packed_now(out.data(), to.pos);
      if (const int error = write_all(fd, packed_now); error != 0) return error;
      packed += to.pos;
      crc = crc32c(crc, std::as_bytes(packed_now));
      const bool done = how == ZSTD_e_continue ? in.pos == in.size : left == 0;
      if (done) return 0;
    }
  }

  int fd;
  std::string name;
  ZSTD_CCtx* packer;
  std::vector<char> out;
  std::string line;  // being written
  Instant first{}, last{};
  std::uint64_t lines = 0, bytes = 0, packed = 0;
  std::uint32_t crc = 0;
  bool unflushed = false;
};

TapeWriter::TapeWriter() = default;
TapeWriter::~TapeWriter() { close(); }
TapeWriter::TapeWriter(TapeWriter&&) noexcept = default;
TapeWriter& TapeWriter::operator=(TapeWriter&&) noexcept = default;

bool TapeWriter::open(const TapeWriterOptions& options) {
  options_ = options;
  if (::mkdir(options_.folder.c_str(), 0700) != 0 && errno != EEXIST) return fail("cannot make the folder", errno);
  struct stat status {};
  if (::stat(options_.folder.c_str(), &status) != 0) return fail("cannot read the folder", errno);
  if (!S_ISDIR(status.st_mode)) return fail("not a folder", 0);
  if (::access(options_.folder.c_str(), W_OK | X_OK) != 0) return fail("cannot write to the folder", errno);
  const auto numbers = numbers_in(options_.folder);
  if (!numbers.empty()) next_number_ = numbers.back() + 1;
  return true;
}

bool TapeWriter::write(Instant at, std::span<const char> json) noexcept {
  if (failed() || json.empty() || json.size() > kTapeLineMax - 32) {
    ++counters_.refused;
    return false;
  }
  if (segment_ != nullptr && (segment_->bytes >= options_.segment_bytes || at - segment_->first >= options_.segment_time)) {
    if (!end_segment()) return false;
  }
  if (segment_ == nullptr && !begin_segment(at)) return false;
  Segment& s = *segment_;
  s.line.clear();
  fmt::format_to(std::back_inserter(s.line), "{} ", at.ns);
  const std::size_t text = s.line.size();
  s.line.append(json.data(), json.size());
  std::replace_if(s.line.begin() + static_cast<std::ptrdiff_t>(text), s.line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  s.line.push_back('\n');
  if (const int error = s.pack(s.line, ZSTD_e_continue); error != 0) return fail("cannot write", error);
  s.last = at;
  s.unflushed = true;
  ++s.lines;
  s.bytes += s.line.size();
  ++counters_.lines;
  counters_.bytes += s.line.size();
  return true;
}

bool TapeWriter::mark(Instant at, TapeMark mark, std::uint64_t lost) noexcept {
  const std::string text = tape_mark_text(mark, lost);
  return write(at, text);
}

void TapeWriter::poll(Instant now) noexcept {
  if (segment_ == nullptr || !segment_->unflushed || now - flushed_at_ < options_.flush_every) return;
  flushed_at_ = now;
  int error = segment_->pack({}, ZSTD_e_flush);
  if (error == 0 && options_.sync == TapeSync::kFlush) error = sync_file(segment_->fd);
  if (error != 0) fail("cannot write", error);
  else segment_->unflushed = false;
}

bool TapeWriter::begin_segment(Instant at) noexcept {
  const std::string name = tape_segment_name(next_number_), path = options_.folder + "/" + name;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return fail("cannot make a segment", errno);
  ++next_number_;
  segment_ = std::make_unique<Segment>(fd, name, options_.level);
  segment_->first = segment_->last = flushed_at_ = at;
  ++counters_.segments;
  return true;
}

bool TapeWriter::end_segment() noexcept {
  if (segment_ == nullptr) return !failed();
  const std::unique_ptr<Segment> s = std::move(segment_);
  int error = s->pack({}, ZSTD_e_end);
  if (error == 0 && options_.sync != TapeSync::kNever) error = sync_file(s->fd);
  counters_.packed += s->packed;
  if (error != 0) return fail("cannot write", error);
  return note_in_index(fmt::format(R"({{"segment":"{}","first":{},"last":{},"lines":{},"bytes":{},"packed":{},"crc32c":"{:08x}"}})"
                                   "\n",
                                   s->name, s->first.ns, s->last.ns, s->lines, s->bytes, s->packed, s->crc));
}

bool TapeWriter::note_in_index(std::string_view line) noexcept {
  const std::string path = fmt::format("{}/{}", options_.folder, kIndex);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return fail("cannot open the index", errno);
  int error = write_all(fd, line);
  if (error == 0 && options_.sync != TapeSync::kNever) error = sync_file(fd);
  ::close(fd);
  if (error == 0 && options_.sync != TapeSync::kNever) error = sync_folder(options_.folder);
  return error == 0 || fail("cannot write the index", error);
}

bool TapeWriter::close() noexcept { return end_segment(); }

// Recording ends here; what is on the disk stays as it is.
bool TapeWriter::fail(std::string_view what, int error) noexcept {
  problem_ = fmt::format("{}: {}{}{}", options_.folder, what, error != 0 ? ": " : "", error != 0 ? std::strerror(error) : "");
  if (segment_ != nullptr) counters_.packed += segment_->packed;
  segment_.reset();
  ++counters_.refused;
  return false;
}

}  // namespace jobber
