#include "engine/os/resolver.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/os/thread.hpp"

namespace jobber::os {
namespace {

constexpr std::size_t kQuestions = 256;   // waiting or not fetched; more are refused
constexpr std::size_t kAddresses = 16;    // of one name that are of use

Resolver::Answer look_up_by_system(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  Resolver::Answer answer;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    answer.problem = "no address for '" + host + "': " + gai_strerror(error);
    return answer;
  }
  for (const addrinfo* a = found; a != nullptr && answer.addresses.size() != kAddresses; a = a->ai_next)
    answer.addresses.push_back(SockAddr::from_raw(a->ai_addr, a->ai_addrlen));
  freeaddrinfo(found);
  if (answer.addresses.empty()) answer.problem = "no address for '" + host + "'";
  return answer;
}

}  // namespace

struct Resolver::Shared {
  struct Question {
    Ticket ticket;
    std::string host;
    std::uint16_t port;
  };

  explicit Shared(LookUp how) : look_up(std::move(how)) {}

  const LookUp look_up;
  std::mutex mutex;
  std::condition_variable asked;
  std::deque<Question> questions;
  std::map<Ticket, std::optional<Answer>> tickets;
  std::map<std::string, std::vector<SockAddr>> fixed;
  Ticket last = 0;
  bool started = false, stop = false;

  void run() {
    name_this_thread("resolver");
    std::unique_lock lock(mutex);
    for (;;) {
      asked.wait(lock, [this] { return stop || !questions.empty(); });
      if (stop) return;
      const Question question = std::move(questions.front());
      questions.pop_front();
      if (!tickets.contains(question.ticket)) continue;  // forgotten meanwhile
      lock.unlock();
      const Answer answer = look_up(question.host, question.port);
      lock.lock();
      give(question.ticket, answer);
      std::erase_if(questions, [&](const Question& other) {
        const bool same = other.host == question.host && other.port == question.port;
        if (same) give(other.ticket, answer);
        return same;
      });
    }
  }
  // Unless it was forgotten meanwhile.
  void give(Ticket ticket, const Answer& answer) {
    if (const auto it = tickets.find(ticket); it != tickets.end()) it->second = answer;
  }
};

Resolver::Resolver() : Resolver(look_up_by_system) {}

Resolver::Resolver(LookUp look_up) : shared_(std::make_shared<Shared>(std::move(look_up))) {}

Resolver::~Resolver() {
  const std::lock_guard lock(shared_->mutex);
  shared_->stop = true;
  shared_->asked.notify_one();
}

void Resolver::fix(const std::string& host, std::vector<SockAddr> addresses) {
  const std::lock_guard lock(shared_->mutex);
  shared_->fixed[host] = std::move(addresses);
}

Resolver::Ticket Resolver::ask(const std::string& host, std::uint16_t port) {
  const std::lock_guard lock(shared_->mutex);
  Shared& s = *shared_;
  const Ticket ticket = ++s.last;
  if (const auto it = s.fixed.find(host); it != s.fixed.end()) {
    Answer answer{it->second, {}};
    for (SockAddr& a : answer.addresses) a = a.port() != 0 ? a : a.with_port(port);
    s.tickets[ticket] = std::move(answer);
  } else if (const auto literal = SockAddr::parse(host, port)) {
    s.tickets[ticket] = Answer{{*literal}, {}};
  } else if (s.tickets.size() >= kQuestions) {
    s.tickets[ticket] = Answer{{}, "too many names are being looked up"};
  } else {
    s.tickets[ticket] = std::nullopt;
    s.questions.push_back({ticket, host, port});
    // The thread starts with the first name that needs it. It owns a share of what it works on, so
    // that an end of the program need not wait for a name server that does not answer.
    if (!std::exchange(s.started, true)) std::thread([shared = shared_] { shared->run(); }).detach();
    s.asked.notify_one();
  }
  return ticket;
}

std::optional<Resolver::Answer> Resolver::poll(Ticket ticket) {
  const std::lock_guard lock(shared_->mutex);
  const auto it = shared_->tickets.find(ticket);
  if (it == shared_->tickets.end()) return Answer{{}, "nobody asked"};
  if (!it->second) return std::nullopt;
  Answer answer = std::move(*it->second);
  shared_->tickets.erase(it);
  return answer;
}

void Resolver::forget(Ticket ticket) {
  const std::lock_guard lock(shared_->mutex);
  shared_->tickets.erase(ticket);
}

}  // namespace jobber::os
