// The server over real sockets on loopback: server and clients take turns on this thread, so nothing here waits for a
// clock but what is about time itself.
#include "tools/exchange/server.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "engine/http1.hpp"
#include "engine/os/https_client.hpp"
#include "engine/os/ws_client.hpp"
#include "engine/websocket.hpp"
#include "tests/tools/exchange/floor_fixture.hpp"
#include "tools/exchange/certificate.hpp"

namespace jobber::exchange {
namespace {

using namespace testing;

// "echo <text>" says it back; "flood" never stops talking; "bye" ends.
class TestPeer : public WsPeer {
 public:
  explicit TestPeer(int& closed) : closed_(closed) {}
  void on_text(Instant, std::string_view text) override {
    if (text == "flood") flood_ = true;
    else if (text == "data") data_ = 1'000;
    else if (text == "bye") bye_ = true;
    else if (text == "throw") throw std::runtime_error("thrown");
    else said_.emplace_back(text);
  }
  void on_timer(Instant) override {}
  bool next_text(Instant, std::string& out) override {
    market_data_ = false;
    if (!said_.empty()) {
      out = said_.front();
      said_.erase(said_.begin());
      return true;
    }
    if (flood_) return out.assign(32'768, 'x'), true;
    if (data_ == 0) return false;
    out = "d" + std::to_string(data_--);
    return market_data_ = true;
  }
  [[nodiscard]] bool was_market_data() const override { return market_data_; }
  [[nodiscard]] Instant next_deadline() const override { return Instant::never(); }
  [[nodiscard]] bool wants_close() const override { return bye_; }
  void on_closed(Instant) override { ++closed_; }

 private:
  int& closed_;
  std::vector<std::string> said_;
  bool flood_ = false, bye_ = false, market_data_ = false;
  int data_ = 0;
};

class TestSite : public Site {
 public:
  [[nodiscard]] bool handles(const http::Request& r) const override { return r.target.starts_with("/test"); }
  http::Response on_request(Instant, const http::Request& r) override {
    ++requests;
    if (r.target == "/test/throw") throw std::runtime_error("thrown");
    http::Response out;
    out.status = 200;
    out.body = r.target == "/test/big" ? std::string(1'000'000, 'b') : r.method + " " + r.target + " " + r.body;
    return out;
  }
  std::unique_ptr<WsPeer> on_upgrade(Instant, const http::Request& r) override {
    if (r.target != "/test/ws") return nullptr;
    return std::make_unique<TestPeer>(closed);
  }
  int requests = 0;
  int closed = 0;
};

// A client without TLS, without manners: bytes out, bytes in.
class RawClient {
 public:
  explicit RawClient(const os::SockAddr& to) { EXPECT_EQ(socket_.start_connect(to), 0); }
  void send(std::string_view bytes) { out_ += bytes; }
  void poll(bool read = true) {
    if (!connected_) connected_ = socket_.check_connect().kind == os::Io::Kind::kSome;
    if (!connected_) return;
    while (!out_.empty()) {
      const os::Io io = socket_.send(out_);
      if (io.kind == os::Io::Kind::kFailed) reset = true;
      if (io.kind != os::Io::Kind::kSome) break;
      out_.erase(0, io.n);
    }
    char buffer[16'384];
    while (read) {
      const os::Io io = socket_.recv(buffer);
      if (io.kind == os::Io::Kind::kEnd) ended = true;
      if (io.kind == os::Io::Kind::kFailed) reset = true;
      if (io.kind != os::Io::Kind::kSome) break;
      in.append(buffer, io.n);
    }
  }
  // The answers received so far.
  std::vector<http::Response> answers() {
    std::vector<http::Response> out;
    http::ResponseReader reader;
    std::span<const char> left(in);
    while (!left.empty()) {
      left = left.subspan(reader.on_bytes(left));
      if (!reader.done()) break;
      out.push_back(reader.take());
    }
    return out;
  }
  std::string in;
  bool ended = false;
  bool reset = false;

 private:
  os::TcpSocket socket_;
  std::string out_;
  bool connected_ = false;
};

class ServerTest : public ::testing::Test {
 protected:
  void start(ServerConfig config = {}) {
    config.plain_at = os::SockAddr::loopback(0);
    floor.add_market(clock.now(), perpetual());
    alice = floor.add_account("alice");
    floor.deposit(clock.now(), alice, Wallet::kBinanceUsdm, "USDT", whole(100'000));
    server = std::make_unique<Server>(config, floor, std::vector<Site*>{&site});
    const auto opened = server->open();
    ASSERT_TRUE(opened.ok()) << opened.error().text;
  }
  RawClient& client() {
    clients.push_back(std::make_unique<RawClient>(server->plain_address()));
    return *clients.back();
  }
  // Turns of everybody until it holds; false after ten seconds.
  bool until(const std::function<bool()>& holds, bool read = true) {
    const Instant end = clock.now() + seconds(10);
    while (!holds()) {
      if (clock.now() > end) return false;
      server->turn(clock, milliseconds(1));
      for (auto& c : clients) c->poll(read);
    }
    return true;
  }
  http::Response ask(RawClient& c, const std::string& method, const std::string& target, const std::string& body = {}) {
    http::Request r;
    r.method = method;
    r.target = target;
    r.headers.set("Host", "localhost");
    r.body = body;
    std::string bytes;
    http::append(bytes, r);
    const std::size_t before = c.answers().size();
    c.send(bytes);
    if (!until([&] { return c.answers().size() > before || c.ended || c.reset; })) return {};
    return c.answers().size() > before ? c.answers().back() : http::Response{};
  }
  // Upgraded, with what the server says in `stream`.
  void upgrade(RawClient& c) {
    c.send(ws::upgrade_request("localhost", "/test/ws", ws::make_key(1, 2)));
    ASSERT_TRUE(until([&] { return c.in.find("\r\n\r\n") != std::string::npos; }));
    ASSERT_EQ(c.in.substr(9, 3), "101");
    c.in.erase(0, c.in.find("\r\n\r\n") + 4);
  }
  void say(RawClient& c, std::string_view text) {
    ws::Stream s(ws::Role::kClient, 7);
    ASSERT_TRUE(s.send(ws::Opcode::kText, text));
    c.send({s.tx().data(), s.tx().size()});
  }
  // Whole text frames received so far.
  static std::vector<std::string> texts(const RawClient& c) {
    ws::Stream s(ws::Role::kClient, 7);
    std::vector<std::string> out;
    std::span<const char> left(c.in);
    while (!left.empty() && s.open()) {
      const std::span<char> space = s.rx_space();
      const std::size_t n = std::min(space.size(), left.size());
      std::copy_n(left.begin(), n, space.begin());
      left = left.subspan(n);
      s.on_rx(n);
      for (ws::Message m; s.next(m);) {
        if (m.opcode == ws::Opcode::kText) out.emplace_back(m.payload.data(), m.payload.size());
      }
    }
    return out;
  }

  os::TscClock clock;
  Floor floor;
  AccountId alice{};
  TestSite site;
  std::unique_ptr<Server> server;
  std::vector<std::unique_ptr<RawClient>> clients;
};

TEST_F(ServerTest, AnswersKeepsAliveAndTakesPipelinedRequestsInOrder) {
  start();
  RawClient& c = client();
  EXPECT_EQ(ask(c, "POST", "/test/a", "body").body, "POST /test/a body");
  c.send("GET /test/1 HTTP/1.1\r\nHost: x\r\n\r\nGET /test/2 HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  ASSERT_TRUE(until([&] { return c.ended; }));
  const auto answers = c.answers();
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_EQ(answers[1].body, "GET /test/1 ");
  EXPECT_EQ(answers[2].body, "GET /test/2 ");
  EXPECT_EQ(answers[3].status, 404);
  EXPECT_EQ(server->counts().not_found, 1u);
  EXPECT_TRUE(until([&] { return server->connections() == 0; }));
}

TEST_F(ServerTest, WhatIsNoRequestIsRefusedAndTheConnectionEnds) {
  start();
  for (const char* bytes : {"nonsense\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "\x16\x03\x01\x02"}) {
    RawClient& c = client();
    c.send(bytes);
    c.send("\r\n\r\n");
    EXPECT_TRUE(until([&] { return c.ended || c.reset; })) << bytes;
    EXPECT_EQ(c.answers().empty() ? 0 : c.answers()[0].status, 400) << bytes;
  }
  RawClient& endless = client();
  endless.send("GET /test HTTP/1.1\r\n");
  for (int i = 0; i != 300; ++i) endless.send("X-Header-" + std::to_string(i) + ": y\r\n");
  EXPECT_TRUE(until([&] { return endless.ended || endless.reset; }));
  EXPECT_EQ(server->counts().bad_http, 4u);
  EXPECT_EQ(site.requests, 0);
}

TEST_F(ServerTest, SiteThatThrowsIsAnswered500AndCounted) {
  start();
  RawClient& c = client();
  EXPECT_EQ(ask(c, "GET", "/test/throw").status, 500);
  EXPECT_EQ(ask(c, "GET", "/test/fine").status, 200);
  RawClient& w = client();
  ASSERT_NO_FATAL_FAILURE(upgrade(w));
  say(w, "throw");
  EXPECT_TRUE(until([&] { return w.ended || w.reset; }));
  EXPECT_EQ(server->counts().exceptions, 2u);
  EXPECT_EQ(site.closed, 1);
}

TEST_F(ServerTest, ConversationsEchoAndEnd) {
  start();
  RawClient& c = client();
  ASSERT_NO_FATAL_FAILURE(upgrade(c));
  say(c, "one");
  say(c, "two");
  ASSERT_TRUE(until([&] { return texts(c).size() == 2; }));
  EXPECT_EQ(texts(c), (std::vector<std::string>{"one", "two"}));
  say(c, "bye");
  ASSERT_TRUE(until([&] { return c.in.size() >= 4 && (static_cast<unsigned char>(c.in[c.in.size() - 4])) == 0x88; }));
  // The client answers the close; then the server goes.
  c.send(std::string("\x88\x82\0\0\0\0\x03\xe8", 8));
  EXPECT_TRUE(until([&] { return c.ended || c.reset; }));
  EXPECT_EQ(site.closed, 1);
  EXPECT_EQ(ask(client(), "GET", "/test/ws").status, 200) << "no upgrade: an ordinary request";
}

TEST_F(ServerTest, UpgradeThatTheSiteRefusesIsAnsweredByIt) {
  start();
  RawClient& c = client();
  c.send(ws::upgrade_request("localhost", "/test/other", ws::make_key(1, 2)));
  ASSERT_TRUE(until([&] { return !c.answers().empty(); }));
  EXPECT_EQ(c.answers()[0].status, 200);
}

TEST_F(ServerTest, ReaderThatDoesNotReadIsDroppedAndNobodyElseSuffers) {
  ServerConfig config;
  config.output_max = 256 * 1024;
  config.slow_max = milliseconds(100);
  start(config);
  RawClient& slow = client();
  ASSERT_NO_FATAL_FAILURE(upgrade(slow));
  say(slow, "flood");
  RawClient& good = client();
  ASSERT_TRUE(until([&] { return server->counts().slow_readers == 1; }, false));
  EXPECT_EQ(ask(good, "GET", "/test/still").body, "GET /test/still ");
  EXPECT_TRUE(until([&] { return slow.reset || slow.ended; }));
  EXPECT_EQ(site.closed, 1);
}

TEST_F(ServerTest, RequestThatNeverEndsTimesOut) {
  ServerConfig config;
  config.request_timeout = milliseconds(100);
  start(config);
  RawClient& c = client();
  c.send("GET /test/slow HTTP/1.1\r\nHost: ");
  EXPECT_TRUE(until([&] { return c.ended || c.reset; }));
  EXPECT_EQ(server->counts().request_timeouts, 1u);
}

TEST_F(ServerTest, IdleConnectionsAndSilentConversationsAreClosed) {
  ServerConfig config;
  config.idle_timeout = milliseconds(100);
  config.ping_after = milliseconds(50);
  config.silent_max = milliseconds(200);
  start(config);
  RawClient& idle = client();
  RawClient& silent = client();
  ASSERT_NO_FATAL_FAILURE(upgrade(silent));
  EXPECT_TRUE(until([&] { return (idle.ended || idle.reset) && (silent.ended || silent.reset); }));
  EXPECT_EQ(static_cast<unsigned char>(silent.in[0]), 0x89) << "it was pinged before";
  EXPECT_EQ(server->counts().idle_timeouts, 2u);
}

TEST_F(ServerTest, AThousandConnectionsAreServedAndOneTooManyIsRefused) {
  ServerConfig config;
  config.connections_max = 400;
  start(config);
  for (int i = 0; i != 400; ++i) client().send("GET /test/many HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(until([&] { return server->counts().requests == 400; }));
  ASSERT_TRUE(until([&] { return std::all_of(clients.begin(), clients.end(), [](auto& c) { return !c->in.empty(); }); }));
  EXPECT_EQ(server->connections(), 400u);
  RawClient& extra = client();
  EXPECT_TRUE(until([&] { return extra.ended || extra.reset; }));
  EXPECT_EQ(server->counts().refused, 1u);
  clients.resize(10);
  EXPECT_TRUE(until([&] { return server->connections() == 10; }));
}

TEST_F(ServerTest, FaultsHappenAsOftenAsAskedFor) {
  start();
  RawClient& admin = client();
  EXPECT_EQ(ask(admin, "POST", "/jobber/fault", "http429=0.25,http503=0.25").status, 200);
  EXPECT_EQ(ask(admin, "POST", "/jobber/fault", "http429=2").status, 400);
  RawClient& c = client();
  std::map<int, int> seen;
  for (int i = 0; i != 400; ++i) ++seen[ask(c, "GET", "/test/x").status];
  EXPECT_NEAR(seen[429], 100, 40);
  EXPECT_NEAR(seen[503], 75, 35);
  EXPECT_EQ(site.requests, seen[200]);
  EXPECT_EQ(server->counts().fault_429, static_cast<std::uint64_t>(seen[429]));
}

TEST_F(ServerTest, DroppedAnswersLeaveTheConnectionOpenAndHalfTheRequestsDone) {
  ServerConfig config;
  config.faults.drop = 1.0;
  start(config);
  for (int i = 0; i != 60; ++i) client().send("GET /test/x HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(until([&] { return server->counts().fault_drop == 60; }));
  EXPECT_NEAR(site.requests, 30, 20);
  for (auto& c : clients) EXPECT_TRUE(c->in.empty() && !c->ended && !c->reset);
}

TEST_F(ServerTest, ResetIsAReset) {
  ServerConfig config;
  config.faults.reset = 1.0;
  start(config);
  RawClient& c = client();
  c.send("GET /test/x HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(until([&] { return c.reset; }));
  EXPECT_EQ(site.requests, 0);
  RawClient& admin = client();
  RawClient& other = client();
  ASSERT_TRUE(until([&] { return server->connections() == 2; }));
  EXPECT_EQ(ask(admin, "POST", "/jobber/reset").status, 200);
  EXPECT_TRUE(until([&] { return other.reset; }));
  EXPECT_FALSE(admin.reset);
}

TEST_F(ServerTest, LatencyDelaysAndKeepsTheOrder) {
  ServerConfig config;
  config.faults.latency = milliseconds(5);
  start(config);
  RawClient& c = client();
  ASSERT_NO_FATAL_FAILURE(upgrade(c));
  std::vector<std::string> want;
  for (int i = 0; i != 50; ++i) want.push_back(std::to_string(i)), say(c, want.back());
  ASSERT_TRUE(until([&] { return texts(c).size() == want.size(); }));
  EXPECT_EQ(texts(c), want);
}

TEST_F(ServerTest, GapSkipsMarketDataOnly) {
  ServerConfig config;
  config.faults.gap = 0.1;
  start(config);
  RawClient& c = client();
  ASSERT_NO_FATAL_FAILURE(upgrade(c));
  say(c, "data");
  say(c, "still here");
  ASSERT_TRUE(until([&] { return texts(c).size() + server->counts().fault_gap == 1'001; }));
  EXPECT_NEAR(static_cast<double>(server->counts().fault_gap), 100.0, 60.0);
}

TEST_F(ServerTest, SilenceHoldsEverythingAndLosesNothing) {
  start();
  RawClient& admin = client();
  RawClient& c = client();
  ASSERT_EQ(ask(c, "GET", "/test/before").status, 200);
  ASSERT_EQ(ask(admin, "POST", "/jobber/fault", "silence=200ms").status, 200);
  const Instant began = clock.now();
  EXPECT_EQ(ask(c, "GET", "/test/after").status, 200);
  EXPECT_GE((clock.now() - began).n, milliseconds(190).n);
  EXPECT_FALSE(c.ended || c.reset);
}

TEST_F(ServerTest, StateTellsBooksAndChecksums) {
  start();
  const InstrumentId market{0};
  ASSERT_TRUE(floor.place(clock.now(), limit(alice, market, Side::kBuy, 599'000, 10)).ok());
  ASSERT_TRUE(until([&] { return floor.recent_crcs(market, 1).size() == 1; }));
  RawClient& c = client();
  const auto state = nlohmann::json::parse(ask(c, "GET", "/jobber/state?market=binance-usdm:BTCUSDT&recent=5").body);
  const auto& shown = state["markets"][0];
  EXPECT_EQ(shown["bid"], nlohmann::json::array({"59900.0", "0.010"}));
  EXPECT_EQ(shown["ask"], nullptr);
  EXPECT_EQ(shown["depth"][0][0], floor.update_id(market));
  EXPECT_EQ(shown["depth"][0][1], shown["crc"]);
  EXPECT_EQ(ask(c, "GET", "/jobber/state?market=nowhere:X").status, 404);
  EXPECT_EQ(ask(c, "POST", "/jobber/trading?market=binance-usdm:BTCUSDT&on=0").status, 200);
  EXPECT_FALSE(floor.trading(market));
  EXPECT_EQ(ask(c, "GET", "/jobber/what").status, 404);
}

TEST_F(ServerTest, ServesTlsClientsOfOurOwn) {
  const std::int64_t today = clock.now().ns / 1'000'000'000;
  const auto authority = make_authority("test", today - 1'000, today + 1'000);
  ASSERT_TRUE(authority.ok());
  CertificateSpec spec;
  spec.not_before = today - 1'000;
  spec.not_after = today + 1'000;
  const auto made = issue(authority.value(), spec);
  ASSERT_TRUE(made.ok());
  ServerConfig config;
  config.tls = os::TlsServerContext::make(made.value().cert_pem, made.value().key_pem).value();
  config.tls_at = os::SockAddr::loopback(0);
  start(config);
  const std::string ca = ::testing::TempDir() + "exchange_server_test_ca.pem";
  std::FILE* file = std::fopen(ca.c_str(), "w");
  std::fputs(authority.value().cert_pem.c_str(), file);
  std::fclose(file);
  const auto context = os::TlsClientContext::make({.ca_file = ca});
  ASSERT_TRUE(context.ok()) << context.error().text;
  os::Resolver resolver;
  os::HttpsClient https(context.value(), resolver);
  os::WsClient socket(context.value(), resolver);
  const std::string at = "localhost:" + std::to_string(server->tls_address().port());
  https.get(os::parse_url("https://" + at + "/test/big").value());
  socket.open(clock.now(), os::parse_url("wss://" + at + "/test/ws").value());
  os::HttpAnswer answer;
  bool got = false, asked = false;
  std::string echoed;
  EXPECT_TRUE(until([&] {
    https.poll(clock.now());
    got = got || https.next(answer);
    socket.poll(clock.now());
    if (!asked && socket.state() == os::WsState::kOpen) asked = socket.send("over TLS");
    for (ws::Message m; socket.next(m);) echoed.assign(m.payload.data(), m.payload.size());
    return got && !echoed.empty();
  }));
  EXPECT_EQ(answer.status, 200) << answer.problem;
  EXPECT_EQ(answer.body.size(), 1'000'000u);
  EXPECT_EQ(echoed, "over TLS");
}

TEST(FaultsText, ReadsWhatItWritesAndNamesMistakes) {
  Faults f;
  std::string problem;
  EXPECT_TRUE(parse_faults("", f, problem));
  EXPECT_FALSE(f.any());
  ASSERT_TRUE(parse_faults("latency=1.5ms,drop=0.05,reset=1,gap=0.5,silence=3s", f, problem)) << problem;
  EXPECT_EQ(f.latency, microseconds(1'500));
  EXPECT_EQ(f.silence, seconds(3));
  EXPECT_EQ(f.drop, 0.05);
  Faults again;
  ASSERT_TRUE(parse_faults(to_text(f), again, problem)) << problem;
  EXPECT_EQ(to_text(again), to_text(f));
  for (const char* bad : {"latency", "latency=", "latency=x", "latency=90s", "drop=1.1", "drop=-0.1", "drop=nan", "dropp=1", "drop=0.1x", ","}) {
    const std::string before = to_text(f);
    EXPECT_FALSE(parse_faults(bad, f, problem)) << bad;
    EXPECT_EQ(to_text(f), before);
    EXPECT_NE(problem, "");
  }
}

}  // namespace
}  // namespace jobber::exchange
