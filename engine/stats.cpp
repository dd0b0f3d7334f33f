#include "engine/stats.hpp"

#include <algorithm>
#include <array>
#include <new>

#include "engine/check.hpp"
#include "engine/hash.hpp"

namespace jobber {
namespace {

// The segment that receives the last words of this process. At most one.
std::atomic<StatsHeader*> g_last_words_segment{nullptr};

void append(char* to, std::size_t room, std::size_t& at, const char* from) noexcept {
  while (*from != '\0' && at + 1 < room) to[at++] = *from++;
}

// Async-signal-safe: copies characters into memory that is already there.
void write_last_words(const char* file, int line, const char* fact) noexcept {
  StatsHeader* header = g_last_words_segment.load(std::memory_order_acquire);
  if (header == nullptr) return;
  char digits[12] = {};
  std::size_t n = sizeof digits - 1;
  for (unsigned rest = line > 0 ? static_cast<unsigned>(line) : 0U; n != 0; rest /= 10) {
    digits[--n] = static_cast<char>('0' + rest % 10);
    if (rest < 10) break;
  }
  std::size_t at = 0;
  for (const char* part : {file, ":", static_cast<const char*>(digits + n), ": ", fact}) {
    append(header->last_words, sizeof header->last_words, at, part);
  }
  header->last_words[at] = '\0';
  // release: the words are there before the flag says so.
  header->last_words_set.store(1, std::memory_order_release);
}

}  // namespace

std::uint64_t text_check(std::span<const std::uint64_t, TextCell::kChars / 8> words) noexcept {
  StateHash hash;
  for (std::uint64_t w : words) hash.add(w);
  return hash.value();
}

void Text::set(std::string_view text) const noexcept {
  std::array<std::uint64_t, TextCell::kChars / 8> words{};
  if (!text.empty()) std::memcpy(words.data(), text.data(), std::min(text.size(), TextCell::kChars - 1));
  const std::uint64_t check = text_check(words);
  if (cell_->check.load(std::memory_order_relaxed) == check) return;
  // relaxed: a reader that meets a mixture sees that the checksum does not fit, and reads again.
  for (std::size_t i = 0; i != words.size(); ++i) cell_->words[i].store(words[i], std::memory_order_relaxed);
  cell_->check.store(check, std::memory_order_relaxed);
}

StatsWriter::StatsWriter(std::span<std::byte> memory, std::uint64_t pid, Instant started_at, std::uint32_t capacity)
    : memory_(memory), used_(sizeof(StatsHeader) + capacity * sizeof(CellEntry)) {
  JOBBER_CHECK(reinterpret_cast<std::uintptr_t>(memory.data()) % 64 == 0);
  JOBBER_CHECK(memory.size() <= kStatsBytesMax && used_ <= memory.size() && capacity <= kStatsCellsMax);
  auto* h = new (memory.data()) StatsHeader{};
  h->version = kStatsVersion;
  h->capacity = capacity;
  h->pid = pid;
  h->started_at_ns = started_at.ns;
}

StatsWriter::~StatsWriter() {
  StatsHeader* mine = &header();
  if (g_last_words_segment.compare_exchange_strong(mine, nullptr)) g_last_words.store(nullptr);
}

std::byte* StatsWriter::add(std::string_view name, CellKind kind, std::size_t bytes, std::size_t align) {
  StatsHeader& h = header();
  const std::uint32_t index = h.cells.load(std::memory_order_relaxed);  // relaxed: nobody reads before publish()
  JOBBER_CHECK(!name.empty() && name.size() < sizeof(CellEntry::name));
  JOBBER_CHECK(index < h.capacity);
  auto* table = reinterpret_cast<CellEntry*>(memory_.data() + sizeof(StatsHeader));
  for (std::uint32_t i = 0; i != index; ++i) JOBBER_CHECK(name != table[i].name);
  used_ = (used_ + align - 1) / align * align;
  JOBBER_CHECK(used_ + bytes <= memory_.size());
  CellEntry* entry = new (&table[index]) CellEntry{};
  std::memcpy(entry->name, name.data(), name.size());
  entry->kind = kind;
  entry->offset = static_cast<std::uint32_t>(used_);
  std::byte* cell = memory_.data() + used_;
  used_ += bytes;
  h.cells.store(index + 1, std::memory_order_relaxed);
  return cell;
}

Counter StatsWriter::counter(std::string_view name) {
  return Counter(*new (add(name, CellKind::kCounter, 8, 8)) std::atomic<std::uint64_t>(0));
}
Gauge StatsWriter::gauge(std::string_view name) {
  return Gauge(*new (add(name, CellKind::kGauge, 8, 8)) std::atomic<std::uint64_t>(0));
}
Real StatsWriter::real(std::string_view name) {
  return Real(*new (add(name, CellKind::kReal, 8, 8)) std::atomic<std::uint64_t>(0));
}
Text StatsWriter::text(std::string_view name, std::string_view initial) {
  const Text text(*new (add(name, CellKind::kText, sizeof(TextCell), 64)) TextCell{});
  text.set(initial);
  return text;
}
Histogram& StatsWriter::histogram(std::string_view name) {
  return *new (add(name, CellKind::kHistogram, sizeof(Histogram), 64)) Histogram{};
}
void StatsWriter::next_line() noexcept { used_ = (used_ + 63) / 64 * 64; }

void StatsWriter::publish() noexcept {
  header().bytes.store(used_, std::memory_order_relaxed);
  // release: names and sizes are complete before the segment calls itself one.
  header().magic.store(kStatsMagic, std::memory_order_release);
}

void StatsWriter::keep_last_words() noexcept {
  g_last_words_segment.store(&header(), std::memory_order_release);
  g_last_words.store(&write_last_words, std::memory_order_release);
}

}  // namespace jobber
