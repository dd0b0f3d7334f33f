// A good connection, and the ways in which one ends. What must be refused: tls_matrix_test.cpp.
#include "engine/os/tls_link.hpp"

#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <string>

#include "engine/rng.hpp"
#include "tests/support/alloc_counter.hpp"
#include "tests/support/tls_rig.hpp"

namespace jobber::os {
namespace {

using test::steady_now;
using test::TestServer;
using test::TlsRig;
using test::until;

// OpenSSL allocates with malloc: counted too, from before its first allocation on.
std::atomic<std::int64_t> openssl_allocations{0}, openssl_blocks{0};
void* counted_malloc(std::size_t n, const char*, int) {
  openssl_allocations.fetch_add(1, std::memory_order_relaxed);  // relaxed: counters only
  openssl_blocks.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(n);
}
void* counted_realloc(void* p, std::size_t n, const char*, int) {
  openssl_allocations.fetch_add(1, std::memory_order_relaxed);
  if (p == nullptr) openssl_blocks.fetch_add(1, std::memory_order_relaxed);
  return std::realloc(p, n);
}
void counted_free(void* p, const char*, int) {
  if (p != nullptr) openssl_blocks.fetch_sub(1, std::memory_order_relaxed);
  std::free(p);
}
const bool kCounting = CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free) == 1;

struct TlsLinks : testing::Test {
  TlsRig rig;
  TestServer server{rig.server()};
  TlsLink link{rig.client()};

  bool connect() {
    link.connect(steady_now(), "localhost", server.address());
    return until([&] { step(); return link.state() == LinkState::kOpen || link.state() == LinkState::kClosed; }) &&
           link.state() == LinkState::kOpen;
  }
  void step() {
    link.poll(steady_now());
    server.poll(steady_now());
  }
  std::string read_all(std::size_t size) {
    std::string out;
    until([&] {
      step();
      char piece[4096];
      for (std::size_t n; (n = link.read(piece)) != 0;) out.append(piece, n);
      return out.size() >= size || link.state() == LinkState::kClosed;
    });
    return out;
  }
};

void echo(TestServer::Peer& peer) { peer.out += std::exchange(peer.in, {}); }

TEST_F(TlsLinks, BytesGoThereAndBackInOrderWhateverTheirNumber) {
  server.on_bytes = echo;
  ASSERT_TRUE(connect()) << link.problem();
  EXPECT_EQ(link.problem(), "");
  EXPECT_EQ(link.cipher().substr(0, 7), "TLSv1.3");
  std::string sent, got;
  Rng rng(7);
  for (int round = 0; round != 60; ++round) {
    std::string message(static_cast<std::size_t>(rng.between(1, 60'000)), '\0');
    for (char& c : message) c = static_cast<char>(rng.next());
    sent += message;
    std::size_t at = 0;
    ASSERT_TRUE(until([&] {
      at += link.write(std::string_view(message).substr(at));
      step();
      char piece[16384];
      for (std::size_t n; (n = link.read(piece)) != 0;) got.append(piece, n);
      return at == message.size();
    }));
  }
  got += read_all(sent.size() - got.size());
  EXPECT_TRUE(got == sent) << got.size() << " of " << sent.size();
  EXPECT_EQ(server.plain_bytes(), sent.size());
  EXPECT_GT(link.bytes_out(), sent.size());
}

TEST_F(TlsLinks, APeerThatDoesNotReadFillsTheBuffersAndNoMore) {
  ASSERT_TRUE(connect());
  const std::string message(16'000, 'x');
  std::size_t taken = 0, idle = 0;
  while (idle != 50) {  // the server is not polled: it reads nothing
    const std::size_t n = link.write(message);
    link.poll(steady_now());
    taken += n;
    idle = n == 0 ? idle + 1 : 0;
    ASSERT_LT(taken, 256U << 20) << "back pressure never came";
  }
  EXPECT_TRUE(link.wants_write());
  EXPECT_EQ(link.state(), LinkState::kOpen);
  ASSERT_TRUE(until([&] { step(); return server.plain_bytes() == taken; }));
  EXPECT_FALSE(link.wants_write());
}

TEST_F(TlsLinks, NothingIsTakenBeforeTheHandshakeIsDone) {
  EXPECT_EQ(link.write(std::string_view("secret")), 0U);
  link.connect(steady_now(), "localhost", server.address());
  EXPECT_EQ(link.write(std::string_view("secret")), 0U);
  EXPECT_EQ(link.state(), LinkState::kConnecting);
  EXPECT_TRUE(link.wants_write());
  EXPECT_LT(link.deadline(), Instant::never());
}

TEST_F(TlsLinks, WhatCameBeforeAGoodbyeIsReadBeforeTheEnd) {
  server.on_bytes = [](TestServer::Peer& peer) {
    peer.in.clear();
    peer.out += std::string(20'000, 'b');
    peer.close_when_sent = true;
  };
  ASSERT_TRUE(connect());
  link.write(std::string_view("go"));
  EXPECT_EQ(read_all(20'001).size(), 20'000U);
  EXPECT_EQ(link.state(), LinkState::kClosed);
  EXPECT_EQ(link.error(), LinkError::kClosedByPeer);
  EXPECT_EQ(link.fd(), -1);
}

TEST_F(TlsLinks, AnEndWithoutGoodbyeIsACut) {
  ASSERT_TRUE(connect());
  ASSERT_TRUE(until([&] { step(); return server.peers().front().link.state() == LinkState::kOpen; }));
  ::shutdown(server.peers().front().link.fd(), SHUT_WR);
  ASSERT_TRUE(until([&] { link.poll(steady_now()); return link.state() == LinkState::kClosed; }));
  EXPECT_EQ(link.error(), LinkError::kCut);
}

TEST_F(TlsLinks, AResetIsTold) {
  ASSERT_TRUE(connect());
  ASSERT_TRUE(until([&] { step(); return server.peers().front().link.state() == LinkState::kOpen; }));
  server.peers().front().link.reset();
  ASSERT_TRUE(until([&] { link.poll(steady_now()); return link.state() == LinkState::kClosed; }));
  EXPECT_EQ(link.error(), LinkError::kReset);
  EXPECT_EQ(link.write(std::string_view("x")), 0U);
}

TEST_F(TlsLinks, AListenerThatNeverAnswersEndsAtTheDeadline) {
  // Accepted by the kernel, never by the server: connected, then silence.
  link = TlsLink(rig.client(), {.deadline = milliseconds(200)});
  const Instant began = steady_now();
  link.connect(began, "localhost", server.address());
  ASSERT_TRUE(until([&] { link.poll(steady_now()); return link.state() == LinkState::kClosed; }));
  EXPECT_EQ(link.error(), LinkError::kTimeout);
  EXPECT_GE(steady_now() - began, milliseconds(200));
  EXPECT_NE(link.problem().find("no TLS handshake"), std::string::npos) << link.problem();
}

TEST_F(TlsLinks, APortWhereNobodyListensIsRefused) {
  SockAddr nobody;
  { nobody = test::must(Listener::open(SockAddr::loopback(0))).address(); }
  link.connect(steady_now(), "localhost", nobody);
  ASSERT_TRUE(until([&] { link.poll(steady_now()); return link.state() == LinkState::kClosed; }));
  EXPECT_EQ(link.error(), LinkError::kRefused);
}

TEST_F(TlsLinks, AClosedLinkConnectsAgain) {
  server.on_bytes = echo;
  for (int round = 0; round != 5; ++round) {
    ASSERT_TRUE(connect()) << round << ": " << link.problem();
    link.write(std::string_view("hello"));
    EXPECT_EQ(read_all(5), "hello");
    if (round % 2 == 0) link.close();  // or connected over
    EXPECT_EQ(link.error(), round % 2 == 0 ? LinkError::kClosedByUs : LinkError::kNone);
  }
  EXPECT_EQ(server.accepted(), 5);
}

TEST_F(TlsLinks, ABrokenRecordEndsTheLink) {
  ASSERT_TRUE(connect());
  ASSERT_TRUE(until([&] { step(); return server.peers().front().link.state() == LinkState::kOpen; }));
  const char record[] = "\x17\x03\x03\x00\x20" "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  ASSERT_GT(::send(server.peers().front().link.fd(), record, sizeof record - 1, 0), 0);
  ASSERT_TRUE(until([&] {
    link.poll(steady_now());
    char piece[64];
    EXPECT_EQ(link.read(piece), 0U);
    return link.state() == LinkState::kClosed;
  }));
  EXPECT_EQ(link.error(), LinkError::kProtocol);
}

TEST_F(TlsLinks, AnOpenLinkAllocatesNothingNorDoesOpenssl) {
  ASSERT_TRUE(kCounting) << "OpenSSL had allocated before it was counted";
  server.on_bytes = [](TestServer::Peer& peer) {
    peer.out.append(peer.in);
    peer.in.clear();
  };
  ASSERT_TRUE(connect());
  ASSERT_GT(openssl_allocations.load(), 100);
  const std::string message(300, 'm');
  std::array<char, 4096> piece;
  const auto round_trip = [&] {
    std::size_t got = 0;
    link.write(message);
    for (int i = 0; i != 100'000 && got < message.size(); ++i) {
      step();
      got += link.read(piece);
    }
    return got;
  };
  for (int i = 0; i != 20; ++i) ASSERT_EQ(round_trip(), message.size());
  constexpr int kRounds = 500;
  const test::AllocationScope ours;
  const std::int64_t before = openssl_allocations.load(), blocks = openssl_blocks.load();
  for (int i = 0; i != kRounds; ++i) ASSERT_EQ(round_trip(), message.size());
  EXPECT_EQ(ours.count(), 0);
  EXPECT_EQ(openssl_allocations.load() - before, 0);
  EXPECT_EQ(openssl_blocks.load(), blocks);
}

}  // namespace
}  // namespace jobber::os
