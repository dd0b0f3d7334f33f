// LMEX texts of either side: no decoder may crash, read beyond its padding or accept a number off its grid, and
// what the market agent publishes stays a book.
//
// First byte: which grids. The rest: lines, each given to every decoder.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "feed/lmex/instruments.hpp"
#include "feed/lmex/market_agent.hpp"
#include "feed/lmex/stream.hpp"
#include "gateway/lmex/codec.hpp"

namespace {

using jobber::Book;
using jobber::BookSide;
using jobber::Instrument;

Instrument market(unsigned choice) {
  Instrument i;
  i.venue = jobber::Venue::kLmex;
  i.set_symbol((choice & 1U) != 0 ? "BTC-USDT" : "BTC-PERP");
  i.price_decimals = (choice & 2U) != 0 ? 2 : 1;
  i.tick_units = (choice & 2U) != 0 ? 5 : 1;
  i.qty_decimals = (choice & 1U) != 0 ? 5 : 0;
  return i;
}

void require(bool fact) {
  if (!fact) std::abort();
}

void check_book(const Book& book) {
  require(!book.crossed());
  require(book.levels(BookSide::kBid) <= 50 && book.levels(BookSide::kAsk) <= 50);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Instrument instrument = market(data[0]);
  // Made once, their memory is what costs; a disconnect forgets everything that decides.
  static std::unique_ptr<jobber::feed::LmexMarketAgent> agents[4];
  auto& kept = agents[data[0] & 3U];
  if (kept == nullptr) {
    kept = std::make_unique<jobber::feed::LmexMarketAgent>(jobber::feed::LmexMarketAgentConfig{
        .instrument = instrument, .depth = {.book = {.window_ticks = 1U << 14, .far_levels = 64}, .levels_max = 64}});
  }
  jobber::feed::LmexMarketAgent& agent = *kept;
  jobber::feed::LmexStream stream(jobber::feed::lmex_book_stream(false), {&instrument, 1});
  static jobber::gateway::lmex::Codec codec;
  static jobber::Instant now{1'000'000'000};  // never decreases
  agent.on_disconnect(now);
  agent.on_connect(now);
  stream.on_open(now);
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    now = now + jobber::milliseconds(1);
    // In memory of exactly its size and padding, so that a sanitizer sees one byte too many.
    const auto bytes = std::make_unique<char[]>(line.size() + jobber::feed::kDecodePadding);
    line.copy(bytes.get(), line.size());
    for (std::size_t i = 0; i < jobber::feed::kDecodePadding; ++i) bytes[line.size() + i] = '"';
    agent.on_line(now, {bytes.get(), line.size()});
    check_book(agent.book());
    if (agent.wants_snapshot()) stream.want_snapshot(now, 0);
    const auto routed = stream.on_message(now, {bytes.get(), line.size()});
    require(routed.to != jobber::feed::Routed::To::kMarket || routed.market == 0);
    stream.on_timer(now);
    std::string_view text;
    for (int i = 0; i < 8 && stream.next_text(text); ++i) require(!text.empty());
    const auto read = jobber::feed::read_lmex_instruments(line);
    if (read.ok()) {
      for (const auto& info : read.value()) {
        require(info.problem != jobber::feed::InstrumentInfo::Problem::kNone || (info.instrument.tick_units > 0 && info.instrument.lot_units > 0));
      }
    }
    require(codec.read_push(line).ok() || true);
    for (const auto& n : {codec.read_orders(line), codec.read_fills(line), codec.read_positions(line), codec.read_wallet(line),
                          codec.read_fees(line), codec.read_prices(line), codec.read_funding(line)}) {
      require(!n.ok() || n.value() <= jobber::gateway::lmex::Codec::kReportsMax);
    }
    for (const auto& order : codec.orders()) require(order.price.decimals >= 0 && order.price.decimals <= jobber::Decimal::kDecimalsMax);
    require(codec.read_error(line).ok() || true);
    require(codec.read_time(line).ok() || true);
    require(codec.read_seed(line).ok() || true);
    require(jobber::gateway::lmex::release_time(line).ns >= 0);
  }
  return 0;
}
