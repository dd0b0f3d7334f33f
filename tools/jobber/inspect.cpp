#include "tools/jobber/inspect.hpp"

#include <algorithm>

#include "engine/decimal.hpp"
#include "engine/os/file_tape.hpp"
#include "engine/tape.hpp"
#include "feed/binance/codec.hpp"
#include "feed/binance/grid.hpp"
#include "feed/status_text.hpp"
#include "tools/jobber/book_crc.hpp"
#include "tools/jobber/progress.hpp"

namespace jobber::tools {
namespace {

using feed::DepthSession;
using feed::SyncRule;

constexpr std::size_t kPullsKept = 256;
constexpr std::size_t kLinesPerProgress = 8192;

// Best level of both sides; size 0 for an empty one.
struct Touch {
  std::uint64_t u;
  Price bid;
  Lots bid_qty;
  Price ask;
  Lots ask_qty;
  [[nodiscard]] bool same_as(const Touch& o) const noexcept {
    return bid == o.bid && bid_qty == o.bid_qty && ask == o.ask && ask_qty == o.ask_qty;
  }
};

Touch touch_of(std::uint64_t u, const Book& book) {
  Touch t{u, {}, {}, {}, {}};
  if (!book.empty(BookSide::kBid)) t.bid = book.best(BookSide::kBid), t.bid_qty = book.best_qty(BookSide::kBid);
  if (!book.empty(BookSide::kAsk)) t.ask = book.best(BookSide::kAsk), t.ask_qty = book.best_qty(BookSide::kAsk);
  return t;
}

feed::DepthConfig session_config(SyncRule rule) {
  feed::DepthConfig config;
  config.rule = rule;
  config.book.far_levels = 1U << 17;  // a report must not lose deep levels
  config.buffer_events = 1U << 13;    // nor early events of a tape whose snapshot comes late
  config.buffer_levels = 1U << 19;
  config.gaps_kept = 1024;
  return config;
}

// Reads one tape's messages into a report.
class Inspector {
 public:
  Inspector(const Instrument& instrument, std::vector<std::uint64_t> at)
      : instrument_(instrument),
        futures_(instrument.venue != Venue::kBinanceSpot),
        decoder_(instrument),
        session_(session_config(futures_ ? SyncRule::kFutures : SyncRule::kSpot)),
        at_(std::move(at)) {
    std::sort(at_.begin(), at_.end());
    at_.erase(std::unique(at_.begin(), at_.end()), at_.end());
  }

  // False, and the fault is in the report, when the message cannot be read.
  bool on_line(const TapeLine& line) {
    if (const TapeMark mark = tape_mark(line.json); mark != TapeMark::kNone) {
      on_mark(line, mark);
      return true;
    }
    const auto kind = decoder_.decode(line.json);
    if (!kind.ok()) {
      report_.fault = fmt_fault(line.number, feed::to_text(kind.error()));
      report_.fault_line = line.number;
      return false;
    }
    ++report_.lines;
    count_stream();
    switch (kind.value()) {
      case feed::EventKind::kDepth: on_depth(line, decoder_.depth()); break;
      case feed::EventKind::kSnapshot: on_snapshot(line, decoder_.snapshot()); break;
      case feed::EventKind::kTrade: on_trade(decoder_.trade()); break;
      case feed::EventKind::kBookTicker: on_ticker(decoder_.book_ticker()); break;
      case feed::EventKind::kMarkPrice: ++report_.mark_prices; break;
      case feed::EventKind::kOther: ++report_.others; break;
    }
    return true;
  }

  void on_fault(const TapeError& error) {
    report_.fault = describe(error);
    report_.fault_line = error.line;
  }

  TapeReport finish() {
    const DepthSession::Counters& c = session_.counters();
    report_.depth_events = c.events;
    report_.depth_applied = c.applied;
    report_.depth_dropped = c.events - c.applied;
    report_.crossed = c.crossed;
    report_.unknown_deletes = c.unknown_deletes;
    report_.refused_levels = c.refused_levels + session_.book().dropped();
    report_.snapshots = {c.snapshots, c.snapshots_ignored, c.snapshots_too_old};
    report_.gaps.assign(session_.gaps().begin(), session_.gaps().end());
    report_.gaps_total = c.gaps;
    report_.state = feed::to_text(session_.state());
    report_.reason = feed::to_text(session_.reason());
    if (session_.book_is_whole()) report_.final = point(last_);
    for (const std::uint64_t u : at_) {
      const auto same = [u](const BookPoint& p) { return p.u == u; };
      if (std::none_of(report_.checkpoints.begin(), report_.checkpoints.end(), same)) report_.checkpoints_not_found.push_back(u);
    }
    compare_tickers();
    return std::move(report_);
  }

 private:
  struct Applied { std::uint64_t n, line, u; };

  static std::string fmt_fault(std::uint64_t line, std::string_view what) {
    return "line " + std::to_string(line) + ": " + std::string(what);
  }

  // The recorder's own word: where a connection began or ended, the book does too.
  void on_mark(const TapeLine& line, TapeMark mark) {
    ++report_.lines;
    ++report_.others;
    if (mark != TapeMark::kConnect) session_.on_disconnect(line.recv);
    if (mark != TapeMark::kDisconnect) session_.on_connect(line.recv);
    watch_quoting(line.number);
  }

  void count_stream() {
    const std::string_view name = decoder_.stream();
    if (name.empty()) return;
    const auto it = report_.streams.find(name);
    if (it != report_.streams.end()) ++it->second;
    else report_.streams.emplace(name, 1);
  }

  void on_depth(const TapeLine& line, const feed::DepthUpdate& update) {
    if (session_.counters().events != 0) {
      report_.chain_breaks += (futures_ ? update.prev_id : update.first_id - 1) != wire_last_;
    }
    wire_last_ = update.last_id;
    session_.on_depth(line.recv, update, line.number, [&](const feed::DepthUpdate& e, std::uint64_t at) { on_applied(e, at); });
    watch_quoting(line.number);
  }

  void on_snapshot(const TapeLine& line, const feed::DepthSnapshot& snapshot) {
    session_.on_snapshot(line.recv, snapshot, [&](const feed::DepthUpdate& e, std::uint64_t at) { on_applied(e, at); });
    watch_quoting(line.number);
  }

  void on_applied(const feed::DepthUpdate& update, std::uint64_t line) {
    last_ = {session_.counters().applied, line, update.last_id};
    touches_.push_back(touch_of(update.last_id, session_.book()));
    if (std::binary_search(at_.begin(), at_.end(), update.last_id)) report_.checkpoints.push_back(point(last_));
  }

  void watch_quoting(std::uint64_t line) {
    const bool quotable = session_.quotable();
    if (quotable == was_quotable_) return;
    was_quotable_ = quotable;
    if (!quotable) {
      ++report_.pulls_total;
      if (report_.pulls.size() < kPullsKept) report_.pulls.push_back({line, 0, std::string(feed::to_text(session_.reason()))});
    } else if (report_.quotable_from_line == 0) {
      report_.quotable_from_line = line;
    } else if (report_.pulls.size() == report_.pulls_total) {
      report_.pulls.back().until_line = line;
    }
  }

  void on_trade(const feed::Trade& trade) {
    auto& t = report_.trades;
    if (t.count == 0) t.first_id = trade.id;
    else t.id_gaps += trade.id != t.last_id + 1;
    t.last_id = trade.id;
    ++t.count;
    t.off_market += trade.off_market;
  }

  void on_ticker(const feed::BookTicker& ticker) {
    ++report_.book_ticker.count;
    tickers_.push_back({ticker.update_id, ticker.bid, ticker.bid_qty, ticker.ask, ticker.ask_qty});
  }

  [[nodiscard]] BookPoint point(const Applied& event) const {
    const Book& book = session_.book();
    const Touch touch = touch_of(event.u, book);
    BookPoint p;
    p.n = event.n;
    p.line = event.line;
    p.u = event.u;
    if (!book.empty(BookSide::kBid)) {
      p.bid = short_price_text(touch.bid, instrument_);
      p.bid_qty = short_qty_text(touch.bid_qty, instrument_);
    }
    if (!book.empty(BookSide::kAsk)) {
      p.ask = short_price_text(touch.ask, instrument_);
      p.ask_qty = short_qty_text(touch.ask_qty, instrument_);
    }
    p.bid_levels = book.levels(BookSide::kBid);
    p.ask_levels = book.levels(BookSide::kAsk);
    p.crc10 = book_crc(book, instrument_, 10);
    p.crc_all = book_crc(book, instrument_, std::max(p.bid_levels, p.ask_levels));
    return p;
  }

  // After each applied event but the first: the newest ticker with u up to the event's, if one has
  // become so since the event before. Tickers are looked up over the whole tape, not by arrival.
  void compare_tickers() {
    std::size_t next = 0;
    for (std::size_t i = 0; i < touches_.size(); ++i) {
      const Touch* latest = nullptr;
      for (; next < tickers_.size() && tickers_[next].u <= touches_[i].u; ++next) latest = &tickers_[next];
      if (latest == nullptr || i == 0) continue;
      ++(latest->same_as(touches_[i]) ? report_.book_ticker.agree : report_.book_ticker.differ);
    }
  }

  const Instrument instrument_;
  const bool futures_;
  feed::Decoder decoder_;
  DepthSession session_;
  std::vector<std::uint64_t> at_;
  std::uint64_t wire_last_ = 0;
  Applied last_{};
  bool was_quotable_ = false;
  std::vector<Touch> touches_;  // after each applied event
  std::vector<Touch> tickers_;
  TapeReport report_;
};

// Market and grids from what is readable of the tape; the second pass meets the same fault again.
Result<Instrument, feed::GridError> scan_market(FileTape& tape, Progress& progress) {
  feed::GridScan scan;
  TapeLine line;
  while (tape.next(line)) {
    scan.on_message(line.json);
    if (line.number % kLinesPerProgress == 0) progress.update(line.number, 0, "lines, learning the grid");
  }
  return scan.instrument();
}

TapeReport cannot_open(const TapeError& error) {
  TapeReport report;
  report.fault = describe(error);
  report.fault_line = error.line;
  return report;
}

}  // namespace

TapeReport inspect_tape(const std::string& path, const InspectOptions& options) {
  Progress progress("inspect");
  auto first = FileTape::open(path);
  if (!first.ok()) return cannot_open(first.error());
  const auto market = scan_market(first.value(), progress);
  auto tape = FileTape::open(path);
  if (!tape.ok()) return cannot_open(tape.error());

  Inspector inspector(market.ok() ? market.value() : Instrument{}, options.at);
  TapeLine line;
  bool readable = true;
  while (readable && tape.value().next(line)) {
    readable = inspector.on_line(line);
    if (line.number % kLinesPerProgress == 0) progress.update(line.number, 0, "lines");
  }
  if (readable && tape.value().error().cause != TapeError::Cause::kNone) inspector.on_fault(tape.value().error());
  TapeReport report = inspector.finish();
  if (market.ok()) report.market = market.value();
  else report.market_problem = feed::to_text(market.error());
  return report;
}

}  // namespace jobber::tools
