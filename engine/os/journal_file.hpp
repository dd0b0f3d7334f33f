// The journal's file: a cold agent that writes what JournalWriter collects, and the way back in.
//
// Run JournalFile on the housekeeping thread. It writes with write(2) in batches, so that what was
// written survives the death of the process; it syncs only as its policy says, never on the order path.
// A full disk loses nothing that was written: the batch waits and is continued at the very byte where it
// stopped, the ports are told (JournalPort::intact), and what no longer fits there is counted.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/journal.hpp"
#include "engine/journal_reader.hpp"
#include "engine/result.hpp"

namespace jobber::os {

enum class FsyncPolicy : std::uint8_t { kNever, kOnClose, kEverySecond };

enum class JournalFileError : std::uint8_t { kNone, kExists, kMissing, kNotAllowed, kNotAFile, kDiskFull, kFailed };
std::string_view to_text(JournalFileError error) noexcept;

class JournalFile {
 public:
  explicit JournalFile(JournalWriter& writer) noexcept : writer_(writer) {}
  ~JournalFile();
  JournalFile(const JournalFile&) = delete;
  JournalFile& operator=(const JournalFile&) = delete;

  // A new file, mode 0600. An existing one is somebody's evidence: kExists.
  JournalFileError open(const std::string& path, FsyncPolicy policy = FsyncPolicy::kOnClose);
  // Takes over a descriptor that is open for writing (tests: pipes, /dev/full).
  void adopt(int fd, FsyncPolicy policy) noexcept { fd_ = fd, policy_ = policy; }

  int poll(Instant now) noexcept;             // an agent: collects and writes once
  JournalFileError close(Instant now);        // the rest, the end record, sync; the last error if any

  [[nodiscard]] JournalFileError error() const noexcept { return error_; }  // of the latest write
  [[nodiscard]] int system_error() const noexcept { return errno_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  bool write_pending() noexcept;  // one write(2); true if any byte went
  void sync(Instant now) noexcept;

  JournalWriter& writer_;
  int fd_ = -1;
  FsyncPolicy policy_ = FsyncPolicy::kOnClose;
  JournalFileError error_ = JournalFileError::kNone;
  int errno_ = 0;
  std::uint64_t bytes_ = 0;
  Instant next_sync_{};
};

// Reads a journal file in pieces of a mebibyte, so size does not matter.
class JournalFileReader {
 public:
  static Result<JournalFileReader, JournalFileError> open(const std::string& path);
  JournalFileReader() = default;
  ~JournalFileReader();
  JournalFileReader(JournalFileReader&& other) noexcept;
  JournalFileReader& operator=(JournalFileReader&& other) noexcept;

  // The record's payload is valid until the next call. False at the end or the first fault.
  bool next(JournalRecord& out);
  [[nodiscard]] const JournalDecoder& decoder() const noexcept { return decoder_; }
  [[nodiscard]] JournalStop stop() const noexcept;

 private:
  bool fill(std::size_t wanted);

  int fd_ = -1;
  bool at_end_ = false, broken_ = false;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  JournalDecoder decoder_;
};

}  // namespace jobber::os
