// The effective configuration, one struct per section, named like the paths of config.json.
//
// Owner: the rim; read once before threads start. Cold. The initialisers below are the defaults;
// names, ranges, environment variables and meanings are one row each in engine/config_keys.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/agent.hpp"

namespace jobber {

// Values as they stand in the tables of names in config_keys.cpp.
enum class MarginMode : std::uint8_t { kCross, kIsolated };
enum class QuoteEngine : std::uint8_t { kVolObi, kCarteaJaimungal };
enum class SolverMode : std::uint8_t { kAsymmetric, kSymmetric };
enum class ThreadPlan : std::uint8_t { kDedicated, kPaired, kShared };
enum class QueueModelKind : std::uint8_t { kRiskAverse, kPower, kPower2, kPower3, kLog, kLog2 };
enum class VolatilityClock : std::uint8_t { kStepClock, kPerMessage };

struct LiveQualityConfig {
  std::vector<double> markout_horizons_sec{5, 30, 60};
  double window_seconds = 3600;
  bool adaptive_enabled = true;
  double adaptive_horizon_sec = 30;
  double adverse_threshold_bps = 2;
  double spread_widen_per_adverse_bps = 0.05;
  double max_spread_multiplier = 1.5;
  double size_reduce_per_adverse_bps = 0.06;
  double min_size_multiplier = 0.55;
  double metrics_flush_seconds = 10;
};

struct InventoryExitBiasConfig {
  bool enabled = true;
  double min_ratio = 0.05;
  double exit_tighten_per_ratio = 0.45;
  double add_widen_per_ratio = 0.75;
  double max_exit_tighten = 0.35;
  double max_add_widen = 0.65;
  double adverse_boost_per_bps = 0.03;
};

struct CarteaJaimungalConfig {
  bool use_estimator = false;
  bool require_estimator_ready = false;
  double estimator_blend = 1;
  double lambda = 0.3;
  double kappa = 0.035;
  double epsilon = 4;
  double sigma2_per_sec = 0;
  double sigma2_scale = 1;
  double volatility_spread_multiplier = 0.1;
  double alpha = 0.001;
  double phi = 8e-05;
  double horizon_seconds = 60;
  std::int64_t q_max = 3;
  SolverMode solver_mode = SolverMode::kAsymmetric;
  std::int64_t asym_n_steps = 30;
  std::int64_t asym_max_iter = 10;
  double refresh_seconds = 300;
  double spread_multiplier = 1.5;
  double min_half_spread_bps = 4;
  double max_half_spread_bps = 80;
  double inventory_unit_base = 0.0002;
  double max_toxicity = 1.5;
  double lambda_scale = 1;
  double kappa_scale = 1;
  double epsilon_scale = 1;
};

struct CjEstimatorConfig {
  bool enabled = false;
  double window_seconds = 900;
  double markout_seconds = 5;
  std::int64_t min_trades_per_side = 8;
  std::int64_t min_markouts_per_side = 4;
  double kappa_min = 0.005;
  double kappa_max = 0.25;
  std::int64_t min_kappa_points = 4;
  double min_kappa_r2 = 0.15;
  double epsilon_floor = 0;
  double epsilon_cap = 80;
  double default_lambda = 0.3;
  double default_kappa = 0.035;
  double default_epsilon = 4;
};

struct VolObiConfig {
  std::int64_t window_steps = 6000;
  std::int64_t step_ns = 100'000'000;
  double vol_to_half_spread = 60;
  double min_half_spread_bps = 4;
  double c1_ticks = 40;
  double skew = 0.1;
  double looking_depth = 0.025;
  std::int64_t min_warmup_samples = 100;
  double warmup_seconds = 600;
};

struct AlphaConfig {
  std::string source = "binance";
  double stale_seconds = 5;
  std::int64_t window_size = 6000;
  std::int64_t min_samples = 150;
  double looking_depth = 0.025;
  std::int64_t bbo_min_samples = 10;
  double bbo_stale_seconds = 5;
  std::int64_t depth_snapshot_limit = 1000;

  [[nodiscard]] bool enabled() const { return source == "binance"; }
};

struct TradingConfig {
  std::int64_t leverage = 2;
  MarginMode margin_mode = MarginMode::kCross;
  std::int64_t levels_per_side = 2;
  double base_amount = 0.0002;
  double capital_usage_percent = 0.15;
  double default_quote_update_threshold_bps = 8;
  double spread_factor_level1 = 2;
  double order_timeout_seconds = 30;
  double position_value_threshold_usd = 11;
  double min_order_value_usd = 14.5;
  double maker_fee_rate = 0;
  std::int64_t sanity_check_interval = 10;
  double sanity_check_tolerance_pct = 0.5;
  bool set_leverage_on_startup = true;
  QuoteEngine quote_engine = QuoteEngine::kVolObi;
  LiveQualityConfig live_quality;
  InventoryExitBiasConfig inventory_exit_bias;
  CarteaJaimungalConfig cartea_jaimungal;
  CjEstimatorConfig cj_estimator;
  VolObiConfig vol_obi;
  AlphaConfig alpha;
};

struct QuotaRecoveryConfig {
  bool enabled = false;
  std::int64_t trigger_threshold = 5;
  std::int64_t target_quota = 50;
  std::int64_t max_attempts = 0;
  double max_loss_usd = 0;
  double cooldown_seconds = 120;
  double post_warmup_grace_seconds = 120;
};

struct PerformanceConfig {
  double min_loop_interval = 0.1;
  double rate_limit_send_interval = 0.15;
  std::int64_t pin_hot_core = -1;  // -1 = not pinned
  QuotaRecoveryConfig quota_recovery;
};

struct WebsocketConfig {
  std::int64_t ping_interval = 20;
  double recv_timeout = 30;
  double account_recv_timeout = 1800;
  std::int64_t reconnect_base_delay = 5;
  std::int64_t reconnect_max_delay = 60;
  std::int64_t auth_token_ttl = 540;
};

struct SafetyConfig {
  double stale_order_poller_interval_sec = 3;
  std::int64_t stale_order_debounce_count = 2;
  std::int64_t max_consecutive_order_rejections = 5;
  double circuit_breaker_cooldown_sec = 60;
  double order_reconcile_timeout_sec = 2;
  std::int64_t max_live_orders_per_market = 4;
  bool panic_close_on_startup = false;
  bool panic_close_on_shutdown = false;
  double md_deadman_sec = 10;
  double position_change_hold_sec = 3;
  double book_sanity_divergence_bps = 0;  // 0 = off
};

struct PnlConfig {
  bool enabled = true;
  double snapshot_interval_seconds = 60;
  std::string persist_dir = "logs";
  bool include_unattributed_account_fills = false;
};

struct PaperConfig {
  // In paper and backtest this replaces trading.vol_obi.warmup_seconds; it follows that key (and
  // WARMUP_SECONDS) when the key was given and this one was not.
  double warmup_seconds = 5;
  double capital_usd = 1000;
  QueueModelKind queue_model = QueueModelKind::kPower2;
  double queue_power = 2;
  std::int64_t entry_latency_us = 5000;
  std::int64_t response_latency_us = 5000;
  bool partial_fills = true;
};

struct RiskConfig {
  double order_max_notional_usd = 1000;
  double position_max_usd = 2000;
  double price_collar_bps = 100;
  std::int64_t max_open_orders = 6;  // when not given: 2 * trading.levels_per_side + 2
  std::int64_t orders_per_second = 50;
};

struct JournalConfig {
  std::string path;       // empty = no journal
  bool evidence = false;  // true: stop quoting when a record cannot be written
};

struct StatsConfig {
  std::string name = "jobber";
};

struct SimConfig {
  std::int64_t seed = 1;
  std::int64_t events_per_second = 240;
};

// Where a venue is and whom we take for it. Defaults are the venue's own addresses; the local exchange and
// test nets are other values of the same keys. URLs: scheme, host, port, and the path that all requests share.
struct VenueConfig {
  std::string rest;           // https://
  std::string stream;         // wss://, market data
  std::string stream_market;  // wss://; Binance futures: trades and mark prices; empty = as `stream`
  std::string ws_api;         // wss://, order entry; empty = there is none
  std::string ca_file;        // PEM; empty = the system's authorities
  std::string pins;           // base64 SHA-256 of public keys, comma separated; empty = no pinning
  std::string markets;        // symbols to quote or record, comma separated
  std::int64_t silence_ms = 1000;  // nothing heard for so long: a probe; three times: the connection is dead
  std::int64_t life_seconds = 85'500;  // planned replacement of a connection, before the venue's own 24 h
};

// Hosts: docs/venues/<venue>.md.
struct VenuesConfig {
  VenueConfig binance_spot = {.rest = "https://api.binance.com",
                              .stream = "wss://stream.binance.com:9443",
                              .stream_market = {},
                              .ws_api = "wss://ws-api.binance.com:443/ws-api/v3",
                              .ca_file = {}, .pins = {}, .markets = "BTCUSDT"};
  VenueConfig binance_usdm = {.rest = "https://fapi.binance.com",
                              .stream = "wss://fstream.binance.com/public",
                              .stream_market = "wss://fstream.binance.com/market",
                              .ws_api = "wss://ws-fapi.binance.com/ws-fapi/v1",
                              .ca_file = {}, .pins = {}, .markets = "BTCUSDT"};
  VenueConfig lighter = {.rest = "https://mainnet.zklighter.elliot.ai",
                         .stream = "wss://mainnet.zklighter.elliot.ai",
                         .stream_market = {}, .ws_api = {},
                         .ca_file = {}, .pins = {}, .markets = "BTC"};
  VenueConfig lmex = {.rest = "https://api.lmex.io",
                      .stream = "wss://ws.lmex.io",
                      .stream_market = {}, .ws_api = {},
                      .ca_file = {}, .pins = {}, .markets = "BTC-PERP"};
};

struct JobberConfig {
  IdlePolicy idle = IdlePolicy::kYield;
  ThreadPlan threads = ThreadPlan::kPaired;
  std::vector<std::int64_t> cores;  // empty = no pinning
  std::int64_t stale_ms = 500;
  std::int64_t resume_fresh_ms = 1000;
  double taker_fee_rate = 0.0005;
  VolatilityClock volatility_clock = VolatilityClock::kStepClock;
  double alpha_clamp = 5;
  PaperConfig paper;
  RiskConfig risk;
  JournalConfig journal;
  StatsConfig stats;
  SimConfig sim;
  VenuesConfig venues;
};

// Settings that only the environment (or .env) has. The signing key itself is never kept here.
struct EnvironmentConfig {
  std::string market_symbol = "BTC";
  std::string log_dir = "logs";
  std::int64_t account_index = 0;
  std::int64_t api_key_index = 0;
  bool account_index_given = false;
  bool signing_key_given = false;
};

struct Config {
  TradingConfig trading;
  PerformanceConfig performance;
  WebsocketConfig websocket;
  SafetyConfig safety;
  PnlConfig pnl;
  JobberConfig jobber;
  EnvironmentConfig environment;
};

}  // namespace jobber
