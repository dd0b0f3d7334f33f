// Checksum of a book as recordings' manifests state it, so that two programs can compare books.
//
// Cold. CRC-32 (the one of zlib) of "px:qty,px:qty,...|px:qty,...": bids best first, then asks best
// first, prices and sizes as integers scaled by 10^8; eight lower-case hex digits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/book.hpp"
#include "engine/instrument.hpp"

namespace jobber::tools {

[[nodiscard]] std::uint32_t crc32(std::string_view text, std::uint32_t seed = 0) noexcept;

// Of the best `max_levels` a side.
[[nodiscard]] std::string book_crc(const Book& book, const Instrument& instrument, std::size_t max_levels);

}  // namespace jobber::tools
