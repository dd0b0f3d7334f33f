#include "engine/log.hpp"

#include <concurrentqueue/concurrentqueue.h>
#include <fmt/args.h>
#include <fmt/format.h>

#include <algorithm>

namespace jobber {
namespace {

constexpr int kRecordsPerPoll = 4096;           // of one port
constexpr std::string_view kHidden = "[hidden]";
constexpr std::size_t kColdWaitingMax = 8192;   // texts of cold threads

void push(fmt::dynamic_format_arg_store<fmt::format_context>& store, LogArg type, std::uint64_t word) {
  switch (type) {
    case LogArg::kUnsigned: store.push_back(word); break;
    case LogArg::kSigned: store.push_back(static_cast<std::int64_t>(word)); break;
    case LogArg::kBool: store.push_back(word != 0); break;
    case LogArg::kReal: {
      double x;
      std::memcpy(&x, &word, 8);
      store.push_back(x);
      break;
    }
    case LogArg::kText: {
      const auto* data = reinterpret_cast<const char*>(static_cast<std::uintptr_t>(word & ((std::uint64_t{1} << 48) - 1)));
      store.push_back(std::string_view(data, static_cast<std::size_t>(word >> 48)));
      break;
    }
    case LogArg::kNone: break;
  }
}

// Days since 1970 to a date of the Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms").
struct Date {
  std::int64_t year, month, day;
};

Date date_of(std::int64_t days) {
  days += 719'468;  // to days since 0000-03-01: leap days then end a year
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t in_era = days - era * 146'097;
  const std::int64_t year = (in_era - in_era / 1'460 + in_era / 36'524 - in_era / 146'096) / 365;
  const std::int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
  const std::int64_t shifted = (5 * in_year + 2) / 153;  // 0 = March
  const std::int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {year + era * 400 + (month <= 2), month, in_year - (153 * shifted + 2) / 5 + 1};
}

// 2026-01-31T12:00:00.123456789Z
std::string stamp(Instant at) {
  constexpr std::int64_t kDay = 86'400'000'000'000;
  std::int64_t days = at.ns / kDay, ns = at.ns % kDay;
  if (ns < 0) --days, ns += kDay;
  const std::int64_t s = ns / 1'000'000'000;
  const Date d = date_of(days);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", d.year, d.month, d.day, s / 3'600, s / 60 % 60, s % 60,
                     ns % 1'000'000'000);
}

}  // namespace

struct Log::Queue {
  struct Entry {
    LogLevel level = LogLevel::kInfo;
    Instant at{};
    std::string source, text;
  };
  moodycamel::ConcurrentQueue<Entry> entries;
  std::atomic<std::uint64_t> dropped{0};
};

std::string_view to_text(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::kDebug: return "DEBUG";
    case LogLevel::kInfo: return "INFO";
    case LogLevel::kWarn: return "WARN";
    case LogLevel::kError: return "ERROR";
  }
  return "?";
}

std::string render(const LogRecord& record) {
  fmt::dynamic_format_arg_store<fmt::format_context> store;
  for (std::size_t i = 0; i != record.site->args; ++i) push(store, record.site->types[i], record.args[i]);
  try {
    return fmt::vformat(record.site->format, store);
  } catch (const fmt::format_error& e) {
    return fmt::format("[{}] {}", e.what(), record.site->format);  // a format that does not fit its argument
  }
}

Log::Log(Sink sink, LogLevel least) : sink_(std::move(sink)), least_(least), queue_(std::make_unique<Queue>()) {}

Log::~Log() { poll(Instant{}); }

LogPort& Log::add_port(std::string name) {
  ports_.push_back(std::make_unique<LogPort>(std::move(name), least_));
  reported_.push_back(0);
  return *ports_.back();
}

void Log::hide(std::string secret) {
  if (!secret.empty()) secrets_.push_back(std::move(secret));
}

void Log::write(LogLevel level, Instant at, std::string_view source, std::string_view text) {
  if (level < least_) return;
  if (queue_->entries.size_approx() >= kColdWaitingMax) {
    queue_->dropped.fetch_add(1, std::memory_order_relaxed);  // relaxed: a counter
    return;
  }
  queue_->entries.enqueue({level, at, std::string(source), std::string(text)});
}

// Secrets out, then one line whatever is in it: no control character may move a terminal or forge a line.
void Log::add_line(Instant at, LogLevel level, std::string_view source, std::string text) {
  for (const std::string& secret : secrets_) {
    for (std::size_t i = 0; (i = text.find(secret, i)) != std::string::npos; i += kHidden.size()) {
      text.replace(i, secret.size(), kHidden);
    }
  }
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  }
  lines_.push_back({at, records_, fmt::format("{} {:<5} {}: {}\n", stamp(at), to_text(level), source, text)});
  ++records_;
}

void Log::report_drops(Instant now) {
  for (std::size_t i = 0; i != ports_.size(); ++i) {
    const std::uint64_t dropped = ports_[i]->dropped();
    if (dropped == reported_[i]) continue;
    add_line(now, LogLevel::kWarn, ports_[i]->name_, fmt::format("{} log records dropped: the ring was full", dropped - reported_[i]));
    reported_[i] = dropped;
  }
}

int Log::poll(Instant now) {
  for (const auto& port : ports_) {
    port->ring_.drain(kRecordsPerPoll, [&](const LogRecord& r) { add_line(r.at, r.site->level, port->name_, render(r)); });
  }
  for (Queue::Entry e; lines_.size() < kColdWaitingMax && queue_->entries.try_dequeue(e);) {
    add_line(e.at, e.level, e.source, std::move(e.text));
  }
  report_drops(now);
  if (lines_.empty()) return 0;
  // Each port is in order; between ports, by time.
  std::sort(lines_.begin(), lines_.end(),
            [](const Line& a, const Line& b) { return a.at != b.at ? a.at < b.at : a.number < b.number; });
  std::string all;
  for (const Line& line : lines_) all += line.text;
  sink_(all);
  const int n = static_cast<int>(lines_.size());
  lines_.clear();
  return n;
}

std::uint64_t Log::dropped() const noexcept {
  std::uint64_t n = queue_->dropped.load(std::memory_order_relaxed);
  for (const auto& port : ports_) n += port->dropped();
  return n;
}

}  // namespace jobber
