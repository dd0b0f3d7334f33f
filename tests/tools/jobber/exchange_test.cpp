// `jobber exchange` as a person starts it: what it says, how it ends, what it keeps.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "tests/support/places.hpp"
#include "tests/support/run_program.hpp"

namespace jobber::test {
namespace {

using Json = nlohmann::json;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

ProgramRun exchange(const TempFolder& folder, std::vector<std::string> options) {
  std::vector<std::string> words{"exchange", "--listen", "127.0.0.1:0", "--tls-dir", folder.file("tls")};
  words.insert(words.end(), options.begin(), options.end());
  return run_program(jobber_binary(), words, {.limit = std::chrono::seconds(60)});
}

TEST(ExchangeVerb, SaysWhereItIsAndKeepsItsAuthorityOverRestarts) {
  const TempFolder folder;
  std::string authority;
  for (int start = 0; start != 2; ++start) {
    const ProgramRun run = exchange(folder, {"--plain", "127.0.0.1:0", "--seconds", "0.2", "--json"});
    ASSERT_EQ(run.exit_code, 0) << run.err;
    const Json ready = Json::parse(run.out.substr(0, run.out.find('\n')));
    EXPECT_EQ(ready["ready"], true);
    EXPECT_EQ(ready["accounts"].size(), 2u);
    EXPECT_EQ(ready["accounts"][0]["key"].get<std::string>().size(), 64u);
    EXPECT_EQ(ready["ca"], folder.file("tls/ca.pem"));
    const std::string now = read_file(folder.file("tls/ca.pem"));
    EXPECT_NE(now.find("BEGIN CERTIFICATE"), std::string::npos);
    if (start == 1) { EXPECT_EQ(now, authority); }
    authority = now;
  }
  const auto mode = std::filesystem::status(folder.file("tls/ca.key")).permissions();
  EXPECT_EQ(mode & std::filesystem::perms::mask, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(ExchangeVerb, EndsCleanlyOnASignal) {
  const TempFolder folder;
  RunningProgram program(jobber_binary(), {"exchange", "--listen", "127.0.0.1:0", "--tls-dir", folder.file("tls")},
                         {.limit = std::chrono::seconds(60)});
  // Ready when the authority is there: signals are blocked, not deadly, from before that.
  for (int i = 0; i != 3'000 && !std::filesystem::exists(folder.file("tls/ca.pem")); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  program.send(SIGTERM);
  const ProgramRun run = program.wait();
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.out.find("ready on https://127.0.0.1:"), std::string::npos) << run.out;
  EXPECT_NE(run.err.find("test account alice"), std::string::npos) << run.err;
}

TEST(ExchangeVerb, MistakesAreNamed) {
  const TempFolder folder;
  std::ofstream(folder.file("accounts.json")) << R"({"accounts":[{"name":"a","balanses":{}}]})";
  std::ofstream(folder.file("tape.log")) << "no recording\n";
  struct Row { std::vector<std::string> options; int code; const char* says; };
  const Row rows[] = {
      {{"--listen", "nowhere"}, 2, "--listen"},
      {{"--listen", "0.0.0.0:0"}, 2, "--any-address"},
      {{"--plain", "0.0.0.0:0"}, 2, "--plain"},
      {{"--plain", "127.0.0.1:99999"}, 2, "--plain"},
      {{"--fault", "drop=2"}, 2, "drop=2"},
      {{"--seconds", "nan"}, 2, "--seconds"},
      {{"--accounts", folder.file("none.json")}, 4, "none.json"},
      {{"--accounts", folder.file("accounts.json")}, 4, "balanses"},
      {{"--tape", folder.file("none.log")}, 1, "none.log"},
      {{"--tape", folder.file("tape.log")}, 1, "tape.log"},
  };
  for (const Row& row : rows) {
    std::vector<std::string> words{"exchange", "--tls-dir", folder.file("tls")};
    words.insert(words.end(), row.options.begin(), row.options.end());
    const ProgramRun run = run_program(jobber_binary(), words, {.limit = std::chrono::seconds(60)});
    EXPECT_EQ(run.exit_code, row.code) << row.options[0] << ' ' << run.err;
    EXPECT_NE(run.err.find(row.says), std::string::npos) << run.err;
    EXPECT_EQ(run.out, "");
  }
}

}  // namespace
}  // namespace jobber::test
