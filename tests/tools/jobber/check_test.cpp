#include "tests/support/places.hpp"
#include "tools/jobber/check.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tools/jobber/exit_code.hpp"

namespace jobber::tools {
namespace {

LoadedConfig resolve(std::string file, Environment environment = {}) {
  ConfigInput input;
  input.file = ConfigText{"config.json", std::move(file)};
  input.environment = std::move(environment);
  return resolve_config(input);
}

std::string line_of(const std::string& text, std::string_view key) {
  const std::size_t at = text.find(std::string(key) + " ");
  return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
}

TEST(Check, ExplainShowsEachValueItsSourceAndWhetherReloadMayChangeIt) {
  const std::string text = explain_text(resolve("{\"trading\": {\"leverage\": 3}}", {{"VOL_OBI_SKEW", "1.5"}}));
  EXPECT_NE(line_of(text, "trading.leverage").find("restart  config.json:1:26"), std::string::npos) << text;
  EXPECT_NE(line_of(text, "trading.leverage").find("= 3 "), std::string::npos);
  EXPECT_NE(line_of(text, "trading.vol_obi.skew").find("reload   VOL_OBI_SKEW"), std::string::npos);
  EXPECT_NE(line_of(text, "jobber.idle").find("default"), std::string::npos);
}

TEST(Check, NeverShowsTheSigningKey) {
  const LoadedConfig loaded = resolve("{}", {{"API_KEY_PRIVATE_KEY", "c0ffee"}});
  EXPECT_EQ(explain_text(loaded).find("c0ffee"), std::string::npos);
  EXPECT_EQ(check_json(loaded, true).find("c0ffee"), std::string::npos);
  EXPECT_NE(explain_text(loaded).find("signing key: given"), std::string::npos);
}

TEST(Check, JsonIsReadableByAProgramEvenWhenTheFileIsNot) {
  const auto good = nlohmann::json::parse(check_json(resolve("{}"), true));
  EXPECT_EQ(good["ok"], true);
  EXPECT_EQ(good["settings"]["trading.leverage"]["value"], 2);
  EXPECT_EQ(good["settings"]["jobber.idle"]["value"], "yield");
  const auto bad =
      nlohmann::json::parse(check_json(resolve("{\"trading\": {\"margin_mode\": \"\xc3\xa9\xc3\"}}"), false));
  EXPECT_EQ(bad["ok"], false);
  EXPECT_EQ(bad["issues"].size(), 1U);
}

// scripts/docs writes it anew.
TEST(Check, TheDocumentHoldsTheTableOfKeysAsItIs) {
  std::ifstream in(test::source_dir().string() + "/docs/configuration.md");
  const std::string document{std::istreambuf_iterator<char>(in), {}};
  EXPECT_NE(document.find("<!-- keys -->\n" + keys_markdown() + "<!-- end of keys -->"), std::string::npos)
      << "run scripts/docs";
}

class CheckVerb : public testing::Test {
 protected:
  int run(std::string_view file) {
    const auto path = std::filesystem::temp_directory_path() / ("jobber-check-" + std::to_string(::getpid()) + ".json");
    std::ofstream(path) << file;
    CLI::App app{"test"};
    int exit_code = -1;
    add_check(app, exit_code);
    app.parse("check --json --config " + path.string());
    std::filesystem::remove(path);
    return exit_code;
  }
};

TEST_F(CheckVerb, ExitsWithTheConfigurationCodeOnAnyFault) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(run("{}"), kExitOk);
  EXPECT_EQ(run(R"({"trading": {"leverege": 2}})"), kExitConfig);
  EXPECT_EQ(run(R"({"trading": {"leverage": "x"}})"), kExitConfig);
  EXPECT_EQ(run("{"), kExitConfig);
  testing::internal::GetCapturedStdout();
}

}  // namespace
}  // namespace jobber::tools
