// Measures WebSocket frames of 300 bytes, the size of an order and of a small delta: writing one as a client (head and
// mask, into the buffer that goes to the link) and reading what a server sent (head, UTF-8, message handed out). Leaves
// out TLS and the socket: Beast runs over a stream in memory that drops what it gets and gives what is there, without
// deflate, one frame a message. Its masks come from its own default generator; with the fast one it is shown too, for
// that is the one to compare bytes with. Budget: a tenth of Beast's writing, a third of its reading.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "bench/contest.hpp"
#include "engine/check.hpp"
#include "engine/websocket.hpp"

namespace jobber::bench {
namespace {

namespace beast = boost::beast;

constexpr std::size_t kFrame = 300;
constexpr std::size_t kFrames = 100'000;  // a round
constexpr std::size_t kSegment = 1460;

const std::vector<std::string>& payloads() {
  static const std::vector<std::string> out = [] {
    std::vector<std::string> v;
    for (std::size_t i = 0; i != 64; ++i) {
      v.emplace_back();
      while (v.back().size() < kFrame) v.back() += "{\"e\":\"depthUpdate\",\"u\":" + std::to_string(i * 7919) + "}";
      v.back().resize(kFrame);
    }
    return v;
  }();
  return out;
}

// One hundred frames of a server, as they lie in a receive buffer.
const std::string& server_frames() {
  static const std::string out = [] {
    ws::Stream server(ws::Role::kServer, 0);
    for (std::size_t i = 0; i != 100; ++i) JOBBER_CHECK(server.send(ws::Opcode::kText, payloads()[i % 64]));
    return std::string(server.tx().data(), server.tx().size());
  }();
  return out;
}

// The socket of both sides: gives server_frames() again and again, a TCP segment at most at a time, copied as the kernel
// would.
struct Source {
  std::size_t at = 0;
  [[gnu::noinline]] std::size_t read(char* into, std::size_t room) {
    const std::string& frames = server_frames();
    const std::size_t n = std::min({room, kSegment, frames.size() - at});
    std::memcpy(into, frames.data() + at, n);
    at = at + n == frames.size() ? 0 : at + n;
    return n;
  }
};

// Beast's next layer: an upgrade that succeeds, then bytes that nobody makes or reads.
class MemoryStream {
 public:
  using executor_type = boost::asio::io_context::executor_type;
  explicit MemoryStream(boost::asio::io_context& loop) : executor_(loop.get_executor()) {}
  [[nodiscard]] executor_type get_executor() const noexcept { return executor_; }

  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, beast::error_code& ec) {
    ec = {};
    const std::size_t n = boost::asio::buffer_size(buffers);
    if (!upgraded_) {
      upgrade_ += beast::buffers_to_string(buffers);
      return n;
    }
    written += n;
    return n;
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers) {
    beast::error_code ec;
    return write_some(buffers, ec);
  }
  template <class Buffers>
  std::size_t read_some(const Buffers& buffers, beast::error_code& ec) {
    ec = {};
    if (!upgraded_) {
      http::RequestReader reader;
      reader.on_bytes(upgrade_);
      JOBBER_CHECK(reader.done());
      std::string answer;
      http::append(answer, ws::upgrade_response(reader.take()));
      upgraded_ = true;
      return boost::asio::buffer_copy(buffers, boost::asio::buffer(answer));
    }
    const boost::asio::mutable_buffer first = *boost::asio::buffer_sequence_begin(buffers);
    return source_.read(static_cast<char*>(first.data()), first.size());
  }
  template <class Buffers>
  std::size_t read_some(const Buffers& buffers) {
    beast::error_code ec;
    return read_some(buffers, ec);
  }

  std::uint64_t written = 0;

 private:
  executor_type executor_;
  bool upgraded_ = false;
  std::string upgrade_;
  Source source_;
};
// Beast wants to know how its layers end; these never do.
[[maybe_unused]] void teardown(beast::role_type, MemoryStream&, beast::error_code& ec) { ec = {}; }
[[maybe_unused]] void beast_close_socket(MemoryStream&) {}

struct BeastClient {
  boost::asio::io_context loop{1};
  beast::websocket::stream<MemoryStream, false> socket{loop};
  beast::flat_buffer buffer;
  explicit BeastClient(bool secure_masks) {
    socket.secure_prng(secure_masks);
    socket.auto_fragment(false);
    socket.handshake("bench", "/");
    socket.text(true);
  }
};

std::uint64_t g_hash = 0;  // bytes of the work done, the same on both sides

template <class Work>
double timed(Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / static_cast<double>(kFrames);
}

double write_ours() {
  static ws::Stream stream(ws::Role::kClient, 1);
  std::uint64_t bytes = 0;
  const double ns = timed([&] {
    for (std::size_t i = 0; i != kFrames; ++i) {
      const std::string& payload = payloads()[i % 64];
      if (!stream.send(ws::Opcode::kText, payload)) return;
      benchmark::DoNotOptimize(stream.tx().data());
      bytes += stream.tx().size();
      stream.tx_sent(stream.tx().size());
    }
  });
  JOBBER_CHECK(bytes == kFrames * (kFrame + 8));
  g_hash = bytes;
  return ns;
}
template <bool kSecureMasks>
double write_beast() {
  static BeastClient client(kSecureMasks);
  const std::uint64_t before = client.socket.next_layer().written;
  const double ns = timed([&] {
    for (std::size_t i = 0; i != kFrames; ++i) client.socket.write(boost::asio::buffer(payloads()[i % 64]));
  });
  g_hash = client.socket.next_layer().written - before;
  JOBBER_CHECK(g_hash == kFrames * (kFrame + 8));
  return ns;
}

// Each frame's last byte is looked at, so that nothing is skipped.
double read_ours() {
  static ws::Stream stream(ws::Role::kClient, 1);
  static Source source;
  std::uint64_t bytes = 0;
  std::size_t got = 0;
  const double ns = timed([&] {
    while (got < kFrames) {
      const std::span<char> space = stream.rx_space();
      stream.on_rx(source.read(space.data(), space.size()));
      for (ws::Message m; stream.next(m); ++got) bytes += m.payload.size() + (m.payload.back() == '\0');
    }
  });
  JOBBER_CHECK(bytes == got * kFrame);
  g_hash = kFrames * kFrame;
  return ns;
}
double read_beast() {
  static BeastClient client(true);
  std::uint64_t bytes = 0;
  const double ns = timed([&] {
    for (std::size_t got = 0; got != kFrames; ++got) {
      const std::size_t n = client.socket.read(client.buffer);
      bytes += n + (static_cast<const char*>(client.buffer.cdata().data())[n - 1] == '\0');
      client.buffer.consume(n);
    }
  });
  JOBBER_CHECK(bytes == kFrames * kFrame);
  g_hash = bytes;
  return ns;
}

template <double (*kRound)()>
void BM_Frames(benchmark::State& state) {
  for (auto _ : state) state.SetIterationTime(kRound() * kFrames * 1e-9);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kFrames));
  state.counters["hash"] = static_cast<double>(g_hash % 9973);
}
BENCHMARK(BM_Frames<write_ours>)->Name("WebSocket/Write300")->UseManualTime()->Iterations(5);
BENCHMARK(BM_Frames<write_beast<true>>)->Name("WebSocket/Write300Beast")->UseManualTime()->Iterations(5);
BENCHMARK(BM_Frames<write_beast<false>>)->Name("WebSocket/Write300BeastFastMasks")->UseManualTime()->Iterations(5);
BENCHMARK(BM_Frames<read_ours>)->Name("WebSocket/Read300")->UseManualTime()->Iterations(5);
BENCHMARK(BM_Frames<read_beast>)->Name("WebSocket/Read300Beast")->UseManualTime()->Iterations(5);

using enum Contest::Target;
const bool registered[] = {
    add_contest({.name = "websocket.write_300", .peer = "Boost.Beast", .kind = kAtLeast, .target = 10.0, .unit = "ns/frame",
                 .ours = write_ours, .theirs = write_beast<true>}),
    add_contest({.name = "websocket.read_300", .peer = "Boost.Beast", .kind = kAtLeast, .target = 3.0, .unit = "ns/frame",
                 .ours = read_ours, .theirs = read_beast}),
};

}  // namespace
}  // namespace jobber::bench
