// Certificates made for one test, and a server on loopback that the test polls itself: no thread, no
// port of anybody else's, no file outside a folder of its own.
#pragma once

#include <array>
#include <functional>
#include <list>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/os/listener.hpp"
#include "engine/os/shm_map.hpp"
#include "engine/os/tls_link.hpp"
#include "tests/support/run_program.hpp"
#include "tools/exchange/certificate.hpp"

#include <cstdio>
#include <ctime>

namespace jobber::test {

inline Instant steady_now() noexcept { return {os::monotonic_ns()}; }

// Runs `step` until it is true; false after `limit`. Yields the core between, never sleeps for long.
template <class Step>
bool until(Step&& step, Nanos limit = seconds(20)) {
  const Instant end = steady_now() + limit;
  while (!step()) {
    if (steady_now() > end) return false;
    const timespec moment{0, 20'000};
    nanosleep(&moment, nullptr);
  }
  return true;
}

template <class T>
T must(Result<T, os::Problem> result) {
  if (!result) throw std::runtime_error(result.error().text);
  return std::move(result.value());
}

// An authority with its file, and what it issues.
class TlsRig {
 public:
  TlsRig() : now_s_(std::time(nullptr)), ca_(must(exchange::make_authority("Jobber test CA", now_s_ - 7200, now_s_ + 86'400))) {
    write_file("ca.pem", ca_.cert_pem);
  }

  [[nodiscard]] std::int64_t now_s() const noexcept { return now_s_; }
  [[nodiscard]] const exchange::Certificate& authority() const noexcept { return ca_; }
  [[nodiscard]] std::string ca_file() const { return folder_.file("ca.pem"); }
  [[nodiscard]] const TempFolder& folder() const noexcept { return folder_; }
  std::string write_file(const std::string& name, const std::string& text) const {
    const std::string path = folder_.file(name);
    std::FILE* file = std::fopen(path.c_str(), "wb");
    if (file == nullptr || std::fwrite(text.data(), 1, text.size(), file) != text.size()) throw std::runtime_error("cannot write");
    std::fclose(file);
    return path;
  }

  // Good in every way; a test spoils one.
  [[nodiscard]] exchange::CertificateSpec good() const {
    exchange::CertificateSpec spec;
    spec.not_before = now_s_ - 3600;
    spec.not_after = now_s_ + 3600;
    return spec;
  }
  [[nodiscard]] exchange::Certificate issue(const exchange::CertificateSpec& spec) const { return must(exchange::issue(ca_, spec)); }
  [[nodiscard]] static os::TlsServerContext server(const exchange::Certificate& certificate) {
    return must(os::TlsServerContext::make(certificate.cert_pem, certificate.key_pem));
  }
  [[nodiscard]] os::TlsServerContext server() const { return server(issue(good())); }
  [[nodiscard]] os::TlsClientContext client(std::vector<std::string> pins = {},
                                            os::TlsClientContext::PinMode mode = os::TlsClientContext::PinMode::kEnforce) const {
    return must(os::TlsClientContext::make({.ca_file = ca_file(), .pins = std::move(pins), .pin_mode = mode}));
  }

 private:
  TempFolder folder_;
  std::int64_t now_s_;
  exchange::Certificate ca_;
};

// Accepts, decrypts, hands what came to `on_bytes`, sends what it left in `out`.
class TestServer {
 public:
  struct Peer {
    os::TlsPeer link;
    std::string in = {}, out = {};
    int number = 0;
    bool close_when_sent = false;
  };

  explicit TestServer(os::TlsServerContext context, os::LinkOptions options = {})
      : context_(std::move(context)), options_(options), listener_(must(os::Listener::open(os::SockAddr::loopback(0)))) {}

  std::function<void(Peer&)> on_bytes = [](Peer&) {};

  void poll(Instant now) {
    while (auto accepted = listener_.accept()) {
      peers_.push_back({os::TlsPeer(context_, std::move(accepted->socket), now, options_)});
      peers_.back().number = ++accepted_;
    }
    for (Peer& peer : peers_) poll_peer(now, peer);
  }

  [[nodiscard]] const os::SockAddr& address() const noexcept { return listener_.address(); }
  [[nodiscard]] std::uint16_t port() const noexcept { return listener_.address().port(); }
  [[nodiscard]] std::uint64_t plain_bytes() const noexcept { return plain_bytes_; }  // decrypted so far, of all peers
  [[nodiscard]] int accepted() const noexcept { return accepted_; }
  [[nodiscard]] std::list<Peer>& peers() noexcept { return peers_; }

 private:
  void poll_peer(Instant now, Peer& peer) {
    peer.link.poll(now);
    std::array<char, 8192> piece;
    for (std::size_t n; (n = peer.link.read(piece)) != 0;) {
      plain_bytes_ += n;
      peer.in.append(piece.data(), n);
    }
    if (!peer.in.empty()) on_bytes(peer);
    const std::size_t sent = peer.link.write(peer.out);
    peer.out.erase(0, sent);
    if (peer.close_when_sent && peer.out.empty() && peer.link.state() == os::LinkState::kOpen && !peer.link.wants_write())
      peer.link.close();
  }

  os::TlsServerContext context_;
  os::LinkOptions options_;
  os::Listener listener_;
  std::list<Peer> peers_;
  std::uint64_t plain_bytes_ = 0;
  int accepted_ = 0;
};

}  // namespace jobber::test
