// The report of `jobber inspect` as JSON and as text, and the verb itself.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>

#include "engine/decimal.hpp"
#include "tools/jobber/exit_code.hpp"
#include "tools/jobber/inspect.hpp"
#include "tools/jobber/inspect_lighter.hpp"

namespace jobber::tools {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }
Json line_or_null(std::uint64_t line) { return line == 0 ? Json(nullptr) : Json(line); }

Json point_json(const BookPoint& p) {
  return {{"n", p.n},
          {"line", p.line},
          {"u", p.u},
          {"bid", text_or_null(p.bid)},
          {"bid_qty", text_or_null(p.bid_qty)},
          {"ask", text_or_null(p.ask)},
          {"ask_qty", text_or_null(p.ask_qty)},
          {"bid_levels", p.bid_levels},
          {"ask_levels", p.ask_levels},
          {"crc10", p.crc10},
          {"crc_all", p.crc_all}};
}

std::string_view market_name(Venue venue) {
  switch (venue) {
    case Venue::kBinanceSpot: return "binance-spot";
    case Venue::kBinanceUsdm: return "binance-usdm";
    case Venue::kBinanceCoinm: return "binance-coinm";
    default: return "unknown";
  }
}

Json market_json(const TapeReport& r) {
  if (!r.market) return nullptr;
  return {{"kind", market_name(r.market->venue)},
          {"symbol", text_or_null(std::string(r.market->symbol()))},
          {"tick", short_price_text({1}, *r.market)},
          {"lot", short_qty_text({1}, *r.market)}};
}

Json trades_json(const TapeReport& r) {
  const bool any = r.trades.count != 0;
  return {{"count", r.trades.count},
          {"first_id", any ? Json(r.trades.first_id) : Json(nullptr)},
          {"last_id", any ? Json(r.trades.last_id) : Json(nullptr)},
          {"id_gaps", r.trades.id_gaps},
          {"off_market", r.trades.off_market}};
}

}  // namespace

Json to_json(const TapeReport& r) {
  Json gaps = Json::array();
  for (const feed::Gap& g : r.gaps) {
    gaps.push_back({{"line", g.ordinal}, {"kind", feed::Gap::to_text(g.kind)}, {"expected", g.expected}, {"got", g.got}});
  }
  Json pulls = Json::array();
  for (const Pull& p : r.pulls) {
    pulls.push_back({{"from_line", p.from_line}, {"until_line", line_or_null(p.until_line)}, {"reason", p.reason}});
  }
  Json points = Json::array();
  for (const BookPoint& p : r.checkpoints) points.push_back(point_json(p));
  Json out = {{"lines", r.lines},
              {"market", market_json(r)},
              {"market_problem", text_or_null(r.market_problem)},
              {"streams", r.streams},
              {"snapshots", {{"count", r.snapshots.count}, {"ignored", r.snapshots.ignored}, {"too_old", r.snapshots.too_old}}},
              {"depth_events", r.depth_events},
              {"depth_applied", r.depth_applied},
              {"depth_dropped", r.depth_dropped},
              {"chain_breaks", r.chain_breaks},
              {"crossed", r.crossed},
              {"unknown_deletes", r.unknown_deletes},
              {"refused_levels", r.refused_levels},
              {"trades", trades_json(r)},
              {"book_ticker", {{"count", r.book_ticker.count}, {"agree", r.book_ticker.agree}, {"differ", r.book_ticker.differ}}},
              {"mark_prices", r.mark_prices},
              {"others", r.others},
              {"gaps_total", r.gaps_total},
              {"gaps", std::move(gaps)},
              {"quotable_from_line", line_or_null(r.quotable_from_line)},
              {"pulls_total", r.pulls_total},
              {"pulled", std::move(pulls)},
              {"state", r.state},
              {"reason", r.reason},
              {"final", r.final ? point_json(*r.final) : Json(nullptr)},
              {"checkpoints", std::move(points)},
              {"checkpoints_not_found", r.checkpoints_not_found}};
  out["fault"] = r.fault.empty() ? Json(nullptr) : Json{{"line", line_or_null(r.fault_line)}, {"message", r.fault}};
  return out;
}

namespace {

class Text {
 public:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    out_.push_back('\n');
  }
  template <class... Args>
  void row(std::string_view name, fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), "{:<15} ", name);
    line(format, std::forward<Args>(args)...);
  }
  [[nodiscard]] std::string str() const { return fmt::to_string(out_); }

 private:
  fmt::memory_buffer out_;
};

void point_text(Text& t, std::string_view name, const BookPoint& p) {
  t.row(name, "after event {} (u {}, line {}): bid {} x {}, ask {} x {}; {} bids, {} asks; crc10 {}, all {}", p.n, p.u, p.line,
        p.bid.empty() ? "-" : p.bid, p.bid_qty.empty() ? "-" : p.bid_qty, p.ask.empty() ? "-" : p.ask,
        p.ask_qty.empty() ? "-" : p.ask_qty, p.bid_levels, p.ask_levels, p.crc10, p.crc_all);
}

void quoting_text(Text& t, const TapeReport& r) {
  if (r.quotable_from_line == 0) {
    t.row("quotable", "never ({}, {})", r.state, r.reason);
    return;
  }
  t.row("quotable", "from line {}, pulled {} times, at the end {}", r.quotable_from_line, r.pulls_total, r.state);
  for (const Pull& p : r.pulls) {
    if (p.until_line != 0) t.row("", "lines {} to {}: {}", p.from_line, p.until_line - 1, p.reason);
    else t.row("", "from line {} on: {}", p.from_line, p.reason);
  }
  if (r.pulls.size() < r.pulls_total) t.row("", "... and {} more", r.pulls_total - r.pulls.size());
}

}  // namespace

std::string to_text(const TapeReport& r, const std::string& path) {
  Text t;
  t.row("tape", "{}", path);
  if (r.market) {
    t.row("market", "{} {}, tick {}, lot {}", market_name(r.market->venue), r.market->symbol(), short_price_text({1}, *r.market),
          short_qty_text({1}, *r.market));
  } else {
    t.row("market", "unknown: {}", r.market_problem);
  }
  t.row("lines", "{}", r.lines);
  for (const auto& [name, count] : r.streams) t.row("", "{:>9} {}", count, name);
  t.row("snapshots", "{} ({} not needed, {} too old)", r.snapshots.count, r.snapshots.ignored, r.snapshots.too_old);
  t.row("depth", "{} events, {} applied, {} dropped, {} chain breaks", r.depth_events, r.depth_applied, r.depth_dropped, r.chain_breaks);
  t.row("book", "{} crossed, {} unknown deletes, {} levels refused", r.crossed, r.unknown_deletes, r.refused_levels);
  if (r.trades.count != 0) {
    t.row("trades", "{}, ids {} to {}, {} gaps, {} off the market", r.trades.count, r.trades.first_id, r.trades.last_id,
          r.trades.id_gaps, r.trades.off_market);
  }
  t.row("bookTicker", "{}, the book agrees {} times, differs {} times", r.book_ticker.count, r.book_ticker.agree, r.book_ticker.differ);
  t.row("gaps", "{}", r.gaps_total);
  for (const feed::Gap& g : r.gaps) t.row("", "line {}: {}, expected {}, got {}", g.ordinal, feed::Gap::to_text(g.kind), g.expected, g.got);
  if (r.gaps.size() < r.gaps_total) t.row("", "... and {} more", r.gaps_total - r.gaps.size());
  quoting_text(t, r);
  for (const BookPoint& p : r.checkpoints) point_text(t, "checkpoint", p);
  for (const std::uint64_t u : r.checkpoints_not_found) t.row("checkpoint", "no applied event ends with u {}", u);
  if (r.final) point_text(t, "final", *r.final);
  else t.row("final", "no book ({}, {})", r.state, r.reason);
  return t.str();
}

void add_inspect(CLI::App& app, int& exit_code) {
  struct Options {
    std::string tape;
    bool json = false;
    InspectOptions inspect;
  };
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("inspect", "Say what is in a tape: counts, gaps, the book at chosen points");
  verb->add_option("TAPE", options->tape, "Recording, .log or .log.zst")->required();
  verb->add_flag("--json", options->json, "One JSON object on stdout");
  verb->add_option("--at", options->inspect.at, "Update ids (u; Lighter: nonce or offset) after which the book is wanted, comma separated")->delimiter(',')->check(CLI::NonNegativeNumber);
  verb->callback([options, &exit_code] {
    // Everything readable before a fault is still told; a tape that cannot be opened has nothing to tell.
    const auto tell = [&](const auto& report) {
      if (report.fault.empty() || report.fault_line != 0) {
        const std::string out = options->json ? to_json(report).dump() + "\n" : to_text(report, options->tape);
        std::fwrite(out.data(), 1, out.size(), stdout);
        std::fflush(stdout);
      }
      if (!report.fault.empty()) fmt::print(stderr, "jobber inspect: {}: {}\n", options->tape, report.fault);
      exit_code = report.fault.empty() ? kExitOk : kExitFailure;
    };
    if (is_lighter_tape(options->tape)) tell(inspect_lighter(options->tape, options->inspect));
    else tell(inspect_tape(options->tape, options->inspect));
  });
}

}  // namespace jobber::tools
