// Golden vectors of configuration resolution, each once run through the reference bot's own resolver.
//
// They name its constants; the table below says which key each one is. Its rule 4 (unknown keys are
// ignored) is what `unknown_keys_fail = false` gives.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <string>

#include "engine/config_load.hpp"
#include "engine/os/config_files.hpp"
#include "tests/support/places.hpp"
#include "tests/support/vectors.hpp"

namespace jobber {
namespace {

using nlohmann::json;

// Constants named otherwise than the environment variable of their key.
const std::map<std::string, std::string> kConstants = {
    {"_QR_ENABLED", "performance.quota_recovery.enabled"},
    {"_QR_TRIGGER", "performance.quota_recovery.trigger_threshold"},
    {"_QR_TARGET", "performance.quota_recovery.target_quota"},
    {"_QR_MAX_ATTEMPTS", "performance.quota_recovery.max_attempts"},
    {"_QR_MAX_LOSS", "performance.quota_recovery.max_loss_usd"},
    {"_QR_COOLDOWN", "performance.quota_recovery.cooldown_seconds"},
    {"_QR_POST_WARMUP_GRACE", "performance.quota_recovery.post_warmup_grace_seconds"},
    {"_WS_AUTH_TOKEN_TTL", "websocket.auth_token_ttl"},
    {"_RL_MIN_SEND_INTERVAL", "performance.rate_limit_send_interval"},
    {"NUM_LEVELS", "trading.levels_per_side"},
    {"MIN_ORDER_VALUE_USD", "trading.min_order_value_usd"},
};

const ConfigKey* key_of(const std::string& constant) {
  if (const auto it = kConstants.find(constant); it != kConstants.end()) return find_config_key(it->second);
  for (const ConfigKey& k : config_keys()) {
    if (k.env == constant) return &k;
  }
  return nullptr;
}

// The reference bot limits some values where it uses them; its constants hold the value as given.
json value_of(const LoadedConfig& loaded, const ConfigKey& key) {
  const std::string& given = loaded.setting(key.path)->given;
  std::string text = given.empty() ? config_value_text(key, loaded.config) : given;
  json out = json::parse(text, nullptr, false);
  return out.is_discarded() ? json(text) : out;
}

LoadedConfig load_case(const test::VectorFile& file, const json& c) {
  ConfigInput input;
  input.unknown_keys_fail = false;
  json config = c["config"];
  if (config.is_string()) {
    const auto path = test::source_dir() / "tests/vectors/spec_config.default.json";
    std::ifstream in(path);
    EXPECT_TRUE(in) << file.path << " names a configuration that is not here";
    config = json::parse(in);
  }
  input.file = ConfigText{"config.json", config.dump(2)};
  for (const auto& [name, value] : c["env"].items()) input.environment[name] = value.get<std::string>();
  return resolve_config(input);
}

// The reference bot's own complaints; ours about values it accepts do not count here.
std::set<std::string_view> complaints(const LoadedConfig& loaded) {
  std::set<std::string_view> out;
  for (const ConfigIssue& i : loaded.issues) {
    if (i.severity == ConfigIssue::Severity::kError && i.rule == RangeRule::kChecked) out.insert(i.key->path);
  }
  return out;
}

std::set<std::string_view> expected_complaints(const json& validate) {
  std::set<std::string_view> out;
  for (const json& text : validate) {
    const std::string message = text.get<std::string>();
    const std::string constant = message.substr(0, message.find_first_of("= "));
    const ConfigKey* key = message.starts_with("CJ half-spread")
                               ? find_config_key("trading.cartea_jaimungal.max_half_spread_bps")
                               : key_of(constant);
    EXPECT_NE(key, nullptr) << message;
    if (key != nullptr) out.insert(key->path);
  }
  return out;
}

void expect_resolved(const LoadedConfig& loaded, const json& resolved) {
  for (const auto& [constant, want] : resolved.items()) {
    if (constant.starts_with("_validate")) continue;
    if (constant == "API_KEY_PRIVATE_KEY") {
      EXPECT_EQ(loaded.config.environment.signing_key_given, !want.is_null());
      continue;
    }
    const ConfigKey* key = key_of(constant);
    ASSERT_NE(key, nullptr) << "no key for the constant " << constant;
    const json got = value_of(loaded, *key);
    if (want.is_number() && got.is_number()) {
      EXPECT_EQ(got.get<double>(), want.get<double>()) << constant;
    } else {
      EXPECT_EQ(got, want) << constant;
    }
  }
  EXPECT_EQ(complaints(loaded), expected_complaints(resolved.value("_validate", json::array()).is_null()
                                                        ? json::array()
                                                        : resolved.value("_validate", json::array())));
}

// What the cases list only as a difference starts from the case that lists everything.
json resolved_of(const json& c, const json& base) {
  if (c.contains("resolved")) return c["resolved"];
  json out = base;
  out.update(c["resolved_diff"]);
  return out;
}

TEST(ConfigResolutionVectors, EveryConstantComesOutAsInTheReferenceBot) {
  JOBBER_LOAD_VECTORS(files, "configuration resolution", "config_resolution");
  std::size_t cases = 0;
  for (const test::VectorFile& file : files) {
    json base = json::object();
    for (const json& c : file.json["cases"]) {
      if (c.contains("resolved")) base = c["resolved"];
    }
    for (const json& c : file.json["cases"]) {
      SCOPED_TRACE(file.path + ": " + c["name"].get<std::string>());
      const json resolved = resolved_of(c, base);
      ++cases;
      const std::string fatal = resolved.value("_fatal", "");
      if (fatal.find("missing file") != std::string::npos) {
        os::ConfigRequest request;
        request.config_file = fatal.substr(fatal.rfind(": ") + 2);
        request.home = std::filesystem::temp_directory_path() / "jobber-no-such-folder";
        EXPECT_FALSE(os::load_config(request).ok());
        continue;
      }
      const LoadedConfig loaded = load_case(file, c);
      if (!fatal.empty()) {
        EXPECT_FALSE(loaded.ok()) << "the reference bot refuses: " << fatal;
        continue;
      }
      expect_resolved(loaded, resolved);
    }
  }
  EXPECT_GT(cases, 0U);
}

}  // namespace
}  // namespace jobber
