// HTTPS requests without waiting for them: asked, polled, answered, in any order across servers.
//
//   const auto id = client.get(url);
//   while (running) { client.poll(now); for (HttpAnswer a; client.next(a);) ...; }
//
// Owner: one thread; cold (it allocates). Connections are kept alive and used again, a few per server;
// requests to a server start in the order they were made, one at a time per connection. Every request
// has a deadline and comes to exactly one answer: a status, or a problem. A redirect is an answer like
// any other: it is never followed. A GET whose kept connection turns out to be closed is tried once more
// on a new one; anything else is not, and its answer says whether the server may have seen it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/http1.hpp"
#include "engine/os/resolver.hpp"
#include "engine/os/tls_link.hpp"
#include "engine/os/url.hpp"

namespace jobber::os {

struct HttpAnswer {
  std::uint64_t id = 0;
  int status = 0;              // 0: see problem
  http::Headers headers;
  std::string body;
  std::string problem;         // "" if there is a status
  LinkError link_error = LinkError::kNone;
  bool maybe_seen = false;     // the server may have acted on it: true with any status, and after a cut
  Nanos retry_after{};         // as a 429, 418 or 503 asked; 0 = did not
};

struct HttpsOptions {
  LinkOptions link = {};
  http::Limits limits = {.head_bytes = 32 * 1024, .body_bytes = 64U << 20};  // exchangeInfo is some 10 MiB
  Nanos deadline = seconds(10);          // of one request, from the first poll() after it was made
  Nanos keep_idle = seconds(50);         // shorter than servers do, so that it is us who close
  std::size_t connections = 2;           // per server
  std::size_t waiting = 1000;            // requests not answered yet; more are answered with a problem at once
};

class HttpsClient {
 public:
  HttpsClient(TlsClientContext context, Resolver& resolver, const HttpsOptions& options = {});
  ~HttpsClient();
  HttpsClient(const HttpsClient&) = delete;
  HttpsClient& operator=(const HttpsClient&) = delete;

  std::uint64_t get(const Url& url, const http::Headers& headers = {});
  // Target and Host are taken from the URL. deadline 0 = the options'.
  std::uint64_t request(const Url& url, http::Request request, Nanos deadline = {});
  bool poll(Instant now);                    // whether anything happened
  [[nodiscard]] bool next(HttpAnswer& out);
  void close();                              // all connections; what waits is answered with a problem

  [[nodiscard]] std::size_t waiting() const noexcept { return queue_.size() + in_flight_; }  // not answered yet
  [[nodiscard]] std::size_t connections() const noexcept { return connections_.size(); }
  [[nodiscard]] std::uint64_t connects() const noexcept { return connects_; }  // attempts so far, for a governor
  [[nodiscard]] Instant next_deadline() const noexcept;  // poll() wants to run then at the latest

 private:
  struct Job;
  struct Connection;

  void start_jobs(Instant now);
  Connection* connection_for(const Url& url);
  void drive(Instant now, Connection& c);
  void connect_next(Instant now, Connection& c);
  void read_answer(Instant now, Connection& c);
  void finish(Instant now, Connection& c);
  void lose(Connection& c, std::string problem, LinkError why = LinkError::kNone);  // kNone: what the link says
  void answer_problem(const Job& job, std::string problem, LinkError error, bool maybe_seen);

  TlsClientContext context_;
  Resolver* resolver_;
  HttpsOptions options_;
  std::uint64_t last_id_ = 0;
  std::uint64_t connects_ = 0;
  std::size_t in_flight_ = 0;  // jobs that a connection has
  std::deque<std::unique_ptr<Job>> queue_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::deque<HttpAnswer> answers_;
  bool moved_ = false;  // something happened in this poll()
};

}  // namespace jobber::os
