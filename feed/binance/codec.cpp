#include "feed/binance/codec.hpp"

#include "feed/binance/fast_scan.hpp"
#include "feed/binance/general_parser.hpp"

namespace jobber::feed {

Decoder::Decoder(const Instrument& instrument, std::size_t max_levels, TimeUnit time_unit, Paths paths)
    : general_(std::make_unique<GeneralParser>()) {
  if (paths == Paths::kBoth && FastScan::supported()) fast_ = std::make_unique<FastScan>(instrument);
  out_.instrument = instrument;
  out_.time_unit = time_unit;
  out_.bids.resize(max_levels);
  out_.asks.resize(max_levels);
}

Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

void Decoder::forget_layouts() noexcept {
  if (fast_ != nullptr) *fast_ = FastScan(out_.instrument);
}

Result<EventKind, DecodeError> Decoder::decode(std::span<const char> json) noexcept {
  if (fast_ != nullptr) [[likely]] {
    if (const EventKind kind = fast_->scan(json, out_); kind != EventKind::kOther) [[likely]] {
      ++counters_.fast;
      return kind;
    }
  }
  return decode_slow(json);
}

Result<EventKind, DecodeError> Decoder::decode_slow(std::span<const char> json) noexcept {
  ++counters_.fallback;
  const auto result = general_->decode(json, out_);
  if (!result.ok()) {
    ++counters_.errors[static_cast<std::size_t>(result.error())];
  } else if (fast_ != nullptr) {
    fast_->learn(json, result.value());
  }
  return result;
}

}  // namespace jobber::feed
