// The peer of tick_to_order_bench.cpp. This file is compiled with -march=haswell, so that simdjson's
// inlined front end and the sorted vectors have what our side chooses at run time.
#include "bench/latency/peer_side.hpp"

#include "bench/latency/peer_pipeline.hpp"

namespace jobber::bench {

PeerSide::PeerSide(double tick) : pipeline_(std::make_unique<PeerPipeline>(tick)) {}
PeerSide::~PeerSide() = default;

void PeerSide::on_snapshot(const char* json, std::size_t size) { pipeline_->on_snapshot(simdjson::padded_string_view(json, size, size + 64)); }

bool PeerSide::on_depth(const char* json, std::size_t size, std::uint64_t& hash) {
  PeerOrder order;
  if (!pipeline_->on_depth(simdjson::padded_string_view(json, size, size + 64), order)) return false;
  hash = hash * 31 + static_cast<std::uint64_t>(order.bid_tick * 2 + order.ask_tick);
  return true;
}

}  // namespace jobber::bench
