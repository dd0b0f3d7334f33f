// The log: hot threads leave binary records, a cold thread makes text of them.
//
//   port.warn<"{} refused: {} lots at {}">(now, order, qty, price);
//
// LogPort is hot: the format is a template argument and costs nothing; the arguments (at most five
// numbers, units, enums, or texts of static storage) go as they are into a ring of one cache line each.
// No lock, no allocation, no clock of its own: the caller has `now`. Full: dropped and counted. Cold
// threads, which come and go, hand finished text to one shared queue (moodycamel). Log::poll runs on
// the housekeeping thread and is the only place where text is made.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/spsc_ring.hpp"
#include "engine/units.hpp"

namespace jobber {

enum class LogLevel : std::uint8_t { kDebug = 0, kInfo = 1, kWarn = 2, kError = 3 };
std::string_view to_text(LogLevel level) noexcept;

// Text that lives as long as the program: literals, to_text() of our enums. At most 65,535 characters.
struct StaticText {
  std::string_view text;
};

constexpr std::size_t kLogArgs = 5;
enum class LogArg : std::uint8_t { kNone = 0, kUnsigned, kSigned, kReal, kBool, kText };

// What is known of a log statement when it is compiled; one per statement and argument types.
struct LogSite {
  std::string_view format;
  std::array<LogArg, kLogArgs> types;
  std::uint8_t args;
  LogLevel level;
};

struct alignas(64) LogRecord {
  std::uint64_t ring_seq;
  const LogSite* site;
  Instant at;
  std::uint64_t args[kLogArgs];
};
static_assert(Message<LogRecord>);
using LogRing = SpscRing<LogRecord, 2048>;

// A string literal as a template argument.
template <std::size_t N>
struct FixedText {
  char chars[N]{};
  consteval FixedText(const char (&text)[N]) {  // NOLINT(google-explicit-constructor): literals convert
    for (std::size_t i = 0; i != N; ++i) chars[i] = text[i];
  }
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {chars, N - 1}; }
};

namespace log_detail {

constexpr std::size_t placeholders(std::string_view format) noexcept {
  std::size_t n = 0;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '{') continue;
    if (i + 1 < format.size() && format[i + 1] == '{') ++i;  // "{{" is a brace
    else ++n;
  }
  return n;
}

// Units log as their integers.
template <class T>
constexpr auto plain(const T& value) noexcept {
  if constexpr (std::is_enum_v<T>) return static_cast<std::underlying_type_t<T>>(value);
  else if constexpr (requires { value.grid; }) return value.grid;
  else if constexpr (requires { value.ns; }) return value.ns;
  else if constexpr (requires { value.n; }) return value.n;
  else return value;
}

template <class T>
consteval LogArg type_of() {
  using P = decltype(plain(std::declval<T>()));
  if constexpr (std::is_same_v<P, StaticText>) return LogArg::kText;
  else if constexpr (std::is_same_v<P, bool>) return LogArg::kBool;
  else if constexpr (std::is_floating_point_v<P>) return LogArg::kReal;
  else if constexpr (std::is_unsigned_v<P>) return LogArg::kUnsigned;
  else if constexpr (std::is_signed_v<P>) return LogArg::kSigned;
  else return LogArg::kNone;  // refused below
}

template <class T>
std::uint64_t word_of(const T& value) noexcept {
  const auto p = plain(value);
  if constexpr (std::is_same_v<T, StaticText>) {
    // User addresses have 47 bits; the length goes above.
    return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(p.text.data())) | std::uint64_t{p.text.size()} << 48;
  } else if constexpr (std::is_floating_point_v<decltype(p)>) {
    const auto wide = static_cast<double>(p);
    std::uint64_t bits;
    std::memcpy(&bits, &wide, 8);
    return bits;
  } else {
    return static_cast<std::uint64_t>(p);
  }
}

template <LogLevel kLevel, FixedText kFormat, class... Args>
inline constexpr LogSite kSite{kFormat.view(), {type_of<Args>()...}, sizeof...(Args), kLevel};

}  // namespace log_detail

// One hot thread's way into the log.
class LogPort {
 public:
  LogPort(std::string name, LogLevel least) : name_(std::move(name)), least_(least) {}

  // The owning thread only. False when the record was dropped for lack of room.
  template <LogLevel kLevel, FixedText kFormat, class... Args>
  bool write(Instant at, const Args&... args) noexcept {
    static_assert(sizeof...(Args) <= kLogArgs, "at most five arguments");
    static_assert(log_detail::placeholders(kFormat.view()) == sizeof...(Args), "one {} for each argument");
    static_assert(((log_detail::type_of<Args>() != LogArg::kNone) && ...), "numbers, units, enums, StaticText");
    if (kLevel < least_) return true;
    const LogRecord record{0, &log_detail::kSite<kLevel, kFormat, Args...>, at, {log_detail::word_of(args)...}};
    if (ring_.try_push(record)) [[likely]] {
      ring_.prefetch(kLinesAhead);
      return true;
    }
    // relaxed: a counter that stands alone.
    dropped_.store(dropped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return false;
  }
  template <FixedText kFormat, class... Args>
  bool debug(Instant at, const Args&... args) noexcept { return write<LogLevel::kDebug, kFormat>(at, args...); }
  template <FixedText kFormat, class... Args>
  bool info(Instant at, const Args&... args) noexcept { return write<LogLevel::kInfo, kFormat>(at, args...); }
  template <FixedText kFormat, class... Args>
  bool warn(Instant at, const Args&... args) noexcept { return write<LogLevel::kWarn, kFormat>(at, args...); }
  template <FixedText kFormat, class... Args>
  bool error(Instant at, const Args&... args) noexcept { return write<LogLevel::kError, kFormat>(at, args...); }

  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }  // any thread

 private:
  friend class Log;
  static constexpr std::size_t kLinesAhead = 16;  // a burst's worth of misses on their way at once

  const std::string name_;
  const LogLevel least_;
  LogRing ring_;
  std::atomic<std::uint64_t> dropped_{0};
};

// Cold, one thread polls; any cold thread may write().
class Log {
 public:
  using Sink = std::function<void(std::string_view lines)>;  // whole lines, each with its '\n'
  explicit Log(Sink sink, LogLevel least = LogLevel::kInfo);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  LogPort& add_port(std::string name);  // before the threads start; lives as long as the log
  // This text never reaches the sink; lines that hold it show "[hidden]" there. Before the threads start.
  void hide(std::string secret);

  // Any cold thread. May allocate; dropped and counted when thousands wait already.
  void write(LogLevel level, Instant at, std::string_view source, std::string_view text);

  int poll(Instant now);  // an agent: everything that waits, in order of time, to the sink
  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
  [[nodiscard]] std::uint64_t dropped() const noexcept;

 private:
  struct Queue;
  struct Line {
    Instant at;
    std::uint64_t number;  // breaks ties: in the order they came
    std::string text;
  };
  void add_line(Instant at, LogLevel level, std::string_view source, std::string text);
  void report_drops(Instant now);

  Sink sink_;
  const LogLevel least_;
  std::vector<std::unique_ptr<LogPort>> ports_;
  std::vector<std::uint64_t> reported_;  // drops of each port already told
  std::vector<std::string> secrets_;
  std::unique_ptr<Queue> queue_;
  std::vector<Line> lines_;
  std::uint64_t records_ = 0;
};

// What a record says, without stamp or level.
std::string render(const LogRecord& record);

}  // namespace jobber
