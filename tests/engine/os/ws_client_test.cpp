#include "engine/os/ws_client.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/alloc_counter.hpp"
#include "tests/support/tls_rig.hpp"

namespace jobber::os {
namespace {

using test::must;
using test::steady_now;
using test::TestServer;
using test::TlsRig;
using test::until;

// Upgrades whoever asks and echoes text.
class EchoServer {
 public:
  explicit EchoServer(TlsServerContext context) : server(std::move(context)) {
    server.on_bytes = [this](TestServer::Peer& peer) { on_bytes(peer); };
  }

  // Sent to every client in the record that carries the answer to the upgrade.
  std::vector<std::string> greetings = {};
  std::map<int, std::unique_ptr<ws::Stream>> streams = {};
  std::string request = {};  // the newest upgrade, as it came
  bool silent = false;       // upgraded, then deaf and dumb
  TestServer server;

 private:
  void on_bytes(TestServer::Peer& peer) {
    auto& stream = streams[peer.number];
    if (!stream) {
      http::RequestReader reader;
      const std::size_t used = reader.on_bytes(peer.in);
      if (!reader.done()) return;
      request = peer.in.substr(0, used);
      peer.in.erase(0, used);
      http::append(peer.out, ws::upgrade_response(reader.take()));
      stream = std::make_unique<ws::Stream>(ws::Role::kServer, 1, ws::Limits{.message_bytes = 1U << 20});
      for (const std::string& text : greetings) ASSERT_TRUE(stream->send(ws::Opcode::kText, text));
    }
    if (silent) return peer.in.clear();
    const std::span<char> space = stream->rx_space();
    const std::size_t n = std::min(space.size(), peer.in.size());
    std::copy_n(peer.in.begin(), n, space.begin());
    peer.in.erase(0, n);
    stream->on_rx(n);
    for (ws::Message m; stream->next(m);) {
      if (m.opcode == ws::Opcode::kText) { ASSERT_TRUE(stream->send(ws::Opcode::kText, m.payload)); }
    }
    peer.out.append(stream->tx().data(), stream->tx().size());
    stream->tx_sent(stream->tx().size());
    if (stream->closed()) peer.close_when_sent = true;
  }
};

struct WsClients : testing::Test {
  TlsRig rig;
  Resolver resolver;
  EchoServer echo{rig.server()};
  WsClient client{rig.client(), resolver, {.link = {.deadline = seconds(5)}, .deadline = seconds(5), .seed = 7}};
  std::vector<std::string> got;
  std::vector<ws::Opcode> controls;

  [[nodiscard]] Url url(const std::string& target = "/ws") const {
    return must(parse_url("wss://localhost:" + std::to_string(echo.server.port()) + target));
  }
  void step() {
    client.poll(steady_now());
    for (ws::Message m; client.next(m);) {
      if (m.opcode == ws::Opcode::kText) got.emplace_back(m.payload.data(), m.payload.size());
      else controls.push_back(m.opcode);
    }
    echo.server.poll(steady_now());
  }
  bool open(const std::string& target = "/ws", const http::Headers& extra = {}) {
    client.open(steady_now(), url(target), extra);
    until([&] { step(); return client.state() == WsState::kOpen || client.state() == WsState::kClosed; });
    return client.state() == WsState::kOpen;
  }
};

TEST_F(WsClients, AUrlBecomesMessages) {
  http::Headers extra;
  extra.set("X-Api-Key", "abc");
  ASSERT_TRUE(open("/stream?streams=btcusdt@depth", extra)) << client.problem();
  EXPECT_EQ(client.http_status(), 101);
  EXPECT_EQ(client.next_deadline(), Instant::never());
  EXPECT_NE(echo.request.find("GET /stream?streams=btcusdt@depth HTTP/1.1\r\n"), std::string::npos) << echo.request;
  EXPECT_NE(echo.request.find("X-Api-Key: abc\r\n"), std::string::npos);
  EXPECT_NE(echo.request.find("Host: localhost:"), std::string::npos);
  std::vector<std::string> sent;
  for (int i = 0; i != 100; ++i) {
    sent.push_back(std::string(static_cast<std::size_t>(i * 97), 'a') + std::to_string(i));
    ASSERT_TRUE(client.send(sent.back()));
    step();
  }
  ASSERT_TRUE(until([&] { step(); return got.size() == sent.size(); }));
  EXPECT_EQ(got, sent);
  EXPECT_GT(client.bytes_in(), 100U);
}

TEST_F(WsClients, MessagesInTheRecordOfTheUpgradeAreNotLost) {
  for (int i = 0; i != 50; ++i) echo.greetings.push_back("hello " + std::to_string(i) + std::string(200, '.'));
  ASSERT_TRUE(open()) << client.problem();
  ASSERT_TRUE(until([&] { step(); return got.size() == echo.greetings.size(); }));
  EXPECT_EQ(got, echo.greetings);
}

TEST_F(WsClients, PingsAreAnsweredOnBothSidesAndByteTimesAreKept) {
  ASSERT_TRUE(open());
  const Instant before = client.last_rx();
  ASSERT_TRUE(client.ping("are you there"));
  ASSERT_TRUE(until([&] { step(); return !controls.empty(); }));
  EXPECT_EQ(controls[0], ws::Opcode::kPong);
  EXPECT_GT(client.last_rx(), before);
  const std::uint64_t plain = echo.server.plain_bytes();
  ws::Stream& theirs = *echo.streams.begin()->second;
  ASSERT_TRUE(theirs.send(ws::Opcode::kPing, std::string_view("and you")));
  TestServer::Peer& peer = echo.server.peers().front();
  peer.out.append(theirs.tx().data(), theirs.tx().size());
  theirs.tx_sent(theirs.tx().size());
  ASSERT_TRUE(until([&] { step(); return controls.size() == 2; }));
  EXPECT_EQ(controls[1], ws::Opcode::kPing);
  ASSERT_TRUE(until([&] { step(); return echo.server.plain_bytes() == plain + 13; }));  // head 2, mask 4, text 7
}

TEST_F(WsClients, AnAnswerThatIsNoUpgradeIsReportedWithItsReason) {
  struct Row {
    const char* answer;
    int status;
    std::int64_t retry_s;
    const char* text;
  };
  constexpr Row kRows[] = {
      {"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 17\r\nContent-Length: 4\r\n\r\nslow", 429, 17, "slow"},
      {"HTTP/1.1 418 I'm a teapot\r\nRetry-After: 999999999\r\nContent-Length: 0\r\n\r\n", 418, 86'400, "418"},
      {"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1785000000\r\nContent-Length: 0\r\n\r\n", 429, 0, "429"},
      {"HTTP/1.1 503 Unavailable\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n", 503, 0, "503"},
      {"HTTP/1.1 404 Not Found\r\nContent-Length: 8\r\n\r\n\x1b[2Jgone", 404, 0, ".[2Jgone"},
      {"HTTP/1.1 301 Moved\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n", 301, 0, "redirects are not followed"},
      {"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n", 101, 0, "key"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, 0, "200"},
      {"SSH-2.0-OpenSSH_9\r\n\r\n", 0, 0, "no HTTP"},
  };
  for (const Row& r : kRows) {
    EchoServer wrong(rig.server());
    wrong.server.on_bytes = [&](TestServer::Peer& peer) {
      if (peer.in.find("\r\n\r\n") == std::string::npos) return;
      peer.in.clear();
      peer.out += r.answer;
    };
    client.open(steady_now(), must(parse_url("wss://localhost:" + std::to_string(wrong.server.port()) + "/")));
    ASSERT_TRUE(until([&] { client.poll(steady_now()), wrong.server.poll(steady_now()); return client.state() == WsState::kClosed; }));
    EXPECT_EQ(client.http_status(), r.status) << r.answer;
    EXPECT_EQ(client.retry_after(), seconds(r.retry_s)) << r.answer;
    EXPECT_NE(client.problem().find(r.text), std::string::npos) << client.problem();
    EXPECT_FALSE(client.send("nobody listens"));
  }
}

TEST_F(WsClients, AServerThatAcceptsAndSaysNothingEndsAtTheDeadline) {
  WsClient impatient(rig.client(), resolver, {.deadline = milliseconds(300)});
  echo.server.on_bytes = [](TestServer::Peer& peer) { peer.in.clear(); };  // TLS works, HTTP does not
  const Instant began = steady_now();
  impatient.open(began, url());
  EXPECT_LE(impatient.next_deadline(), began + milliseconds(300));
  ASSERT_TRUE(until([&] { impatient.poll(steady_now()), echo.server.poll(steady_now()); return impatient.state() == WsState::kClosed; }));
  EXPECT_EQ(impatient.link_error(), LinkError::kTimeout);
  EXPECT_GE(steady_now() - began, milliseconds(300));
}

TEST_F(WsClients, EachWayToEndIsTold) {
  struct Row {
    const char* how;
    LinkError want;
  };
  constexpr Row kRows[] = {{"reset", LinkError::kReset}, {"cut", LinkError::kCut}, {"goodbye", LinkError::kClosedByPeer}};
  for (const Row& r : kRows) {
    got.clear();
    ASSERT_TRUE(open()) << r.how << ": " << client.problem();
    ASSERT_TRUE(client.send("last words"));
    ASSERT_TRUE(until([&] { step(); return got.size() == 1; }));
    TestServer::Peer& peer = echo.server.peers().back();
    const std::string how = r.how;
    if (how == "reset") peer.link.reset();
    else if (how == "cut") ::shutdown(peer.link.fd(), SHUT_WR);
    else peer.link.close();
    ASSERT_TRUE(until([&] { client.poll(steady_now()); return client.state() == WsState::kClosed; })) << r.how;
    EXPECT_EQ(client.link_error(), r.want) << r.how << ": " << client.problem();
  }
}

TEST_F(WsClients, ACloseFrameIsAnsweredAndItsCodeKept) {
  ASSERT_TRUE(open());
  ws::Stream& theirs = *echo.streams.begin()->second;
  theirs.close(1001);
  TestServer::Peer& peer = echo.server.peers().front();
  peer.out.append(theirs.tx().data(), theirs.tx().size());
  theirs.tx_sent(theirs.tx().size());
  ASSERT_TRUE(until([&] { step(); return client.state() == WsState::kClosed; }));
  EXPECT_EQ(client.peer_close_code(), 1001);
  EXPECT_NE(client.problem().find("1001"), std::string::npos) << client.problem();
}

TEST_F(WsClients, AServerThatBreaksTheProtocolIsLeft) {
  ASSERT_TRUE(open());
  echo.server.peers().front().out += std::string("\xC1\x01x", 3);  // a reserved bit
  ASSERT_TRUE(until([&] { step(); return client.state() == WsState::kClosed; }));
  EXPECT_EQ(client.ws_error(), ws::WsError::kReservedBits);
}

// Nobody told us that the other side is gone: no FIN, no RST, nothing. The link cannot know; the time of
// the last byte is how the protocol above finds out, and open() or reset() is what it does about it.
TEST_F(WsClients, AHalfOpenConnectionShowsInTheTimeOfTheLastByte) {
  echo.silent = true;
  ASSERT_TRUE(open());
  const Instant last = client.last_rx();
  ASSERT_TRUE(client.ping());
  ASSERT_TRUE(until([&] { step(); return steady_now() - last > milliseconds(100); }));
  EXPECT_EQ(client.last_rx(), last);
  EXPECT_EQ(client.state(), WsState::kOpen);
  client.reset();
  EXPECT_EQ(client.state(), WsState::kClosed);
  echo.silent = false;
  EXPECT_TRUE(open()) << client.problem();
}

TEST_F(WsClients, AClientOpensAgainInTheSameMemory) {
  for (int round = 0; round != 10; ++round) {
    got.clear();
    ASSERT_TRUE(open()) << client.problem();
    ASSERT_TRUE(client.send("round " + std::to_string(round)));
    ASSERT_TRUE(until([&] { step(); return got.size() == 1; }));
    EXPECT_EQ(got[0], "round " + std::to_string(round));
    if (round % 3 == 0) client.close();
  }
}

TEST_F(WsClients, AddressesAreTriedInTurn) {
  SockAddr nobody;
  { nobody = must(Listener::open(SockAddr::loopback(0))).address(); }
  Resolver::Answer answer{{nobody, nobody, echo.server.address()}, {}};
  resolver.fix("localhost", answer.addresses);
  EXPECT_TRUE(open()) << client.problem();
  resolver.fix("localhost", std::vector<SockAddr>{nobody, nobody});
  EXPECT_FALSE(open());
  EXPECT_EQ(client.link_error(), LinkError::kRefused);
  EXPECT_NE(client.problem().find("localhost"), std::string::npos) << client.problem();
}

TEST_F(WsClients, PollNextAndSendAllocateNothing) {
  ASSERT_TRUE(open());
  const std::string text(300, 't');
  char head[] = "\x81\x7e\x01\x2c";  // one unmasked text frame of 300 bytes, made outside of what is counted
  std::string frame(head, 4);
  frame += text;
  TestServer::Peer& peer = echo.server.peers().front();
  echo.server.on_bytes = [](TestServer::Peer& p) { p.in.clear(); };
  std::int64_t allocations = 0, messages = 0;
  for (int i = 0; i != 500; ++i) {
    peer.out += frame;
    peer.out += frame;
    echo.server.poll(steady_now());
    const test::AllocationScope scope;
    const Instant now = steady_now();
    client.poll(now);
    for (ws::Message m; client.next(m);) ++messages;
    if (!client.send(text)) break;
    if (i >= 20) allocations += scope.count();
  }
  ASSERT_TRUE(until([&] { client.poll(steady_now()); for (ws::Message m; client.next(m);) ++messages; return messages == 1000; }));
  EXPECT_EQ(allocations, 0);
}

}  // namespace
}  // namespace jobber::os
