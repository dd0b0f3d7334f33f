// REST for feeds: wishes of a feed thread go to a housekeeping thread, bodies come back, by rings.
//
//   feed thread --wishes--> RestPort --> RestDesk (housekeeping, HTTPS) --answers--> RestPort --> feed thread
//
// A port belongs to one feed thread and one desk. Nothing here waits: a wish that finds no room is not
// taken and the session asks again; an answer that finds no room is kept until there is some. Which wishes
// may be made, and how often, is the session's business (feed/snapshot_pacer.hpp).
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "engine/byte_ring.hpp"
#include "engine/os/https_client.hpp"
#include "engine/os/url.hpp"
#include "engine/units.hpp"

namespace jobber::live {

class RestPort {
 public:
  // `base`: scheme, host, port, and a path before every target. The largest body is half of answer_bytes.
  explicit RestPort(os::Url base, std::size_t answer_bytes = std::size_t{8} << 20);

  struct Answer {
    std::uint32_t tag = 0;        // the wish's
    int status = 0;               // 0 = no answer came
    Nanos retry_after{};          // 0 = was not said
    std::span<const char> body;   // padded for decoders; holds until pop()
    ByteRing::Record record;
  };

  // Feed thread. False: no room now.
  bool ask(Instant now, std::uint32_t tag, std::string_view target) noexcept { return wishes_.try_push(now, target, tag); }
  // The path to the venue is dead: kept connections are given up, and what was asked on them is answered as failed,
  // now rather than at its deadline.
  void doubt() noexcept { doubts_.fetch_add(1, std::memory_order_relaxed); }  // relaxed: it carries nothing but itself
  bool peek(Answer& out) noexcept;
  void pop(const Answer& answer) noexcept { answers_.pop(answer.record); }

 private:
  friend class RestDesk;
  struct Head {  // before each body
    std::int64_t status;
    std::int64_t retry_after_ns;
  };
  os::Url base_;
  ByteRing wishes_;
  ByteRing answers_;
  std::atomic<std::uint64_t> doubts_{0};
};

// Owner: the housekeeping thread; cold. Its ports outlive it.
class RestDesk {
 public:
  RestDesk(os::TlsClientContext tls, os::Resolver& resolver, const os::HttpsOptions& options) : https_(std::move(tls), resolver, options) {}

  void serve(RestPort& port) { ports_.push_back(&port); }  // before the thread starts
  int poll(Instant now);

 private:
  struct Asked {
    RestPort* port;
    std::uint32_t tag;
  };
  struct Waiting {
    Asked asked;
    std::string bytes;  // head and body
  };
  void hand_over(Instant now);

  os::HttpsClient https_;
  std::vector<RestPort*> ports_;
  std::uint64_t doubts_seen_ = 0;  // of all ports
  std::map<std::uint64_t, Asked> asked_;
  std::deque<Waiting> waiting_;
};

// `target` below a base: "https://host/api" and "/v1/depth" make "https://host/api/v1/depth".
[[nodiscard]] os::Url below(const os::Url& base, std::string_view target);

}  // namespace jobber::live
