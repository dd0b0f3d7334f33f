// Lighter bytes, one message a line, through every decoder of the venue: no crash, no read beyond the padding, no
// book that is quoted while broken, and what a decoder accepts is in range.
//
// First byte: which grids. The rest: lines.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "feed/lighter/book_session.hpp"
#include "feed/lighter/codec.hpp"
#include "feed/lighter/instruments.hpp"
#include "feed/lighter/public_rows.hpp"
#include "feed/lighter/stream.hpp"
#include "gateway/lighter/account_codec.hpp"
#include "gateway/lighter/tx.hpp"

namespace {

namespace fl = jobber::feed::lighter;
namespace gl = jobber::gateway::lighter;

constexpr std::size_t kLevels = 16;  // few, so that "too many" is found

jobber::Instrument grids(unsigned choice) {
  jobber::Instrument i;
  i.price_decimals = static_cast<std::int32_t>(choice & 7U);
  i.qty_decimals = static_cast<std::int32_t>(6 - (choice & 7U) > 6 ? 0 : 6 - (choice & 7U));
  i.venue_market = (choice & 8U) != 0 ? 1 : -1;
  return i;
}

void require(bool fact, const char* what) {
  if (fact) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

struct Rig {
  explicit Rig(unsigned choice)
      : codec(grids(choice), kLevels), session({.book = {.window_ticks = 1U << 14, .far_levels = 64}, .gaps_kept = 4}) {}
  fl::Codec codec;
  fl::BookSession session;
};

void feed_one(Rig& rig, std::span<const char> json, std::int64_t now) {
  const auto kind = rig.codec.decode(json);
  if (!kind.ok()) {
    rig.session.on_unreadable({now});
  } else if (kind.value() == fl::FrameKind::kBook) {
    const fl::BookFrame& b = rig.codec.book();
    for (const auto side : {b.bids, b.asks}) {
      for (const jobber::feed::Level& l : side) require(l.price.grid > 0 && l.qty.n >= 0, "level in range");
    }
    rig.session.on_book({now}, b, static_cast<std::uint64_t>(now));
  } else if (kind.value() == fl::FrameKind::kTrades) {
    for (const jobber::feed::Trade& t : rig.codec.trades().trades) require(t.qty.n >= 0 && (t.price.grid > 0 || t.off_market), "trade in range");
  }
  const jobber::Book& book = rig.session.book();
  require(!rig.session.quotable() || (book.two_sided() && !book.crossed()), "a quotable book is whole");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static gl::AccountCodec accounts;
  Rig rig(data[0]);
  jobber::Instrument market;
  market.venue_market = 1;
  jobber::feed::LighterStream stream(jobber::feed::lighter_stream(), {&market, 1});
  stream.on_open({0});
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (std::int64_t now = 1; !rest.empty(); ++now) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    // In memory of exactly its size and padding, so that a sanitizer sees one byte too many.
    const auto bytes = std::make_unique<char[]>(line.size() + jobber::feed::kDecodePadding);
    line.copy(bytes.get(), line.size());
    for (std::size_t i = 0; i < jobber::feed::kDecodePadding; ++i) bytes[line.size() + i] = (data[0] & 16U) != 0 ? '"' : '}';
    const std::span<const char> json(bytes.get(), line.size());
    feed_one(rig, json, now);
    (void)accounts.decode(json);
    stream.on_message({now * 1'000'000}, json);
    for (std::string_view text; stream.next_text(text);) {}
    (void)jobber::feed::read_lighter_instruments(line);
    (void)fl::read_public(line);
    const auto tx = gl::read_tx(static_cast<gl::TxType>(14 + (data[0] & 3U)), line);
    if (tx.ok()) (void)gl::check_tx(tx.value());
  }
  return 0;
}
