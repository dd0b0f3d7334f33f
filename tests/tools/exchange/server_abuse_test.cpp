// The server's sockets against people who mean no good: each gets a clear answer or a reset, costs bounded memory, and
// nobody else notices.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstdio>
#include <deque>

#include "tests/support/tls_rig.hpp"
#include "tests/support/ws_frames.hpp"
#include "tools/exchange/server.hpp"

namespace jobber::exchange {
namespace {

using namespace std::string_literals;
using test::Frame;
using test::must;
using test::to_wire;
using test::until;

// Answers every request with the length of its body, echoes every text.
class EchoSite : public Site {
 public:
  class Peer : public WsPeer {
   public:
    void on_text(Instant, std::string_view text) override { texts_.emplace_back(text); }
    void on_timer(Instant) override {}
    bool next_text(Instant, std::string& out) override {
      if (texts_.empty()) return false;
      out = std::move(texts_.front());
      texts_.pop_front();
      return true;
    }
    [[nodiscard]] Instant next_deadline() const override { return Instant::never(); }
    [[nodiscard]] bool wants_close() const override { return false; }
    void on_closed(Instant) override {}

   private:
    std::deque<std::string> texts_;
  };

  static constexpr std::size_t kLarge = 100'000;
  int answered = 0;

  [[nodiscard]] bool handles(const http::Request&) const override { return true; }
  http::Response on_request(Instant, const http::Request& request) override {
    http::Response out;
    out.status = 200;
    out.body = request.target == "/large" ? std::string(kLarge, 'x') : std::to_string(request.body.size());
    ++answered;
    return out;
  }
  std::unique_ptr<WsPeer> on_upgrade(Instant, const http::Request&) override { return std::make_unique<Peer>(); }
};

// Somebody with a socket, who sends what he likes.
struct Stranger {
  os::TcpSocket socket;
  std::string out, in;
  bool ended = false, reset = false, reads = true;

  void step() {
    while (!out.empty()) {
      const os::Io io = socket.send(out);
      if (io.kind != os::Io::Kind::kSome) break;
      out.erase(0, io.n);
    }
    char piece[16 * 1024];
    while (reads && !over()) {
      const os::Io io = socket.recv(piece);
      if (io.kind == os::Io::Kind::kAgain) break;
      if (io.kind == os::Io::Kind::kSome) in.append(piece, io.n);
      ended = io.kind == os::Io::Kind::kEnd;
      reset = io.kind == os::Io::Kind::kFailed;
    }
  }
  [[nodiscard]] bool over() const { return ended || reset; }
};

class ServerAbuse : public ::testing::Test {
 protected:
  void SetUp() override { start({}); }
  void start(ServerConfig config) {
    config.plain_at = os::SockAddr::loopback(0);
    server = std::make_unique<Server>(config, floor, std::vector<Site*>{&site});
    must(server->open());
  }
  Stranger stranger(std::string wire = {}) {
    Stranger s;
    EXPECT_EQ(s.socket.start_connect(server->plain_address()), 0);
    EXPECT_TRUE(until([&] { return s.socket.check_connect().kind == os::Io::Kind::kSome; }));
    s.out = std::move(wire);
    return s;
  }
  template <class Done>
  bool run(Stranger& s, Done&& done) {
    return until([&] {
      s.step();
      server->turn(clock, milliseconds(1));
      s.step();
      return done();
    });
  }
  // What one connection got for `wire`, until the server ended it.
  Stranger treat(std::string wire) {
    Stranger s = stranger(std::move(wire));
    EXPECT_TRUE(run(s, [&] { return s.over(); })) << "still connected; got: " << s.in.substr(0, 200);
    return s;
  }
  Stranger upgraded(std::string first = {}) {
    Stranger s = stranger(ws::upgrade_request("h", "/ws", "dGhlIHNhbXBsZSBub25jZQ==") + std::move(first));
    EXPECT_TRUE(run(s, [&] { return s.in.find("\r\n\r\n") != std::string::npos; }));
    EXPECT_TRUE(s.in.starts_with("HTTP/1.1 101 "));
    s.in.erase(0, s.in.find("\r\n\r\n") + 4);
    return s;
  }
  void expect_still_serving() {
    Stranger s = stranger("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(run(s, [&] { return s.over(); }));
    EXPECT_TRUE(s.in.starts_with("HTTP/1.1 200 ")) << s.in;
  }

  os::TscClock clock;
  Floor floor;
  EchoSite site;
  std::unique_ptr<Server> server;
};

std::size_t resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  unsigned long size = 0, resident = 0;
  if (file == nullptr || std::fscanf(file, "%lu %lu", &size, &resident) != 2) resident = 0;
  if (file != nullptr) std::fclose(file);
  return resident * 4096;
}

TEST_F(ServerAbuse, HttpThatIsNoneIsAnsweredOnceAndLeft) {
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  struct Row {
    const char* why;
    int status;
    std::string wire;
  };
  const Row rows[] = {
      {"a TLS client on the plain port", 400, "\x16\x03\x01\x02\n"},
      {"bare line feeds", 400, "GET / HTTP/1.1\nHost: h\n\n"},
      {"no host", 400, "GET / HTTP/1.1\r\n\r\n"},
      {"a folded header", 400, "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n"},
      {"a length and chunks", 400, post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"two lengths", 400, post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"},
      {"a head without end", 431, "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(100'000, 'a')},
      {"500 headers", 431, [] {
         std::string wire = "GET / HTTP/1.1\r\nHost: h\r\n";
         for (int i = 0; i != 500; ++i) wire += "X: y\r\n";
         return wire + "\r\n";
       }()},
      {"a body of 2^40 bytes", 413, post + "Content-Length: 1099511627776\r\n\r\n"},
      {"chunks of 2^40 bytes", 413, post + "Transfer-Encoding: chunked\r\n\r\n10000000000\r\n"},
      {"HTTP/2", 501, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"an unknown coding", 501, post + "Transfer-Encoding: gzip\r\n\r\n"},
  };
  for (const Row& r : rows) {
    const Stranger s = treat(r.wire);
    EXPECT_TRUE(s.in.starts_with("HTTP/1.1 " + std::to_string(r.status) + " ")) << r.why << ": " << s.in.substr(0, 100);
    EXPECT_EQ(s.in.find("Content-Length"), s.in.rfind("Content-Length")) << r.why << ": answered more than once";
  }
  EXPECT_EQ(server->counts().bad_http, std::size(rows));
  EXPECT_EQ(server->connections(), 0U);
  expect_still_serving();
}

TEST_F(ServerAbuse, ASmuggledRequestIsNotServed) {
  const Stranger s = treat(
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(server->counts().requests, 0U);
}

TEST_F(ServerAbuse, ManyRequestsAtOnceAreAnsweredInOrder) {
  std::string wire;
  for (int i = 0; i != 2000; ++i) wire += "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(i % 10) + "\r\n\r\n" + std::string(static_cast<std::size_t>(i % 10), 'x');
  Stranger s = stranger(wire + "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  ASSERT_TRUE(run(s, [&] { return s.over(); }));
  http::ResponseReader reader;
  int answers = 0;
  for (std::string_view rest = s.in; !rest.empty() && reader.error() == http::HttpError::kNone;) {
    rest.remove_prefix(reader.on_bytes(rest));
    if (reader.done()) {
      const http::Response answer = reader.take();
      EXPECT_EQ(answer.body, std::to_string(answers == 2000 ? 0 : answers % 10)) << answers;
      ++answers;
    }
  }
  EXPECT_EQ(answers, 2001);
}

TEST_F(ServerAbuse, RequestsBehindUnreadAnswersWaitAndAreAnsweredAll) {
  ServerConfig config;
  config.output_max = 256U << 10;
  start(config);
  std::string wire;
  for (int i = 0; i != 500; ++i) wire += "GET /large HTTP/1.1\r\nHost: h\r\n\r\n";
  Stranger s = stranger(wire + "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  s.reads = false;
  ASSERT_TRUE(run(s, [&] { return site.answered != 0; }));
  for (int i = 0; i != 20; ++i) s.step(), server->turn(clock, milliseconds(1));
  EXPECT_LT(site.answered, 250) << "50 MB of answers to 20 KB of requests";
  s.reads = true;
  ASSERT_TRUE(run(s, [&] { return s.over(); }));
  EXPECT_EQ(site.answered, 501);
  EXPECT_GT(s.in.size(), 500 * EchoSite::kLarge);
}

TEST_F(ServerAbuse, FramesAgainstTheRulesAreAnsweredWithTheirCloseCode) {
  struct Row {
    const char* why;
    unsigned code;
    std::string wire;
  };
  const auto masked = [](const Frame& f) { return to_wire(f, true); };
  const Row rows[] = {
      {"reserved bits", 1002, masked({.payload = "x", .rsv = 4})},
      {"a reserved opcode", 1002, masked({.opcode = 3})},
      {"not masked", 1002, to_wire({.payload = "x"}, false)},
      {"2^63 bytes", 1002, masked({.claimed = 1ULL << 63})},
      {"2^62 bytes", 1009, masked({.claimed = 1ULL << 62})},
      {"a length that is not the shortest", 1002, masked({.payload = "x", .length_bytes = 8})},
      {"a fragmented ping", 1002, masked({.opcode = 9, .fin = false})},
      {"a ping of 126 bytes", 1002, masked({.opcode = 9, .payload = std::string(126, 'p')})},
      {"text that is not UTF-8", 1007, masked({.payload = "\xC0\xAF"})},
      {"a close of one byte", 1002, masked({.opcode = 8, .payload = "x"})},
      {"a close with a code that nobody sends", 1002, masked({.opcode = 8, .payload = "\x03\xED"})},
      {"binary, which no venue takes", 1003, masked({.opcode = 2, .payload = "x"}) + masked({.opcode = 8, .payload = "\x03\xEB"})},
  };
  for (const Row& r : rows) {
    Stranger s = upgraded();
    s.out = masked({.payload = "hello"}) + r.wire;
    EXPECT_TRUE(run(s, [&] { return s.over(); })) << r.why;
    const std::string close{'\x88', '\x02', static_cast<char>(r.code >> 8), static_cast<char>(r.code)};
    EXPECT_TRUE(s.in.ends_with(close)) << r.why;
  }
  EXPECT_EQ(server->counts().bad_websocket, std::size(rows) - 1);
  expect_still_serving();
}

TEST_F(ServerAbuse, AMillionEmptyFramesCostNothing) {
  const std::string empty = to_wire({.opcode = 0, .fin = false}, true);
  std::string wire = to_wire({.opcode = 1, .fin = false}, true);
  wire.reserve(wire.size() + 1'000'000 * empty.size());
  for (int i = 0; i != 1'000'000; ++i) wire += empty;
  Stranger s = upgraded();
  [[maybe_unused]] const std::size_t before = resident_bytes();
  s.out = std::move(wire);
  s.reads = false;  // so that the reset behind it does not hide the close frame
  EXPECT_TRUE(run(s, [&] { return server->connections() == 0; }));
#ifndef JOBBER_SANITIZED
  EXPECT_LT(resident_bytes(), before + (16U << 20));
#endif
  EXPECT_EQ(server->counts().bad_websocket, 1U);
  expect_still_serving();
}

TEST_F(ServerAbuse, WhoDoesNotReadIsDropped) {
  ServerConfig config;
  config.slow_max = milliseconds(50);
  config.output_max = 64U << 10;
  start(config);
  Stranger s = upgraded();
  const int small = 4096;
  setsockopt(s.socket.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  s.reads = false;
  const std::string text = to_wire({.payload = std::string(60'000, 'x')}, true);
  EXPECT_TRUE(run(s, [&] {
    if (s.out.empty()) s.out = text;
    return server->connections() == 0;
  }));
  EXPECT_EQ(server->counts().slow_readers, 1U);
  expect_still_serving();
}

TEST_F(ServerAbuse, WhoDoesNotFinishARequestIsDropped) {
  ServerConfig config;
  config.request_timeout = milliseconds(50);
  start(config);
  const Stranger s = treat("GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(server->counts().request_timeouts, 1U);
  EXPECT_EQ(s.in, "");
}

TEST_F(ServerAbuse, MoreConnectionsThanAllowedAreRefused) {
  ServerConfig config;
  config.connections_max = 3;
  start(config);
  std::deque<Stranger> held;
  for (int i = 0; i != 3; ++i) {
    held.push_back(stranger());
    EXPECT_TRUE(run(held.back(), [&] { return server->connections() == static_cast<std::size_t>(i) + 1; }));
  }
  EXPECT_TRUE(treat("GET / HTTP/1.1\r\nHost: h\r\n\r\n").in.empty());
  EXPECT_EQ(server->counts().refused, 1U);
  EXPECT_EQ(server->connections(), 3U);
  held.front().out = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_TRUE(run(held.front(), [&] { return !held.front().in.empty(); })) << "those who are there are served";
}

}  // namespace
}  // namespace jobber::exchange
