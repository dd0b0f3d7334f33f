// Binance's slow public side and one connection: exchange information, public data, the stream session's
// routing and control answers, ids for a merge of two connections. Nothing may crash; what instruments come
// out are sound, and a merge lets no id through twice.
//
// First byte: which of them. The rest: one message, for the stream and the merge one a line.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "feed/binance/instruments.hpp"
#include "feed/binance/public_data.hpp"
#include "feed/binance/stream.hpp"
#include "feed/binance/stream_marks.hpp"

namespace {

using namespace jobber;
using namespace jobber::feed;

void must(bool holds) {
  if (!holds) std::abort();
}

void instruments(std::string_view json) {
  for (const bool fine : {false, true}) {
    const auto info = read_binance_exchange_info(json, {.fine_prices = fine});
    if (!info.ok()) continue;
    for (const BinanceMarket& m : info.value().markets) {
      const Instrument& i = m.info.instrument;
      if (m.info.problem == InstrumentInfo::Problem::kGrid || m.info.problem == InstrumentInfo::Problem::kSymbol) continue;
      must(i.tick_units > 0 && i.lot_units > 0 && i.order_tick.n > 0 && i.order_lot.n > 0);
      must(i.price_decimals >= 0 && i.price_decimals <= 18 && i.qty_decimals >= 0 && i.qty_decimals <= 18);
      must(i.min_qty.n > 0 && i.max_qty >= i.min_qty && i.min_qty.n % i.order_lot.n == 0);
    }
  }
}

void public_data(std::string_view json) {
  (void)read_binance_funding(json).ok();
  (void)read_binance_funding_rules(json).ok();
  (void)read_binance_touch(json).ok();
  (void)read_binance_trade(json).ok();
  (void)read_binance_reference(json).ok();
  (void)read_binance_contract_change(json).ok();
  (void)read_binance_liquidation(json).ok();
  (void)read_binance_candle(json).ok();
  (void)read_binance_time(json, TimeUnit::kMicroseconds).ok();
}

template <class OnLine>
void each_line(std::string_view rest, OnLine&& on_line) {
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    on_line(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
}

void stream(std::string_view lines, bool combined) {
  std::vector<Instrument> markets(3);
  markets[0].set_symbol("BTCUSDT");
  markets[1].set_symbol("ETHUSDT");
  markets[2].set_symbol("SHIBUSDT");
  BinanceStreamConfig config = binance_spot_stream();
  config.combined = combined;
  config.target_names = 1;
  config.names_per_request = 2;
  BinanceStream s(config, markets);
  Instant now{1'000'000'000};
  s.on_open(now);
  each_line(lines, [&](std::string_view line) {
    const Routed routed = s.on_message(now, {line.data(), line.size()});
    must(routed.to != Routed::To::kMarket || routed.market < markets.size());
    s.want_snapshot(now, line.size() % 4);
    s.on_rest(now, line.size() % 3, static_cast<int>(line.size()), Nanos{static_cast<std::int64_t>(line.size())});
    std::string_view text;
    RestWish wish;
    for (int sent = 0; s.next_text(text); ++sent) must(sent < 10);
    while (s.next_rest(wish)) must(wish.market < markets.size());
    must(s.next_deadline() >= Instant{});
    now = now + milliseconds(700);
    s.on_timer(now);
  });
}

void merge(std::string_view lines) {
  Overlap::Limits limits;
  limits.bytes = 512;
  limits.messages = 8;
  Overlap overlap(kBinanceLanes, limits);
  std::vector<std::uint64_t> kept;
  Instant now{1};
  overlap.begin(now);
  overlap.on_subscribed(now);
  std::size_t passed = 0;
  std::size_t given = 0;
  const auto pass = [&](std::size_t lane, std::span<const char>) { must(lane < kBinanceLanes), ++passed; };
  each_line(lines, [&](std::string_view line) {
    if (!overlap.active() || line.empty()) return;
    const auto from = overlap.side_by_side() && line.front() == 'o' ? Overlap::From::kOld : Overlap::From::kNew;
    const std::string_view message = line.substr(1);
    overlap.on_message(from, read_binance_mark(0, {message.data(), message.size()}), {message.data(), message.size()}, pass);
    ++given;
    now = now + seconds(1);
    if (overlap.may_finish(now)) overlap.finish(pass);
  });
  if (overlap.side_by_side()) overlap.finish(pass);
  must(passed <= given);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0: instruments(rest); break;
    case 1: public_data(rest); break;
    case 2: stream(rest, true); break;
    case 3: stream(rest, false); break;
    case 4: merge(rest); break;
    default: break;
  }
  return 0;
}
