#include "engine/os/https_client.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/tls_rig.hpp"

namespace jobber::os {
namespace {

using test::must;
using test::steady_now;
using test::TestServer;
using test::TlsRig;
using test::until;

struct HttpsClients : testing::Test {
  TlsRig rig;
  Resolver resolver;
  TestServer server{rig.server()};
  HttpsClient client{rig.client(), resolver, {.deadline = seconds(5)}};
  std::map<std::uint64_t, HttpAnswer> answers;
  std::vector<http::Request> requests;
  std::function<void(TestServer::Peer&, const http::Request&)> handle = [](TestServer::Peer& peer, const http::Request& r) {
    http::Response response;
    response.status = 200;
    response.body = "echo " + r.target + r.body;
    http::append(peer.out, response);
  };

  HttpsClients() {
    server.on_bytes = [this](TestServer::Peer& peer) {
      for (;;) {
        http::RequestReader reader;
        const std::size_t used = reader.on_bytes(peer.in);
        if (!reader.done()) return;
        peer.in.erase(0, used);
        requests.push_back(reader.take());
        handle(peer, requests.back());
      }
    };
  }

  [[nodiscard]] Url url(const std::string& target) const {
    return must(parse_url("https://localhost:" + std::to_string(server.port()) + target));
  }
  void step() {
    client.poll(steady_now());
    for (HttpAnswer a; client.next(a);) {
      EXPECT_FALSE(answers.contains(a.id)) << "answered twice";
      answers[a.id] = std::move(a);
    }
    server.poll(steady_now());
  }
  const HttpAnswer& wait(std::uint64_t id) {
    until([&] { step(); return answers.contains(id); });
    return answers[id];
  }
};

TEST_F(HttpsClients, AskedAndAnsweredOverOneConnectionAgainAndAgain) {
  for (int i = 0; i != 20; ++i) {
    const HttpAnswer& a = wait(client.get(url("/depth?limit=" + std::to_string(i))));
    EXPECT_EQ(a.status, 200) << a.problem;
    EXPECT_EQ(a.body, "echo /depth?limit=" + std::to_string(i));
    EXPECT_TRUE(a.maybe_seen);
  }
  EXPECT_EQ(server.accepted(), 1);
  EXPECT_EQ(client.connects(), 1U);
  EXPECT_EQ(client.waiting(), 0U);
  EXPECT_EQ(requests[0].headers.get("Host"), "localhost:" + std::to_string(server.port()));
  EXPECT_FALSE(requests[0].headers.get("User-Agent").empty());
}

TEST_F(HttpsClients, ABodyAndHeadersGoWithARequest) {
  http::Request post;
  post.method = "POST";
  post.body = std::string(100'000, 'p');
  post.headers.set("X-MBX-APIKEY", "k");
  const HttpAnswer& a = wait(client.request(url("/order"), post));
  EXPECT_EQ(a.status, 200) << a.problem;
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].body, post.body);
  EXPECT_EQ(requests[0].headers.get("X-MBX-APIKEY"), "k");
}

TEST_F(HttpsClients, ManyRequestsShareAFewConnectionsAndEachIsAnsweredOnce) {
  std::vector<std::uint64_t> ids;
  for (int i = 0; i != 200; ++i) ids.push_back(client.get(url("/" + std::to_string(i))));
  ASSERT_TRUE(until([&] { step(); return answers.size() == ids.size(); }));
  for (std::size_t i = 0; i != ids.size(); ++i) EXPECT_EQ(answers[ids[i]].body, "echo /" + std::to_string(i));
  EXPECT_LE(server.accepted(), 2);
}

TEST_F(HttpsClients, AServerThatClosesAfterEachAnswerCostsAConnectionNotARequest) {
  handle = [](TestServer::Peer& peer, const http::Request&) {
    peer.out += "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
    peer.close_when_sent = true;
  };
  for (int i = 0; i != 5; ++i) EXPECT_EQ(wait(client.get(url("/"))).body, "ok");
  EXPECT_EQ(server.accepted(), 5);
}

TEST_F(HttpsClients, AKeptConnectionThatWasClosedIsReplacedForAGet) {
  EXPECT_EQ(wait(client.get(url("/1"))).status, 200);
  // The server goes away after it has read the next request, as one does whose idle time ran out.
  handle = [](TestServer::Peer& peer, const http::Request& r) {
    if (peer.number == 1) return peer.link.close();
    http::Response response;
    response.status = 200;
    response.body = r.target;
    http::append(peer.out, response);
  };
  EXPECT_EQ(wait(client.get(url("/2"))).body, "/2");
  EXPECT_EQ(server.accepted(), 2);
  EXPECT_EQ(requests.size(), 3U);
}

TEST_F(HttpsClients, AnOrderIsNeverSentTwiceAndItsFateIsTold) {
  EXPECT_EQ(wait(client.get(url("/1"))).status, 200);
  handle = [](TestServer::Peer& peer, const http::Request&) { peer.link.close(); };
  http::Request post;
  post.method = "POST";
  const HttpAnswer& a = wait(client.request(url("/order"), post));
  EXPECT_EQ(a.status, 0);
  EXPECT_TRUE(a.maybe_seen);
  EXPECT_EQ(a.link_error, LinkError::kClosedByPeer) << a.problem;
  EXPECT_EQ(std::count_if(requests.begin(), requests.end(), [](const auto& r) { return r.method == "POST"; }), 1);
}

TEST_F(HttpsClients, EveryRequestHasADeadline) {
  handle = [](TestServer::Peer&, const http::Request&) {};
  http::Request slow;
  slow.method = "GET";
  const Instant began = steady_now();
  const HttpAnswer& a = wait(client.request(url("/never"), slow, milliseconds(200)));
  EXPECT_EQ(a.status, 0);
  EXPECT_EQ(a.link_error, LinkError::kTimeout);
  EXPECT_TRUE(a.maybe_seen);
  EXPECT_GE(steady_now() - began, milliseconds(200));
  EXPECT_EQ(client.connections(), 0U) << "an answer may still come: the connection is no use any more";
}

TEST_F(HttpsClients, ABlackHoleEndsTheRequestThatWaitsForAConnectionToo) {
  Listener hole = must(Listener::open(SockAddr::loopback(0)));
  const Url there = must(parse_url("https://localhost:" + std::to_string(hole.address().port()) + "/"));
  HttpsClient impatient(rig.client(), resolver, {.deadline = milliseconds(200), .connections = 1});
  impatient.get(there), impatient.get(there);
  std::vector<HttpAnswer> got;
  ASSERT_TRUE(until([&] {
    impatient.poll(steady_now());
    for (HttpAnswer a; impatient.next(a);) got.push_back(a);
    return got.size() == 2;
  }));
  for (const HttpAnswer& a : got) {
    EXPECT_EQ(a.link_error, LinkError::kTimeout) << a.problem;
    EXPECT_FALSE(a.maybe_seen);
  }
}

TEST_F(HttpsClients, ARateLimitComesWithItsWait) {
  handle = [](TestServer::Peer& peer, const http::Request&) {
    peer.out += "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 42\r\nContent-Length: 11\r\n\r\n{\"code\":-3}";
  };
  const HttpAnswer& a = wait(client.get(url("/")));
  EXPECT_EQ(a.status, 429);
  EXPECT_EQ(a.retry_after, seconds(42));
  EXPECT_EQ(a.body, "{\"code\":-3}");
}

TEST_F(HttpsClients, WhatIsTooLongBrokenOrCutIsAProblem) {
  struct Row {
    const char* why;
    std::string answer;
  };
  const Row rows[] = {
      {"a body beyond the limit", "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n"},
      {"a body beyond the limit, in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2000, 'x') + "\r\n0\r\n\r\n"},
      {"headers without end", "HTTP/1.1 200 OK\r\n" + std::string(100'000, 'h')},
      {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"},
      {"no HTTP", "220 smtp.example ready\r\n\r\n"},
      {"cut in the body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"},
      {"cut in the head", "HTTP/1.1 200 OK\r\nContent-"},
  };
  for (const Row& r : rows) {
    HttpsClient small(rig.client(), resolver, {.limits = {.head_bytes = 4096, .body_bytes = 1000}, .deadline = seconds(5)});
    handle = [&](TestServer::Peer& peer, const http::Request&) {
      peer.out += r.answer;
      peer.close_when_sent = true;
    };
    small.get(url("/"));
    HttpAnswer a;
    ASSERT_TRUE(until([&] { small.poll(steady_now()), server.poll(steady_now()); return small.next(a); })) << r.why;
    EXPECT_EQ(a.status, 0) << r.why;
    EXPECT_FALSE(a.problem.empty()) << r.why;
    EXPECT_EQ(small.connections(), 0U) << r.why;
  }
}

TEST_F(HttpsClients, ABodyWithoutALengthEndsWithAGoodbyeOnly) {
  handle = [](TestServer::Peer& peer, const http::Request&) {
    peer.out += "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it";
    peer.close_when_sent = true;
  };
  EXPECT_EQ(wait(client.get(url("/"))).body, "all of it");
  handle = [](TestServer::Peer& peer, const http::Request&) {
    const std::string text = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of";
    peer.link.write(text);
    ::shutdown(peer.link.fd(), SHUT_WR);
  };
  const HttpAnswer& a = wait(client.get(url("/")));
  EXPECT_EQ(a.status, 0) << "a piece was taken for the whole";
  EXPECT_EQ(a.link_error, LinkError::kCut);
}

TEST_F(HttpsClients, NobodyListensNobodyKnowsTheNameTooManyWait) {
  SockAddr nobody;
  { nobody = must(Listener::open(SockAddr::loopback(0))).address(); }
  const HttpAnswer refused = wait(client.get(must(parse_url("https://" + nobody.text() + "/"))));
  EXPECT_EQ(refused.link_error, LinkError::kRefused) << refused.problem;
  EXPECT_FALSE(refused.maybe_seen);
  const HttpAnswer unknown = wait(client.get(must(parse_url("https://no-such-host.invalid/"))));
  EXPECT_NE(unknown.problem.find("no-such-host.invalid"), std::string::npos) << unknown.problem;
  HttpsClient full(rig.client(), resolver, {.waiting = 2});
  for (int i = 0; i != 3; ++i) full.get(url("/"));
  HttpAnswer a;
  ASSERT_TRUE(full.next(a));
  EXPECT_EQ(a.id, 3U);
  EXPECT_EQ(a.status, 0);
  EXPECT_EQ(full.waiting(), 2U);
  full.close();
  EXPECT_TRUE(full.next(a) && full.next(a) && !full.next(a));
  EXPECT_EQ(full.waiting(), 0U);
}

TEST_F(HttpsClients, AnIdleConnectionIsClosedByUsInTime) {
  EXPECT_EQ(wait(client.get(url("/"))).status, 200);
  EXPECT_EQ(client.connections(), 1U);
  EXPECT_LT(client.next_deadline(), Instant::never());
  client.poll(client.next_deadline());
  EXPECT_EQ(client.connections(), 0U);
  ASSERT_TRUE(until([&] { server.poll(steady_now()); return server.peers().front().link.state() == LinkState::kClosed; }));
  EXPECT_EQ(server.peers().front().link.error(), LinkError::kClosedByPeer) << "said goodbye";
}

TEST_F(HttpsClients, AServerThatSpeaksUnaskedLosesItsConnection) {
  EXPECT_EQ(wait(client.get(url("/"))).status, 200);
  server.peers().front().out += "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad";
  ASSERT_TRUE(until([&] { step(); return client.connections() == 0; }));
  EXPECT_EQ(wait(client.get(url("/next"))).body, "echo /next");
}

TEST(Resolvers, LiteralsNamesAndWhatIsNeither) {
  Resolver resolver;
  const auto ask = [&](const std::string& host) {
    std::optional<Resolver::Answer> answer;
    const auto ticket = resolver.ask(host, 443);
    until([&] { answer = resolver.poll(ticket); return answer.has_value(); });
    return answer.value_or(Resolver::Answer{});
  };
  ASSERT_EQ(ask("127.0.0.1").addresses.size(), 1U);
  EXPECT_EQ(ask("::1").addresses.at(0).text(), "[::1]:443");
  ASSERT_FALSE(ask("localhost").addresses.empty());
  EXPECT_TRUE(ask("localhost").addresses[0].is_loopback());
  EXPECT_FALSE(ask("no-such-host.invalid").problem.empty());
  resolver.fix("venue.example", SockAddr::loopback(0));
  EXPECT_EQ(ask("venue.example").addresses.at(0).text(), "127.0.0.1:443");
  resolver.fix("venue.example", SockAddr::loopback(9443));
  EXPECT_EQ(ask("venue.example").addresses.at(0).text(), "127.0.0.1:9443");
  resolver.forget(resolver.ask("localhost", 1));
  EXPECT_FALSE(resolver.poll(77).value().problem.empty());
}

TEST(Resolvers, ALookupThatOutlastsWhoAskedAnswersTheNextAttempt) {
  struct Gate {
    std::atomic<int> begun = 0;
    std::atomic<bool> open = false;
  };
  const auto gate = std::make_shared<Gate>();  // the resolver's thread may outlive the test
  Resolver resolver([gate](const std::string&, std::uint16_t port) {
    ++gate->begun;
    while (!gate->open) std::this_thread::yield();
    return Resolver::Answer{{SockAddr::loopback(port)}, {}};
  });
  const auto impatient = resolver.ask("slow.example", 443);
  const auto other = resolver.ask("slow.example", 80);
  ASSERT_TRUE(until([&] { return gate->begun == 1; }));
  resolver.forget(impatient);
  const auto again = resolver.ask("slow.example", 443), and_again = resolver.ask("slow.example", 443);
  EXPECT_FALSE(resolver.poll(again).has_value());
  gate->open = true;
  const auto answer_of = [&](Resolver::Ticket ticket) {
    std::optional<Resolver::Answer> answer;
    until([&] { answer = resolver.poll(ticket); return answer.has_value(); });
    return answer.value_or(Resolver::Answer{});
  };
  ASSERT_EQ(answer_of(again).addresses.size(), 1U);
  ASSERT_EQ(answer_of(and_again).addresses.size(), 1U);
  EXPECT_EQ(answer_of(other).addresses.at(0).port(), 80) << "a port of its own";
  EXPECT_EQ(gate->begun, 2) << "one lookup for three who asked the same";
}

}  // namespace
}  // namespace jobber::os
