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

void fill_feed(RunReport& report, const feed::MarketAgent& market) {
  report.events = market.counters().lines;
  report.depth_applied = market.session().counters().applied;
  report.feed_gaps = market.session().counters().gaps;
  report.decode_errors = market.counters().undecodable;
}

void fill_quoter(RunReport& report, const strategy::MarketQuoter& quoter) {
  const strategy::QuoterCounters& c = quoter.counters();
  report.quotes = c.quotes;
  report.orders = c.placed;
  report.replaces = c.replaced;
  report.cancels = c.cancelled;
  report.venue_rejects = c.rejects;
  report.why_not_bid = reasons_of(quoter, Side::kBuy);
  report.why_not_ask = reasons_of(quoter, Side::kSell);
}

void fill_position(RunReport& report, const Instrument& instrument, const risk::Position& position,
                   const risk::MarketView& view) {
  const risk::Mark mark = risk::Mark::mid(view.bid, view.ask);
  report.position = instrument.to_double(position.lots());
  report.average_price = position.entry_price();
  report.mark = 0.5 * (instrument.to_double(view.bid) + instrument.to_double(view.ask));
  report.volume = position.to_double(position.turnover());
  report.realised = position.to_double(position.realised());
  report.unrealised = position.flat() ? 0.0 : position.to_double(position.unrealised(mark));
  report.fees = position.to_double(position.fees());
  report.funding = position.to_double(position.funding());
  report.pnl = report.realised + report.unrealised - report.fees + report.funding;
}

}  // namespace jobber::tools
