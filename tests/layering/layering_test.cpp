// The picture of ARCHITECTURE.md, held by the #include lines of every file.
#include "tests/support/layering.hpp"
#include "tests/support/places.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace jobber::test {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Every source of ours, as paths from the root.
std::vector<std::string> sources() {
  std::vector<std::string> out;
  for (const char* folder : {"engine", "risk", "feed", "strategy", "gateway", "tools", "tests", "bench"}) {
    for (const auto& entry : fs::recursive_directory_iterator(test::source_dir() / folder)) {
      const auto extension = entry.path().extension();
      if (extension == ".hpp" || extension == ".cpp")
        out.push_back(fs::relative(entry.path(), test::source_dir()).string());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST(Layering, IncludesGoDownThePictureOnly) {
  std::size_t includes = 0;
  for (const std::string& path : sources()) {
    const std::string text = read(test::source_dir() / path);
    includes += text.find("#include \"") != std::string::npos;
    for (const std::string& fault : layering_faults(path, text)) ADD_FAILURE() << fault;
  }
  EXPECT_GT(includes, 50U) << "the test found no sources: it proves nothing";
}

TEST(Layering, EveryHeaderIsIncludedOnceAndEveryFileSaysWhatItIs) {
  for (const std::string& path : sources()) {
    const std::string text = read(test::source_dir() / path);
    if (!path.ends_with(".hpp")) continue;
    EXPECT_NE(text.find("#pragma once"), std::string::npos) << path;
    EXPECT_TRUE(text.starts_with("// ")) << path << ": a header opens with what it is and who owns it";
  }
}

// OpenSSL's macros and names stay in the units that need them.
TEST(Layering, NoHeaderOfOursBringsOpensslButTheOneForTlsUnits) {
  for (const std::string& path : sources()) {
    if (!path.ends_with(".hpp") || path.starts_with("tests/") || path == "engine/os/openssl_support.hpp") continue;
    EXPECT_EQ(read(test::source_dir() / path).find("#include <openssl/"), std::string::npos) << path;
  }
  for (const std::string& path : sources()) {
    if (!path.ends_with(".hpp")) continue;
    EXPECT_EQ(read(test::source_dir() / path).find("#include \"engine/os/openssl_support.hpp\""), std::string::npos) << path;
  }
}

TEST(Layering, FindsEachKindOfWrongInclude) {
  struct Row {
    const char* path;
    const char* line;
  };
  const Row wrong[] = {
      {"engine/book.hpp", "#include \"risk/limits.hpp\""},
      {"engine/book.hpp", "#include \"engine/os/file_tape.hpp\""},
      {"risk/limits.hpp", "#include \"gateway/order_table.hpp\""},
      {"feed/market_agent.hpp", "#include \"strategy/quoting_agent.hpp\""},
      {"feed/market_agent.hpp", "#include \"engine/os/file_tape.hpp\""},
      {"strategy/quoting_agent.hpp", "#include \"risk/pretrade.hpp\""},
      {"strategy/quoting_agent.hpp", "#include \"gateway/order_table.hpp\""},
      {"gateway/gateway_agent.hpp", "#include \"feed/obi.hpp\""},
      {"gateway/gateway_agent.hpp", "#include \"tools/world/world.hpp\""},
      {"tools/jobber/main.cpp", "#include \"tests/support/vectors.hpp\""},
      {"gateway/gateway_agent.hpp", "#include \"order_table.hpp\""},
      {"feed/market_agent.hpp", "#include <chrono>"},
      {"risk/limits.cpp", "#include <sys/mman.h>"},
      {"engine/os/tls_link.hpp", "#include <boost/asio.hpp>"},
      {"engine/websocket.hpp", "#include \"engine/os/tls_link.hpp\""},
      {"feed/binance/stream.cpp", "#include \"engine/os/ws_client.hpp\""},
      {"gateway/binance/order_session.cpp", "#include \"engine/os/https_client.hpp\""},
      {"risk/limits.cpp", "#include \"engine/os/tcp.hpp\""},
      {"gateway/binance/order_session.cpp", "#include <openssl/ssl.h>"},
      {"feed/stream.hpp", "#include <sys/socket.h>"},
      {"elsewhere/file.hpp", "#include <vector>"},
  };
  for (const Row& r : wrong) EXPECT_EQ(layering_faults(r.path, r.line).size(), 1U) << r.path << ": " << r.line;
}

TEST(Layering, LetsTheIncludesOfThePicturePass) {
  struct Row {
    const char* path;
    const char* line;
  };
  const Row right[] = {
      {"engine/book.hpp", "#include \"engine/units.hpp\""},
      {"engine/os/file_tape.hpp", "#include \"engine/units.hpp\""},
      {"engine/os/clock.cpp", "#include <chrono>"},
      {"engine/os/tls_link.cpp", "#include <boost/asio.hpp>"},
      {"strategy/quoting_agent.hpp", "#include \"risk/position.hpp\""},
      {"gateway/paper/paper_venue.hpp", "#include \"gateway/matching/engine.hpp\""},
      {"gateway/gateway_agent.hpp", "#include \"risk/pretrade.hpp\""},
      {"tools/jobber/paper.cpp", "#include \"engine/os/file_tape.hpp\""},
      {"tools/live/stream_shell.hpp", "#include \"engine/os/ws_client.hpp\""},
      {"tools/exchange/server.cpp", "#include \"engine/os/listener.hpp\""},
      {"engine/os/ws_client.hpp", "#include \"engine/websocket.hpp\""},
      {"engine/os/tls_engine.cpp", "#include <openssl/ssl.h>"},
      {"tests/feed/market_agent_test.cpp", "#include \"tests/support/vectors.hpp\""},
      {"bench/feed/codec_bench.cpp", "#include \"engine/os/file_tape.hpp\""},
  };
  for (const Row& r : right) EXPECT_TRUE(layering_faults(r.path, r.line).empty()) << r.path << ": " << r.line;
}

}  // namespace
}  // namespace jobber::test
