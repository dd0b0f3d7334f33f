// The peer pipeline behind functions, so that the file that compiles it may have its own instructions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace jobber::bench {

class PeerPipeline;

class PeerSide {
 public:
  explicit PeerSide(double tick);
  ~PeerSide();
  // `size` bytes followed by simdjson's padding (64 bytes are enough).
  void on_snapshot(const char* json, std::size_t size);
  // True when a new order pair was decided; `hash` folds its prices.
  bool on_depth(const char* json, std::size_t size, std::uint64_t& hash);

 private:
  std::unique_ptr<PeerPipeline> pipeline_;
};

}  // namespace jobber::bench
