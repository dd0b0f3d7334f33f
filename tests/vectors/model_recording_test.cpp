// Facts on real recordings, recomputed from the bytes by the production decoder, session and book:
// tests/vectors/spec/model_recording_btcusdt.json says what each case means.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>
#include <tuple>
#include <vector>

#include "engine/book.hpp"
#include "engine/os/file_tape.hpp"
#include "feed/binance/codec.hpp"
#include "feed/binance/depth_session.hpp"
#include "strategy/fair_value.hpp"
#include "tests/support/vectors.hpp"

namespace jobber {
namespace {

using nlohmann::json;
using test::number;
using test::rel_error;

constexpr std::int64_t kStart = 1723161260000000000;  // grid point 0
constexpr std::int64_t kStep = 100'000'000;
constexpr int kLastPoint = 3350;

std::string recording(const std::string& name) { return (test::data_dir() / (name + ".log.zst")).string(); }

Instrument btcusdt(int price_decimals, int qty_decimals) {
  Instrument i;
  i.price_decimals = price_decimals;
  i.qty_decimals = qty_decimals;
  return i;
}

// Hands each decoded message of a recording to `on_event(recv, kind, decoder)`.
template <class OnEvent>
void play(const std::string& path, const Instrument& instrument, OnEvent&& on_event) {
  auto tape = FileTape::open(path);
  ASSERT_TRUE(tape.ok());
  feed::Decoder decoder(instrument);
  TapeLine line;
  while (tape.value().next(line)) {
    const auto kind = decoder.decode(line.json);
    ASSERT_TRUE(kind.ok()) << "line " << line.number;
    on_event(line.recv, kind.value(), decoder);
  }
}

struct Side2 {
  strategy::DepthMoments moments;
  int levels = 0;
};

struct Point {
  Price bid, ask;
  Lots bid_qty, ask_qty;
  std::array<std::array<Side2, 2>, 2> depth;  // [range][side]
  [[nodiscard]] double mid() const { return 0.5 * static_cast<double>(bid.grid + ask.grid); }
};

struct Print {
  Instant at;
  Price price;
  Lots qty;
  Side aggressor;
};

constexpr std::array<std::int64_t, 2> kRangesPpm = {100, 500};

// States at the grid points and the trades in between.
struct Sampled {
  std::vector<Point> points;
  std::vector<Print> prints;
};

Point sample(const Book& book) {
  Point p{book.best(BookSide::kBid), book.best(BookSide::kAsk), book.best_qty(BookSide::kBid), book.best_qty(BookSide::kAsk), {}};
  const std::int64_t mid2 = p.bid.grid + p.ask.grid;
  for (std::size_t range = 0; range < kRangesPpm.size(); ++range) {
    for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
      Side2& sum = p.depth[range][static_cast<std::size_t>(side)];
      book.for_each(side, 100'000, [&](Price price, Lots qty) {
        if (std::abs(2 * price.grid - mid2) * 1'000'000 > mid2 * kRangesPpm[range]) return;
        sum.moments.add(price, qty);
        ++sum.levels;
      });
    }
  }
  return p;
}

Sampled sample_recording(const std::string& path) {
  Sampled out;
  feed::DepthSession session({.rule = feed::SyncRule::kFutures});
  std::uint64_t ordinal = 0;
  play(path, btcusdt(1, 3), [&](Instant recv, feed::EventKind kind, const feed::Decoder& decoder) {
    while (out.points.size() <= kLastPoint && recv.ns > kStart + static_cast<std::int64_t>(out.points.size()) * kStep) {
      out.points.push_back(sample(session.book()));
    }
    if (kind == feed::EventKind::kDepth) session.on_depth(recv, decoder.depth(), ++ordinal);
    if (kind == feed::EventKind::kSnapshot) session.on_snapshot(recv, decoder.snapshot());
    if (kind == feed::EventKind::kTrade) {
      out.prints.push_back({recv, decoder.trade().price, decoder.trade().qty, decoder.trade().aggressor});
    }
  });
  return out;
}

const Sampled& sampled() {
  static const Sampled once = sample_recording(recording("binance_usdm_2024-08-08/btcusdt"));
  return once;
}

void near(double got, const json& want, const char* what) { EXPECT_LE(rel_error(got, number(want), 1e-9), 1e-9) << what; }

void check_state(const json& c) {
  const auto k = c["k"].get<std::size_t>();
  const Point& p = sampled().points.at(k);
  EXPECT_EQ(p.bid.grid, c["bid_tick"]);
  EXPECT_EQ(p.ask.grid, c["ask_tick"]);
  EXPECT_EQ(p.bid_qty.n, c["bid_lots"]);
  EXPECT_EQ(p.ask_qty.n, c["ask_lots"]);
  near(strategy::touch_imbalance(p.bid_qty, p.ask_qty), c["imbalance"], "imbalance");
  near(strategy::weighted_mid(p.bid, p.bid_qty, p.ask, p.ask_qty), c["weighted_mid_ticks"], "weighted mid");
  for (const json& d : c["depth"]) {
    const auto range = std::find(kRangesPpm.begin(), kRangesPpm.end(), d["range_ppm"].get<std::int64_t>());
    ASSERT_NE(range, kRangesPpm.end());
    const auto& [bid, ask] = p.depth[static_cast<std::size_t>(range - kRangesPpm.begin())];
    EXPECT_EQ(bid.levels, d["levels_bid"]);
    EXPECT_EQ(ask.levels, d["levels_ask"]);
    near(bid.moments.qty, d["sum_bid_lots"], "bid sum");
    near(ask.moments.qty, d["sum_ask_lots"], "ask sum");
    near(strategy::static_imbalance(bid.moments, ask.moments), d["static"], "static");
    near(strategy::volume_adjusted_mid(p.mid(), bid.moments, ask.moments), d["vamp_ticks"], "vamp");
    near(bid.moments.effective_price(), d["effective_bid_ticks"], "effective bid");
    near(ask.moments.effective_price(), d["effective_ask_ticks"], "effective ask");
    near(strategy::effective_mid(bid.moments, ask.moments), d["vamp_effective_ticks"], "effective mid");
  }
  if (!c.contains("flow_10s")) return;
  const std::int64_t at = c["time"];
  Lots bought{}, sold{};
  int trades = 0;
  for (const Print& t : sampled().prints) {
    if (t.at.ns <= at - 10'000'000'000 || t.at.ns > at) continue;
    (t.aggressor == Side::kBuy ? bought : sold) += t.qty;
    ++trades;
  }
  EXPECT_EQ(trades, c["flow_10s"]["trades"]);
  EXPECT_EQ(bought.n, c["flow_10s"]["buy_lots"]);
  EXPECT_EQ(sold.n, c["flow_10s"]["sell_lots"]);
  near(strategy::flow_imbalance(bought, sold), c["flow_10s"]["imbalance"], "flow");
}

double mean(const std::vector<double>& v) { return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size()); }

double dot(const std::vector<double>& a, double ma, const std::vector<double>& b, double mb) {
  double s = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) s += (a[i] - ma) * (b[i] - mb);
  return s;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const double ma = mean(a), mb = mean(b);
  return dot(a, ma, b, mb) / std::sqrt(dot(a, ma, a, ma) * dot(b, mb, b, mb));
}

// Average ranks for ties.
std::vector<double> ranks(const std::vector<double>& v) {
  std::vector<std::size_t> order(v.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return v[a] < v[b]; });
  std::vector<double> out(v.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t j = i;
    while (j < order.size() && v[order[j]] == v[order[i]]) ++j;
    for (std::size_t k = i; k < j; ++k) out[order[k]] = 0.5 * static_cast<double>(i + j - 1);
    i = j;
  }
  return out;
}

void check_predictive(const json& c) {
  const auto& points = sampled().points;
  for (const json& h : c["horizons"]) {
    const auto lag = h["horizon_ms"].get<std::size_t>() / 100;
    std::vector<double> x, y;
    for (std::size_t k = 0; k + lag <= kLastPoint; ++k) {
      const Point& p = points[k];
      x.push_back(2.0 * strategy::touch_imbalance(p.bid_qty, p.ask_qty) - 1.0);
      y.push_back(points[k + lag].mid() - p.mid());
    }
    const auto n = static_cast<double>(x.size());
    ASSERT_EQ(x.size(), h["n"].get<std::size_t>());
    const double mx = mean(x), my = mean(y), sxx = dot(x, mx, x, mx), sxy = dot(x, mx, y, my);
    const double slope = sxy / sxx, intercept = my - slope * mx;
    double rss = 0.0;
    int hits = 0, nonzero = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double e = y[i] - intercept - slope * x[i];
      rss += e * e;
      if (x[i] == 0.0 || y[i] == 0.0) continue;
      ++nonzero;
      hits += (x[i] > 0.0) == (y[i] > 0.0);
    }
    const double se = std::sqrt(rss / (n - 2.0) / sxx);
    near(slope, h["slope"], "slope");
    near(intercept, h["intercept"], "intercept");
    near(se, h["slope_se"], "slope_se");
    near(slope / se, h["t"], "t");
    near(1.0 - rss / dot(y, my, y, my), h["r2"], "r2");
    near(correlation(x, y), h["pearson_ic"], "pearson");
    near(correlation(ranks(x), ranks(y)), h["spearman_ic"], "spearman");
    EXPECT_EQ(nonzero, h["nonzero"]);
    near(static_cast<double>(hits) / nonzero, h["hit_rate_nonzero"], "hit rate");
    near(nonzero / n, h["coverage"], "coverage");
    near(dot(x, 0.0, y, 0.0) / dot(x, 0.0, x, 0.0), h["slope_no_intercept"], "slope without intercept");
    near(dot(y, 0.0, y, 0.0) / n, h["mse_mid"], "mse mid");
    near(rss / n, h["mse_model"], "mse model");
  }
}

void check_intensity(const json& c) {
  const auto& [points, prints] = sampled();
  const auto first = c["first_interval"].get<std::size_t>(), last = c["last_interval"].get<std::size_t>();
  std::vector<std::int64_t> counts(500, 0);
  std::int64_t deepest = 0;
  int with_trade = 0;
  auto print = prints.begin();
  std::vector<double> moves;
  for (std::size_t k = first; k < last; ++k) {
    const std::int64_t begin = kStart + static_cast<std::int64_t>(k) * kStep;
    const std::int64_t mid2 = points[k].bid.grid + points[k].ask.grid;
    moves.push_back(points[k + 1].mid() - points[k].mid());
    bool any = false;
    std::int64_t widest = 0;  // half ticks
    for (; print != prints.end() && print->at.ns <= begin + kStep; ++print) {
      if (print->at.ns <= begin) continue;
      const std::int64_t distance = (2 * print->price.grid - mid2) * sign(print->aggressor);
      widest = any ? std::max(widest, distance) : distance;
      any = true;
    }
    with_trade += any;
    const std::int64_t index = widest - 1;
    if (!any || index < 0 || index >= 500) continue;
    for (std::int64_t j = 0; j < index; ++j) ++counts[static_cast<std::size_t>(j)];
    deepest = std::max(deepest, index);
  }
  EXPECT_EQ(with_trade, c["intervals_with_trade"]);
  EXPECT_EQ(deepest, c["n_counts"]);
  for (std::size_t j = 0; j < c["counts_first_70"].size(); ++j) EXPECT_EQ(counts[j], c["counts_first_70"][j]) << j;
  // ln(intensity) against depth, least squares over the first 70 points.
  const double window = static_cast<double>(last - first) / 10.0;
  const auto fit = [&](const char* name, auto&& depth_of) {
    std::vector<double> x, y;
    for (std::size_t j = 0; j < 70 && static_cast<std::int64_t>(j) < deepest; ++j) {
      x.push_back(depth_of(static_cast<double>(j)));
      y.push_back(std::log(static_cast<double>(counts[j]) / window));
    }
    const double mx = mean(x), my = mean(y), slope = dot(x, mx, y, my) / dot(x, mx, x, mx);
    const double k = -slope, a = std::exp(my - slope * mx);
    near(a, c[name]["A"], "A");
    near(k, c[name]["k"], "k");
    return std::pair(a, k);
  };
  fit("fit_as_published", [](double j) { return j + 0.5; });
  const auto [a, k] = fit("fit_in_ticks", [](double j) { return 0.5 * (j + 1.0); });
  const double m = mean(moves);
  const double sigma = std::sqrt(dot(moves, m, moves, m) / static_cast<double>(moves.size())) * std::sqrt(10.0);
  near(sigma, c["volatility_ticks_per_sqrt_s"], "volatility");
  // Gueant-Lehalle-Fernandez-Tapia closed form, gamma = xi = 0.05, unit size.
  const double gamma = 0.05, c1 = std::log1p(gamma / k) / gamma;
  const double c2 = std::sqrt(gamma / (2.0 * a * k) * std::pow(1.0 + gamma / k, k / gamma + 1.0));
  near(c1 + 0.5 * sigma * c2, c["glft_gamma_0_05"]["half_spread_ticks"], "half spread");
  near(sigma * c2, c["glft_gamma_0_05"]["skew_ticks"], "skew");
}

// hftbacktest's published preparation of this recording: one row a level change or trade, a clear
// row a snapshot side, clock shifted so that no message arrives before it was sent.
void check_preparation(const json& c) {
  struct Row { std::int64_t exchange, local; };
  std::vector<Row> rows;
  std::map<std::int64_t, std::int64_t> bids, asks;
  play(recording("binance_usdm_2024-08-08/btcusdt"), btcusdt(1, 3),
       [&](Instant recv, feed::EventKind kind, const feed::Decoder& decoder) {
         const auto row = [&](Instant at) { rows.push_back({at.ns, recv.ns}); };
         const auto put = [](auto& side, const feed::Level& level) {
           if (level.qty.n == 0) side.erase(level.price.grid);
           else side[level.price.grid] = level.qty.n;
         };
         if (kind == feed::EventKind::kTrade) row(decoder.trade().trade_time);
         if (kind == feed::EventKind::kDepth) {
           const feed::DepthUpdate& d = decoder.depth();
           for (const feed::Level& l : d.bids) put(bids, l), row(d.transact_time);
           for (const feed::Level& l : d.asks) put(asks, l), row(d.transact_time);
         }
         if (kind == feed::EventKind::kSnapshot) {
           const feed::DepthSnapshot& s = decoder.snapshot();
           bids.erase(bids.lower_bound(s.bids.back().price.grid), bids.end());
           asks.erase(asks.begin(), asks.upper_bound(s.asks.back().price.grid));
           for (const feed::Level& l : s.bids) put(bids, l);
           for (const feed::Level& l : s.asks) put(asks, l);
           for (std::size_t i = 0; i < s.bids.size() + s.asks.size() + 2; ++i) row(s.event_time);
         }
       });
  EXPECT_EQ(rows.size(), c["raw_rows_own_count"]);
  std::int64_t earliest = 0;
  for (const Row& r : rows) earliest = std::min(earliest, r.local - r.exchange);
  EXPECT_EQ(-earliest, c["clock_shift_ns"]);
  for (Row& r : rows) r.local -= earliest;
  // A row whose place by exchange time and by local time disagree counts twice.
  std::vector<Row> by_exchange = rows, by_local = rows;
  std::stable_sort(by_exchange.begin(), by_exchange.end(), [](const Row& a, const Row& b) { return a.exchange < b.exchange; });
  std::stable_sort(by_local.begin(), by_local.end(), [](const Row& a, const Row& b) { return a.local < b.local; });
  std::size_t e = 0, l = 0, corrected = 0;
  for (; e < rows.size() || l < rows.size(); ++corrected) {
    if (e == rows.size()) { ++l; continue; }
    if (l == rows.size()) { ++e; continue; }
    const auto x = std::tie(by_exchange[e].exchange, by_exchange[e].local);
    const auto y = std::tie(by_local[l].exchange, by_local[l].local);
    const bool together = x == y;
    if (together || x < y) ++e;
    if (together || y < x) ++l;
  }
  EXPECT_EQ(corrected, c["rows_after_order_correction"]);
  const json& end = c["end_book"];
  EXPECT_EQ(bids.size() + asks.size(), end["levels"]);
  EXPECT_EQ(bids.size(), end["own_split"]["bids"]);
  auto bid = bids.rbegin();
  for (const json& want : end["top_bids"]) {
    EXPECT_EQ(bid->first, std::llround(want[0].get<double>() * 10.0));
    EXPECT_EQ(bid->second, std::llround(want[1].get<double>() * 1000.0));
    ++bid;
  }
  auto ask = std::prev(asks.end(), static_cast<std::ptrdiff_t>(end["last_asks"].size()));
  for (const json& want : end["last_asks"]) {
    EXPECT_EQ(ask->first, std::llround(want[0].get<double>() * 10.0));
    EXPECT_EQ(ask->second, std::llround(want[1].get<double>() * 1000.0));
    ++ask;
  }
}

void check_spot_mids(const json& c) {
  double mid = 0.0;
  std::size_t row = 0;
  const auto settle = [&](Instant recv) {
    while (row < c["rows"].size() && recv.ns > c["rows"][row][0].get<std::int64_t>()) {
      EXPECT_NEAR(mid, c["rows"][row][1].get<double>(), number(c["tolerance"]));
      ++row;
    }
  };
  play(recording(c["recording"]), btcusdt(2, 8), [&](Instant recv, feed::EventKind kind, const feed::Decoder& decoder) {
    settle(recv);
    if (kind != feed::EventKind::kBookTicker) return;
    mid = static_cast<double>(decoder.book_ticker().bid.grid + decoder.book_ticker().ask.grid) / 200.0;
  });
  settle(Instant::never());
  EXPECT_EQ(row, c["rows"].size());
}

TEST(ModelRecording, EveryFactOfTheRecordingComesOutOfOurDecoderAndBook) {
  JOBBER_LOAD_VECTORS(files, "facts on a real recording", "model_recording_btcusdt");
  if (!std::filesystem::exists(recording("binance_usdm_2024-08-08/btcusdt"))) {
    GTEST_SKIP() << "SKIPPED: recordings not found in " << test::data_dir();
  }
  for (const auto& file : files) {
    for (const json& c : file.json["cases"]) {
      const std::string kind = c["kind"];
      SCOPED_TRACE(file.path + " " + kind);
      if (kind == "state") check_state(c);
      else if (kind == "predictive") check_predictive(c);
      else if (kind == "intensity") check_intensity(c);
      else if (kind == "published_preparation") check_preparation(c);
      else if (kind == "published_spot_mids") check_spot_mids(c);
      else ADD_FAILURE() << "unknown kind";
    }
  }
}

}  // namespace
}  // namespace jobber
