#include "tools/jobber/check.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/jobber/config_options.hpp"
#include "tools/jobber/exit_code.hpp"

namespace jobber::tools {
namespace {

struct CheckOptions {
  ConfigOptions config;
  bool explain = false;
  bool json = false;
  bool keys = false;
};

// What a reader should know beyond the value.
std::string remark_of(const ConfigSetting& s) {
  if (!s.given.empty()) return fmt::format("given as {}", s.given);
  return s.key->has_effect ? "" : "no effect";
}

std::string summary(const LoadedConfig& loaded) {
  const auto given = std::count_if(loaded.settings.begin(), loaded.settings.end(), [](const ConfigSetting& s) {
    return s.source != ConfigSetting::Source::kDefault && s.source != ConfigSetting::Source::kDerived;
  });
  return fmt::format("configuration ok: {} values given, {} by default\n", given,
                     static_cast<std::ptrdiff_t>(loaded.settings.size()) - given);
}

// A table cell: '|' would end it.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out.append(c == '|' ? "\\" : "").push_back(c);
  return out;
}

std::string range_cell(const ConfigKey& key) {
  const std::string range = config_range_text(key);
  const std::string type = config_type_text(key);
  return fmt::format("{}{}{}", type, range.empty() ? "" : ", " + range,
                     key.range.rule == RangeRule::kLimited ? " (limited)" : "");
}

int run(const CheckOptions& options) {
  if (options.keys) {
    std::fputs(keys_markdown().c_str(), stdout);
    return kExitOk;
  }
  const LoadedConfig loaded = load_config(options.config);
  if (options.json) {
    fmt::print("{}\n", check_json(loaded, options.explain));
  } else {
    std::fputs(loaded.report().c_str(), stderr);
    if (options.explain) std::fputs(explain_text(loaded).c_str(), stdout);
    if (loaded.ok() && !options.explain) std::fputs(summary(loaded).c_str(), stdout);
  }
  return loaded.ok() ? kExitOk : kExitConfig;
}

}  // namespace

std::string explain_text(const LoadedConfig& loaded) {
  std::size_t path_width = 0, value_width = 0;
  for (const ConfigSetting& s : loaded.settings) {
    path_width = std::max(path_width, s.key->path.size());
    value_width = std::max(value_width, config_value_text(*s.key, loaded.config).size());
  }
  std::string out;
  for (const ConfigSetting& s : loaded.settings) {
    const std::string remark = remark_of(s);
    fmt::format_to(std::back_inserter(out), "{:<{}} = {:<{}}  {:<7}  {}{}\n", s.key->path, path_width,
                   config_value_text(*s.key, loaded.config), value_width, s.key->reloadable ? "reload" : "restart",
                   s.origin, remark.empty() ? "" : fmt::format("  ({})", remark));
  }
  fmt::format_to(std::back_inserter(out), "signing key: {}\n",
                 loaded.config.environment.signing_key_given ? "given (not shown)" : "not given");
  return out;
}

std::string keys_markdown() {
  std::string out = "| key | value | default | variable | changes | meaning |\n|---|---|---|---|---|---|\n";
  const Config defaults;
  for (const ConfigKey& key : config_keys()) {
    fmt::format_to(std::back_inserter(out), "| {} | {} | {} | {} | {} | {}{} |\n", key.path, cell(range_cell(key)),
                   config_value_text(key, defaults), key.environment_only() ? "itself" : key.env,
                   key.reloadable ? "reload" : "restart", cell(key.meaning), key.has_effect ? "" : " (no effect)");
  }
  return out;
}

std::string check_json(const LoadedConfig& loaded, bool explain) {
  nlohmann::ordered_json out;
  out["ok"] = loaded.ok();
  out["issues"] = nlohmann::ordered_json::array();
  for (const ConfigIssue& i : loaded.issues) {
    out["issues"].push_back({{"severity", i.severity == ConfigIssue::Severity::kError ? "error" : "warning"},
                             {"where", i.where},
                             {"message", i.message}});
  }
  if (explain) {
    out["signing_key_given"] = loaded.config.environment.signing_key_given;
    for (const ConfigSetting& s : loaded.settings) {
      const std::string text = config_value_text(*s.key, loaded.config);
      auto value = nlohmann::ordered_json::parse(text, nullptr, false);
      out["settings"][std::string(s.key->path)] = {
          {"value", value.is_discarded() ? nlohmann::ordered_json(text) : value},
          {"source", s.origin},
          {"reload", s.key->reloadable},
          {"remark", remark_of(s)},
          {"meaning", s.key->meaning}};
    }
  }
  // A file's bytes may stand in a message: whatever is not UTF-8 is replaced, never thrown on.
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void add_check(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* verb = app.add_subcommand("check", "Validate the configuration and say where each value came from");
  add_config_options(*verb, options->config);
  verb->add_flag("--explain", options->explain,
                 "Every effective value with its source and whether reload may change it");
  verb->add_flag("--json", options->json, "Print one JSON object");
  verb->add_flag("--keys", options->keys, "The table of all keys, as in docs/configuration.md");
  verb->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace jobber::tools
