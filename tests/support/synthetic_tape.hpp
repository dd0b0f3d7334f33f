// A recording that never was: a USD-M futures market in Binance's words, small, liquid and the same on
// every machine, so that whole runs are tested where no recordings are.
//
// Cold. One step every 50 ms: the mid walks by a tick, the book follows it in one depth event of an
// unbroken chain, the touch is told, and now and then somebody trades at it or a little through it.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/rng.hpp"

namespace jobber::test {

using Lines = std::vector<std::string>;

class SyntheticMarket {
 public:
  explicit SyntheticMarket(std::uint64_t seed = 11) : rng_(seed) {}

  // Lines of so many seconds, the snapshot among the first.
  Lines record(int seconds) {
    follow_mid();
    before_ = book_;
    for (int step = 0; step < seconds * 20; ++step) {
      mid_ += static_cast<std::int64_t>(rng_.below(3)) - 1;
      follow_mid();
      tell_depth();
      if (step == 2) tell_snapshot();
      tell_touch();
      if (step % 2 == 1) tell_trade();
      now_ += 46'000'000;
    }
    return std::move(lines_);
  }

 private:
  static constexpr int kDeep = 30;
  using Levels = std::map<std::int64_t, std::int64_t>;  // ticks -> lots; bids have negative prices

  static std::string price(std::int64_t ticks) { return fmt::format("{}.{}0", ticks / 10, ticks % 10); }
  static std::string size(std::int64_t lots) { return fmt::format("{}.{:03}", lots / 1000, lots % 1000); }

  void follow_mid() {
    book_.clear();
    for (std::int64_t away = 1; away <= kDeep; ++away) {
      book_[-(mid_ - away)] = 500 + static_cast<std::int64_t>(rng_.below(900)) + 40 * away;
      book_[mid_ + away] = 500 + static_cast<std::int64_t>(rng_.below(900)) + 40 * away;
    }
  }
  void add(std::string_view json) {
    now_ += 1'000'000;
    lines_.push_back(fmt::format("{} {}", now_, json));
  }
  static void list(std::string& to, std::int64_t ticks, std::int64_t lots) {
    to += fmt::format(R"({}["{}","{}"])", to.empty() ? "" : ",", price(std::abs(ticks)), size(lots));
  }
  // What changed since the event before.
  void tell_depth() {
    std::string bids, asks;
    for (const auto& [ticks, lots] : before_) {
      if (!book_.contains(ticks)) list(ticks < 0 ? bids : asks, ticks, 0);
    }
    for (const auto& [ticks, lots] : book_) {
      const auto old = before_.find(ticks);
      if (old == before_.end() || old->second != lots) list(ticks < 0 ? bids : asks, ticks, lots);
    }
    const std::int64_t ms = now_ / 1'000'000;
    const std::uint64_t first = id_ + 1, last = first + rng_.below(4);
    add(fmt::format(R"({{"stream":"abcusdt@depth@0ms","data":{{"e":"depthUpdate","E":{},"T":{},"s":"ABCUSDT","U":{},"u":{},"pu":{},"b":[{}],"a":[{}]}}}})",
                    ms, ms, first, last, id_, bids, asks));
    id_ = last;
    before_ = book_;
  }
  void tell_snapshot() {
    std::string bids, asks;
    for (const auto& [ticks, lots] : book_) list(ticks < 0 ? bids : asks, ticks, lots);
    const std::int64_t ms = now_ / 1'000'000;
    add(fmt::format(R"({{"lastUpdateId":{},"E":{},"T":{},"bids":[{}],"asks":[{}]}})", id_, ms, ms, bids, asks));
  }
  void tell_touch() {
    const std::int64_t ms = now_ / 1'000'000;
    add(fmt::format(R"({{"stream":"abcusdt@bookTicker","data":{{"e":"bookTicker","u":{},"s":"ABCUSDT","b":"{}","B":"{}","a":"{}","A":"{}","T":{},"E":{}}}}})",
                    id_, price(mid_ - 1), size(book_[-(mid_ - 1)]), price(mid_ + 1), size(book_[mid_ + 1]), ms, ms));
  }
  void tell_trade() {
    const bool sold = rng_.chance(0.5);
    const std::int64_t through = 1 + static_cast<std::int64_t>(rng_.below(4));
    const std::int64_t ms = now_ / 1'000'000;
    add(fmt::format(R"({{"stream":"abcusdt@trade","data":{{"e":"trade","E":{},"T":{},"s":"ABCUSDT","t":{},"p":"{}","q":"{}","X":"MARKET","m":{}}}}})",
                    ms, ms, ++trade_, price(sold ? mid_ - through : mid_ + through), size(1 + static_cast<std::int64_t>(rng_.below(2000))),
                    sold));
  }

  Rng rng_;
  Lines lines_;
  Levels book_, before_;
  std::int64_t mid_ = 61'803;  // ticks of 0.1
  std::int64_t now_ = 1'700'000'000'000'000'000;
  std::uint64_t id_ = 4'000'000;
  std::uint64_t trade_ = 900;
};

inline std::string write_lines(const std::string& path, const Lines& lines) {
  std::ofstream file(path, std::ios::binary);
  for (const std::string& line : lines) file << line << '\n';
  return path;
}

inline std::string write_text(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

// Quoted closer than the defaults, so that a minute of it has fills.
inline constexpr std::string_view kCloseQuotes = R"({
  "trading": {
    "default_quote_update_threshold_bps": 0.1,
    "vol_obi": {"vol_to_half_spread": 0.5, "min_half_spread_bps": 0.2, "c1_ticks": 4.0, "skew": 1.0}
  }
}
)";

}  // namespace jobber::test
