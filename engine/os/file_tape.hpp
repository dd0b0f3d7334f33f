// Reads a recording from a file, plain or zstd, or from a folder of segments (engine/os/tape_writer.hpp),
// line by line in constant memory.
//
// A segment that was torn (its writer died) ends at the tear; the next one is read all the same, and the
// tear is told at the end of the tape.
//
// Owner: the thread that replays; cold (it reads files), though memory is sized in open(). Every
// complete line before a fault is handed out first; then next() is false and error() says what
// happened and in which line. kTapePadding readable bytes follow each line's JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/result.hpp"
#include "engine/tape.hpp"

namespace jobber {

class FileTape {
 public:
  // Reads the first piece, so that an unusable file is known here. zstd is told by its content. A folder
  // that holds recordings of several markets is not one tape; the folder of each market is.
  [[nodiscard]] static Result<FileTape, TapeError> open(const std::string& path);

  FileTape();
  ~FileTape();
  FileTape(FileTape&&) noexcept;
  FileTape& operator=(FileTape&&) noexcept;

  // The next line, or false at the end of the tape or at its first fault; see error().
  [[nodiscard]] bool next(TapeLine& out) noexcept;
  // Cause kNone while all is well and after a clean end.
  [[nodiscard]] const TapeError& error() const noexcept { return error_; }
  // Lines handed out so far.
  [[nodiscard]] std::uint64_t lines() const noexcept { return lines_; }

 private:
  class Source;  // plain file or zstd stream

  [[nodiscard]] static Result<FileTape, TapeError> open_file(const std::string& path);
  bool next_slow(TapeLine& out) noexcept;
  bool next_segment() noexcept;
  void note_tear() noexcept;
  bool fail_torn() noexcept;
  bool refill() noexcept;
  bool take_line(std::size_t length, TapeLine& out) noexcept;
  bool last_line(TapeLine& out) noexcept;
  bool fail(TapeError::Cause cause) noexcept;

  std::unique_ptr<Source> source_;
  std::vector<char> buffer_;  // [begin_, end_) is unread, kTapePadding bytes follow
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t lines_ = 0;
  std::vector<std::string> segments_;  // still to be read
  std::size_t segments_read_ = 0;
  TapeError torn_{};      // the first segment that ended too early
  bool drained_ = false;  // the source has no more bytes, or `fault_` says why not
  TapeError fault_{};     // of the source, told once the lines before it are handed out
  TapeError error_{};
};

}  // namespace jobber
