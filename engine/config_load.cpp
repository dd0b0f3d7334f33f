#include "engine/config_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "engine/config_check.hpp"
#include "engine/config_tree.hpp"
#include "engine/config_value.hpp"
#include "engine/located_json.hpp"

namespace jobber {
namespace {

using Severity = ConfigIssue::Severity;
using Source = ConfigSetting::Source;

constexpr std::string_view kSigningKey = "API_KEY_PRIVATE_KEY";

class Loader {
 public:
  explicit Loader(const ConfigInput& input) : input_(input) {}

  LoadedConfig run() {
    for (const ConfigKey& key : config_keys()) out_.settings.push_back({.key = &key, .origin = "default"});
    read_env_file();
    read_file();
    for (ConfigSetting& s : out_.settings) resolve(s);
    derive();
    for (const ConfigViolation& v : check_config(out_.config)) {
      const ConfigSetting& s = *out_.setting(v.path);
      issue(Severity::kError, s.origin, fmt::format("{}: {}", v.path, v.message), s.key, v.rule);
    }
    return std::move(out_);
  }

 private:
  void issue(Severity severity, std::string where, std::string message, const ConfigKey* key = nullptr,
             RangeRule rule = RangeRule::kOurs) {
    out_.issues.push_back({severity, std::move(where), std::move(message), key, rule});
  }

  std::string in_file(TextPosition at) const { return fmt::format("{}:{}:{}", file_name_, at.line, at.column); }
  std::string in_env_file(int line) const { return fmt::format("{}:{}", env_file_name_, line); }

  void read_env_file() {
    if (!input_.env_file) return;
    env_file_name_ = input_.env_file->name;
    env_file_ = parse_env_file(input_.env_file->text, input_.environment);
    for (const EnvFileProblem& p : env_file_.problems) issue(Severity::kError, in_env_file(p.line), p.message);
    std::vector<std::string_view> known(foreign_environment_names().begin(), foreign_environment_names().end());
    for (const ConfigKey& k : config_keys()) {
      if (!k.env.empty()) known.push_back(k.env);
    }
    for (const EnvFileEntry& e : env_file_.entries) {
      if (std::find(known.begin(), known.end(), e.name) != known.end()) continue;
      const std::string_view nearest = nearest_name(e.name, known);
      if (nearest.empty()) continue;  // a variable of some other program
      issue(Severity::kWarning, in_env_file(e.line),
            fmt::format("{} is no variable of ours; nearest known name: {}", e.name, nearest));
    }
  }

  void read_file() {
    if (!input_.file) return;
    file_name_ = input_.file->name;
    auto parsed = parse_located_json(input_.file->text);
    if (!parsed)
      return issue(Severity::kError, in_file(parsed.error().at), "not valid JSON: " + parsed.error().message);
    root_ = std::move(parsed.value());
    tree_ = read_config_tree(root_);
    for (const ConfigTree::Fault& f : tree_.faults) issue(Severity::kError, in_file(f.at), f.message);
    for (const ConfigTree::Remark& r : tree_.remarks) {
      issue(r.unknown_key && input_.unknown_keys_fail ? Severity::kError : Severity::kWarning, in_file(r.at),
            r.message);
    }
  }

  // The process environment, then .env.
  bool from_environment(ConfigSetting& s) {
    if (s.key->env.empty()) return false;
    const auto it = input_.environment.find(s.key->env);
    const EnvFileEntry* entry = it == input_.environment.end() ? env_file_.find(s.key->env) : nullptr;
    if (it == input_.environment.end() && entry == nullptr) return false;
    const ValueOutcome outcome = store_text(*s.key, entry != nullptr ? entry->value : it->second, out_.config);
    if (outcome.ignored) return false;
    s.source = entry != nullptr ? Source::kEnvFile : Source::kEnvironment;
    s.origin = entry != nullptr ? fmt::format("{} {}", in_env_file(entry->line), s.key->env) : std::string(s.key->env);
    note(s, outcome);
    return true;
  }

  bool from_file(ConfigSetting& s) {
    const auto it = tree_.found.find(s.key);
    if (it == tree_.found.end()) return false;
    s.source = Source::kFile;
    s.origin = in_file(it->second.node->at);
    note(s, store_json(*s.key, *it->second.node, out_.config));
    return true;
  }

  void note(ConfigSetting& s, const ValueOutcome& outcome) {
    s.given = outcome.given;
    if (!outcome.message.empty()) {
      issue(Severity::kError, s.origin, fmt::format("{}: {}", s.key->path, outcome.message), s.key, outcome.rule);
    }
  }

  void resolve(ConfigSetting& s) {
    if (!from_environment(s)) from_file(s);
  }

  ConfigSetting& setting(std::string_view path) {
    // The settings stand in the order of the table.
    return out_.settings[static_cast<std::size_t>(find_config_key(path) - config_keys().data())];
  }

  bool is_given(std::string_view path) { return setting(path).source != Source::kDefault; }

  void follow(std::string_view path, std::string_view leader) {
    ConfigSetting& s = setting(path);
    s.source = Source::kDerived;
    s.origin = fmt::format("follows {}", leader);
  }

  // Values that follow another key unless given themselves.
  void derive() {
    TradingConfig& t = out_.config.trading;
    const auto follow_value = [&](std::string_view path, auto& value, std::string_view leader, auto leading) {
      if (is_given(path)) return;
      if (is_given(leader)) follow(path, leader);
      value = leading;
    };
    follow_value("trading.cj_estimator.default_lambda", t.cj_estimator.default_lambda,
                 "trading.cartea_jaimungal.lambda", t.cartea_jaimungal.lambda);
    follow_value("trading.cj_estimator.default_kappa", t.cj_estimator.default_kappa, "trading.cartea_jaimungal.kappa",
                 t.cartea_jaimungal.kappa);
    follow_value("trading.cj_estimator.default_epsilon", t.cj_estimator.default_epsilon,
                 "trading.cartea_jaimungal.epsilon", t.cartea_jaimungal.epsilon);
    follow_value("jobber.risk.max_open_orders", out_.config.jobber.risk.max_open_orders, "trading.levels_per_side",
                 std::clamp<std::int64_t>(t.levels_per_side, 0, 1'000) * 2 + 2);
    derive_estimator();
    derive_warmup();
    raise_quality_window();
    out_.config.environment.account_index_given = is_given("ACCOUNT_INDEX");
    out_.config.environment.signing_key_given = has_signing_key();
  }

  // CJ_USE_ESTIMATOR replaces the result; without it either switch turns the estimator on.
  void derive_estimator() {
    constexpr std::string_view kUse = "trading.cartea_jaimungal.use_estimator";
    const Source source = setting(kUse).source;
    if (source == Source::kEnvironment || source == Source::kEnvFile || !out_.config.trading.cj_estimator.enabled)
      return;
    if (!out_.config.trading.cartea_jaimungal.use_estimator) follow(kUse, "trading.cj_estimator.enabled");
    out_.config.trading.cartea_jaimungal.use_estimator = true;
  }

  // WARMUP_SECONDS > jobber.paper.warmup_seconds > trading.vol_obi.warmup_seconds of the file > 5 s.
  void derive_warmup() {
    constexpr std::string_view kWarmup = "trading.vol_obi.warmup_seconds";
    constexpr std::string_view kPaper = "jobber.paper.warmup_seconds";
    const Source source = setting(kWarmup).source;
    const bool by_environment = source == Source::kEnvironment || source == Source::kEnvFile;
    if (!by_environment && (source == Source::kDefault || is_given(kPaper))) return;
    follow(kPaper, kWarmup);
    out_.config.jobber.paper.warmup_seconds = out_.config.trading.vol_obi.warmup_seconds;
  }

  // The rolling window must hold the longest horizon.
  void raise_quality_window() {
    LiveQualityConfig& q = out_.config.trading.live_quality;
    if (q.markout_horizons_sec.empty()) q.markout_horizons_sec = LiveQualityConfig{}.markout_horizons_sec;
    const double longest = *std::max_element(q.markout_horizons_sec.begin(), q.markout_horizons_sec.end());
    if (q.window_seconds >= longest) return;
    setting("trading.live_quality.window_seconds").given = fmt::format("{}", q.window_seconds);
    q.window_seconds = longest;
  }

  bool has_signing_key() const {
    const auto it = input_.environment.find(kSigningKey);
    if (it != input_.environment.end()) return !it->second.empty();
    const EnvFileEntry* entry = env_file_.find(kSigningKey);
    return entry != nullptr && !entry->value.empty();
  }

  const ConfigInput& input_;
  LoadedConfig out_;
  std::string file_name_, env_file_name_;
  EnvFile env_file_;
  JsonNode root_;
  ConfigTree tree_;
};

}  // namespace

bool LoadedConfig::ok() const {
  return std::none_of(issues.begin(), issues.end(),
                      [](const ConfigIssue& i) { return i.severity == Severity::kError; });
}

const ConfigSetting* LoadedConfig::setting(std::string_view path) const {
  const ConfigKey* key = find_config_key(path);
  const auto it = std::find_if(settings.begin(), settings.end(), [&](const ConfigSetting& s) { return s.key == key; });
  return it == settings.end() ? nullptr : &*it;
}

std::string LoadedConfig::report() const {
  std::string out;
  for (const ConfigIssue& i : issues) {
    if (!i.where.empty()) fmt::format_to(std::back_inserter(out), "{}: ", i.where);
    fmt::format_to(std::back_inserter(out), "{}: {}\n", i.severity == Severity::kError ? "error" : "warning",
                   i.message);
  }
  return out;
}

LoadedConfig resolve_config(const ConfigInput& input) { return Loader(input).run(); }

}  // namespace jobber
