#include "engine/stats_snapshot.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace jobber {
namespace {

// Where each field of the header lies; read by copy, because bytes of a file are not a StatsHeader.
template <class T>
T at(const std::vector<std::byte>& bytes, std::size_t offset) noexcept {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::size_t size_of(CellKind kind) noexcept {
  switch (kind) {
    case CellKind::kCounter:
    case CellKind::kGauge:
    case CellKind::kReal: return 8;
    case CellKind::kText: return sizeof(TextCell);
    case CellKind::kHistogram: return sizeof(Histogram);
  }
  return 0;
}

bool printable(char c) noexcept { return c >= ' ' && c <= '~'; }

// Up to the first NUL or the end; anything a terminal might obey becomes '?'.
std::string clean_text(const char* data, std::size_t room) {
  std::string out(data, std::find(data, data + room, '\0'));
  for (char& c : out) c = printable(c) ? c : '?';
  return out;
}

}  // namespace

std::string_view to_text(StatsError error) noexcept {
  switch (error) {
    case StatsError::kNone: return "no error";
    case StatsError::kTooSmall: return "too small to be a statistics segment";
    case StatsError::kTooLarge: return "too large to be a statistics segment";
    case StatsError::kMagic: return "not a statistics segment, or one still being made";
    case StatsError::kVersion: return "statistics of another version of jobber";
    case StatsError::kSize: return "says it is larger than it is";
    case StatsError::kTable: return "its table of names does not fit";
    case StatsError::kName: return "a cell's name is broken";
    case StatsError::kKind: return "a cell is of no known kind";
    case StatsError::kOffset: return "a cell lies outside the segment";
  }
  return "?";
}

Result<StatsSnapshot, StatsError> StatsSnapshot::parse(std::vector<std::byte> bytes) {
  StatsSnapshot snapshot;
  if (const StatsError error = snapshot.read(std::move(bytes)); error != StatsError::kNone) return error;
  return snapshot;
}

StatsError StatsSnapshot::read(std::vector<std::byte> bytes) {
  bytes_ = std::move(bytes);
  if (bytes_.size() < sizeof(StatsHeader)) return StatsError::kTooSmall;
  if (bytes_.size() > kStatsBytesMax) return StatsError::kTooLarge;
  if (at<std::uint64_t>(bytes_, offsetof(StatsHeader, magic)) != kStatsMagic) return StatsError::kMagic;
  if (at<std::uint32_t>(bytes_, offsetof(StatsHeader, version)) != kStatsVersion) return StatsError::kVersion;
  if (at<std::uint64_t>(bytes_, offsetof(StatsHeader, bytes)) > bytes_.size()) return StatsError::kSize;
  const auto capacity = at<std::uint32_t>(bytes_, offsetof(StatsHeader, capacity));
  const auto cells = at<std::uint32_t>(bytes_, offsetof(StatsHeader, cells));
  if (capacity > kStatsCellsMax || cells > capacity) return StatsError::kTable;
  const std::size_t table_end = sizeof(StatsHeader) + std::size_t{capacity} * sizeof(CellEntry);
  if (table_end > bytes_.size()) return StatsError::kTable;

  cells_.reserve(cells);
  for (std::size_t i = 0; i != cells; ++i) {
    const std::size_t entry = sizeof(StatsHeader) + i * sizeof(CellEntry);
    const char* name = reinterpret_cast<const char*>(bytes_.data() + entry);
    const char* end = std::find(name, name + sizeof(CellEntry::name), '\0');
    if (end == name || end == name + sizeof(CellEntry::name)) return StatsError::kName;
    if (!std::all_of(name, end, printable)) return StatsError::kName;
    const auto kind = at<CellKind>(bytes_, entry + offsetof(CellEntry, kind));
    const std::size_t size = size_of(kind);
    if (size == 0) return StatsError::kKind;
    const auto offset = at<std::uint32_t>(bytes_, entry + offsetof(CellEntry, offset));
    if (offset < table_end || offset % 8 != 0 || offset > bytes_.size() || bytes_.size() - offset < size) {
      return StatsError::kOffset;
    }
    cells_.push_back({{name, static_cast<std::size_t>(end - name)}, kind, offset});
  }
  pid_ = at<std::uint64_t>(bytes_, offsetof(StatsHeader, pid));
  started_at_ns_ = at<std::int64_t>(bytes_, offsetof(StatsHeader, started_at_ns));
  beat_ns_ = at<std::int64_t>(bytes_, offsetof(StatsHeader, beat_ns));
  if (at<std::uint32_t>(bytes_, offsetof(StatsHeader, last_words_set)) != 0) {
    last_words_ = clean_text(reinterpret_cast<const char*>(bytes_.data() + offsetof(StatsHeader, last_words)),
                             sizeof(StatsHeader::last_words));
  }
  return StatsError::kNone;
}

const StatsSnapshot::Cell* StatsSnapshot::find(std::string_view name) const noexcept {
  for (const Cell& cell : cells_) {
    if (cell.name == name) return &cell;
  }
  return nullptr;
}

std::uint64_t StatsSnapshot::word(std::size_t offset) const noexcept { return at<std::uint64_t>(bytes_, offset); }

double StatsSnapshot::real(const Cell& cell) const noexcept { return at<double>(bytes_, cell.offset); }

std::optional<std::string> StatsSnapshot::text(const Cell& cell) const {
  std::array<std::uint64_t, TextCell::kChars / 8> words;
  for (std::size_t i = 0; i != words.size(); ++i) words[i] = word(cell.offset + offsetof(TextCell, words) + 8 * i);
  if (word(cell.offset) != text_check(words)) return std::nullopt;
  return clean_text(reinterpret_cast<const char*>(words.data()), sizeof words);
}

std::unique_ptr<Histogram> StatsSnapshot::histogram(const Cell& cell) const {
  auto out = std::make_unique<Histogram>();
  out->load(std::span(bytes_).subspan(cell.offset).first<Histogram::kBytes>());
  return out;
}

bool StatsSnapshot::torn() const {
  return std::any_of(cells_.begin(), cells_.end(),
                     [&](const Cell& c) { return c.kind == CellKind::kText && !text(c).has_value(); });
}

}  // namespace jobber
