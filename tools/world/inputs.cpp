#include "tools/world/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "feed/binance/codec.hpp"

namespace jobber::world {
namespace {

// What a whole tape says, read once before it is played.
struct TapeFacts {
  double first_price = 0.0;  // a touch, a snapshot's best bid, or a trade; 0 without any
  Nanos silence{};
  std::uint64_t undecodable = 0;
  std::uint64_t first_undecodable = 0;  // its line
};

double price_in(const feed::Decoder& decoder, feed::EventKind kind, const Instrument& instrument) {
  if (kind == feed::EventKind::kBookTicker) return instrument.to_double(decoder.book_ticker().bid);
  if (kind == feed::EventKind::kTrade) return instrument.to_double(decoder.trade().price);
  const bool snapshot = kind == feed::EventKind::kSnapshot && !decoder.snapshot().bids.empty();
  return snapshot ? instrument.to_double(decoder.snapshot().bids.front().price) : 0.0;
}

TapeFacts read_facts(const LoadedTape& tape, const Instrument& instrument, const Config& config) {
  feed::Decoder decoder(instrument);
  TapeFacts facts;
  std::vector<std::int64_t> gaps;
  std::optional<Instant> before;
  for (std::size_t i = 0; i < tape.lines(); ++i) {
    const TapeLine line = tape.line(i);
    const auto kind = decoder.decode(line.json);
    if (!kind.ok()) {
      if (facts.undecodable++ == 0) facts.first_undecodable = line.number;
      continue;
    }
    if (facts.first_price == 0.0) facts.first_price = price_in(decoder, kind.value(), instrument);
    if (kind.value() != feed::EventKind::kDepth) continue;
    if (before) gaps.push_back((line.recv - *before).n);
    before = line.recv;
  }
  facts.silence = std::max(natural_silence(std::move(gaps)), milliseconds(config.jobber.stale_ms));
  return facts;
}

struct AddedTape {
  Instrument instrument;
  TapeFacts facts;
};

std::optional<AddedTape> add_tape(TapeInputs& inputs, const std::string& path, const Config& config, std::string& problem) {
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
  const TapeFacts facts = read_facts(tape.value(), instrument.value(), config);
  if (facts.undecodable != 0) {
    inputs.warnings.push_back(fmt::format("{}: line {}: no message of this market can be read there ({} such lines)", path,
                                          facts.first_undecodable, facts.undecodable));
  }
  inputs.tapes.push_back(std::move(tape.value()));
  return AddedTape{instrument.value(), facts};
}

}  // namespace

std::optional<TapeInputs> load_inputs(const std::string& path, const std::string& alpha_path, const Config& config,
                                      std::string& problem) {
  TapeInputs out;
  const auto quoted = add_tape(out, path, config, problem);
  if (!quoted) return std::nullopt;
  out.markets.quoted = quoted->instrument;
  out.markets.quoted.maker_fee = config.trading.maker_fee_rate;
  out.markets.quoted.taker_fee = config.jobber.taker_fee_rate;
  out.markets.quoted_silence = out.markets.alpha_silence = quoted->facts.silence;
  out.markets.reference_price = out.markets.alpha_price = quoted->facts.first_price;
  if (!(out.markets.reference_price > 0.0)) {
    problem = fmt::format("{}: no price in it", path);
    return std::nullopt;
  }
  if (!alpha_path.empty()) {
    const auto alpha = add_tape(out, alpha_path, config, problem);
    if (!alpha) return std::nullopt;
    out.markets.alpha = alpha->instrument;
    out.markets.alpha_silence = alpha->facts.silence;
    out.markets.alpha_price = alpha->facts.first_price;
  }
  return out;
}

}  // namespace jobber::world
