// A local exchange and an engine that quotes on paper over it, as two programs, watched from outside:
// what stands between them is the test's.
//
// Cold. Times are measured here, on the monotonic clock; what the engine says is read from its shared memory.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "engine/os/https_client.hpp"
#include "engine/os/shm_map.hpp"
#include "engine/os/tsc_clock.hpp"
#include "tests/support/places.hpp"
#include "tests/support/run_program.hpp"
#include "tests/support/synthetic_tape.hpp"
#include "tools/jobber/engine_view.hpp"
#include "tools/live/rest_desk.hpp"

namespace jobber::test {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using SteadyTime = std::chrono::steady_clock::time_point;

inline SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

// Sanitizers make programs several times slower; bounds of real time are then wider, and what lasts a fixed time is
// listened to for longer.
#ifdef JOBBER_SANITIZED
inline constexpr int kSlowness = 4;
#else
inline constexpr int kSlowness = 1;
#endif
inline constexpr int kLonger = kSlowness > 1 ? 2 : 1;

// A running `jobber exchange`.
class ExchangeProgram {
 public:
  // `port` 0: any. Its CA is made in `folder` and found there again.
  ExchangeProgram(const std::filesystem::path& folder, std::uint16_t port = 0, const std::vector<std::string>& more = {}) {
    std::vector<std::string> args{"exchange", "--listen", "127.0.0.1:" + std::to_string(port), "--tls-dir", (folder / "tls").string(), "--json"};
    args.insert(args.end(), more.begin(), more.end());
    program_ = std::make_unique<RunningProgram>(jobber_binary(), args, ProgramOptions{.limit = 30s * kSlowness, .directory = folder});
    for (const auto until = steady_now() + 30s * kSlowness; steady_now() < until && program_->running();) {
      const std::string out = program_->output();
      if (const std::size_t end = out.find('\n'); end != std::string::npos) {
        const Json ready = Json::parse(out.substr(0, end), nullptr, false);
        if (ready.is_object()) {
          const std::string at = ready.value("tls", "");
          port_ = static_cast<std::uint16_t>(std::stoul(at.substr(at.rfind(':') + 1)));
          ca_file_ = ready.value("ca", "");
          return;
        }
      }
      std::this_thread::sleep_for(10ms);
    }
    ADD_FAILURE() << "the exchange did not come up: " << program_->output() << program_->errors();
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] const std::string& ca_file() const noexcept { return ca_file_; }
  [[nodiscard]] std::string url(std::string_view target = {}) const { return "https://127.0.0.1:" + std::to_string(port_) + std::string(target); }
  void kill() {
    program_->send(SIGKILL);
    program_->wait();
  }

  // One request, waited for; POST when there is a body.
  [[nodiscard]] Json ask(const std::string& target, const std::string& body = {}) const {
    const auto tls = os::TlsClientContext::make({.ca_file = ca_file_});
    os::Resolver resolver;
    os::HttpsClient https(tls.value(), resolver);
    const os::TscClock clock;
    http::Request request;
    request.method = body.empty() ? "GET" : "POST";
    request.body = body;
    https.request(os::parse_url(url(target)).value(), request);
    os::HttpAnswer answer;
    while (!https.next(answer)) {
      if (!https.poll(clock.now())) std::this_thread::sleep_for(1ms);
    }
    EXPECT_EQ(answer.status, 200) << target << ": " << answer.problem;
    return Json::parse(answer.body, nullptr, false);
  }
  // The exchange's own checksum of a market's book at an update id; empty = not known.
  [[nodiscard]] std::string crc_at(const std::string& market, std::uint64_t update_id) const {
    const Json state = ask("/jobber/state?recent=1000000&market=" + market);
    for (const Json& depth : state["markets"][0]["depth"]) {
      if (depth[0] == update_id) return depth[1];
    }
    return {};
  }

 private:
  std::unique_ptr<RunningProgram> program_;
  std::uint16_t port_ = 0;
  std::string ca_file_;
};

// What shared memory says of one market now.
struct Look {
  bool there = false;
  std::string feed_state;
  std::int64_t open_orders = 0;
  std::int64_t orders = 0;
  std::int64_t resyncs = 0;
  std::int64_t longest_stall_ns = 0;  // of any of its threads
  std::string why_not;
  Json all;
};

// A running `jobber paper --live`.
class PaperProgram {
 public:
  PaperProgram(const TempFolder& folder, const std::string& at, const std::string& ca_file, const std::vector<std::string>& more = {},
               const std::vector<std::string>& environment = {}, std::chrono::milliseconds limit = 60s * kSlowness,
               const std::string& venue = "binance-usdm")
      : name_("test-live-" + std::to_string(::getpid()) + "-" + std::to_string(++made())) {
    // Warm soon, quoting close; the rest as it comes.
    const std::string config = write_text(folder.file("paper.json"), R"({
      "trading": {
        "default_quote_update_threshold_bps": 0.1,
        "vol_obi": {"vol_to_half_spread": 0.5, "min_half_spread_bps": 0.2, "c1_ticks": 4.0, "skew": 1.0, "min_warmup_samples": 5},
        "alpha": {"min_samples": 5}
      },
      "jobber": {"paper": {"warmup_seconds": 0.5}, "threads": "paired"}
    })");
    std::vector<std::string> args{"paper", "--live", venue, "--at", at, "--ca-file", ca_file, "--name", name_, "--config", config, "--json"};
    args.insert(args.end(), more.begin(), more.end());
    program_ = std::make_unique<RunningProgram>(jobber_binary(), args, ProgramOptions{.limit = limit, .directory = folder.path(), .environment = environment});
  }
  ~PaperProgram() {
    program_.reset();
    const auto path = os::shm_path(name_);  // a killed engine cannot clean up
    if (path.ok()) std::filesystem::remove(path.value());
  }

  [[nodiscard]] Look look() const {
    Look out;
    std::string error;
    const auto view = tools::look_at_engine(os::shm_path(name_).value(), error);
    if (!view) return out;
    out.all = tools::to_json(*view);
    if (!out.all.contains("market") || out.all["market"].empty()) return out;
    const Json& market = out.all["market"].front();
    out.there = true;
    out.feed_state = market.value("feed_state", "");
    out.open_orders = market["bid"].value("open_orders", 0) + market["ask"].value("open_orders", 0);
    out.orders = market.value("orders", 0);
    out.resyncs = market.value("resyncs", 0);
    out.why_not = market["bid"].value("why_not", "") + "/" + market["ask"].value("why_not", "");
    for (const Json& thread : out.all["thread"]) out.longest_stall_ns = std::max<std::int64_t>(out.longest_stall_ns, thread.value("longest_ns", 0));
    return out;
  }
  // How long it took until `good`, at most `limit`; negative: it did not come.
  template <class Good>
  std::chrono::milliseconds until(Good&& good, std::chrono::milliseconds limit) const {
    const SteadyTime began = steady_now();
    do {
      if (good(look())) return std::chrono::duration_cast<std::chrono::milliseconds>(steady_now() - began);
      std::this_thread::sleep_for(10ms);
    } while (steady_now() - began < limit && program_->running());
    return -1ms;
  }
  static bool quoting(const Look& l) { return l.there && l.feed_state == "live" && l.open_orders > 0; }
  static bool pulled(const Look& l) { return l.there && l.open_orders == 0; }

  [[nodiscard]] std::string why() const {
    const Look l = look();
    return l.feed_state + ", " + l.why_not + ", longest stall " + std::to_string(l.longest_stall_ns / 1'000'000) + " ms; " + program_->errors();
  }

  // Stops it as a person would and reads what it says of the run.
  Json stop() {
    program_->send(SIGTERM);
    const ProgramRun run = program_->wait();
    EXPECT_EQ(run.exit_code, 0) << run.err << (run.timed_out ? " timed out" : "");
    const Json report = Json::parse(run.out, nullptr, false);
    EXPECT_TRUE(report.is_object()) << run.out << run.err;
    return report.is_object() ? report : Json::object();
  }

 private:
  static int& made() {
    static int n = 0;
    return n;
  }
  std::string name_;
  std::unique_ptr<RunningProgram> program_;
};

// What must hold of every run, whatever happened in it.
inline void expect_safe(const Json& report) {
  EXPECT_EQ(report.value("unsafe_orders", -1), 0) << "an order left on a book that was not live";
  EXPECT_EQ(report.value("open_orders_at_end", -1), 0);
  for (const Json& links : report["links"]) EXPECT_EQ(links.value("over_governor", -1), 0) << links;
}

}  // namespace jobber::test
