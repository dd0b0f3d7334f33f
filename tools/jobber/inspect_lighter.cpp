#include "tools/jobber/inspect_lighter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

#include "engine/decimal.hpp"
#include "engine/os/file_tape.hpp"
#include "feed/lighter/book_session.hpp"
#include "feed/lighter/channel.hpp"
#include "feed/lighter/codec.hpp"
#include "feed/status_text.hpp"
#include "gateway/lighter/account_codec.hpp"
#include "tools/jobber/book_crc.hpp"

namespace jobber::tools {
namespace {

using feed::lighter::BookFrame;
using feed::lighter::BookSession;
using feed::lighter::Channel;
using feed::lighter::Codec;
using feed::lighter::Family;
using feed::lighter::FrameKind;

// Calls on_line(TapeLine) -> bool for each message of a recording or a file of frames; returns what stopped it.
TapeError for_each_line(const std::string& path, const std::function<bool(const TapeLine&)>& on_line) {
  TapeLine line;
  if (!path.ends_with(".frames")) {
    auto tape = FileTape::open(path);
    if (!tape.ok()) return tape.error();
    while (tape.value().next(line)) {
      if (!on_line(line)) return {};
    }
    return tape.value().error();
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) return {TapeError::Cause::kMissing, 0, 0};
  std::string text;
  for (line.number = 1; std::getline(in, text); ++line.number) {
    if (text.size() > kTapeLineMax) return {TapeError::Cause::kLineTooLong, 0, line.number};
    const std::size_t blank = text.find(' ');
    if (blank == std::string::npos || blank + 1 == text.size()) return {TapeError::Cause::kNoMessage, 0, line.number};
    const std::size_t size = text.size() - blank - 1;
    text.append(kTapePadding, ' ');
    line.json = {text.data() + blank + 1, size};
    line.recv = Instant{static_cast<std::int64_t>(line.number)};
    if (!on_line(line)) break;
  }
  return {};
}

// How many decimals the prices and sizes of each market have: the venue always writes all of them.
class Decimals {
 public:
  void on_line(std::string_view text) {
    const Channel channel = feed::lighter::channel_of(text);
    if (channel.market < 0 || channel.family == Family::kOther || channel.family == Family::kMarketStats) return;
    Instrument& i = markets_.try_emplace(channel.market, blank(channel.market)).first->second;
    widen(text, "\"price\"", i.price_decimals);
    widen(text, "\"size\"", i.qty_decimals);
  }
  [[nodiscard]] const std::map<std::int32_t, Instrument>& markets() const noexcept { return markets_; }

 private:
  static Instrument blank(std::int32_t market) {
    Instrument i;
    i.venue = Venue::kLighter;
    i.venue_market = market;
    i.price_decimals = i.qty_decimals = 0;
    return i;
  }
  static void widen(std::string_view text, std::string_view key, std::int32_t& decimals) {
    constexpr std::int32_t kDecimalsMax = 8;  // what the checksum's scale holds
    for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + key.size())) {
      const std::string_view number = feed::lighter::find_text(text.substr(at, 64), key);
      const std::size_t dot = number.find('.');
      if (dot == std::string_view::npos) continue;
      decimals = std::clamp(static_cast<std::int32_t>(number.size() - dot - 1), decimals, kDecimalsMax);
    }
  }
  std::map<std::int32_t, Instrument> markets_;
};

feed::lighter::BookConfig session_config() {
  feed::lighter::BookConfig config;
  config.book.far_levels = 1U << 17;  // a report must not lose deep levels
  config.gaps_kept = 1024;
  config.silence = Nanos{Instant::never().ns};  // labels are no times
  return config;
}

// One market's part of the file.
class MarketReader {
 public:
  MarketReader(const Instrument& instrument, const std::vector<std::uint64_t>& at)
      : instrument_(instrument), codec_(instrument), session_(session_config()), at_(at) {
    session_.on_connect({});
  }

  // The codec's complaint, if it has one.
  std::string_view on_line(const TapeLine& line, LighterReport& report) {
    const auto kind = codec_.decode(line.json);
    if (!kind.ok()) return feed::to_text(kind.error());
    switch (kind.value()) {
      case FrameKind::kBook: on_book(line, codec_.book(), book_of(report)); break;
      case FrameKind::kTrades: on_trades(codec_.trades(), report.trades[instrument_.venue_market]); break;
      case FrameKind::kTicker: ++report.tickers[instrument_.venue_market]; break;
      case FrameKind::kMarketStats: ++report.mark_prices[instrument_.venue_market]; break;
      case FrameKind::kOther: ++report.others; break;
    }
    return {};
  }

  void finish(LighterReport& report) {
    if (!report.books.contains(instrument_.venue_market)) return;
    LighterBookReport& b = book_of(report);
    const BookSession::Counters& c = session_.counters();
    b.snapshots = c.snapshots;
    b.applied = c.applied;
    b.dropped = c.dropped;
    b.crossed = c.crossed;
    b.unknown_deletes = c.unknown_deletes;
    b.refused_levels = c.refused_levels + session_.book().dropped();
    b.gaps.assign(session_.gaps().begin(), session_.gaps().end());
    b.gaps_total = c.gaps;
    b.state = feed::to_text(session_.state());
    b.reason = feed::to_text(session_.reason());
    if (session_.book_is_whole()) b.final = point(b.messages, last_line_);
  }

 private:
  LighterBookReport& book_of(LighterReport& report) const {
    LighterBookReport& b = report.books[instrument_.venue_market];
    b.market = instrument_.venue_market;
    b.instrument = instrument_;
    return b;
  }

  void on_book(const TapeLine& line, const BookFrame& frame, LighterBookReport& b) {
    if (frame.snapshot) {
      b.chain = frame.has_nonce ? "nonce" : "offset";
    } else if (b.messages == 0) {
      ++b.before_snapshot;
    } else {
      b.offset_jumps += frame.offset > wire_offset_ + 1;
      b.nonce_breaks += frame.has_nonce && frame.begin_nonce != wire_nonce_;
    }
    b.messages += frame.snapshot || b.messages != 0;
    wire_offset_ = frame.offset;
    wire_nonce_ = frame.nonce;
    const BookSession::Effect effect = session_.on_book(line.recv, frame, line.number);
    if (effect != BookSession::Effect::kNone) {
      last_line_ = line.number;
      const auto wanted = [this](std::uint64_t id) { return std::find(at_.begin(), at_.end(), id) != at_.end(); };
      if (wanted(frame.offset) || (frame.has_nonce && wanted(frame.nonce))) b.checkpoints.push_back(point(b.messages, line.number));
    }
    watch_quoting(line.number, b);
  }

  void watch_quoting(std::uint64_t line, LighterBookReport& b) {
    const bool quotable = session_.quotable();
    if (quotable && b.quotable_from_line == 0) b.quotable_from_line = line;
    b.pulls_total += was_quotable_ && !quotable;
    was_quotable_ = quotable;
  }

  void on_trades(const feed::lighter::TradesFrame& frame, LighterTradesReport& t) {
    if (frame.history) {
      t.old += frame.trades.size() + frame.liquidations.size();
      return;
    }
    for (const feed::Trade& trade : frame.trades) {
      ++t.prints;
      t.off_market += trade.off_market;
      (trade.aggressor == Side::kBuy ? bought_ : sold_) += trade.qty;
    }
    t.liquidations += frame.liquidations.size();
    t.buy_taker_qty = short_qty_text(bought_, instrument_);
    t.sell_taker_qty = short_qty_text(sold_, instrument_);
  }

  [[nodiscard]] BookPoint point(std::uint64_t n, std::uint64_t line) const {
    const Book& book = session_.book();
    BookPoint p;
    p.n = n;
    p.line = line;
    p.u = session_.update_id();
    if (!book.empty(BookSide::kBid)) {
      p.bid = short_price_text(book.best(BookSide::kBid), instrument_);
      p.bid_qty = short_qty_text(book.best_qty(BookSide::kBid), instrument_);
    }
    if (!book.empty(BookSide::kAsk)) {
      p.ask = short_price_text(book.best(BookSide::kAsk), instrument_);
      p.ask_qty = short_qty_text(book.best_qty(BookSide::kAsk), instrument_);
    }
    p.bid_levels = book.levels(BookSide::kBid);
    p.ask_levels = book.levels(BookSide::kAsk);
    p.crc10 = book_crc(book, instrument_, 10);
    p.crc_all = book_crc(book, instrument_, std::max(p.bid_levels, p.ask_levels));
    return p;
  }

  const Instrument instrument_;
  Codec codec_;
  BookSession session_;
  const std::vector<std::uint64_t>& at_;
  std::uint64_t wire_offset_ = 0, wire_nonce_ = 0, last_line_ = 0;
  bool was_quotable_ = false;
  Lots bought_{}, sold_{};
};

class Inspector {
 public:
  Inspector(const Decimals& decimals, const InspectOptions& options) : at_(options.at) {
    for (const auto& [market, instrument] : decimals.markets()) readers_.emplace(market, std::make_unique<MarketReader>(instrument, at_));
  }

  bool on_line(const TapeLine& line) {
    const std::string_view text(line.json.data(), line.json.size());
    const Channel channel = feed::lighter::channel_of(text);
    const std::string problem = read(line, text, channel);
    if (!problem.empty()) {
      report_.fault = fmt::format("line {}: {}", line.number, problem);
      report_.fault_line = line.number;
      return false;
    }
    ++report_.lines;
    ++report_.frames[name_of(text)];
    return true;
  }

  LighterReport finish(const TapeError& error) {
    for (auto& [market, reader] : readers_) reader->finish(report_);
    if (report_.fault.empty() && error.cause != TapeError::Cause::kNone) {
      report_.fault = describe(error);
      report_.fault_line = error.line;
    }
    return std::move(report_);
  }

 private:
  // "update/order_book order_book:1", a dash for what the frame does not say.
  static std::string name_of(std::string_view text) {
    const std::string_view type = feed::lighter::find_last_text(text, "\"type\"");
    const std::string_view channel = feed::lighter::find_text(text, "\"channel\"");
    return fmt::format("{} {}", type.empty() || text.find("\"type\"") == std::string_view::npos ? "-" : type, channel.empty() ? "-" : channel);
  }

  std::string read(const TapeLine& line, std::string_view text, const Channel& channel) {
    if (channel.market == Channel::kAll && channel.family == Family::kMarketStats) {
      for (auto& [market, reader] : readers_) {
        if (const std::string_view problem = reader->on_line(line, report_); !problem.empty()) return std::string(problem);
      }
      if (readers_.empty()) ++report_.others;
      return {};
    }
    if (const auto it = readers_.find(channel.market); it != readers_.end() && channel.family != Family::kOther) {
      return std::string(it->second->on_line(line, report_));
    }
    return read_account(line, text);
  }

  std::string read_account(const TapeLine& line, std::string_view) {
    const auto kind = account_.decode(line.json);
    if (!kind.ok()) return std::string(to_text(kind.error()));
    const gateway::lighter::AccountMessage& m = account_.message();
    const bool ours = kind.value() == gateway::lighter::MessageKind::kChannel && m.channel != gateway::lighter::AccountChannel::kOther;
    ++(ours ? report_.account_frames : report_.others);
    report_.account_orders += m.orders.size();
    if (ours) report_.account_trades += m.trades.size();
    report_.account_txs += m.txs.size();
    return {};
  }

  const std::vector<std::uint64_t> at_;
  std::map<std::int32_t, std::unique_ptr<MarketReader>> readers_;
  gateway::lighter::AccountCodec account_;
  LighterReport report_;
};

}  // namespace

bool is_lighter_tape(const std::string& path) {
  bool lighter = path.ends_with(".frames");
  int left = 4;
  (void)for_each_line(path, [&](const TapeLine& line) {
    const std::string_view text(line.json.data(), line.json.size());
    const std::string_view channel = feed::lighter::find_text(text, "\"channel\"");
    // Binance wraps with "stream" and names no channel; LMEX names topics.
    lighter = lighter || (!channel.empty() && channel.find_first_of(":/") != std::string_view::npos && text.find("\"type\"") != std::string_view::npos);
    return --left > 0 && !lighter;
  });
  return lighter;
}

LighterReport inspect_lighter(const std::string& path, const InspectOptions& options) {
  Decimals decimals;
  const TapeError first = for_each_line(path, [&](const TapeLine& line) {
    decimals.on_line({line.json.data(), line.json.size()});
    return true;
  });
  if (first.cause != TapeError::Cause::kNone && first.line == 0) {
    LighterReport report;
    report.fault = describe(first);
    return report;
  }
  Inspector inspector(decimals, options);
  const TapeError error = for_each_line(path, [&](const TapeLine& line) { return inspector.on_line(line); });
  return inspector.finish(error);
}

namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json point_json(const BookPoint& p) {
  return {{"n", p.n}, {"line", p.line}, {"u", p.u}, {"bid", text_or_null(p.bid)}, {"bid_qty", text_or_null(p.bid_qty)},
          {"ask", text_or_null(p.ask)}, {"ask_qty", text_or_null(p.ask_qty)}, {"bid_levels", p.bid_levels},
          {"ask_levels", p.ask_levels}, {"crc10", p.crc10}, {"crc_all", p.crc_all}};
}

Json book_json(const LighterBookReport& b) {
  Json gaps = Json::array();
  for (const feed::Gap& g : b.gaps) {
    gaps.push_back({{"line", g.ordinal}, {"kind", feed::Gap::to_text(g.kind)}, {"expected", g.expected}, {"got", g.got}});
  }
  Json points = Json::array();
  for (const BookPoint& p : b.checkpoints) points.push_back(point_json(p));
  return {{"market", b.market},
          {"tick", short_price_text({1}, b.instrument)},
          {"lot", short_qty_text({1}, b.instrument)},
          {"chain", text_or_null(b.chain)},
          {"messages", b.messages},
          {"before_snapshot", b.before_snapshot},
          {"snapshots", b.snapshots},
          {"applied", b.applied},
          {"dropped", b.dropped},
          {"offset_jumps", b.offset_jumps},
          {"nonce_breaks", b.nonce_breaks},
          {"gaps_total", b.gaps_total},
          {"gaps", std::move(gaps)},
          {"crossed", b.crossed},
          {"unknown_deletes", b.unknown_deletes},
          {"refused_levels", b.refused_levels},
          {"quotable_from_line", b.quotable_from_line == 0 ? Json(nullptr) : Json(b.quotable_from_line)},
          {"pulls_total", b.pulls_total},
          {"state", b.state},
          {"reason", b.reason},
          {"final", b.final ? point_json(*b.final) : Json(nullptr)},
          {"checkpoints", std::move(points)}};
}

std::string channel_name(const char* family, std::int32_t market) { return fmt::format("{}:{}", family, market); }

}  // namespace

Json to_json(const LighterReport& r) {
  Json books = Json::object(), trades = Json::object(), tickers = Json::object(), marks = Json::object();
  for (const auto& [market, b] : r.books) books[channel_name("order_book", market)] = book_json(b);
  for (const auto& [market, t] : r.trades) {
    trades[channel_name("trade", market)] = {{"prints", t.prints},       {"liquidations", t.liquidations},   {"off_market", t.off_market},
                                             {"old", t.old},             {"buy_taker_qty", t.buy_taker_qty}, {"sell_taker_qty", t.sell_taker_qty}};
  }
  for (const auto& [market, n] : r.tickers) tickers[channel_name("ticker", market)] = n;
  for (const auto& [market, n] : r.mark_prices) marks[channel_name("market_stats", market)] = n;
  Json out = {{"lines", r.lines},
              {"market", {{"kind", "lighter"}}},
              {"streams", r.frames},
              {"books", std::move(books)},
              {"trades", std::move(trades)},
              {"tickers", std::move(tickers)},
              {"mark_prices", std::move(marks)},
              {"account", {{"frames", r.account_frames}, {"orders", r.account_orders}, {"trades", r.account_trades}, {"txs", r.account_txs}}},
              {"others", r.others}};
  out["fault"] = r.fault.empty() ? Json(nullptr) : Json{{"line", r.fault_line == 0 ? Json(nullptr) : Json(r.fault_line)}, {"message", r.fault}};
  return out;
}

std::string to_text(const LighterReport& r, const std::string& path) {
  fmt::memory_buffer out;
  const auto row = [&out](std::string_view name, const std::string& text) {
    fmt::format_to(std::back_inserter(out), "{:<15} {}\n", name, text);
  };
  const auto point = [](const BookPoint& p) {
    return fmt::format("message {} (id {}, line {}): bid {} x {}, ask {} x {}; {} bids, {} asks; crc10 {}, all {}", p.n, p.u, p.line,
                       p.bid.empty() ? "-" : p.bid, p.bid_qty.empty() ? "-" : p.bid_qty, p.ask.empty() ? "-" : p.ask,
                       p.ask_qty.empty() ? "-" : p.ask_qty, p.bid_levels, p.ask_levels, p.crc10, p.crc_all);
  };
  row("tape", path);
  row("venue", "lighter");
  row("lines", std::to_string(r.lines));
  for (const auto& [name, count] : r.frames) row("", fmt::format("{:>9} {}", count, name));
  for (const auto& [market, b] : r.books) {
    row(fmt::format("market {}", market), fmt::format("tick {}, lot {}, chained by {}", short_price_text({1}, b.instrument),
                                                      short_qty_text({1}, b.instrument), b.chain.empty() ? "nothing" : b.chain));
    row("  book", fmt::format("{} messages, {} snapshots, {} applied, {} dropped, {} before the first", b.messages, b.snapshots, b.applied, b.dropped,
                              b.before_snapshot));
    row("", fmt::format("{} crossed, {} unknown deletes, {} levels refused", b.crossed, b.unknown_deletes, b.refused_levels));
    row("  chain", fmt::format("{} gaps, {} nonce breaks, {} offset jumps", b.gaps_total, b.nonce_breaks, b.offset_jumps));
    for (const feed::Gap& g : b.gaps) row("", fmt::format("line {}: {}, expected {}, got {}", g.ordinal, feed::Gap::to_text(g.kind), g.expected, g.got));
    row("  quotable", b.quotable_from_line == 0 ? fmt::format("never ({}, {})", b.state, b.reason)
                                                : fmt::format("from line {}, pulled {} times, at the end {}", b.quotable_from_line, b.pulls_total, b.state));
    for (const BookPoint& p : b.checkpoints) row("  checkpoint", point(p));
    row("  final", b.final ? point(*b.final) : fmt::format("no book ({}, {})", b.state, b.reason));
  }
  for (const auto& [market, t] : r.trades) {
    row(fmt::format("trades {}", market), fmt::format("{} prints (taker bought {}, sold {}), {} liquidations, {} off the market, {} of the history",
                                                      t.prints, t.buy_taker_qty, t.sell_taker_qty, t.liquidations, t.off_market, t.old));
  }
  if (r.account_frames != 0) {
    row("account", fmt::format("{} frames: {} orders, {} trades, {} transactions", r.account_frames, r.account_orders, r.account_trades, r.account_txs));
  }
  return fmt::to_string(out);
}

}  // namespace jobber::tools
