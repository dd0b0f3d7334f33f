#include "engine/os/https_client.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/os/ws_client.hpp"

namespace jobber::os {
namespace {

constexpr std::string_view kUserAgent = "jobber";

bool same_server(const Url& a, const Url& b) { return a.port == b.port && a.host == b.host; }

}  // namespace

struct HttpsClient::Job {
  std::uint64_t id;
  Url url;
  http::Request request;
  Nanos allowed;
  Instant deadline = Instant::never();  // set by the first poll()
  bool tried = false;                   // on a connection that was closed under it
};

struct HttpsClient::Connection {
  enum class State : std::uint8_t { kResolving, kConnecting, kIdle, kBusy, kGone };
  explicit Connection(TlsClientContext context, const LinkOptions& options) : link(std::move(context), options) {}

  State state = State::kResolving;
  Url server;
  TlsLink link;
  Resolver::Ticket ticket = 0;
  std::vector<SockAddr> addresses;
  std::size_t next_address = 0;
  std::unique_ptr<Job> job;  // while connecting for it, and while it is under way
  std::string tx;
  std::size_t sent = 0;
  http::ResponseReader reader;
  std::uint64_t served = 0;
  Instant idle_since{};
};

HttpsClient::HttpsClient(TlsClientContext context, Resolver& resolver, const HttpsOptions& options)
    : context_(std::move(context)), resolver_(&resolver), options_(options) {}

HttpsClient::~HttpsClient() {
  for (const auto& c : connections_) {
    if (c->ticket != 0) resolver_->forget(c->ticket);
  }
}

std::uint64_t HttpsClient::get(const Url& url, const http::Headers& headers) {
  http::Request request;
  request.method = "GET";
  request.headers = headers;
  return this->request(url, std::move(request));
}

std::uint64_t HttpsClient::request(const Url& url, http::Request request, Nanos deadline) {
  auto job = std::make_unique<Job>(Job{++last_id_, url, std::move(request), deadline.n > 0 ? deadline : options_.deadline});
  const std::uint64_t id = job->id;
  if (!url.secure) {
    answer_problem(*job, "'" + url.text() + "' is refused: only https:// is spoken", LinkError::kNone, false);
  } else if (waiting() >= options_.waiting) {
    answer_problem(*job, "too many requests wait for their answers", LinkError::kNone, false);
  } else {
    job->request.target = url.target;
    job->request.headers.set("Host", url.authority());
    if (job->request.headers.get("User-Agent").empty()) job->request.headers.set("User-Agent", kUserAgent);
    queue_.push_back(std::move(job));
  }
  return id;
}

bool HttpsClient::poll(Instant now) {
  moved_ = false;
  start_jobs(now);
  for (const auto& c : connections_) drive(now, *c);
  std::erase_if(connections_, [](const auto& c) { return c->state == Connection::State::kGone; });
  return moved_;
}

bool HttpsClient::next(HttpAnswer& out) {
  if (answers_.empty()) return false;
  out = std::move(answers_.front());
  answers_.pop_front();
  return true;
}

void HttpsClient::close() {
  for (const auto& c : connections_) {
    if (c->ticket != 0) resolver_->forget(std::exchange(c->ticket, 0));
    const bool seen = c->sent != 0;
    c->link.close();
    if (c->job) answer_problem(*c->job, "the client was closed", LinkError::kClosedByUs, seen), --in_flight_;
  }
  connections_.clear();
  for (const auto& job : queue_) answer_problem(*job, "the client was closed", LinkError::kClosedByUs, false);
  queue_.clear();
}

Instant HttpsClient::next_deadline() const noexcept {
  Instant next = Instant::never();
  for (const auto& job : queue_) next = std::min(next, job->deadline == Instant::never() ? Instant{} : job->deadline);
  for (const auto& c : connections_) {
    next = std::min(next, c->link.deadline());
    if (c->job) next = std::min(next, c->job->deadline);
    if (c->state == Connection::State::kIdle) next = std::min(next, c->idle_since + options_.keep_idle);
  }
  return next;
}

void HttpsClient::start_jobs(Instant now) {
  for (auto& job : queue_) {
    if (job->deadline == Instant::never()) job->deadline = now + job->allowed;
    if (now >= job->deadline) {
      answer_problem(*job, "no answer in time: it waited for a connection", LinkError::kTimeout, false);
      job.reset();
      continue;
    }
    Connection* c = connection_for(job->url);
    if (c == nullptr) continue;
    c->job = std::move(job);
    c->sent = 0;
    ++in_flight_;
    if (c->state == Connection::State::kIdle) {
      c->state = Connection::State::kBusy;
      c->tx.clear();
      http::append(c->tx, c->job->request);
      if (c->job->request.method == "HEAD") c->reader.expect_no_body();
    }
    moved_ = true;
  }
  std::erase_if(queue_, [](const auto& job) { return job == nullptr; });
}

// One that waits for work, or a new one while there may be more.
HttpsClient::Connection* HttpsClient::connection_for(const Url& url) {
  std::size_t there = 0;
  for (const auto& c : connections_) {
    if (!same_server(c->server, url) || c->state == Connection::State::kGone) continue;
    if (c->state == Connection::State::kIdle && !c->job) return c.get();
    ++there;
  }
  if (there >= options_.connections) return nullptr;
  auto fresh = std::make_unique<Connection>(context_, options_.link);
  fresh->server = url;
  fresh->reader = http::ResponseReader(options_.limits);
  fresh->ticket = resolver_->ask(url.host, url.port);
  connections_.push_back(std::move(fresh));
  return connections_.back().get();
}

void HttpsClient::drive(Instant now, Connection& c) {
  using State = Connection::State;
  if (c.job && now >= c.job->deadline) return lose(c, "no answer in time", LinkError::kTimeout);
  switch (c.state) {
    case State::kResolving: {
      auto answer = resolver_->poll(c.ticket);
      if (!answer) return;
      c.ticket = 0;
      moved_ = true;
      if (answer->addresses.empty()) return lose(c, answer->problem);
      c.addresses = std::move(answer->addresses);
      c.state = State::kConnecting;
      return connect_next(now, c);
    }
    case State::kConnecting:
      moved_ |= c.link.poll(now) != 0;
      if (c.link.state() == LinkState::kClosed) return connect_next(now, c);
      if (c.link.state() != LinkState::kOpen) return;
      moved_ = true;
      c.state = State::kBusy;
      c.tx.clear();
      http::append(c.tx, c.job->request);
      if (c.job->request.method == "HEAD") c.reader.expect_no_body();
      [[fallthrough]];
    case State::kBusy: {
      moved_ |= c.link.poll(now) != 0;
      if (c.link.state() == LinkState::kOpen) c.sent += c.link.write(std::string_view(c.tx).substr(c.sent));
      return read_answer(now, c);
    }
    case State::kIdle: {
      // Anything that comes unasked, an end above all, ends it.
      std::array<char, 64> unasked;
      const bool came = c.link.poll(now) != 0 && c.link.read(unasked) != 0;
      if (came || c.link.state() != LinkState::kOpen || now - c.idle_since >= options_.keep_idle) {
        c.link.close();
        c.state = State::kGone;
        moved_ = true;
      }
      return;
    }
    case State::kGone: return;
  }
}

void HttpsClient::connect_next(Instant now, Connection& c) {
  const bool refused = c.link.error() == LinkError::kCertificate || c.link.error() == LinkError::kPin;
  if (c.next_address == c.addresses.size() || (c.next_address != 0 && refused))
    return lose(c, c.server.host + " at " + c.addresses[c.next_address - 1].text() + ": " + c.link.problem());
  ++connects_;
  c.link.connect(now, c.server.host, c.addresses[c.next_address++]);
}

void HttpsClient::read_answer(Instant now, Connection& c) {
  std::array<char, 16 * 1024> piece;
  for (;;) {
    const std::size_t n = c.link.read(piece);
    if (n == 0) break;
    moved_ = true;
    const std::size_t used = c.reader.on_bytes({piece.data(), n});
    if (c.reader.error() != http::HttpError::kNone)
      return lose(c, "the answer is no HTTP: " + std::string(http::to_text(c.reader.error())));
    if (!c.reader.done()) continue;
    if (used != n) c.link.close();  // more than was asked for: not to be trusted with another request
    return finish(now, c);
  }
  if (c.link.state() != LinkState::kClosed) return;
  // Only a goodbye ends a body that has no length: a cut may have taken a part of it.
  if (c.link.error() == LinkError::kClosedByPeer) c.reader.on_eof();
  if (c.reader.done()) return finish(now, c);
  lose(c, c.link.problem());
}

void HttpsClient::finish(Instant now, Connection& c) {
  http::Response response = c.reader.take();
  HttpAnswer answer;
  answer.id = c.job->id;
  answer.status = response.status;
  answer.retry_after = retry_after_of(response.headers);
  answer.headers = std::move(response.headers);
  answer.body = std::move(response.body);
  answer.maybe_seen = true;
  answers_.push_back(std::move(answer));
  const bool all_sent = c.sent == c.tx.size();
  c.job.reset();
  --in_flight_;
  ++c.served;
  c.idle_since = now;
  c.state = Connection::State::kIdle;
  if (!response.keep_alive || !all_sent || c.link.state() != LinkState::kOpen) {
    c.link.close();
    c.state = Connection::State::kGone;
  }
}

// The connection is gone; its request goes with it, or back to the front of the queue.
void HttpsClient::lose(Connection& c, std::string problem, LinkError why) {
  const LinkError error = why == LinkError::kNone ? c.link.error() : why;
  const bool ended = error == LinkError::kClosedByPeer || error == LinkError::kCut || error == LinkError::kReset;
  c.link.close();
  if (c.ticket != 0) resolver_->forget(std::exchange(c.ticket, 0));
  c.state = Connection::State::kGone;
  moved_ = true;
  if (!c.job) return;
  --in_flight_;
  const bool stale = c.served != 0 && ended && !c.reader.started();
  if (stale && c.job->request.method == "GET" && !std::exchange(c.job->tried, true)) {
    queue_.push_front(std::move(c.job));
    return;
  }
  answer_problem(*c.job, std::move(problem), error, c.sent != 0);
  c.job.reset();
}

void HttpsClient::answer_problem(const Job& job, std::string problem, LinkError error, bool maybe_seen) {
  HttpAnswer answer;
  answer.id = job.id;
  answer.problem = std::move(problem);
  answer.link_error = error;
  answer.maybe_seen = maybe_seen;
  answers_.push_back(std::move(answer));
}

}  // namespace jobber::os
