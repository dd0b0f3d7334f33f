// A reader's view of a statistics segment: parsed from a private copy of its bytes, trusting none.
//
// Cold, any process. Wrong magic, version or sizes, offsets that point anywhere, unterminated names:
// each is an error value. Numbers may be nonsense if the writer is; memory is never misread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/histogram.hpp"
#include "engine/result.hpp"
#include "engine/stats.hpp"

namespace jobber {

enum class StatsError : std::uint8_t {
  kNone, kTooSmall, kTooLarge, kMagic, kVersion, kSize, kTable, kName, kKind, kOffset,
};
std::string_view to_text(StatsError error) noexcept;

class StatsSnapshot {
 public:
  static Result<StatsSnapshot, StatsError> parse(std::vector<std::byte> bytes);

  struct Cell {
    std::string_view name;
    CellKind kind;
    std::size_t offset;
  };
  [[nodiscard]] const std::vector<Cell>& cells() const noexcept { return cells_; }  // in order of creation
  [[nodiscard]] const Cell* find(std::string_view name) const noexcept;

  // Of the cell's kind; the caller asks for the kind it has.
  [[nodiscard]] std::uint64_t counter(const Cell& cell) const noexcept { return word(cell.offset); }
  [[nodiscard]] std::int64_t gauge(const Cell& cell) const noexcept { return static_cast<std::int64_t>(word(cell.offset)); }
  [[nodiscard]] double real(const Cell& cell) const noexcept;
  // Nothing when it was being written while we copied. Unprintable characters come out as '?'.
  [[nodiscard]] std::optional<std::string> text(const Cell& cell) const;
  [[nodiscard]] std::unique_ptr<Histogram> histogram(const Cell& cell) const;
  [[nodiscard]] bool torn() const;  // some text was: copy again

  [[nodiscard]] std::uint64_t pid() const noexcept { return pid_; }
  [[nodiscard]] std::int64_t started_at_ns() const noexcept { return started_at_ns_; }
  [[nodiscard]] std::int64_t beat_ns() const noexcept { return beat_ns_; }
  [[nodiscard]] const std::string& last_words() const noexcept { return last_words_; }  // empty: none

  StatsSnapshot() = default;
  StatsSnapshot(StatsSnapshot&&) noexcept = default;  // not copied: the names point into the bytes
  StatsSnapshot& operator=(StatsSnapshot&&) noexcept = default;

 private:
  StatsError read(std::vector<std::byte> bytes);
  [[nodiscard]] std::uint64_t word(std::size_t offset) const noexcept;

  std::vector<std::byte> bytes_;
  std::vector<Cell> cells_;  // names point into bytes_, whose buffer moves with us
  std::uint64_t pid_ = 0;
  std::int64_t started_at_ns_ = 0, beat_ns_ = 0;
  std::string last_words_;
};

}  // namespace jobber
