#include "tools/world/setup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/check.hpp"
#include "risk/limits.hpp"

namespace jobber::world {
namespace {

Nanos from_seconds(double s) { return {static_cast<std::int64_t>(s * 1e9)}; }

std::uint32_t to_ppm(double fraction) { return static_cast<std::uint32_t>(std::lround(fraction * 1e6)); }

feed::SyncRule rule_of(const Instrument& instrument) {
  return instrument.venue == Venue::kBinanceSpot ? feed::SyncRule::kSpot : feed::SyncRule::kFutures;
}

// What one lot is worth in quote currency.
double lot_value(const Instrument& instrument, double price) {
  const double lots = instrument.lot() * instrument.multiplier;
  return instrument.contract == ContractKind::kInverse ? lots : lots * price;
}

Sampling sampling_of(const Config& config) {
  return config.jobber.volatility_clock == VolatilityClock::kStepClock ? Sampling::kStepClock : Sampling::kPerMessage;
}

// A book whose dense window holds the band round this price.
BookShape book_round(const Instrument& instrument, double price, double depth) {
  if (!(price > 0.0)) return {.band_ppm = to_ppm(depth)};
  return BookShape::round_mid({std::llround(price / instrument.tick())}, to_ppm(depth));
}

feed::MarketAgentConfig market_of(const Config& config, const MarketPair& market) {
  feed::MarketAgentConfig out;
  out.instrument = market.quoted;
  out.depth.rule = rule_of(market.quoted);
  out.depth.silence = market.quoted_silence;
  out.depth.book = book_round(market.quoted, market.reference_price, config.trading.vol_obi.looking_depth);
  return out;
}

feed::ObiAgentConfig alpha_of(const Config& config, const MarketPair& market) {
  const AlphaConfig& alpha = config.trading.alpha;
  feed::ObiAgentConfig out;
  out.market = market.alpha.value_or(market.quoted);
  out.quoted = market.quoted.id;
  out.depth.rule = rule_of(out.market);
  out.depth.silence = market.alpha_silence;
  out.depth.book = book_round(out.market, market.alpha_price, alpha.looking_depth);
  out.looking_depth_ppm = to_ppm(alpha.looking_depth);
  out.alpha.window = static_cast<std::size_t>(alpha.window_size);
  out.alpha.clamp = config.jobber.alpha_clamp;
  out.min_samples = static_cast<std::uint64_t>(alpha.min_samples);
  out.sampling = sampling_of(config);
  out.step = {config.trading.vol_obi.step_ns};
  out.valid_for = from_seconds(alpha.stale_seconds);
  return out;
}

strategy::VolObiParams model_of(const Config& config) {
  const VolObiConfig& v = config.trading.vol_obi;
  strategy::VolObiParams out;
  out.window = static_cast<std::size_t>(v.window_steps);
  out.step = {v.step_ns};
  out.sampling = sampling_of(config);
  out.vol_to_half_spread = v.vol_to_half_spread;
  out.min_half_spread_bps = v.min_half_spread_bps;
  out.c1_ticks = v.c1_ticks;
  out.skew = v.skew;
  out.min_samples = static_cast<std::uint64_t>(v.min_warmup_samples);
  out.alpha_clamp = config.jobber.alpha_clamp;
  return out;
}

strategy::PlanParams plan_of(const Config& config) {
  const InventoryExitBiasConfig& b = config.trading.inventory_exit_bias;
  strategy::PlanParams out;
  out.levels = static_cast<std::size_t>(config.trading.levels_per_side);
  out.level_factor = config.trading.spread_factor_level1;
  out.fallback_bps = std::max({config.trading.cartea_jaimungal.min_half_spread_bps,
                               config.trading.vol_obi.min_half_spread_bps, 1.0});
  out.bias = {.enabled = b.enabled,
              .min_ratio = b.min_ratio,
              .exit_tighten_per_ratio = b.exit_tighten_per_ratio,
              .add_widen_per_ratio = b.add_widen_per_ratio,
              .max_exit_tighten = b.max_exit_tighten,
              .max_add_widen = b.max_add_widen,
              .adverse_boost_per_bps = b.adverse_boost_per_bps,
              .adverse_threshold_bps = config.trading.live_quality.adverse_threshold_bps};
  return out;
}

Lots position_limit(const Config& config, const MarketPair& market) {
  const double lots = config.jobber.risk.position_max_usd / lot_value(market.quoted, market.reference_price);
  return {std::max<std::int64_t>(1, static_cast<std::int64_t>(lots))};
}

strategy::MarketParams quoting_of(const Config& config, const MarketPair& market, double capital_usd) {
  strategy::MarketParams out;
  out.model = model_of(config);
  out.plan = plan_of(config);
  out.sizing.capital_usage = config.trading.capital_usage_percent;
  out.sizing.leverage = static_cast<double>(config.trading.leverage);
  out.sizing.levels = out.plan.levels;
  out.sizing.min_order_value_usd = config.trading.min_order_value_usd;
  out.sizing.significant_usd = config.trading.position_value_threshold_usd;
  out.capital_usd = capital_usd;
  out.position_max = position_limit(config, market);
  // A little inside the gate's own collar, whose reference may be the last trade instead of the mid.
  out.collar_ppm = std::llround(config.jobber.risk.price_collar_bps * 90.0);
  out.requote_threshold_bps = config.trading.default_quote_update_threshold_bps;
  out.stale_after = market.quoted_silence;
  out.resume_after = milliseconds(config.jobber.resume_fresh_ms);
  out.warmup_span = from_seconds(config.jobber.paper.warmup_seconds);
  out.statistics_gap = std::max(out.statistics_gap, market.quoted_silence);
  out.alpha_min_samples = static_cast<std::uint64_t>(config.trading.alpha.min_samples);
  return out;
}

risk::Limits limits_of(const Config& config, const MarketPair& market) {
  const RiskConfig& r = config.jobber.risk;
  risk::Limits out;
  out.position_max = position_limit(config, market);
  out.order_qty_max = {std::max<std::int64_t>(
      1, static_cast<std::int64_t>(r.order_max_notional_usd / lot_value(market.quoted, market.reference_price)))};
  out.order_notional_max = r.order_max_notional_usd;
  out.collar_ppm = std::llround(r.price_collar_bps * 100.0);
  out.taker_collar_ppm = std::min<std::int64_t>(out.taker_collar_ppm, out.collar_ppm);
  // A thin market is quoted from its mid alone; its last print may be minutes old.
  out.collar_source_age_max = std::max(out.collar_source_age_max, market.quoted_silence);
  out.open_orders_max = static_cast<std::uint32_t>(r.max_open_orders);
  out.book_age_max = std::min(market.quoted_silence, risk::kBookAgeCeiling);
  return out;
}

gateway::QueueModel::Kind queue_of(QueueModelKind kind) {
  switch (kind) {
    case QueueModelKind::kRiskAverse: return gateway::QueueModel::Kind::kRiskAverse;
    case QueueModelKind::kPower: return gateway::QueueModel::Kind::kPower;
    case QueueModelKind::kPower2: return gateway::QueueModel::Kind::kPower2;
    case QueueModelKind::kPower3: return gateway::QueueModel::Kind::kPower3;
    case QueueModelKind::kLog: return gateway::QueueModel::Kind::kLog;
    case QueueModelKind::kLog2: return gateway::QueueModel::Kind::kLog2;
  }
  return gateway::QueueModel::Kind::kRiskAverse;
}

gateway::PaperConfig paper_of(const Config& config) {
  const PaperConfig& p = config.jobber.paper;
  gateway::PaperConfig out;
  out.queue = queue_of(p.queue_model);
  out.queue_n = p.queue_power;
  out.fills = p.partial_fills ? gateway::FillRule::kPartial : gateway::FillRule::kWhole;
  out.latency = gateway::LatencyModel::constant(microseconds(p.entry_latency_us), microseconds(p.response_latency_us));
  return out;
}

constexpr std::size_t kMarketsMax = strategy::QuotingAgent<>::kMarketsMax;

void add_market(Setup& out, const Config& config, const MarketPair& market, double capital_usd, std::string& problem) {
  JOBBER_CHECK(market.quoted.id.n == out.feeds.size());
  if (!(market.reference_price > 0.0)) {
    problem = "no price of the quoted market is known";
    return;
  }
  out.feeds.push_back({market_of(config, market), alpha_of(config, market)});
  out.quoting.markets.push_back({market.quoted, quoting_of(config, market, capital_usd)});
  out.gateway.instruments.push_back(market.quoted);
  out.gateway.limits.push_back(limits_of(config, market));
  out.paper.books.push_back(out.feeds.back().market.depth.book);
  if (problem.empty()) problem = strategy::check_params(out.quoting.markets.back().params);
  if (problem.empty()) problem = risk::check_limits(out.gateway.limits.back(), market.quoted, false);
}

}  // namespace

std::optional<Setup> make_setup(const Config& config, std::span<const MarketPair> markets, std::string& problem) {
  if (markets.empty() || markets.size() > kMarketsMax) {
    problem = fmt::format("{} markets: one engine quotes 1 to {}", markets.size(), kMarketsMax);
    return std::nullopt;
  }
  Setup out;
  out.paper = paper_of(config);
  out.gateway.throttle.messages_per_second = config.jobber.risk.orders_per_second;
  problem = risk::check_throttle(out.gateway.throttle);
  const double capital = config.jobber.paper.capital_usd / static_cast<double>(markets.size());
  for (const MarketPair& market : markets) {
    add_market(out, config, market, capital, problem);
    if (problem.empty()) continue;
    problem = fmt::format("{}: {}", market.quoted.symbol(), problem);
    return std::nullopt;
  }
  return out;
}

Nanos natural_silence(std::vector<std::int64_t> gaps_ns) {
  if (gaps_ns.empty()) return milliseconds(500);
  const auto middle = gaps_ns.begin() + static_cast<std::ptrdiff_t>(gaps_ns.size() / 2);
  std::nth_element(gaps_ns.begin(), middle, gaps_ns.end());
  return std::clamp(Nanos{*middle * 10}, milliseconds(500), risk::kBookAgeCeiling);
}

}  // namespace jobber::world
