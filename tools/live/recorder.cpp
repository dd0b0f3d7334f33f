#include "tools/live/recorder.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace jobber::live {
namespace {

constexpr int kLinesPerPoll = 4096;

std::string folder_name(std::string_view symbol) {
  std::string out(symbol);
  std::replace(out.begin(), out.end(), '/', '-');
  return out;
}

}  // namespace

void TapePort::on_mark(Instant at, std::size_t market, TapeMark mark) noexcept { on_line(at, market, tape_mark_text(mark)); }

void TapePort::tell_missing_slow(Instant at, std::size_t market) noexcept {
  const std::string text = tape_mark_text(TapeMark::kLost, missing_[market]);
  if (ring_.try_push(at, text, static_cast<std::uint32_t>(market))) missing_[market] = 0;
}

bool Recorder::open(const TapeWriterOptions& options, const std::vector<std::string>& markets, std::string& problem) {
  if (::mkdir(options.folder.c_str(), 0700) != 0 && errno != EEXIST) {
    problem = fmt::format("{}: {}", options.folder, std::strerror(errno));
    return false;
  }
  for (const std::string& market : markets) {
    TapeWriterOptions of_market = options;
    of_market.folder += "/" + folder_name(market);
    if (tapes_.emplace_back().open(of_market)) continue;
    problem = tapes_.back().problem();
    return false;
  }
  port_ = std::make_unique<TapePort>(markets.size(), kRingBytes);
  return true;
}

int Recorder::poll(Instant now) noexcept {
  int work = 0;
  for (ByteRing::Record record; work < kLinesPerPoll && port_->ring_.peek(record); ++work) {
    TapeWriter& tape = tapes_[record.tag];
    if (!tape.write(record.at, record.bytes) && !tape.failed()) {
      ++too_long_;
      tape.mark(record.at, TapeMark::kLost, 1);
    }
    if (tape.failed()) failed_.store(true, std::memory_order_relaxed);  // relaxed: the flag carries nothing but itself
    port_->ring_.pop(record);
  }
  for (TapeWriter& tape : tapes_) tape.poll(now);
  return work;
}

void Recorder::close() noexcept {
  if (port_ == nullptr) return;
  while (poll({}) != 0) {
  }
  for (TapeWriter& tape : tapes_) {
    if (!tape.close()) failed_.store(true, std::memory_order_relaxed);
  }
}

}  // namespace jobber::live
