// Names to addresses, on a thread of its own: getaddrinfo() blocks for as long as it likes.
//
//   const auto ticket = resolver.ask("fstream.binance.com", 443);
//   ... if (auto answer = resolver.poll(ticket)) use(answer->addresses);
//
// ask() and poll() from any thread, cold: they take a lock that is never held over a lookup. Literal
// addresses and fixed names are answered at once. Answers are kept until they are polled or forgotten.
//
// A lookup answers everybody who waits for that name, also who asked while it was under way: where one takes longer
// than whoever asks is willing to wait (a dead first name server costs 5 s), the next attempt has the answer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/os/tcp.hpp"

namespace jobber::os {

class Resolver {
 public:
  using Ticket = std::uint64_t;  // from 1; 0 = none
  struct Answer {
    std::vector<SockAddr> addresses;  // in the order to try them; empty: see problem
    std::string problem;
  };

  using LookUp = std::function<Answer(const std::string& host, std::uint16_t port)>;  // blocks; on the resolver's thread

  Resolver();  // by getaddrinfo()
  explicit Resolver(LookUp look_up);
  ~Resolver();  // does not wait for a lookup under way
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // From now on `host` is at `address`, whatever port is asked for if the address has one of its own;
  // for tests and for the local exchange that stands in for a venue. Certificates are still checked for `host`.
  void fix(const std::string& host, const SockAddr& address) { fix(host, std::vector{address}); }
  void fix(const std::string& host, std::vector<SockAddr> addresses);

  [[nodiscard]] Ticket ask(const std::string& host, std::uint16_t port);
  [[nodiscard]] std::optional<Answer> poll(Ticket ticket);  // once answered, the ticket is used up
  void forget(Ticket ticket);

 private:
  struct Shared;  // outlives us while a lookup is under way
  std::shared_ptr<Shared> shared_;
};

}  // namespace jobber::os
