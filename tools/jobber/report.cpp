#include "tools/jobber/report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace jobber::tools {
namespace {

// ordered: people read it too.
using Json = nlohmann::ordered_json;

std::string hex(std::uint64_t value) { return fmt::format("{:016x}", value); }

std::string reasons(const std::map<std::string, std::uint64_t>& why, std::string_view if_none) {
  std::string out;
  for (const auto& [reason, count] : why) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", reason, count);
  return out.empty() ? std::string(if_none) : out;
}

}  // namespace

std::string to_json(const RunReport& r) {
  Json latency = Json::object();
  for (const StageLatency& s : r.latency) {
    latency[s.stage] = {{"count", s.count}, {"p50", s.p50}, {"p99", s.p99}, {"p99_9", s.p99_9}, {"max", s.max}};
  }
  Json markets = Json::array();
  for (const MarketReport& m : r.markets) {
    markets.push_back({{"symbol", m.symbol},
                       {"position", m.position},
                       {"average_price", m.average_price},
                       {"mark", m.mark},
                       {"fills", m.fills},
                       {"volume", m.volume},
                       {"pnl", m.pnl},
                       {"gaps", m.gaps},
                       {"resyncs", m.resyncs},
                       {"checks",
                        {{"ticker_agree", m.ticker_agree}, {"ticker_differ", m.ticker_differ}, {"rest_agree", m.rest_agree}, {"rest_differ", m.rest_differ}}},
                       {"book", to_json(m.book)}});
  }
  Json j = {
      {"verb", r.verb},
      {"source", r.source},
      {"symbol", r.symbol},
      {"alpha_symbol", r.alpha_symbol},
      {"model", r.model},
      {"events", r.events},
      {"market_messages", r.market_messages},
      {"signals", r.signals},
      {"quotes", r.quotes},
      {"orders", r.orders},
      {"replaces", r.replaces},
      {"cancels", r.cancels},
      {"fills", r.fills},
      {"volume", r.volume},
      {"risk_rejects", r.risk_rejects},
      {"refused_because", r.refused_because},
      {"venue_rejects", r.venue_rejects},
      {"unsafe_orders", r.unsafe_orders},
      {"open_orders_at_end", r.open_orders_at_end},
      {"currency", r.currency},
      {"position", r.position},
      {"average_price", r.average_price},
      {"mark", r.mark},
      {"pnl", r.pnl},
      {"fees", r.fees},
      {"pnl_split",
       {{"realised", r.realised}, {"unrealised", r.unrealised}, {"fees", -r.fees}, {"funding", r.funding}}},
      {"why_not", {{"bid", r.why_not_bid}, {"ask", r.why_not_ask}}},
      {"feed", {{"gaps", r.feed_gaps}, {"decode_errors", r.decode_errors}, {"depth_applied", r.depth_applied}}},
      {"state_hash", hex(r.state_hash)},
      {"latency_ns", std::move(latency)},
      {"markets", std::move(markets)},
      {"wall_seconds", r.wall_seconds},
      {"market_seconds", r.market_seconds},
      {"warnings", r.warnings},
  };
  for (const LinkReport& links : r.links) j["links"].push_back(to_json(links));
  if (r.hot_counters) j["hot"] = {{"allocations", r.hot_allocations}, {"page_faults", r.hot_page_faults}, {"measured", r.hot_measured}};
  if (!r.journal_path.empty()) {
    j["journal"] = {{"path", r.journal_path}, {"records", r.journal_records}, {"dropped", r.journal_dropped}};
  }
  return j.dump(1);
}

std::string to_text(const RunReport& r) {
  std::string out;
  const auto line = [&out](std::string_view name, std::string_view value) {
    out += fmt::format("{:<16} {}\n", name, value);
  };
  line(r.verb, r.source);
  line("market", fmt::format("{}, model {}, alpha {}", r.symbol, r.model, r.alpha_symbol.empty() ? "own book" : r.alpha_symbol));
  line("time", fmt::format("{:.1f} s of market in {:.2f} s", r.market_seconds, r.wall_seconds));
  line("events", fmt::format("{} wire messages, {} depth updates applied, {} gaps, {} undecodable", r.events,
                             r.depth_applied, r.feed_gaps, r.decode_errors));
  line("quotes", fmt::format("{} decisions; {} orders, {} replaces, {} cancels; {} refused at the gate, {} at the venue",
                             r.quotes, r.orders, r.replaces, r.cancels, r.risk_rejects, r.venue_rejects));
  line("fills", fmt::format("{}, volume {:.6g} {}", r.fills, r.volume, r.currency));
  if (r.markets.size() > 1) line("orders at end", fmt::format("{} still open", r.open_orders_at_end));
  else line("position", fmt::format("{:.8g} at {:.8g}, mark {:.8g}, {} orders still open", r.position, r.average_price, r.mark, r.open_orders_at_end));
  line("pnl", fmt::format("{:+.6f} {} = realised {:+.6f} {:+.6f} unrealised {:+.6f} fees {:+.6f} funding", r.pnl,
                          r.currency, r.realised, r.unrealised, -r.fees, r.funding));
  line("no bid because", reasons(r.why_not_bid, "always quoted"));
  line("no ask because", reasons(r.why_not_ask, "always quoted"));
  if (r.risk_rejects != 0) line("gate refused", reasons(r.refused_because, "nothing"));
  if (r.unsafe_orders != 0) line("UNSAFE", fmt::format("{} orders left on a bad book", r.unsafe_orders));
  if (r.hot_counters) {
    line("hot threads", r.hot_measured ? fmt::format("{} allocations, {} page faults after warm-up", r.hot_allocations, r.hot_page_faults)
                                       : "not measured, the run ended before they were warm");
  }
  if (!r.journal_path.empty()) {
    line("journal", fmt::format("{}: {} records, {} dropped", r.journal_path, r.journal_records, r.journal_dropped));
  }
  for (const LinkReport& links : r.links) line("connections", to_text(links));
  for (const MarketReport& m : r.markets) {
    if (r.markets.size() > 1) {
      line(m.symbol, fmt::format("{:.8g} at {:.8g}, mark {:.8g}, {} fills, pnl {:+.6f}", m.position, m.average_price, m.mark, m.fills, m.pnl));
    }
    line("book", fmt::format("{} {}", m.symbol, to_text(m.book)));
  }
  line("state hash", hex(r.state_hash));
  out += fmt::format("{:<16} {:>10} {:>10} {:>10} {:>10} {:>12}\n", "latency, ns", "p50", "p99", "p99.9", "max", "count");
  for (const StageLatency& s : r.latency) {
    out += fmt::format("  {:<14} {:>10} {:>10} {:>10} {:>10} {:>12}\n", s.stage, s.p50, s.p99, s.p99_9, s.max, s.count);
  }
  for (const std::string& w : r.warnings) line("warning", w);
  return out;
}

}  // namespace jobber::tools
