// A TCP proxy for tests: passes bytes both ways until it is told to do worse to them.
//
// Its own thread, poll(2); the loopback only. Any thread may change what it does:
//   kPass       as they come
//   kBlackHole  nothing passes and nobody is told: no FIN, no RST, new connections included. Bytes that were on
//               their way are kept and go on once it is healed, as TCP would send them again.
//   kForget     as kBlackHole, but connections that met it stay dead for ever (a firewall that forgot them)
//   kRefuse     new connections are reset
// reset() sends RST on every connection there is. With a delay each piece waits so long; with loss some
// pieces wait for a retransmission, and what is behind them waits too: loss as TCP's users meet it.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "engine/rng.hpp"

namespace jobber::test {

class FaultProxy {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Mode { kPass, kBlackHole, kForget, kRefuse };

  explicit FaultProxy(std::uint16_t target, std::uint64_t seed = 1) : target_(target), rng_(seed) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in at = loopback(0);
    socklen_t size = sizeof at;
    if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(listener_, 128) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
      throw std::runtime_error("the proxy cannot listen");
    }
    port_ = ntohs(at.sin_port);
    wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    thread_ = std::thread([this] { run(); });
  }
  ~FaultProxy() {
    stop_ = true;
    wake();
    thread_.join();
    ::close(listener_);
    ::close(wake_);
  }
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  void set(Mode mode) { mode_ = mode, wake(); }
  void set_delay(std::chrono::milliseconds delay) { delay_ms_ = delay.count(); }
  // Of each piece, and how long its retransmission takes.
  void set_loss(double probability, std::chrono::milliseconds retransmission = std::chrono::milliseconds(200)) {
    retransmission_ms_ = retransmission.count();
    loss_ppm_ = static_cast<std::uint32_t>(probability * 1e6);
  }
  void reset() { ++resets_wanted_, wake(); }
  [[nodiscard]] std::uint64_t accepted() const noexcept { return accepted_; }
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

 private:
  struct Piece {
    Clock::time_point due;
    std::string bytes;
  };
  struct Way {  // one direction
    int from = -1, to = -1;
    std::deque<Piece> pieces;
    std::size_t held = 0;
    bool ended = false;  // its source will send no more
    bool told = false;   // the other end has heard so
  };
  struct Pair {
    int fds[2] = {-1, -1};
    Way ways[2];
    bool forgotten = false;
    bool broken = false;
  };
  static constexpr std::size_t kHeldMax = std::size_t{4} << 20;

  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
  }
  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto n = ::write(wake_, &one, sizeof one);
  }
  static void reset_fd(int& fd) {
    if (fd < 0) return;
    const linger now{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(fd);
    fd = -1;
  }

  void run() {
    while (!stop_) {
      std::vector<pollfd> fds{{listener_, POLLIN, 0}, {wake_, POLLIN, 0}};
      for (const auto& pair : pairs_) {
        for (int side = 0; side < 2; ++side) {
          const bool blocked = blocked_(*pair);
          short events = 0;
          if (!blocked && !pair->ways[side].ended && pair->ways[side].held < kHeldMax) events |= POLLIN;
          if (!blocked && due(pair->ways[1 - side])) events |= POLLOUT;
          fds.push_back({blocked ? -1 : pair->fds[side], events, 0});
        }
      }
      ::poll(fds.data(), fds.size(), 2);
      std::uint64_t ignored;
      while (::read(wake_, &ignored, sizeof ignored) > 0) {
      }
      if (mode_ == Mode::kForget) {
        for (auto& pair : pairs_) pair->forgotten = true;
      }
      if (resets_done_ != resets_wanted_) {
        resets_done_ = resets_wanted_.load();
        for (auto& pair : pairs_) reset_fd(pair->fds[0]), reset_fd(pair->fds[1]), pair->broken = true;
      }
      accept_all();
      for (auto& pair : pairs_) {
        if (!pair->broken && !blocked_(*pair)) move(*pair);
      }
      std::erase_if(pairs_, [](const auto& pair) { return pair->broken; });
    }
    for (auto& pair : pairs_) reset_fd(pair->fds[0]), reset_fd(pair->fds[1]);
  }
  [[nodiscard]] bool blocked_(const Pair& pair) const { return pair.forgotten || mode_ == Mode::kBlackHole || mode_ == Mode::kForget; }
  [[nodiscard]] static bool due(const Way& way) { return !way.pieces.empty() && way.pieces.front().due <= Clock::now(); }

  void accept_all() {
    for (int fd; (fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0;) {
      ++accepted_;
      if (mode_ == Mode::kRefuse) {
        reset_fd(fd);
        continue;
      }
      auto pair = std::make_unique<Pair>();
      const int out = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const sockaddr_in at = loopback(target_);
      if (out < 0 || ::connect(out, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
        if (out >= 0) ::close(out);
        reset_fd(fd);
        continue;
      }
      ::fcntl(out, F_SETFL, O_NONBLOCK);
      const int yes = 1;
      for (const int s : {fd, out}) ::setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      pair->fds[0] = fd, pair->fds[1] = out;
      pair->ways[0].from = pair->ways[1].to = fd;
      pair->ways[1].from = pair->ways[0].to = out;
      pairs_.push_back(std::move(pair));
    }
  }

  void move(Pair& pair) {
    for (Way& way : pair.ways) {
      if (!take_in(way) || !pass_on(way)) {
        reset_fd(pair.fds[0]), reset_fd(pair.fds[1]);
        pair.broken = true;
        return;
      }
    }
    if (pair.ways[0].told && pair.ways[1].told) {
      for (int& fd : pair.fds) ::close(fd), fd = -1;
      pair.broken = true;
    }
  }
  // False: the connection is broken.
  bool take_in(Way& way) {
    char piece[16384];
    while (!way.ended && way.held < kHeldMax) {
      const ssize_t n = ::recv(way.from, piece, sizeof piece, 0);
      if (n < 0) return errno == EAGAIN;
      if (n == 0) {
        way.ended = true;
        break;
      }
      auto wait = std::chrono::milliseconds(delay_ms_);
      if (loss_ppm_ != 0 && rng_.below(1'000'000) < loss_ppm_) ++lost_, wait += std::chrono::milliseconds(retransmission_ms_);
      Clock::time_point at = Clock::now() + wait;
      if (!way.pieces.empty()) at = std::max(at, way.pieces.back().due);  // in order, as TCP delivers
      way.pieces.push_back({at, std::string(piece, static_cast<std::size_t>(n))});
      way.held += static_cast<std::size_t>(n);
    }
    return true;
  }
  bool pass_on(Way& way) {
    while (due(way)) {
      std::string& bytes = way.pieces.front().bytes;
      const ssize_t n = ::send(way.to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0) return errno == EAGAIN;
      way.held -= static_cast<std::size_t>(n);
      if (static_cast<std::size_t>(n) < bytes.size()) {
        bytes.erase(0, static_cast<std::size_t>(n));
        return true;
      }
      way.pieces.pop_front();
    }
    if (way.ended && way.pieces.empty() && !way.told) ::shutdown(way.to, SHUT_WR), way.told = true;
    return true;
  }

  std::uint16_t target_, port_ = 0;
  Rng rng_;
  int listener_ = -1, wake_ = -1;
  std::vector<std::unique_ptr<Pair>> pairs_;
  std::atomic<Mode> mode_{Mode::kPass};
  std::atomic<std::int64_t> delay_ms_{0}, retransmission_ms_{200};
  std::atomic<std::uint32_t> loss_ppm_{0};
  std::atomic<std::uint64_t> resets_wanted_{0}, accepted_{0}, lost_{0};
  std::uint64_t resets_done_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace jobber::test
