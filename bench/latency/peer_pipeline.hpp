// The best peer parts glued together: what a good engineer would build in a week from well-known
// pieces. simdjson On-Demand, sorted vectors with the best level at the back, a ring Welford with
// a division per push, the same vol_obi formula, the same limit checks, the same order struct out.
//
// The other side of the tick_to_order contest; not part of Jobber.
#pragma once

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace jobber::bench {

class PeerWelford {
 public:
  explicit PeerWelford(std::size_t n) : ring_(n) {}
  void push(double v) {
    if (count_ == ring_.size()) {
      const double old = ring_[index_];
      const double m = mean_;
      mean_ = count_ > 1 ? m + (m - old) / static_cast<double>(count_ - 1) : 0.0;
      m2_ -= (old - m) * (old - mean_);
      --count_;
    }
    ring_[index_] = v;
    index_ = (index_ + 1) % ring_.size();
    ++count_;
    const double m = mean_;
    mean_ += (v - m) / static_cast<double>(count_);
    m2_ += (v - m) * (v - mean_);
  }
  [[nodiscard]] double stddev() const { return count_ < 2 ? 0.0 : std::sqrt(std::fmax(m2_, 0.0) / static_cast<double>(count_)); }
  [[nodiscard]] double mean() const { return mean_; }

 private:
  std::vector<double> ring_;
  std::size_t index_ = 0, count_ = 0;
  double mean_ = 0.0, m2_ = 0.0;
};

struct PeerOrder {
  std::int64_t bid_tick = 0, ask_tick = 0, lots = 0;
  std::uint64_t id = 0;
};

class PeerPipeline {
 public:
  explicit PeerPipeline(double tick) : changes_(6000), imbalances_(6000), tick_(tick) {
    bids_.reserve(1 << 15);
    asks_.reserve(1 << 15);
  }

  void on_snapshot(simdjson::padded_string_view json) {
    simdjson::ondemand::document doc = parser_.iterate(json);
    levels(doc["bids"], bids_, true);
    levels(doc["asks"], asks_, false);
  }

  // True when a new order pair was decided.
  bool on_depth(simdjson::padded_string_view json, PeerOrder& out) {
    simdjson::ondemand::document doc = parser_.iterate(json);
    simdjson::ondemand::object data = doc["data"];
    const std::uint64_t last = data["u"];
    const std::uint64_t prev = data["pu"];
    gap_ |= prev != last_id_ && last_id_ != 0;
    last_id_ = last;
    levels(data["b"], bids_, true);
    levels(data["a"], asks_, false);
    if (bids_.empty() || asks_.empty() || bids_.back().first >= asks_.back().first) return false;
    return decide(out);
  }

 private:
  using Side = std::vector<std::pair<double, double>>;

  static double number(std::string_view s) {
    double v = 0.0;
    std::from_chars(s.data(), s.data() + s.size(), v);
    return v;
  }
  template <class Array>
  static void levels(Array&& array, Side& side, bool bid) {
    for (auto level : array) {
      simdjson::ondemand::array pair = level;
      auto it = pair.begin();
      const double price = number(std::string_view(*it));
      ++it;
      const double qty = number(std::string_view(*it));
      // Best at the back: bids ascend, asks descend.
      const auto at = bid ? std::lower_bound(side.begin(), side.end(), price, [](const auto& l, double p) { return l.first < p; })
                          : std::lower_bound(side.begin(), side.end(), price, [](const auto& l, double p) { return l.first > p; });
      const bool found = at != side.end() && at->first == price;
      if (qty == 0.0) {
        if (found) side.erase(at);
      } else if (found) {
        at->second = qty;
      } else {
        side.insert(at, {price, qty});
      }
    }
  }

  bool decide(PeerOrder& out) {
    const double bid = bids_.back().first, ask = asks_.back().first, mid = 0.5 * (bid + ask);
    double bid_sum = 0.0, ask_sum = 0.0;
    for (auto it = bids_.rbegin(); it != bids_.rend() && it->first >= mid * 0.975; ++it) bid_sum += it->second;
    for (auto it = asks_.rbegin(); it != asks_.rend() && it->first <= mid * 1.025; ++it) ask_sum += it->second;
    if (mid_ != 0.0) changes_.push(mid - mid_);
    mid_ = mid;
    const double imbalance = bid_sum - ask_sum;
    imbalances_.push(imbalance);
    const double sd = imbalances_.stddev();
    const double alpha = sd < 1e-10 ? 0.0 : std::clamp((imbalance - imbalances_.mean()) / sd, -5.0, 5.0);
    const double half = changes_.stddev() * std::sqrt(10.0) * 60.0;
    const double fair = mid + 40.0 * tick_ * alpha;
    const double raw_bid = std::fmin(fair - half, mid * (1 - 4e-4)), raw_ask = std::fmax(fair + half, mid * (1 + 4e-4));
    const auto bid_tick = static_cast<std::int64_t>(std::floor(raw_bid / tick_));
    const auto ask_tick = static_cast<std::int64_t>(std::ceil(raw_ask / tick_));
    // Limits: collar, notional, post-only, then "moved far enough to be worth a message".
    if (std::fabs(raw_bid - mid) > 0.01 * mid || std::fabs(raw_ask - mid) > 0.01 * mid) return false;
    if (static_cast<double>(bid_tick) * tick_ >= ask || static_cast<double>(ask_tick) * tick_ <= bid) return false;
    const double moved = std::fmax(std::fabs(static_cast<double>(bid_tick - last_.bid_tick)),
                                   std::fabs(static_cast<double>(ask_tick - last_.ask_tick))) * tick_ / mid * 1e4;
    if (moved <= 0.0) return false;
    out = last_ = {bid_tick, ask_tick, static_cast<std::int64_t>(300.0 / mid / 0.001), last_.id + 1};
    return true;
  }

  simdjson::ondemand::parser parser_;
  Side bids_, asks_;
  PeerWelford changes_, imbalances_;
  double tick_, mid_ = 0.0;
  std::uint64_t last_id_ = 0;
  bool gap_ = false;
  PeerOrder last_;
};

}  // namespace jobber::bench
