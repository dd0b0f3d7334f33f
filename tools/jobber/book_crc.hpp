// Checksum of a book as recordings' manifests state it, so that two programs can compare books.
//
// Cold. CRC-32 (the one of zlib) of "px:qty,px:qty,...|px:qty,...": bids best first, then asks best
// first, prices and sizes as integers scaled by 10^8; eight lower-case hex digits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "engine/book.hpp"
#include "engine/instrument.hpp"

namespace jobber::tools {

[[nodiscard]] std::uint32_t crc32(std::string_view text, std::uint32_t seed = 0) noexcept;

// Of the best `max_levels` a side.
[[nodiscard]] std::string book_crc(const Book& book, const Instrument& instrument, std::size_t max_levels);

// What two programs compare when they say they hold the same book.
struct BookMark {
  bool whole = false;           // else there is no book to speak of, and the rest is empty
  std::uint64_t update_id = 0;  // of the venue, last applied
  std::size_t bid_levels = 0;
  std::size_t ask_levels = 0;
  std::string crc10;    // of the ten best levels a side
  std::string crc100;   // what the local exchange tells of its own book
  std::string crc_all;
};
[[nodiscard]] BookMark mark_of(const Book& book, bool whole, std::uint64_t update_id, const Instrument& instrument);
[[nodiscard]] std::string to_text(const BookMark& mark);
[[nodiscard]] nlohmann::ordered_json to_json(const BookMark& mark);

}  // namespace jobber::tools
