#include "engine/config_keys.hpp"

#include <algorithm>
#include <array>
#include <type_traits>

namespace jobber {
namespace {

using Name = Choice::Name;

template <class E>
constexpr Name name(std::string_view text, E value) {
  return {text, static_cast<std::uint8_t>(value)};
}

constexpr std::array kMarginModeNames{name("cross", MarginMode::kCross), name("isolated", MarginMode::kIsolated)};
constexpr std::array kQuoteEngineNames{name("vol_obi", QuoteEngine::kVolObi),
                                       name("cartea_jaimungal", QuoteEngine::kCarteaJaimungal),
                                       name("vol", QuoteEngine::kVolObi),
                                       name("obi", QuoteEngine::kVolObi),
                                       name("cartea", QuoteEngine::kCarteaJaimungal),
                                       name("cj", QuoteEngine::kCarteaJaimungal)};
constexpr std::array kSolverModeNames{name("asymmetric", SolverMode::kAsymmetric),
                                      name("symmetric", SolverMode::kSymmetric)};
constexpr std::array kIdlePolicyNames{name("spin", IdlePolicy::kSpin), name("yield", IdlePolicy::kYield),
                                      name("park", IdlePolicy::kPark)};
constexpr std::array kThreadPlanNames{name("dedicated", ThreadPlan::kDedicated), name("paired", ThreadPlan::kPaired),
                                      name("shared", ThreadPlan::kShared)};
constexpr std::array kVolatilityClockNames{name("step_clock", VolatilityClock::kStepClock),
                                           name("per_message", VolatilityClock::kPerMessage)};
constexpr std::array kQueueModelKindNames{name("risk_averse", QueueModelKind::kRiskAverse),
                                          name("power", QueueModelKind::kPower),
                                          name("power2", QueueModelKind::kPower2),
                                          name("power3", QueueModelKind::kPower3),
                                          name("log", QueueModelKind::kLog),
                                          name("log2", QueueModelKind::kLog2)};

constexpr KeyRange range_of(RangeRule rule, double min, double max, bool open) { return {min, max, open, rule}; }
constexpr double kNoMax = std::numeric_limits<double>::infinity();
constexpr double kManyMax = 1e9;  // a count nobody means to exceed
constexpr KeyRange kAny{};
constexpr KeyRange checked(double min, double max = kNoMax) { return range_of(RangeRule::kChecked, min, max, false); }
constexpr KeyRange checked_above(double min, double max = kNoMax) {
  return range_of(RangeRule::kChecked, min, max, true);
}
constexpr KeyRange ours(double min, double max = kNoMax) { return range_of(RangeRule::kOurs, min, max, false); }
constexpr KeyRange ours_above(double min, double max = kNoMax) { return range_of(RangeRule::kOurs, min, max, true); }
constexpr KeyRange limited(double min, double max = kNoMax) { return range_of(RangeRule::kLimited, min, max, false); }

constexpr bool kReload = true;
constexpr bool kRestart = false;
constexpr bool kUsed = true;
constexpr bool kUnused = false;

// What every venue has.
#define JOBBER_VENUE(venue)                                                                                               \
  {JOBBER_FIELD(jobber.venues.venue.rest), kAny, "", kRestart, kUsed, "REST, https://"},                                  \
      {JOBBER_FIELD(jobber.venues.venue.stream), kAny, "", kRestart, kUsed, "market data, wss://"},                       \
      {JOBBER_FIELD(jobber.venues.venue.ca_file), kAny, "", kRestart, kUsed,                                              \
       "authorities that may vouch for it, PEM; empty = the system's"},                                                   \
      {JOBBER_FIELD(jobber.venues.venue.pins), kAny, "", kRestart, kUsed,                                                 \
       "base64 SHA-256 of public keys, one of which its certificates must have, comma separated; empty = not pinned"},    \
      {JOBBER_FIELD(jobber.venues.venue.markets), kAny, "", kRestart, kUsed, "symbols, comma separated; --symbols wins"}, \
  {JOBBER_FIELD(jobber.venues.venue.silence_ms), ours(100, 60000), "", kRestart, kUsed,                                   \
   "a connection silent for so long is probed, and given up after three times that, ms"},                                 \
  {JOBBER_FIELD(jobber.venues.venue.life_seconds), ours(1, 86400), "", kRestart, kUsed,                                   \
   "a connection is replaced by another beside it after so long, s"}

// A path is written once: it is the key's name and the place of its value.
#define JOBBER_FIELD(path) #path, +[](Config& c) -> auto& { return c.path; }
#define JOBBER_CHOICE(path, names)                                                                     \
  #path, Choice {                                                                                      \
    names, [](Config& c, std::uint8_t v) { c.path = static_cast<std::decay_t<decltype(c.path)>>(v); }, \
        [](const Config& c) { return static_cast<std::uint8_t>(c.path); }                              \
  }
#define JOBBER_ENVIRONMENT(name, member) name, +[](Config& c) -> auto& { return c.environment.member; }

// The columns: path and field, range, environment, reload, use, meaning. Bounds that join two keys,
// or hold only for one quoting model, are in config_check.cpp.
const ConfigKey kKeys[] = {
    // clang-format off
    {JOBBER_FIELD(trading.leverage), checked(1, 20), "LEVERAGE", kRestart, kUsed,
     "account leverage set at start; also multiplies sizes and limits"},
    {JOBBER_CHOICE(trading.margin_mode, kMarginModeNames), kAny, "MARGIN_MODE", kRestart, kUsed,
     "margin mode sent with the leverage"},
    {JOBBER_FIELD(trading.levels_per_side), ours(1, 16), "", kRestart, kUsed,
     "quote levels per side"},
    {JOBBER_FIELD(trading.base_amount), checked_above(0), "BASE_AMOUNT", kRestart, kUnused,
     "size is dynamic; the key is only validated"},
    {JOBBER_FIELD(trading.capital_usage_percent), checked_above(0, 0.5), "CAPITAL_USAGE_PERCENT", kReload, kUsed,
     "share of available capital per order before leverage; a fraction despite its name"},
    {JOBBER_FIELD(trading.default_quote_update_threshold_bps), ours(0), "DEFAULT_QUOTE_UPDATE_THRESHOLD_BPS", kReload, kUsed,
     "price move needed before a resting order is moved, bps"},
    {JOBBER_FIELD(trading.spread_factor_level1), checked(1), "SPREAD_FACTOR_LEVEL1", kReload, kUsed,
     "depth multiplier per further level"},
    {JOBBER_FIELD(trading.order_timeout_seconds), checked_above(0), "ORDER_TIMEOUT", kRestart, kUsed,
     "longest wait for a market event, s"},
    {JOBBER_FIELD(trading.position_value_threshold_usd), ours(0), "POSITION_VALUE_THRESHOLD_USD", kReload, kUsed,
     "positions below count as dust, USD"},
    {JOBBER_FIELD(trading.min_order_value_usd), ours(0), "", kReload, kUsed,
     "own minimum notional per order, USD"},
    {JOBBER_FIELD(trading.maker_fee_rate), ours(-0.1, 0.1), "MAKER_FEE_RATE", kReload, kUsed,
     "maker fee as a fraction; negative = rebate"},
    {JOBBER_FIELD(trading.sanity_check_interval), ours(0, kManyMax), "SANITY_CHECK_INTERVAL", kRestart, kUnused,
     "the check runs at its own interval"},
    {JOBBER_FIELD(trading.sanity_check_tolerance_pct), ours_above(0), "SANITY_CHECK_TOLERANCE_PCT", kReload, kUsed,
     "allowed difference between our touch and the ticker, percent"},
    {JOBBER_FIELD(trading.set_leverage_on_startup), kAny, "", kRestart, kUsed,
     "send the leverage at start; a refusal aborts"},
    {JOBBER_CHOICE(trading.quote_engine, kQuoteEngineNames), kAny, "QUOTE_ENGINE", kRestart, kUsed,
     "quoting model"},
    {JOBBER_FIELD(trading.live_quality.markout_horizons_sec), ours_above(0), "LIVE_MARKOUT_HORIZONS", kRestart, kUsed,
     "markout horizons, s"},
    {JOBBER_FIELD(trading.live_quality.window_seconds), ours_above(0), "LIVE_QUALITY_WINDOW_SECONDS", kRestart, kUsed,
     "rolling window, s; at least the longest horizon"},
    {JOBBER_FIELD(trading.live_quality.adaptive_enabled), kAny, "LIVE_QUALITY_ADAPTIVE_ENABLED", kReload, kUsed,
     "adapt spread and size to measured markouts"},
    {JOBBER_FIELD(trading.live_quality.adaptive_horizon_sec), ours_above(0), "LIVE_QUALITY_ADAPTIVE_HORIZON", kReload, kUsed,
     "horizon that drives the adaptation, s"},
    {JOBBER_FIELD(trading.live_quality.adverse_threshold_bps), ours(0), "LIVE_QUALITY_ADVERSE_THRESHOLD_BPS", kReload, kUsed,
     "tolerated mean adverse move, bps"},
    {JOBBER_FIELD(trading.live_quality.spread_widen_per_adverse_bps), limited(0), "LIVE_QUALITY_SPREAD_WIDEN_PER_BPS", kReload, kUsed,
     "spread multiplier per bps beyond the threshold"},
    {JOBBER_FIELD(trading.live_quality.max_spread_multiplier), limited(1), "LIVE_QUALITY_MAX_SPREAD_MULTIPLIER", kReload, kUsed,
     "upper bound of the spread multiplier"},
    {JOBBER_FIELD(trading.live_quality.size_reduce_per_adverse_bps), limited(0), "LIVE_QUALITY_SIZE_REDUCE_PER_BPS", kReload, kUsed,
     "size reduction per bps beyond the threshold"},
    {JOBBER_FIELD(trading.live_quality.min_size_multiplier), limited(0.05, 1), "LIVE_QUALITY_MIN_SIZE_MULTIPLIER", kReload, kUsed,
     "lower bound of the size multiplier"},
    {JOBBER_FIELD(trading.live_quality.metrics_flush_seconds), limited(1), "LIVE_QUALITY_METRICS_FLUSH_SECONDS", kReload, kUsed,
     "interval of written metrics, s"},
    {JOBBER_FIELD(trading.inventory_exit_bias.enabled), kAny, "INVENTORY_EXIT_BIAS_ENABLED", kReload, kUsed,
     "tighten exits and widen adds while holding inventory"},
    {JOBBER_FIELD(trading.inventory_exit_bias.min_ratio), ours(0, 1), "INVENTORY_EXIT_BIAS_MIN_RATIO", kReload, kUsed,
     "inventory / limit from which it acts"},
    {JOBBER_FIELD(trading.inventory_exit_bias.exit_tighten_per_ratio), limited(0), "INVENTORY_EXIT_TIGHTEN_PER_RATIO", kReload, kUsed,
     "slope of the exit side's reduction"},
    {JOBBER_FIELD(trading.inventory_exit_bias.add_widen_per_ratio), limited(0), "INVENTORY_ADD_WIDEN_PER_RATIO", kReload, kUsed,
     "slope of the adding side's widening"},
    {JOBBER_FIELD(trading.inventory_exit_bias.max_exit_tighten), ours(0), "INVENTORY_MAX_EXIT_TIGHTEN", kReload, kUsed,
     "cap of the reduction; its effect ends at 0.95"},
    {JOBBER_FIELD(trading.inventory_exit_bias.max_add_widen), ours(0), "INVENTORY_MAX_ADD_WIDEN", kReload, kUsed,
     "cap of the widening"},
    {JOBBER_FIELD(trading.inventory_exit_bias.adverse_boost_per_bps), ours(0), "INVENTORY_ADVERSE_BOOST_PER_BPS", kReload, kUsed,
     "extra strength per adverse bps beyond the threshold"},
    {JOBBER_FIELD(trading.cartea_jaimungal.use_estimator), kAny, "CJ_USE_ESTIMATOR", kRestart, kUsed,
     "run the trade estimator; also on when cj_estimator.enabled"},
    {JOBBER_FIELD(trading.cartea_jaimungal.require_estimator_ready), kAny, "CJ_REQUIRE_ESTIMATOR_READY", kReload, kUsed,
     "no quotes until the estimator is ready"},
    {JOBBER_FIELD(trading.cartea_jaimungal.estimator_blend), limited(0, 1), "CJ_ESTIMATOR_BLEND", kReload, kUsed,
     "weight of estimates against the base values"},
    {JOBBER_FIELD(trading.cartea_jaimungal.lambda), ours(0), "CJ_LAMBDA", kReload, kUsed,
     "arrival intensity per side, 1/s"},
    {JOBBER_FIELD(trading.cartea_jaimungal.kappa), ours_above(0), "CJ_KAPPA", kReload, kUsed,
     "fill decay, 1/USD"},
    {JOBBER_FIELD(trading.cartea_jaimungal.epsilon), ours(0), "CJ_EPSILON", kReload, kUsed,
     "expected adverse jump per fill, USD"},
    {JOBBER_FIELD(trading.cartea_jaimungal.sigma2_per_sec), ours(0), "CJ_SIGMA2_PER_SEC", kReload, kUsed,
     "price variance, USD^2/s"},
    {JOBBER_FIELD(trading.cartea_jaimungal.sigma2_scale), ours(0), "CJ_SIGMA2_SCALE", kReload, kUsed,
     "scale on the estimated variance"},
    {JOBBER_FIELD(trading.cartea_jaimungal.volatility_spread_multiplier), ours(0), "CJ_VOLATILITY_SPREAD_MULTIPLIER", kReload, kUsed,
     "weight of sqrt(variance * horizon) added to the depth"},
    {JOBBER_FIELD(trading.cartea_jaimungal.alpha), ours(0), "CJ_ALPHA", kReload, kUsed,
     "terminal inventory penalty"},
    {JOBBER_FIELD(trading.cartea_jaimungal.phi), ours(0), "CJ_PHI", kReload, kUsed,
     "running inventory penalty"},
    {JOBBER_FIELD(trading.cartea_jaimungal.horizon_seconds), ours_above(0), "CJ_HORIZON_SECONDS", kReload, kUsed,
     "horizon, s"},
    {JOBBER_FIELD(trading.cartea_jaimungal.q_max), ours(1, 1000), "CJ_Q_MAX", kRestart, kUsed,
     "inventory bound in units"},
    {JOBBER_CHOICE(trading.cartea_jaimungal.solver_mode, kSolverModeNames), kAny, "CJ_SOLVER_MODE", kRestart, kUsed,
     "solver"},
    {JOBBER_FIELD(trading.cartea_jaimungal.asym_n_steps), ours(1, 100000), "CJ_ASYM_N_STEPS", kReload, kUsed,
     "backward Euler steps"},
    {JOBBER_FIELD(trading.cartea_jaimungal.asym_max_iter), ours(1, 10000), "CJ_ASYM_MAX_ITER", kReload, kUsed,
     "Newton iterations per step"},
    {JOBBER_FIELD(trading.cartea_jaimungal.refresh_seconds), kAny, "CJ_REFRESH_SECONDS", kReload, kUsed,
     "interval between solves, s; used as at least 1"},
    {JOBBER_FIELD(trading.cartea_jaimungal.spread_multiplier), kAny, "CJ_SPREAD_MULTIPLIER", kReload, kUsed,
     "scale on the model's depth"},
    {JOBBER_FIELD(trading.cartea_jaimungal.min_half_spread_bps), kAny, "CJ_MIN_HALF_SPREAD_BPS", kReload, kUsed,
     "depth floor, bps; also the floor of the fallback quote of both models"},
    {JOBBER_FIELD(trading.cartea_jaimungal.max_half_spread_bps), kAny, "CJ_MAX_HALF_SPREAD_BPS", kReload, kUsed,
     "depth cap, bps"},
    {JOBBER_FIELD(trading.cartea_jaimungal.inventory_unit_base), ours_above(0), "CJ_INVENTORY_UNIT_BASE", kRestart, kUsed,
     "one inventory unit, base; replaced by the order size while running"},
    {JOBBER_FIELD(trading.cartea_jaimungal.max_toxicity), ours_above(0), "CJ_MAX_TOXICITY", kReload, kUsed,
     "withhold quotes when kappa * epsilon exceeds it"},
    {JOBBER_FIELD(trading.cartea_jaimungal.lambda_scale), ours(0), "CJ_LAMBDA_SCALE", kReload, kUsed,
     "scale on the estimate"},
    {JOBBER_FIELD(trading.cartea_jaimungal.kappa_scale), ours_above(0), "CJ_KAPPA_SCALE", kReload, kUsed,
     "scale on the estimate"},
    {JOBBER_FIELD(trading.cartea_jaimungal.epsilon_scale), ours(0), "CJ_EPSILON_SCALE", kReload, kUsed,
     "scale on the estimate"},
    {JOBBER_FIELD(trading.cj_estimator.enabled), kAny, "", kRestart, kUsed,
     "switches the estimator on"},
    {JOBBER_FIELD(trading.cj_estimator.window_seconds), ours_above(0), "CJ_ESTIMATOR_WINDOW_SECONDS", kRestart, kUsed,
     "estimation window, s"},
    {JOBBER_FIELD(trading.cj_estimator.markout_seconds), ours_above(0), "CJ_ESTIMATOR_MARKOUT_SECONDS", kRestart, kUsed,
     "delay of the epsilon sample, s"},
    {JOBBER_FIELD(trading.cj_estimator.min_trades_per_side), ours(1, kManyMax), "CJ_ESTIMATOR_MIN_TRADES_PER_SIDE", kReload, kUsed,
     "trades needed"},
    {JOBBER_FIELD(trading.cj_estimator.min_markouts_per_side), ours(1, kManyMax), "CJ_ESTIMATOR_MIN_MARKOUTS_PER_SIDE", kReload, kUsed,
     "markouts needed"},
    {JOBBER_FIELD(trading.cj_estimator.kappa_min), ours_above(0), "CJ_ESTIMATOR_KAPPA_MIN", kReload, kUsed,
     "lower bound of kappa, 1/USD"},
    {JOBBER_FIELD(trading.cj_estimator.kappa_max), ours_above(0), "CJ_ESTIMATOR_KAPPA_MAX", kReload, kUsed,
     "upper bound of kappa, 1/USD"},
    {JOBBER_FIELD(trading.cj_estimator.min_kappa_points), ours(2, kManyMax), "CJ_ESTIMATOR_MIN_KAPPA_POINTS", kReload, kUsed,
     "points the fit needs"},
    {JOBBER_FIELD(trading.cj_estimator.min_kappa_r2), ours(0, 1), "CJ_ESTIMATOR_MIN_KAPPA_R2", kReload, kUsed,
     "quality the fit needs"},
    {JOBBER_FIELD(trading.cj_estimator.epsilon_floor), ours(0), "CJ_ESTIMATOR_EPSILON_FLOOR", kReload, kUsed,
     "lower bound of epsilon, USD"},
    {JOBBER_FIELD(trading.cj_estimator.epsilon_cap), ours(0), "CJ_ESTIMATOR_EPSILON_CAP", kReload, kUsed,
     "upper bound of epsilon, USD"},
    {JOBBER_FIELD(trading.cj_estimator.default_lambda), ours(0), "CJ_ESTIMATOR_DEFAULT_LAMBDA", kReload, kUsed,
     "used without data; when absent: cartea_jaimungal.lambda"},
    {JOBBER_FIELD(trading.cj_estimator.default_kappa), ours_above(0), "CJ_ESTIMATOR_DEFAULT_KAPPA", kReload, kUsed,
     "used without data; when absent: cartea_jaimungal.kappa"},
    {JOBBER_FIELD(trading.cj_estimator.default_epsilon), ours(0), "CJ_ESTIMATOR_DEFAULT_EPSILON", kReload, kUsed,
     "used without data; when absent: cartea_jaimungal.epsilon"},
    {JOBBER_FIELD(trading.vol_obi.window_steps), ours(1, 10000000), "VOL_OBI_WINDOW_STEPS", kRestart, kUsed,
     "samples in both rolling windows"},
    {JOBBER_FIELD(trading.vol_obi.step_ns), ours(1, 1e15), "VOL_OBI_STEP_NS", kRestart, kUsed,
     "assumed spacing of samples, ns"},
    {JOBBER_FIELD(trading.vol_obi.vol_to_half_spread), ours(0), "VOL_OBI_VOL_TO_HALF_SPREAD", kReload, kUsed,
     "half spread per unit of volatility, sqrt(s)"},
    {JOBBER_FIELD(trading.vol_obi.min_half_spread_bps), ours(0), "VOL_OBI_MIN_HALF_SPREAD_BPS", kReload, kUsed,
     "floor per side, bps; 0 = off"},
    {JOBBER_FIELD(trading.vol_obi.c1_ticks), kAny, "VOL_OBI_C1_TICKS", kReload, kUsed,
     "fair price shift per unit of alpha, ticks"},
    {JOBBER_FIELD(trading.vol_obi.skew), kAny, "VOL_OBI_SKEW", kReload, kUsed,
     "strength of the inventory skew"},
    {JOBBER_FIELD(trading.vol_obi.looking_depth), ours(0, 1), "VOL_OBI_LOOKING_DEPTH", kRestart, kUsed,
     "imbalance depth, fraction of the mid"},
    {JOBBER_FIELD(trading.vol_obi.min_warmup_samples), ours(2, kManyMax), "VOL_OBI_MIN_WARMUP_SAMPLES", kRestart, kUsed,
     "samples before the model is warm"},
    {JOBBER_FIELD(trading.vol_obi.warmup_seconds), ours(0), "WARMUP_SECONDS", kRestart, kUsed,
     "time of only collecting at start, s"},
    {JOBBER_FIELD(trading.alpha.source), kAny, "ALPHA_SOURCE", kRestart, kUsed,
     "external alpha: \"binance\" = on, anything else = off"},
    {JOBBER_FIELD(trading.alpha.stale_seconds), ours_above(0), "BINANCE_STALE_SECONDS", kReload, kUsed,
     "age limit of the external alpha, s"},
    {JOBBER_FIELD(trading.alpha.window_size), ours(1, 10000000), "BINANCE_OBI_WINDOW", kRestart, kUsed,
     "imbalance window, samples"},
    {JOBBER_FIELD(trading.alpha.min_samples), ours(2, kManyMax), "BINANCE_OBI_MIN_SAMPLES", kRestart, kUsed,
     "samples before usable"},
    {JOBBER_FIELD(trading.alpha.looking_depth), ours(0, 1), "BINANCE_OBI_LOOKING_DEPTH", kRestart, kUsed,
     "imbalance depth, fraction of the mid"},
    {JOBBER_FIELD(trading.alpha.bbo_min_samples), ours(1, kManyMax), "BINANCE_BBO_MIN_SAMPLES", kRestart, kUsed,
     "best-quote samples before usable"},
    {JOBBER_FIELD(trading.alpha.bbo_stale_seconds), ours_above(0), "BINANCE_BBO_STALE_SECONDS", kRestart, kUnused,
     "age limit of the best quote, s"},
    {JOBBER_FIELD(trading.alpha.depth_snapshot_limit), kAny, "BINANCE_DEPTH_SNAPSHOT_LIMIT", kRestart, kUsed,
     "levels of the REST snapshot: 5, 10, 20, 50, 100, 500 or 1000"},
    {JOBBER_FIELD(performance.min_loop_interval), checked(0.05), "MIN_LOOP_INTERVAL", kRestart, kUsed,
     "pause when idle or paused, s"},
    {JOBBER_FIELD(performance.rate_limit_send_interval), ours(0), "", kReload, kUsed,
     "least spacing of sends, s"},
    {JOBBER_FIELD(performance.pin_hot_core), ours(-1, 4095), "", kRestart, kUsed,
     "core of the hot thread; -1 = not pinned"},
    {JOBBER_FIELD(performance.quota_recovery.enabled), kAny, "", kReload, kUsed,
     "buy quota back with small taker trades"},
    {JOBBER_FIELD(performance.quota_recovery.trigger_threshold), ours(0, kManyMax), "", kReload, kUsed,
     "start below this quota"},
    {JOBBER_FIELD(performance.quota_recovery.target_quota), ours(0, kManyMax), "", kReload, kUsed,
     "stop at this quota"},
    {JOBBER_FIELD(performance.quota_recovery.max_attempts), ours(0, kManyMax), "", kReload, kUsed,
     "trades per recovery; 0 = never"},
    {JOBBER_FIELD(performance.quota_recovery.max_loss_usd), ours(0), "", kReload, kUsed,
     "abort at this portfolio loss, USD"},
    {JOBBER_FIELD(performance.quota_recovery.cooldown_seconds), ours(0), "", kReload, kUsed,
     "pause between recoveries, s"},
    {JOBBER_FIELD(performance.quota_recovery.post_warmup_grace_seconds), ours(0), "", kReload, kUsed,
     "none before this time after the start of trading, s"},
    {JOBBER_FIELD(websocket.ping_interval), ours(1, kManyMax), "WS_PING_INTERVAL", kRestart, kUsed,
     "protocol ping and its timeout, s"},
    {JOBBER_FIELD(websocket.recv_timeout), ours_above(0), "WS_RECV_TIMEOUT", kRestart, kUsed,
     "market-data silence limit, s"},
    {JOBBER_FIELD(websocket.account_recv_timeout), ours_above(0), "WS_ACCOUNT_RECV_TIMEOUT", kRestart, kUsed,
     "account-stream silence limit, s"},
    {JOBBER_FIELD(websocket.reconnect_base_delay), ours(1, kManyMax), "WS_RECONNECT_BASE_DELAY", kRestart, kUsed,
     "first back-off, s"},
    {JOBBER_FIELD(websocket.reconnect_max_delay), ours(1, kManyMax), "WS_RECONNECT_MAX_DELAY", kRestart, kUsed,
     "cap of the back-off, s"},
    {JOBBER_FIELD(websocket.auth_token_ttl), ours(1, 599), "WS_AUTH_TOKEN_TTL", kRestart, kUsed,
     "renewal of the account token, s"},
    {JOBBER_FIELD(safety.stale_order_poller_interval_sec), limited(0.5), "STALE_ORDER_POLLER_INTERVAL_SEC", kReload, kUsed,
     "reconcile interval without an order stream, s"},
    {JOBBER_FIELD(safety.stale_order_debounce_count), limited(1), "STALE_ORDER_DEBOUNCE_COUNT", kReload, kUsed,
     "consecutive mismatches before a pause"},
    {JOBBER_FIELD(safety.max_consecutive_order_rejections), checked(1), "MAX_CONSECUTIVE_ORDER_REJECTIONS", kReload, kUsed,
     "rejections that trip the breaker"},
    {JOBBER_FIELD(safety.circuit_breaker_cooldown_sec), checked(1), "CIRCUIT_BREAKER_COOLDOWN_SEC", kReload, kUsed,
     "length of the breaker's pause, s"},
    {JOBBER_FIELD(safety.order_reconcile_timeout_sec), ours_above(0), "ORDER_RECONCILE_TIMEOUT_SEC", kRestart, kUnused,
     "reconcile timeout, s"},
    {JOBBER_FIELD(safety.max_live_orders_per_market), ours(1, kManyMax), "MAX_LIVE_ORDERS_PER_MARKET", kReload, kUsed,
     "more live orders pause at once; at least two per level"},
    {JOBBER_FIELD(safety.panic_close_on_startup), kAny, "PANIC_CLOSE_ON_STARTUP", kRestart, kUsed,
     "flatten inventory at start"},
    {JOBBER_FIELD(safety.panic_close_on_shutdown), kAny, "PANIC_CLOSE_ON_SHUTDOWN", kReload, kUsed,
     "flatten inventory at the end"},
    {JOBBER_FIELD(safety.md_deadman_sec), ours_above(0), "", kReload, kUsed,
     "cancel everything after this market-data silence, s"},
    {JOBBER_FIELD(safety.position_change_hold_sec), ours(0), "", kReload, kUsed,
     "hold changes of orders after a change of position, s"},
    {JOBBER_FIELD(safety.book_sanity_divergence_bps), ours(0), "", kReload, kUsed,
     "limit between our mid and the ticker's, bps; 0 = off"},
    {JOBBER_FIELD(pnl.enabled), kAny, "", kRestart, kUsed,
     "keep PnL snapshots"},
    {JOBBER_FIELD(pnl.snapshot_interval_seconds), ours_above(0), "", kRestart, kUsed,
     "interval of snapshots, s"},
    {JOBBER_FIELD(pnl.persist_dir), kAny, "", kRestart, kUsed,
     "folder of snapshots"},
    {JOBBER_FIELD(pnl.include_unattributed_account_fills), kAny, "", kRestart, kUsed,
     "count fills of orders that are not ours"},
    {JOBBER_CHOICE(jobber.idle, kIdlePolicyNames), kAny, "", kRestart, kUsed,
     "what a thread does without work"},
    {JOBBER_CHOICE(jobber.threads, kThreadPlanNames), kAny, "", kRestart, kUsed,
     "four threads, two, or one"},
    {JOBBER_FIELD(jobber.cores), ours(0, 4095), "", kRestart, kUsed,
     "cores to pin the threads to, in order; empty = not pinned"},
    {JOBBER_FIELD(jobber.stale_ms), ours(1, 3600000), "", kReload, kUsed,
     "market data older than this stops quoting, ms"},
    {JOBBER_FIELD(jobber.resume_fresh_ms), ours(0, 3600000), "", kReload, kUsed,
     "data must be fresh this long before quoting resumes, ms"},
    {JOBBER_FIELD(jobber.taker_fee_rate), ours(-0.1, 0.1), "", kReload, kUsed,
     "taker fee as a fraction"},
    {JOBBER_CHOICE(jobber.volatility_clock, kVolatilityClockNames), kAny, "", kRestart, kUsed,
     "sample volatility every step_ns, or at every message as the reference bots do"},
    {JOBBER_FIELD(jobber.alpha_clamp), ours_above(0), "", kReload, kUsed,
     "bound on |alpha|, standard deviations"},
    {JOBBER_FIELD(jobber.paper.warmup_seconds), ours(0), "", kRestart, kUsed,
     "warm-up in paper and backtest, s; when absent it follows a given trading.vol_obi.warmup_seconds"},
    {JOBBER_FIELD(jobber.paper.capital_usd), ours_above(0), "", kRestart, kUsed,
     "capital on paper, USD"},
    {JOBBER_CHOICE(jobber.paper.queue_model, kQueueModelKindNames), kAny, "", kRestart, kUsed,
     "how a decrease of a level is shared before and behind our order"},
    {JOBBER_FIELD(jobber.paper.queue_power), ours_above(0, 100), "", kRestart, kUsed,
     "exponent of the power models"},
    {JOBBER_FIELD(jobber.paper.entry_latency_us), ours(0, 60000000), "", kRestart, kUsed,
     "decision to venue, us"},
    {JOBBER_FIELD(jobber.paper.response_latency_us), ours(0, 60000000), "", kRestart, kUsed,
     "venue to us, us"},
    {JOBBER_FIELD(jobber.paper.partial_fills), kAny, "", kRestart, kUsed,
     "fill what the queue leaves, not all or nothing"},
    {JOBBER_FIELD(jobber.risk.order_max_notional_usd), ours_above(0), "", kReload, kUsed,
     "largest order, USD"},
    {JOBBER_FIELD(jobber.risk.position_max_usd), ours_above(0), "", kReload, kUsed,
     "largest position either way, USD"},
    {JOBBER_FIELD(jobber.risk.price_collar_bps), ours_above(0, 10000), "", kReload, kUsed,
     "farthest an order may be from the reference price, bps"},
    {JOBBER_FIELD(jobber.risk.max_open_orders), ours(1, 1024), "", kReload, kUsed,
     "open orders per market; when absent: two per level and two more"},
    {JOBBER_FIELD(jobber.risk.orders_per_second), ours(1, 100000), "", kReload, kUsed,
     "new orders a second; cancels have their own room"},
    {JOBBER_FIELD(jobber.journal.path), kAny, "", kRestart, kUsed,
     "journal file; empty = none"},
    {JOBBER_FIELD(jobber.journal.evidence), kAny, "", kRestart, kUsed,
     "stop quoting when a record cannot be written"},
    {JOBBER_FIELD(jobber.stats.name), kAny, "", kRestart, kUsed,
     "name of the shared-memory statistics"},
    {JOBBER_FIELD(jobber.sim.seed), ours(0, 9.2e18), "", kRestart, kUsed,
     "seed of the simulated market"},
    {JOBBER_FIELD(jobber.sim.events_per_second), ours(1, 10000000), "", kRestart, kUsed,
     "orders a second that the crowd of the built-in market sends"},
    JOBBER_VENUE(binance_spot),
    {JOBBER_FIELD(jobber.venues.binance_spot.ws_api), kAny, "", kRestart, kUnused, "order entry by WebSocket, wss://"},
    JOBBER_VENUE(binance_usdm),
    {JOBBER_FIELD(jobber.venues.binance_usdm.stream_market), kAny, "", kRestart, kUsed,
     "trades and mark prices, wss://; empty = as stream"},
    {JOBBER_FIELD(jobber.venues.binance_usdm.ws_api), kAny, "", kRestart, kUnused, "order entry by WebSocket, wss://"},
    JOBBER_VENUE(lighter),
    JOBBER_VENUE(lmex),
    {JOBBER_ENVIRONMENT("MARKET_SYMBOL", market_symbol), kAny, "MARKET_SYMBOL", kRestart, kUsed,
     "market; --symbol wins"},
    {JOBBER_ENVIRONMENT("LOG_DIR", log_dir), kAny, "LOG_DIR", kRestart, kUsed,
     "folder of logs and artefacts"},
    {JOBBER_ENVIRONMENT("ACCOUNT_INDEX", account_index), ours(0), "ACCOUNT_INDEX", kRestart, kUsed,
     "account at the venue; needed to quote for real"},
    {JOBBER_ENVIRONMENT("API_KEY_INDEX", api_key_index), ours(0, 255), "API_KEY_INDEX", kRestart, kUsed,
     "slot of the signing key"},
    // clang-format on
};
#undef JOBBER_VENUE
#undef JOBBER_FIELD
#undef JOBBER_CHOICE
#undef JOBBER_ENVIRONMENT

constexpr std::string_view kRetired[] = {
    "CRYPTO_TICKERS",
    "GAMMA",
    "performance.buffer_seconds",
    "trading.minimum_spread_percent",
    "trading.safety_margin_percent",
    "trading.vol_obi.max_position_dollar",
};

constexpr std::string_view kForeign[] = {
    "LIGHTER_MM_CONFIG",
    "API_KEY_PRIVATE_KEY",
    "API_KEY_PUBLIC_KEY",
    "WALLET_ADDRESS",
    "ALLOW_PYTHON_FALLBACK",
    "CYTHON_MARCH",
    "HL_DATA_LOC",
    "CRYPTO_TICKERS",
    "PARQUET_MAX_MB",
    "BUFFER_SECONDS",
    "GAMMA",
    "DEPLOY_HOST",
    "DEPLOY_USER",
    "DEPLOY_KEY",
    "DEPLOY_DEST",
    "MM_VPS_HOST",
    "MM_VPS_USER",
    "MM_REMOTE_DIR",
    "MM_SERVICE_NAME",
    "MM_ACCOUNT_INDEX",
    "MM_MARKET_ID",
    "PORT",
    "DURATION_SEC",
    "CHECK_INTERVAL",
    "MAX_RESTARTS",
    "WARMUP_SEC",
    "GRID_CONFIG",
    "PYTHON_BIN",
    "LIGHTER_ENV_FILE",
    "UID",
    "GID",
};

}  // namespace

std::span<const ConfigKey> config_keys() { return kKeys; }

const ConfigKey* find_config_key(std::string_view path) {
  const auto it = std::find_if(std::begin(kKeys), std::end(kKeys), [&](const ConfigKey& k) { return k.path == path; });
  return it == std::end(kKeys) ? nullptr : it;
}

std::span<const std::string_view> retired_config_keys() { return kRetired; }
std::span<const std::string_view> foreign_environment_names() { return kForeign; }

}  // namespace jobber
