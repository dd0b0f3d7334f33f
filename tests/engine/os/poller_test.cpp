#include "engine/os/poller.hpp"

#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "engine/os/listener.hpp"
#include "engine/os/plain_link.hpp"
#include "tests/support/tls_rig.hpp"

namespace jobber::os {
namespace {

using test::must;
using test::steady_now;
using test::until;

TEST(Pollers, TellWhoCanBeReadWrittenOrIsGone) {
  Poller poller;
  std::array<Poller::Event, 8> events;
  Listener listener = must(Listener::open(SockAddr::loopback(0)));
  ASSERT_TRUE(poller.add(listener.fd(), {}, 7));
  EXPECT_EQ(poller.wait(Nanos{0}, events), 0);

  TcpSocket client;
  ASSERT_EQ(client.start_connect(listener.address()), 0);
  ASSERT_EQ(poller.wait(seconds(10), events), 1);
  EXPECT_EQ(events[0].token, 7U);
  EXPECT_TRUE(events[0].readable);

  auto accepted = listener.accept();
  ASSERT_TRUE(accepted.has_value());
  EXPECT_TRUE(accepted->from.is_loopback());
  EXPECT_FALSE(listener.accept().has_value());
  ASSERT_TRUE(poller.add(accepted->socket.fd(), {.read = true, .write = true}, 8));
  ASSERT_EQ(poller.wait(seconds(10), events), 1);
  EXPECT_TRUE(events[0].writable);
  EXPECT_FALSE(events[0].readable);
  poller.change(accepted->socket.fd(), {.read = true, .write = false}, 9);
  EXPECT_EQ(poller.wait(Nanos{0}, events), 0);

  ASSERT_EQ(client.send(std::string_view("x")).n, 1U);
  ASSERT_EQ(poller.wait(seconds(10), events), 1);
  EXPECT_EQ(events[0].token, 9U);
  client.reset();
  ASSERT_EQ(poller.wait(seconds(10), events), 1);
  EXPECT_TRUE(events[0].hung_up);
  accepted->socket.close();  // closing removes it
  EXPECT_EQ(poller.wait(Nanos{0}, events), 0);
}

TEST(Pollers, AnyThreadWakesThem) {
  Poller poller;
  std::array<Poller::Event, 1> events;
  std::thread other([&] { poller.wake(); });
  EXPECT_EQ(poller.wait(seconds(30), events), 0);
  other.join();
  EXPECT_EQ(poller.wait(Nanos{0}, events), 0) << "one wake is one return";
}

TEST(Listeners, ServeThisHostOnlyUnlessAsked) {
  EXPECT_FALSE(Listener::open(*SockAddr::parse("0.0.0.0", 0)).ok());
  EXPECT_FALSE(Listener::open(*SockAddr::parse("::", 0)).ok());
  EXPECT_TRUE(Listener::open(*SockAddr::parse("0.0.0.0", 0), Listener::Exposure::kAnyAddress).ok());
  const Listener first = must(Listener::open(SockAddr::loopback(0)));
  EXPECT_NE(first.address().port(), 0);
  EXPECT_FALSE(Listener::open(first.address()).ok()) << "the port is taken";
}

TEST(SockAddrs, AreLiteralsOrNothing) {
  struct Row {
    const char* ip;
    const char* text;  // nullptr: no address
    bool loopback;
  };
  constexpr Row kRows[] = {{"127.0.0.1", "127.0.0.1:80", true},   {"127.9.9.9", "127.9.9.9:80", true}, {"10.0.0.1", "10.0.0.1:80", false},
                           {"::1", "[::1]:80", true},             {"[::1]", "[::1]:80", true},        {"2001:db8::2", "[2001:db8::2]:80", false},
                           {"localhost", nullptr, false},         {"", nullptr, false},               {"1.2.3", nullptr, false},
                           {"1.2.3.4.5", nullptr, false},         {"[1.2.3.4", nullptr, false}};
  for (const Row& r : kRows) {
    const auto address = SockAddr::parse(r.ip, 80);
    ASSERT_EQ(address.has_value(), r.text != nullptr) << r.ip;
    if (!address) continue;
    EXPECT_EQ(address->text(), r.text);
    EXPECT_EQ(address->is_loopback(), r.loopback) << r.ip;
    EXPECT_EQ(address->with_port(443).port(), 443);
  }
}

TEST(PlainPeers, SpeakWithThisHostOnly) {
  Listener listener = must(Listener::open(SockAddr::loopback(0)));
  TcpSocket client;
  ASSERT_EQ(client.start_connect(listener.address()), 0);
  std::optional<Listener::Accepted> accepted;
  ASSERT_TRUE(until([&] { accepted = listener.accept(); return accepted.has_value(); }));
  PlainPeer stranger(std::move(accepted->socket), *SockAddr::parse("192.0.2.1", 1), steady_now());
  EXPECT_EQ(stranger.state(), LinkState::kClosed);

  ASSERT_EQ(client.start_connect(listener.address()), 0);
  ASSERT_TRUE(until([&] { accepted = listener.accept(); return accepted.has_value(); }));
  PlainPeer peer(std::move(accepted->socket), accepted->from, steady_now());
  ASSERT_EQ(client.send(std::string_view("hello")).n, 5U);
  std::array<char, 16> piece{};
  std::size_t n = 0;
  ASSERT_TRUE(until([&] { peer.poll(steady_now()); n += peer.read(piece); return n == 5; }));
  EXPECT_EQ(peer.write(std::string_view("there")), 5U);
  ASSERT_TRUE(until([&] { return client.recv(piece).kind == Io::Kind::kSome; }));
  EXPECT_EQ(std::string_view(piece.data(), 5), "there");
  client.close();
  ASSERT_TRUE(until([&] { peer.poll(steady_now()); return peer.state() == LinkState::kClosed; }));
  EXPECT_EQ(peer.error(), LinkError::kClosedByPeer);
}

}  // namespace
}  // namespace jobber::os
