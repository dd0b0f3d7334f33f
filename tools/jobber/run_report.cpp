#include "tools/jobber/run_report.hpp"

#include "engine/reject_text.hpp"
#include "strategy/quote_reason.hpp"

namespace jobber::tools {

std::map<std::string, std::uint64_t> reasons_of(const strategy::MarketQuoter& quoter, Side side) {
  std::map<std::string, std::uint64_t> out;
  for (std::size_t i = 0; i < strategy::kQuoteReasons; ++i) {
    const auto reason = static_cast<strategy::QuoteReason>(i);
    const std::uint64_t n = quoter.decided_with(side, reason);
    if (n != 0 && reason != strategy::QuoteReason::kQuoting) out.emplace(to_text(reason), n);
  }
  return out;
}

std::map<std::string, std::uint64_t> refusals_of(const risk::PretradeGate& gate) {
  std::map<std::string, std::uint64_t> out;
  for (std::size_t i = 0; i < risk::PretradeGate::kReasons; ++i) {
    const auto why = static_cast<RejectReason>(i);
    if (gate.rejected(why) != 0) out.emplace(to_text(why), gate.rejected(why));
  }
  return out;
}

StageLatency stage_of(std::string name, const Histogram& h) {
  const auto ns = [](std::uint64_t v) { return static_cast<std::int64_t>(v); };
  return {std::move(name), h.count(), ns(h.p50()), ns(h.p99()), ns(h.p999()), ns(h.max())};
}

void add_feed(RunReport& report, const world::FeedFacts& facts) {
  report.events += facts.lines;
  report.depth_applied += facts.applied;
  report.feed_gaps += facts.gaps;
  report.decode_errors += facts.undecodable;
}

void add_quoter(RunReport& report, const strategy::MarketQuoter& quoter) {
  const strategy::QuoterCounters& c = quoter.counters();
  report.quotes += c.quotes;
  report.orders += c.placed;
  report.replaces += c.replaced;
  report.cancels += c.cancelled;
  report.venue_rejects += c.rejects;
  for (const auto& [why, n] : reasons_of(quoter, Side::kBuy)) report.why_not_bid[why] += n;
  for (const auto& [why, n] : reasons_of(quoter, Side::kSell)) report.why_not_ask[why] += n;
}

MarketReport market_report(const Instrument& instrument, const world::FeedFacts& facts, const risk::Position& position,
                           const risk::MarketView& view) {
  MarketReport out;
  out.symbol = instrument.symbol();
  out.currency = instrument.contract == ContractKind::kInverse ? "base" : "quote";
  out.gaps = facts.gaps;
  out.resyncs = facts.resyncs;
  out.ticker_agree = facts.ticker_agree;
  out.ticker_differ = facts.ticker_differ;
  out.rest_agree = facts.rest_agree;
  out.rest_differ = facts.rest_differ;
  out.book = mark_of(*facts.book, facts.whole, facts.update_id, instrument);
  const risk::Mark mark = risk::Mark::mid(view.bid, view.ask);
  out.position = instrument.to_double(position.lots());
  out.average_price = position.entry_price();
  out.mark = 0.5 * (instrument.to_double(view.bid) + instrument.to_double(view.ask));
  out.volume = position.to_double(position.turnover());
  out.realised = position.to_double(position.realised());
  out.unrealised = position.flat() ? 0.0 : position.to_double(position.unrealised(mark));
  out.fees = position.to_double(position.fees());
  out.funding = position.to_double(position.funding());
  out.pnl = out.realised + out.unrealised - out.fees + out.funding;
  return out;
}

void add_market(RunReport& report, MarketReport market) {
  const bool first = report.markets.empty();
  report.symbol += (first ? "" : ", ") + market.symbol;
  report.currency = market.currency;
  report.position = first ? market.position : 0.0;  // of one market only: lots of two do not add up
  report.average_price = first ? market.average_price : 0.0;
  report.mark = first ? market.mark : 0.0;
  report.volume += market.volume;
  report.realised += market.realised;
  report.unrealised += market.unrealised;
  report.fees += market.fees;
  report.funding += market.funding;
  report.pnl += market.pnl;
  report.markets.push_back(std::move(market));
}

}  // namespace jobber::tools
