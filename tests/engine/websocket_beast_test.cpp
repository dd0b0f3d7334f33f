// Our framing against Boost.Beast's over its in-memory stream: each side reads what the other wrote, and both read the
// same bytes, right and damaged, to the same messages. The only unit of the tests that includes Beast.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/beast/_experimental/test/stream.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "tests/support/ws_frames.hpp"

namespace jobber::ws {
namespace {

namespace beast = boost::beast;
using Messages = std::vector<std::pair<Opcode, std::string>>;

constexpr Limits kLimits{.message_bytes = 1U << 18, .tx_bytes = 1U << 19, .empty_frames = 1'000'000};
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";

// A Beast connection in memory; `wire` is our end of it.
struct Peer {
  boost::asio::io_context loop;
  beast::test::stream wire{loop};
  beast::websocket::stream<beast::test::stream> socket{beast::test::connect(wire)};
  beast::flat_buffer buffer;
  Messages messages;
  beast::error_code failure;
  bool ended = false;

  Peer() {
    socket.auto_fragment(true);
    socket.write_buffer_bytes(100);
    socket.read_message_max(kLimits.message_bytes);
    socket.control_callback([this](beast::websocket::frame_type kind, beast::string_view payload) {
      using enum beast::websocket::frame_type;
      if (kind != close) messages.emplace_back(kind == ping ? Opcode::kPing : Opcode::kPong, std::string(payload));
    });
  }
  void turn() {
    loop.restart();
    loop.poll();
  }
  std::string sent() {
    std::string out(wire.str());
    wire.clear();
    return out;
  }
  void feed(std::string_view bytes) {
    boost::asio::write(wire, boost::asio::buffer(bytes.data(), bytes.size()));
    turn();
  }
  void read() {
    socket.async_read(buffer, [this](beast::error_code ec, std::size_t) {
      if (ec == beast::websocket::error::closed) ended = true;
      if (ec && !ended) failure = ec;
      if (ec) return;
      messages.emplace_back(socket.got_text() ? Opcode::kText : Opcode::kBinary, beast::buffers_to_string(buffer.data()));
      buffer.consume(buffer.size());
      read();
    });
  }

  // Beast is the server, ours the client.
  void accept() {
    socket.async_accept([this](beast::error_code ec) { ASSERT_FALSE(ec) << ec.message(); read(); });
    feed(upgrade_request("beast.example", "/stream", kKey));
    http::ResponseReader reader;
    const std::string answer = sent();
    EXPECT_EQ(reader.on_bytes(answer), answer.size());
    ASSERT_TRUE(reader.done()) << to_text(reader.error());
    EXPECT_TRUE(upgrade_accepted(reader.take(), kKey));
  }
  // Beast is the client, ours the server.
  void handshake() {
    socket.async_handshake("beast.example", "/stream", [this](beast::error_code ec) { ASSERT_FALSE(ec) << ec.message(); read(); });
    turn();
    http::RequestReader reader;
    const std::string question = sent();
    EXPECT_EQ(reader.on_bytes(question), question.size());
    ASSERT_TRUE(reader.done()) << to_text(reader.error());
    const http::Response answer = upgrade_response(reader.take());
    ASSERT_EQ(answer.status, 101) << answer.body;
    std::string text;
    http::append(text, answer);
    feed(text);
  }
  void open_for(Role ours) { ours == Role::kClient ? accept() : handshake(); }

  void write(Opcode op, const std::string& text) {
    const auto done = [](beast::error_code ec, auto...) { ASSERT_FALSE(ec) << ec.message(); };
    if (op == Opcode::kPing) {
      socket.async_ping(beast::websocket::ping_data(text.substr(0, kControlBytes)), done);
    } else {
      socket.text(op == Opcode::kText);
      socket.async_write(boost::asio::buffer(text), done);
    }
    turn();
  }
};

TEST(WebSocketAndBeast, ReadEachOther) {
  Rng rng(1);
  for (const Role role : {Role::kClient, Role::kServer}) {
    Peer peer;
    peer.open_for(role);
    Stream ours(role, 9, kLimits);
    for (int i = 0; i != 2000; ++i) {
      constexpr Opcode kKinds[] = {Opcode::kText, Opcode::kBinary, Opcode::kPing};
      const Opcode op = kKinds[rng.below(3)];
      const std::string text(rng.below(op == Opcode::kPing ? 126 : rng.chance(0.05) ? 70'000 : 300), static_cast<char>('a' + i % 26));
      if (rng.chance(0.5)) {
        ASSERT_TRUE(ours.send(op, text));
        peer.messages.clear();
        peer.feed({ours.tx().data(), ours.tx().size()});
        ours.tx_sent(ours.tx().size());
        ASSERT_EQ(peer.messages, (Messages{{op, text}})) << i;
        if (op == Opcode::kPing) {
          ASSERT_EQ(test::run(ours, peer.sent()).messages, (Messages{{Opcode::kPong, text}}));
        }
      } else {
        peer.write(op, text);
        const test::Transcript got = test::run(ours, peer.sent(), [&] { return 1 + rng.below(2000); });
        ASSERT_EQ(got.messages, (Messages{{op, text}})) << i << to_text(got.error);
        peer.messages.clear();
        peer.feed(got.tx);
        ASSERT_EQ(peer.messages, op == Opcode::kPing ? (Messages{{Opcode::kPong, text}}) : Messages{});
      }
    }
    ours.close(1000);
    peer.feed({ours.tx().data(), ours.tx().size()});
    EXPECT_TRUE(peer.ended);
    const test::Transcript last = test::run(ours, peer.sent());
    EXPECT_TRUE(last.closed);
    EXPECT_EQ(last.peer_close_code, 1000);
  }
}

TEST(WebSocketAndBeast, TakeTheSameBytesForTheSameMessages) {
  Rng rng(2);
  int failures = 0;
  for (int session = 0; session != 400; ++session) {
    const Role role = session % 2 == 0 ? Role::kClient : Role::kServer;
    const std::string wire = test::random_session(rng, role == Role::kServer, session % 4 < 2 ? 0.0 : 0.1);
    Stream stream(role, 9, kLimits);
    test::Transcript ours = test::run(stream, wire);
    std::erase_if(ours.messages, [](const auto& m) { return m.first == Opcode::kClose; });
    Peer peer;
    // Beast takes the other side of ours: the one that may have written these bytes.
    peer.open_for(role == Role::kClient ? Role::kServer : Role::kClient);
    peer.feed(wire);
    if (ours.error == WsError::kBadClose) continue;  // Beast takes 1016 to 2999, RFC 6455 7.4.2 keeps them for later
    ASSERT_EQ(ours.messages, peer.messages) << "session " << session << ": " << to_text(ours.error);
    // Beast looks at text before its frame is whole, ours when the frame is: not here, if a damaged length made it long.
    if (ours.error == WsError::kNone && peer.failure == beast::websocket::error::bad_frame_payload) continue;
    ASSERT_EQ(ours.error != WsError::kNone, bool{peer.failure}) << "session " << session << ": " << peer.failure.message();
    failures += bool{peer.failure};
  }
  EXPECT_GT(failures, 20);
}

}  // namespace
}  // namespace jobber::ws
