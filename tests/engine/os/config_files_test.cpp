#include "engine/os/config_files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace jobber::os {
namespace {

namespace fs = std::filesystem;

class ConfigFiles : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::temp_directory_path() / ("jobber-config-" + std::to_string(::getpid()) + "-" + info->name());
    fs::create_directories(root_ / "a" / "b");
    request_.home = root_ / "a" / "b";
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const fs::path& relative, std::string_view text) { std::ofstream(root_ / relative) << text; }
  LoadedConfig load() const { return load_config(request_); }

  fs::path root_;
  ConfigRequest request_;
};

TEST_F(ConfigFiles, NoFileAtAllMeansDefaults) {
  const LoadedConfig loaded = load();
  EXPECT_TRUE(loaded.ok()) << loaded.report();
  EXPECT_EQ(loaded.config.trading.leverage, 2);
}

TEST_F(ConfigFiles, TheDefaultFileIsReadFromHome) {
  write("a/b/config.json", R"({"trading": {"leverage": 7}})");
  EXPECT_EQ(load().config.trading.leverage, 7);
}

TEST_F(ConfigFiles, TheFirstEnvFileUpwardsCountsAndMayNameTheConfiguration) {
  write(".env", "LEVERAGE=9\nVOL_OBI_SKEW=9\n");
  write("a/.env", "LIGHTER_MM_CONFIG=\"" + (root_ / "other.json").string() + "\"\nLEVERAGE=5\n");
  write("other.json", R"({"trading": {"vol_obi": {"c1_ticks": 11}}})");
  const LoadedConfig loaded = load();
  EXPECT_TRUE(loaded.ok()) << loaded.report();
  EXPECT_EQ(loaded.config.trading.leverage, 5);
  EXPECT_EQ(loaded.config.trading.vol_obi.skew, 0.1);
  EXPECT_EQ(loaded.config.trading.vol_obi.c1_ticks, 11);
}

TEST_F(ConfigFiles, TheEnvironmentNamesTheConfigurationWithTildeAndEmptyCountsAsUnset) {
  write("home.json", R"({"trading": {"leverage": 4}})");
  request_.environment = {{"HOME", root_.string()}, {"LIGHTER_MM_CONFIG", "~/home.json"}};
  EXPECT_EQ(load().config.trading.leverage, 4);
  request_.environment["LIGHTER_MM_CONFIG"] = "";
  EXPECT_TRUE(load().ok());
  EXPECT_EQ(load().config.trading.leverage, 2);
}

TEST_F(ConfigFiles, AnExplicitFileThatCannotBeReadIsAnError) {
  write("big.json", std::string(2 << 20, ' '));
  ASSERT_EQ(::mkfifo((root_ / "pipe").c_str(), 0600), 0);
  for (const char* name : {"missing.json", "a", "big.json", "pipe"}) {
    request_.config_file = root_ / name;
    EXPECT_FALSE(load().ok()) << name;
    EXPECT_NE(load().report().find((root_ / name).string()), std::string::npos);
    request_.config_file.reset();
    request_.env_file = root_ / name;
    EXPECT_FALSE(load().ok()) << name;
    request_.env_file.reset();
  }
}

TEST_F(ConfigFiles, BinaryGarbageIsAnErrorWithAPlace) {
  write("a/b/config.json", std::string_view("\x00\xff\xfe{", 4));
  EXPECT_NE(load().report().find("config.json:1:1: error: not valid JSON"), std::string::npos) << load().report();
}

TEST(ProcessEnvironment, HoldsThisProcessVariables) {
  ASSERT_EQ(::setenv("JOBBER_TEST_VARIABLE", "a=b", 1), 0);
  EXPECT_EQ(process_environment().at("JOBBER_TEST_VARIABLE"), "a=b");
}

}  // namespace
}  // namespace jobber::os
