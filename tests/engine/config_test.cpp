// The loader on texts: precedence, kinds of values, faults and where they are said to be.
#include "engine/config.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "engine/config_load.hpp"
#include "engine/config_value.hpp"
#include "tests/support/places.hpp"

namespace jobber {
namespace {

LoadedConfig load(std::string file, Environment environment = {}, std::string env_file = "") {
  ConfigInput input;
  input.file = ConfigText{"config.json", std::move(file)};
  input.environment = std::move(environment);
  if (!env_file.empty()) input.env_file = ConfigText{".env", std::move(env_file)};
  return resolve_config(input);
}

Config good(std::string file, Environment environment = {}, std::string env_file = "") {
  const LoadedConfig loaded = load(std::move(file), std::move(environment), std::move(env_file));
  EXPECT_TRUE(loaded.ok()) << loaded.report();
  return loaded.config;
}

std::string fault(std::string file, Environment environment = {}) {
  const LoadedConfig loaded = load(std::move(file), std::move(environment));
  EXPECT_FALSE(loaded.ok());
  return loaded.report();
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(ConfigKeys, EveryRowIsUniqueAndItsDefaultIsInItsRange) {
  std::set<std::string_view> paths, variables;
  for (const ConfigKey& k : config_keys()) {
    EXPECT_TRUE(paths.insert(k.path).second) << k.path;
    EXPECT_TRUE(k.env.empty() || variables.insert(k.env).second) << k.env;
    EXPECT_FALSE(k.meaning.empty()) << k.path;
  }
  EXPECT_TRUE(resolve_config({}).ok()) << resolve_config({}).report();
}

TEST(ConfigKeys, EveryKeyCanBeGivenInAFileAndGoesToItsOwnPlace) {
  for (const ConfigKey& k : config_keys()) {
    if (k.environment_only()) continue;
    // The default's own text, set explicitly, changes nothing but the source.
    std::string file = config_value_text(k, Config{});
    if (std::holds_alternative<Choice>(k.field)) file = "\"" + file + "\"";
    std::string_view path = k.path;
    std::size_t depth = 0;
    std::string open;
    for (; path.find('.') != std::string_view::npos; ++depth, path.remove_prefix(path.find('.') + 1)) {
      open += "{\"" + std::string(path.substr(0, path.find('.'))) + "\":";
    }
    const LoadedConfig loaded = load(open + "{\"" + std::string(path) + "\":" + file + "}" + std::string(depth, '}'));
    EXPECT_TRUE(loaded.ok()) << loaded.report();
    EXPECT_EQ(loaded.setting(k.path)->source, ConfigSetting::Source::kFile) << k.path;
    EXPECT_EQ(config_value_text(k, loaded.config), config_value_text(k, Config{})) << k.path;
  }
}

TEST(ConfigKeys, AValueAsJsonComesBackExactly) {
  Config config;
  config.trading.vol_obi.skew = 0.1 + 0.2;  // no short decimal
  config.trading.alpha.source = "a \"quoted\" \\ word\n";
  config.trading.live_quality.markout_horizons_sec = {1.5, 1e-300};
  config.jobber.cores = {3, 1};
  config.jobber.threads = ThreadPlan::kShared;
  Config back;
  for (const ConfigKey& k : config_keys()) {
    EXPECT_EQ(store_json_text(k, config_value_json(k, config), back).message, "") << k.path;
    EXPECT_EQ(config_value_text(k, back), config_value_text(k, config));
  }
  EXPECT_EQ(back.trading.vol_obi.skew, config.trading.vol_obi.skew);
  EXPECT_EQ(back.jobber.cores, config.jobber.cores);
  EXPECT_NE(store_json_text(config_keys()[0], "{", back).message, "");
}

TEST(Config, TheReferenceBotsOwnFileLoadsUnchanged) {
  std::ifstream in(test::source_dir().string() + "/tests/vectors/spec_config.default.json");
  std::ostringstream text;
  text << in.rdbuf();
  const LoadedConfig loaded = load(text.str());
  EXPECT_EQ(loaded.report(), "");
  EXPECT_TRUE(loaded.config.trading.cartea_jaimungal.require_estimator_ready);
}

TEST(Config, EnvironmentBeatsEnvFileBeatsFileBeatsDefault) {
  const std::string file = R"({"trading": {"vol_obi": {"skew": 1}}})";
  EXPECT_EQ(good("{}").trading.vol_obi.skew, 0.1);
  EXPECT_EQ(good(file).trading.vol_obi.skew, 1);
  EXPECT_EQ(good(file, {}, "VOL_OBI_SKEW=2").trading.vol_obi.skew, 2);
  EXPECT_EQ(good(file, {{"VOL_OBI_SKEW", "3"}}, "VOL_OBI_SKEW=2").trading.vol_obi.skew, 3);
}

TEST(Config, SaysWhereEachValueCameFrom) {
  const LoadedConfig loaded =
      load("{\"trading\":\n  {\"leverage\": 3}}", {{"MIN_LOOP_INTERVAL", "0.2"}}, "\nVOL_OBI_SKEW=2");
  EXPECT_EQ(loaded.setting("trading.leverage")->origin, "config.json:2:16");
  EXPECT_EQ(loaded.setting("performance.min_loop_interval")->origin, "MIN_LOOP_INTERVAL");
  EXPECT_EQ(loaded.setting("trading.vol_obi.skew")->origin, ".env:2 VOL_OBI_SKEW");
  EXPECT_EQ(loaded.setting("trading.base_amount")->origin, "default");
}

TEST(Config, AnUnknownKeyIsAnErrorWithItsPlaceAndTheNearestName) {
  const std::string report = fault("{\n  \"trading\": {\n    \"vol_obi\": {\"skw\": 1}}}");
  EXPECT_EQ(
      report,
      "config.json:3:17: error: unknown key \"trading.vol_obi.skw\"; nearest known name: \"trading.vol_obi.skew\"\n");
  EXPECT_TRUE(contains(fault(R"({"jober": {}})"), "nearest known name: \"jobber\""));
  EXPECT_TRUE(contains(fault(R"({"jobber": {"stale_mss": 1}})"), "\"jobber.stale_ms\""));
  // In the wrong section: the nearest name is elsewhere.
  EXPECT_TRUE(contains(fault(R"({"trading": {"looking_depht": 1}})"), "looking_depth\""));
  // Far from everything: no guess.
  EXPECT_EQ(fault(R"({"zzzzzzzzzzzz": 1})"), "config.json:1:2: error: unknown key \"zzzzzzzzzzzz\"\n");
  EXPECT_TRUE(contains(fault(R"({"MARKET_SYMBOL": "ETH"})"), "environment variable"));
}

TEST(Config, UnknownKeysAreWarningsWhereTheCallerWantsTheReferenceBotsRule) {
  ConfigInput input;
  input.unknown_keys_fail = false;
  input.file = ConfigText{"c", R"({"trading": {"foo": 1}, "bar": {"x": 2}})"};
  const LoadedConfig loaded = resolve_config(input);
  EXPECT_TRUE(loaded.ok());
  EXPECT_EQ(loaded.issues.size(), 2U);  // one per key, not one per leaf below it
}

TEST(Config, KeysOfOldFilesAreAcceptedWithAWarning) {
  const LoadedConfig loaded =
      load(R"({"CRYPTO_TICKERS": ["BTC"], "trading": {"vol_obi": {"max_position_dollar": 500}}})");
  EXPECT_TRUE(loaded.ok()) << loaded.report();
  EXPECT_EQ(loaded.issues.size(), 2U);
}

TEST(Config, AnIllTypedValueIsAnErrorAtItsPlace) {
  struct Row {
    const char* file;
    const char* message;
  };
  const Row rows[] = {
      {R"({"trading": {"leverage": true}})", "config.json:1:26: error: trading.leverage: integer expected, not true"},
      {R"({"trading": {"leverage": "2.5"}})", "integer expected, not \"2.5\""},
      {R"({"trading": {"leverage": null}})", "integer expected, not null"},
      {R"({"trading": {"leverage": [2]}})", "integer expected, not a list"},
      {R"({"trading": {"base_amount": {}}})", "number expected, not an object"},
      {R"({"trading": {"base_amount": "nan"}})", "number expected, not \"nan\""},
      {R"({"trading": {"base_amount": "inf"}})", "number expected, not \"inf\""},
      {R"({"trading": {"base_amount": 1e999}})", "number expected, not 1e999"},
      {R"({"safety": {"panic_close_on_startup": "false"}})", "true or false expected, not \"false\""},
      {R"({"safety": {"panic_close_on_startup": 1}})", "true or false expected, not 1"},
      {R"({"trading": {"quote_engine": "foo"}})", "vol_obi|cartea_jaimungal expected, not \"foo\""},
      {R"({"trading": {"live_quality": {"markout_horizons_sec": [5, "x"]}}})",
       "list of numbers expected, not one with \"x\""},
      {R"({"trading": {"live_quality": {"markout_horizons_sec": [5, -1]}}})", "-1 is outside the range: > 0"},
      {R"({"trading": 5})", "config.json:1:13: error: \"trading\" is a section"},
      {R"({"jobber": {"idle": "sleep"}})", "spin|yield|park expected, not \"sleep\""},
      {R"({"jobber": {"cores": [1, 1]}})", "a core stands twice"},
      {R"([])", "config.json:1:1: error: an object in braces expected"},
      {"{\"a\":\n 1,}", "config.json:2:4: error: not valid JSON"},
      {R"({"trading": {"leverage": 1, "leverage": 2}})", "given twice"},
  };
  for (const Row& r : rows) EXPECT_TRUE(contains(fault(r.file), r.message)) << r.file << "\n" << fault(r.file);
}

TEST(Config, AVeryLongNumberIsRefusedAndNotRepeatedInFull) {
  const std::string digits(400, '7');
  for (const char* key : {"leverage", "base_amount"}) {
    const std::string report = fault("{\"trading\": {\"" + std::string(key) + "\": " + digits + "}}");
    EXPECT_TRUE(contains(report, "(400 characters)")) << report;
    EXPECT_LT(report.size(), 200U);
  }
  // A tiny one is zero, not a fault of reading.
  EXPECT_EQ(good("{\"trading\": {\"vol_obi\": {\"skew\": 0." + std::string(400, '0') + "1}}}").trading.vol_obi.skew,
            0.0);
}

TEST(Config, NumbersInTheFileFollowTheReferenceBotsConversions) {
  EXPECT_EQ(good(R"({"trading": {"leverage": 2.9}})").trading.leverage, 2);
  EXPECT_EQ(good(R"({"trading": {"leverage": "3"}})").trading.leverage, 3);
  EXPECT_EQ(good(R"({"trading": {"base_amount": 1}})").trading.base_amount, 1.0);
  EXPECT_EQ(good(R"({"trading": {"base_amount": " 1e-3 "}})").trading.base_amount, 1e-3);
}

TEST(Config, EnvironmentTextFollowsItsOwnRules) {
  EXPECT_TRUE(contains(fault("{}", {{"LEVERAGE", "2.5"}}), "LEVERAGE: error: trading.leverage: integer expected"));
  EXPECT_TRUE(contains(fault("{}", {{"LEVERAGE", ""}}), "integer expected, not \"\""));
  EXPECT_TRUE(contains(fault("{}", {{"MIN_LOOP_INTERVAL", ""}}), "number expected"));
  EXPECT_TRUE(contains(fault("{}", {{"VOL_OBI_SKEW", "inf"}}), "number expected"));
  EXPECT_EQ(good("{}", {{"LEVERAGE", " +4 "}}).trading.leverage, 4);
  EXPECT_TRUE(good("{}", {{"PANIC_CLOSE_ON_STARTUP", " On "}}).safety.panic_close_on_startup);
  EXPECT_FALSE(good("{}", {{"INVENTORY_EXIT_BIAS_ENABLED", "2"}}).trading.inventory_exit_bias.enabled);
  EXPECT_EQ(good("{}", {{"LIVE_MARKOUT_HORIZONS", "1, 5,abc,,-3,30"}}).trading.live_quality.markout_horizons_sec,
            (std::vector<double>{1, 5, 30}));
  const LoadedConfig bad_list = load("{}", {{"LIVE_MARKOUT_HORIZONS", "x,y"}});
  EXPECT_EQ(bad_list.setting("trading.live_quality.markout_horizons_sec")->source, ConfigSetting::Source::kDefault);
}

TEST(Config, RangesAreRefusedTogetherOrLimitedAsTheTableSays) {
  const LoadedConfig loaded = load(R"({"trading": {"leverage": 25, "base_amount": 0, "vol_obi": {"window_steps": 0}},
                                       "performance": {"min_loop_interval": 0.01}})");
  EXPECT_EQ(loaded.issues.size(), 4U) << loaded.report();
  const LoadedConfig limited =
      load(R"({"trading": {"live_quality": {"max_spread_multiplier": 0.5, "window_seconds": 7}}})");
  EXPECT_TRUE(limited.ok());
  EXPECT_EQ(limited.config.trading.live_quality.max_spread_multiplier, 1.0);
  EXPECT_EQ(limited.setting("trading.live_quality.max_spread_multiplier")->given, "0.5");
  EXPECT_EQ(limited.config.trading.live_quality.window_seconds, 60.0) << "raised to the longest horizon";
}

TEST(Config, BoundsBetweenTwoKeysAreChecked) {
  EXPECT_TRUE(contains(fault(R"({"websocket": {"reconnect_max_delay": 2}})"), "below reconnect_base_delay"));
  EXPECT_TRUE(contains(fault(R"({"trading": {"levels_per_side": 3}})"), "safety.max_live_orders_per_market"));
  EXPECT_TRUE(contains(fault(R"({"trading": {"alpha": {"depth_snapshot_limit": 7}}})"), "none of 5"));
  EXPECT_TRUE(contains(fault(R"({"trading": {"quote_engine": "cj", "cartea_jaimungal": {"spread_multiplier": 0}}})"),
                       "must be > 0"));
  good(R"({"trading": {"cartea_jaimungal": {"spread_multiplier": 0}}})");  // only with that model
  EXPECT_TRUE(contains(fault(R"({"jobber": {"stats": {"name": "../x"}}})"), "jobber.stats.name"));
}

TEST(Config, AlternativeSpellingsCountUnlessThePlainOneIsThere) {
  EXPECT_EQ(good(R"({"trading": {"quoteEngine": "CJ"}})").trading.quote_engine, QuoteEngine::kCarteaJaimungal);
  EXPECT_EQ(good(R"({"trading": {"quoteEngine": "cj", "quote_engine": "vol"}})").trading.quote_engine,
            QuoteEngine::kVolObi);
  EXPECT_EQ(good(R"({"trading": {"cj": {"cj_lambda": 0.9}}})").trading.cartea_jaimungal.lambda, 0.9);
  EXPECT_EQ(
      good(R"({"trading": {"cartea_jaimungal": {"cj_lambda": 0.9, "lambda": 0.7}}})").trading.cartea_jaimungal.lambda,
      0.7);
  EXPECT_EQ(good(R"({"cj_estimator": {"window_seconds": 120}})").trading.cj_estimator.window_seconds, 120);
  EXPECT_EQ(good(R"({"cj_estimator": {"window_seconds": 120}, "trading": {"cj_estimator": {}}})")
                .trading.cj_estimator.window_seconds,
            900);
  EXPECT_TRUE(contains(fault(R"({"trading": {"cartea_jaimungal": {"cj_lambada": 1}}})"), "unknown key"));
}

TEST(Config, FollowersTakeTheirLeadersValue) {
  EXPECT_EQ(good(R"({"trading": {"cartea_jaimungal": {"lambda": 0.8}}})").trading.cj_estimator.default_lambda, 0.8);
  EXPECT_TRUE(good(R"({"trading": {"cj_estimator": {"enabled": true}}})").trading.cartea_jaimungal.use_estimator);
  EXPECT_FALSE(good(R"({"trading": {"cj_estimator": {"enabled": true}}})", {{"CJ_USE_ESTIMATOR", "0"}})
                   .trading.cartea_jaimungal.use_estimator);
  EXPECT_EQ(good(R"({"trading": {"levels_per_side": 1}})").jobber.risk.max_open_orders, 4);
}

TEST(Config, PaperWarmsUpShortUnlessAWarmUpWasGiven) {
  EXPECT_EQ(good("{}").jobber.paper.warmup_seconds, 5);
  EXPECT_EQ(good("{}").trading.vol_obi.warmup_seconds, 600);
  EXPECT_EQ(good(R"({"trading": {"vol_obi": {"warmup_seconds": 60}}})").jobber.paper.warmup_seconds, 60);
  const char* both = R"({"trading": {"vol_obi": {"warmup_seconds": 60}}, "jobber": {"paper": {"warmup_seconds": 2}}})";
  EXPECT_EQ(good(both).jobber.paper.warmup_seconds, 2);
  EXPECT_EQ(good(both, {{"WARMUP_SECONDS", "9"}}).jobber.paper.warmup_seconds, 9);
}

TEST(Config, TheSigningKeyIsKnownToBeThereButNotKept) {
  const LoadedConfig loaded = load("{}", {{"API_KEY_PRIVATE_KEY", "c0ffee"}});
  EXPECT_TRUE(loaded.config.environment.signing_key_given);
  for (const ConfigSetting& s : loaded.settings) {
    EXPECT_FALSE(contains(config_value_text(*s.key, loaded.config) + s.origin + s.given, "c0ffee"));
  }
}

TEST(Config, ATypingErrorInTheEnvFileIsPointedOut) {
  const LoadedConfig loaded = load("{}", {}, "LEVERGE=3\nSOMETHING_ELSE=1\nPORT=5174\n");
  ASSERT_EQ(loaded.issues.size(), 1U) << loaded.report();
  EXPECT_EQ(loaded.report(), ".env:1: warning: LEVERGE is no variable of ours; nearest known name: LEVERAGE\n");
}

}  // namespace
}  // namespace jobber
