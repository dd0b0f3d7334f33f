#include "tools/jobber/book_crc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>

#include "engine/check.hpp"

namespace jobber::tools {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1U) != 0 ? 0xEDB88320U : 0U);
    table[i] = c;
  }
  return table;
}

// Units of 10^-8 in one grid step of units * 10^-decimals.
std::int64_t step_e8(std::int64_t units, std::int32_t decimals) {
  JOBBER_CHECK(decimals >= 0 && decimals <= 8);
  for (std::int32_t i = decimals; i < 8; ++i) units *= 10;
  return units;
}

}  // namespace

std::uint32_t crc32(std::string_view text, std::uint32_t seed) noexcept {
  static constexpr std::array<std::uint32_t, 256> kTable = make_table();
  std::uint32_t c = ~seed;
  for (const char ch : text) c = kTable[(c ^ static_cast<unsigned char>(ch)) & 0xFFU] ^ (c >> 8);
  return ~c;
}

std::string book_crc(const Book& book, const Instrument& instrument, std::size_t max_levels) {
  const std::int64_t price_step = step_e8(instrument.tick_units, instrument.price_decimals);
  const std::int64_t qty_step = step_e8(instrument.lot_units, instrument.qty_decimals);
  fmt::memory_buffer text;
  for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
    if (side == BookSide::kAsk) text.push_back('|');
    bool first = true;
    book.for_each(side, max_levels, [&](Price price, Lots qty) {
      fmt::format_to(std::back_inserter(text), "{}{}:{}", first ? "" : ",", price.grid * price_step, qty.n * qty_step);
      first = false;
    });
  }
  return fmt::format("{:08x}", crc32({text.data(), text.size()}));
}

BookMark mark_of(const Book& book, bool whole, std::uint64_t update_id, const Instrument& instrument) {
  if (!whole) return {};
  const std::size_t bids = book.levels(BookSide::kBid), asks = book.levels(BookSide::kAsk);
  return {true, update_id, bids, asks, book_crc(book, instrument, 10), book_crc(book, instrument, 100),
          book_crc(book, instrument, std::max(bids, asks))};
}

std::string to_text(const BookMark& m) {
  if (!m.whole) return "not whole";
  return fmt::format("at update {}: ten levels {}, hundred {}, all {} + {} levels {}", m.update_id, m.crc10, m.crc100, m.bid_levels, m.ask_levels, m.crc_all);
}

nlohmann::ordered_json to_json(const BookMark& m) {
  return {{"whole", m.whole},         {"update_id", m.update_id}, {"bid_levels", m.bid_levels},
          {"ask_levels", m.ask_levels}, {"crc10", m.crc10},         {"crc100", m.crc100},
          {"crc_all", m.crc_all}};
}

}  // namespace jobber::tools
