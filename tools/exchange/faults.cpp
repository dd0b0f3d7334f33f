#include "tools/exchange/faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace jobber::exchange {
namespace {

constexpr double kLongestMs = 60'000.0;

bool number(std::string_view text, double& out) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(out) && out >= 0.0;
}

bool duration(std::string_view text, Nanos& out) noexcept {
  double scale = 1.0;  // to milliseconds
  const auto unit = [&](std::string_view name, double of) {
    if (!text.ends_with(name)) return false;
    text.remove_suffix(name.size());
    scale = of;
    return true;
  };
  if (!unit("ns", 1e-6) && !unit("us", 1e-3) && !unit("ms", 1.0)) unit("s", 1e3);
  double value = 0.0;
  if (!number(text, value) || value * scale > kLongestMs) return false;
  out = {static_cast<std::int64_t>(value * scale * 1e6)};
  return true;
}

bool set(std::string_view name, std::string_view value, Faults& f) noexcept {
  if (name == "latency") return duration(value, f.latency);
  if (name == "silence") return duration(value, f.silence);
  double p = 0.0;
  if (!number(value, p) || p > 1.0) return false;
  if (name == "drop") f.drop = p;
  else if (name == "reset") f.reset = p;
  else if (name == "http429") f.http429 = p;
  else if (name == "http503") f.http503 = p;
  else if (name == "gap") f.gap = p;
  else return false;
  return true;
}

}  // namespace

bool parse_faults(std::string_view text, Faults& faults, std::string& problem) {
  Faults changed = faults;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view item = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos || !set(item.substr(0, equals), item.substr(equals + 1), changed)) {
      problem = fmt::format("\"{}\" is no fault: latency=20ms, or drop, reset, http429, http503, gap=0..1, silence=3s", item);
      return false;
    }
  }
  faults = changed;
  return true;
}

std::string to_text(const Faults& f) {
  return fmt::format("latency={}us,drop={},reset={},http429={},http503={},gap={},silence={}us", static_cast<double>(f.latency.n) / 1e3,
                     f.drop, f.reset, f.http429, f.http503, f.gap, static_cast<double>(f.silence.n) / 1e3);
}

}  // namespace jobber::exchange
