// Statistics that other processes may watch: named cells in a block of (shared) memory.
//
//   [StatsHeader][CellEntry x capacity][cells ...]
//
// Names are written once, before the threads start; then each cell is written by one thread, with
// relaxed atomics: a store, no lock, no system call. Whoever reads (engine/stats_snapshot.hpp) copies
// the bytes and trusts none of them. Cells of different threads go on different cache lines
// (next_line()). A text cell carries a checksum of itself, so a reader knows a half-written one.
//
// Cold: StatsWriter and adding cells. Hot: the cells.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "engine/histogram.hpp"
#include "engine/units.hpp"

namespace jobber {

constexpr std::uint64_t kStatsMagic = 0x3153'5441'5453'424AULL;  // "JBSTATS1"
constexpr std::uint32_t kStatsVersion = 1;
constexpr std::size_t kStatsBytesMax = std::size_t{64} << 20;    // larger is not ours
constexpr std::uint32_t kStatsCellsMax = 8192;

enum class CellKind : std::uint32_t { kCounter = 1, kGauge = 2, kReal = 3, kText = 4, kHistogram = 5 };

struct StatsHeader {
  std::atomic<std::uint64_t> magic;    // stored last: a segment without it is still being made
  std::uint32_t version;
  std::uint32_t capacity;              // entries of the name table
  std::atomic<std::uint32_t> cells;    // entries used
  std::uint32_t zero;
  std::atomic<std::uint64_t> bytes;    // of the whole segment that are in use
  std::uint64_t pid;
  std::int64_t started_at_ns;          // wall time
  std::atomic<std::int64_t> beat_ns;   // CLOCK_MONOTONIC of the last heartbeat
  std::atomic<std::uint32_t> last_words_set;
  char last_words[196];                // the check that failed, if one did
};
static_assert(sizeof(StatsHeader) == 256 && std::is_standard_layout_v<StatsHeader>);

struct CellEntry {
  char name[56];  // NUL-terminated; parts separated by '/': "latency/decode", "thread/feed/rounds"
  CellKind kind;
  std::uint32_t offset;  // from the start of the segment
};
static_assert(sizeof(CellEntry) == 64);

struct TextCell {
  static constexpr std::size_t kChars = 56;
  std::atomic<std::uint64_t> check;    // text_check() of the characters
  std::atomic<std::uint64_t> words[kChars / 8];
};
static_assert(sizeof(TextCell) == 64);
std::uint64_t text_check(std::span<const std::uint64_t, TextCell::kChars / 8> words) noexcept;

// Handles: copy freely, write from the one thread that owns the cell. relaxed: a cell stands for itself.
class Counter {
 public:
  Counter() = default;
  explicit Counter(std::atomic<std::uint64_t>& cell) noexcept : cell_(&cell) {}
  void set(std::uint64_t n) const noexcept { cell_->store(n, std::memory_order_relaxed); }
  void add(std::uint64_t n = 1) const noexcept { set(cell_->load(std::memory_order_relaxed) + n); }

 private:
  std::atomic<std::uint64_t>* cell_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(std::atomic<std::uint64_t>& cell) noexcept : cell_(&cell) {}
  void set(std::int64_t n) const noexcept { cell_->store(static_cast<std::uint64_t>(n), std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t>* cell_ = nullptr;
};

class Real {
 public:
  Real() = default;
  explicit Real(std::atomic<std::uint64_t>& cell) noexcept : cell_(&cell) {}
  void set(double x) const noexcept {
    std::uint64_t bits;
    std::memcpy(&bits, &x, 8);
    cell_->store(bits, std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t>* cell_ = nullptr;
};

class Text {
 public:
  Text() = default;
  explicit Text(TextCell& cell) noexcept : cell_(&cell) {}
  // Longer text is cut. Writes nothing when the text is what it was: cheap to call every time.
  void set(std::string_view text) const noexcept;

 private:
  TextCell* cell_ = nullptr;
};

// Makes a segment in memory of the owner (a shared file's mapping, or plain memory in tests and
// backtests). The memory must be zeroed, aligned to 64 bytes, and outlive all handles.
class StatsWriter {
 public:
  StatsWriter(std::span<std::byte> memory, std::uint64_t pid, Instant started_at, std::uint32_t capacity = 2048);
  ~StatsWriter();
  StatsWriter(const StatsWriter&) = delete;
  StatsWriter& operator=(const StatsWriter&) = delete;

  // Before publish(). A name is at most 55 printable characters and used once; running out of room is
  // a mistake of the topology and checked.
  Counter counter(std::string_view name);
  Gauge gauge(std::string_view name);
  Real real(std::string_view name);
  Text text(std::string_view name, std::string_view initial = {});
  Histogram& histogram(std::string_view name);
  void next_line() noexcept;  // what follows belongs to another thread

  void publish() noexcept;    // from here on readers accept the segment
  void beat(std::int64_t monotonic_ns) noexcept { header().beat_ns.store(monotonic_ns, std::memory_order_relaxed); }
  // A failed JOBBER_CHECK of this process leaves its words here.
  void keep_last_words() noexcept;
  [[nodiscard]] std::size_t bytes_used() const noexcept { return used_; }

 private:
  StatsHeader& header() noexcept { return *reinterpret_cast<StatsHeader*>(memory_.data()); }
  std::byte* add(std::string_view name, CellKind kind, std::size_t bytes, std::size_t align);

  std::span<std::byte> memory_;
  std::size_t used_ = 0;
};

}  // namespace jobber
