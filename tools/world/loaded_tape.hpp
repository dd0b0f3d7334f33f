// A recording held in memory: every line padded and indexed, ready for a feed thread that must not
// touch files, allocate or fault.
//
// Built cold; then read-only, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/instrument.hpp"
#include "engine/os/file_tape.hpp"
#include "engine/result.hpp"
#include "feed/binance/grid.hpp"

namespace jobber::world {

class LoadedTape {
 public:
  // A fault behind the first line keeps the lines before it and is told by fault().
  [[nodiscard]] static Result<LoadedTape, TapeError> load(const std::string& path);

  [[nodiscard]] std::size_t lines() const noexcept { return index_.size(); }
  [[nodiscard]] TapeLine line(std::size_t i) const noexcept {
    const Entry& e = index_[i];
    return {e.recv, std::span<const char>(bytes_).subspan(e.offset, e.size), i + 1};
  }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const TapeError& fault() const noexcept { return fault_; }
  [[nodiscard]] Instant first() const noexcept { return index_.front().recv; }
  [[nodiscard]] Instant last() const noexcept { return index_.back().recv; }
  // Market and grids, from the messages themselves.
  [[nodiscard]] Result<Instrument, feed::GridError> instrument() const noexcept;

 private:
  struct Entry {
    Instant recv;
    std::uint64_t offset;
    std::uint64_t size;
  };
  std::string path_;
  std::vector<char> bytes_;
  std::vector<Entry> index_;
  TapeError fault_{};
};

}  // namespace jobber::world
