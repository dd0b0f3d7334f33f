#include "engine/config_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace jobber {
namespace {

using Violations = std::vector<ConfigViolation>;

void check_cartea(const Config& c, Violations& out) {
  const CarteaJaimungalConfig& cj = c.trading.cartea_jaimungal;
  const auto refuse = [&](bool bad, std::string_view path, std::string message) {
    if (bad) out.push_back({path, std::move(message), RangeRule::kChecked});
  };
  refuse(cj.refresh_seconds <= 0, "trading.cartea_jaimungal.refresh_seconds",
         fmt::format("{} must be > 0", cj.refresh_seconds));
  refuse(cj.spread_multiplier <= 0, "trading.cartea_jaimungal.spread_multiplier",
         fmt::format("{} must be > 0", cj.spread_multiplier));
  refuse(cj.min_half_spread_bps < 0, "trading.cartea_jaimungal.min_half_spread_bps",
         fmt::format("{} must be >= 0", cj.min_half_spread_bps));
  refuse(cj.max_half_spread_bps <= 0, "trading.cartea_jaimungal.max_half_spread_bps",
         fmt::format("{} must be > 0", cj.max_half_spread_bps));
  refuse(cj.min_half_spread_bps > cj.max_half_spread_bps, "trading.cartea_jaimungal.min_half_spread_bps",
         fmt::format("{} must not exceed trading.cartea_jaimungal.max_half_spread_bps = {}", cj.min_half_spread_bps,
                     cj.max_half_spread_bps));
}

void check_bounds(const Config& c, Violations& out) {
  const auto refuse = [&](bool bad, std::string_view path, std::string message) {
    if (bad) out.push_back({path, std::move(message), RangeRule::kOurs});
  };
  const CjEstimatorConfig& e = c.trading.cj_estimator;
  refuse(e.kappa_max < e.kappa_min, "trading.cj_estimator.kappa_max",
         fmt::format("{} is below kappa_min = {}", e.kappa_max, e.kappa_min));
  refuse(e.epsilon_cap < e.epsilon_floor, "trading.cj_estimator.epsilon_cap",
         fmt::format("{} is below epsilon_floor = {}", e.epsilon_cap, e.epsilon_floor));
  const QuotaRecoveryConfig& q = c.performance.quota_recovery;
  refuse(q.enabled && q.target_quota <= q.trigger_threshold, "performance.quota_recovery.target_quota",
         fmt::format("{} must exceed trigger_threshold = {}", q.target_quota, q.trigger_threshold));
  const WebsocketConfig& w = c.websocket;
  refuse(w.reconnect_max_delay < w.reconnect_base_delay, "websocket.reconnect_max_delay",
         fmt::format("{} is below reconnect_base_delay = {}", w.reconnect_max_delay, w.reconnect_base_delay));
  refuse(c.safety.max_live_orders_per_market < 2 * c.trading.levels_per_side, "safety.max_live_orders_per_market",
         fmt::format("{} is below two orders per level: trading.levels_per_side = {}",
                     c.safety.max_live_orders_per_market, c.trading.levels_per_side));
  refuse(c.jobber.risk.max_open_orders < 2 * c.trading.levels_per_side, "jobber.risk.max_open_orders",
         fmt::format("{} is below two orders per level: trading.levels_per_side = {}", c.jobber.risk.max_open_orders,
                     c.trading.levels_per_side));
  constexpr std::array<std::int64_t, 7> kSnapshotLimits{5, 10, 20, 50, 100, 500, 1000};
  const std::int64_t limit = c.trading.alpha.depth_snapshot_limit;
  refuse(std::find(kSnapshotLimits.begin(), kSnapshotLimits.end(), limit) == kSnapshotLimits.end(),
         "trading.alpha.depth_snapshot_limit", fmt::format("{} is none of 5, 10, 20, 50, 100, 500, 1000", limit));
}

void check_names(const Config& c, Violations& out) {
  const std::string& name = c.jobber.stats.name;
  const bool good = !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char ch) {
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '-' || ch == '_' ||
           ch == '.';
  });
  if (!good || name[0] == '.')
    out.push_back({"jobber.stats.name", "1 to 64 letters, digits, '-', '_' or '.' expected, not beginning with '.'",
                   RangeRule::kOurs});
  std::vector<std::int64_t> cores = c.jobber.cores;
  std::sort(cores.begin(), cores.end());
  if (std::adjacent_find(cores.begin(), cores.end()) != cores.end())
    out.push_back({"jobber.cores", "a core stands twice", RangeRule::kOurs});
}

}  // namespace

std::vector<ConfigViolation> check_config(const Config& config) {
  Violations out;
  if (config.trading.quote_engine == QuoteEngine::kCarteaJaimungal) check_cartea(config, out);
  check_bounds(config, out);
  check_names(config, out);
  return out;
}

}  // namespace jobber
