#include "tools/world/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "feed/binance/codec.hpp"

namespace jobber::world {
namespace {

// First price of the tape: a touch, a snapshot's best bid, or a trade; 0 without any.
double first_price(const LoadedTape& tape, const Instrument& instrument) {
  feed::Decoder decoder(instrument);
  for (std::size_t i = 0; i < tape.lines(); ++i) {
    const auto kind = decoder.decode(tape.line(i).json);
    if (!kind.ok()) continue;
    if (kind.value() == feed::EventKind::kBookTicker) return instrument.to_double(decoder.book_ticker().bid);
    if (kind.value() == feed::EventKind::kTrade) return instrument.to_double(decoder.trade().price);
    if (kind.value() == feed::EventKind::kSnapshot && !decoder.snapshot().bids.empty()) {
      return instrument.to_double(decoder.snapshot().bids.front().price);
    }
  }
  return 0.0;
}

Nanos silence_of(const LoadedTape& tape, const Config& config) {
  std::vector<std::int64_t> gaps;
  std::optional<Instant> before;
  for (std::size_t i = 0; i < tape.lines(); ++i) {
    const TapeLine line = tape.line(i);
    const std::string_view head(line.json.data(), std::min<std::size_t>(line.json.size(), 96));
    if (head.find("\"depthUpdate\"") == std::string_view::npos) continue;
    if (before) gaps.push_back((line.recv - *before).n);
    before = line.recv;
  }
  return std::max(natural_silence(std::move(gaps)), milliseconds(config.jobber.stale_ms));
}

std::optional<Instrument> add_tape(TapeInputs& inputs, const std::string& path, std::string& problem) {
  auto tape = LoadedTape::load(path);
  if (!tape.ok()) {
    problem = fmt::format("{}: {}", path, describe(tape.error()));
    return std::nullopt;
  }
  const auto instrument = tape.value().instrument();
  if (!instrument.ok()) {
    problem = fmt::format("{}: {}", path, to_text(instrument.error()));
    return std::nullopt;
  }
  const TapeError& fault = tape.value().fault();
  if (fault.cause != TapeError::Cause::kNone) inputs.warnings.push_back(fmt::format("{}: {}", path, describe(fault)));
  inputs.tapes.push_back(std::move(tape.value()));
  return instrument.value();
}

}  // namespace

std::optional<TapeInputs> load_inputs(const std::string& path, const std::string& alpha_path, const Config& config,
                                      std::string& problem) {
  TapeInputs out;
  const auto quoted = add_tape(out, path, problem);
  if (!quoted) return std::nullopt;
  out.markets.quoted = *quoted;
  out.markets.quoted.maker_fee = config.trading.maker_fee_rate;
  out.markets.quoted.taker_fee = config.jobber.taker_fee_rate;
  out.markets.quoted_silence = silence_of(out.tapes.back(), config);
  out.markets.alpha_silence = out.markets.quoted_silence;
  out.markets.reference_price = first_price(out.tapes.back(), *quoted);
  out.markets.alpha_price = out.markets.reference_price;
  if (!(out.markets.reference_price > 0.0)) {
    problem = fmt::format("{}: no price in it", path);
    return std::nullopt;
  }
  if (!alpha_path.empty()) {
    out.markets.alpha = add_tape(out, alpha_path, problem);
    if (!out.markets.alpha) return std::nullopt;
    out.markets.alpha_silence = silence_of(out.tapes.back(), config);
    out.markets.alpha_price = first_price(out.tapes.back(), *out.markets.alpha);
  }
  return out;
}

}  // namespace jobber::world
