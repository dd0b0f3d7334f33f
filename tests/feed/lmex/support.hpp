// Instruments and messages that the LMEX feed tests share.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/instrument.hpp"
#include "feed/decode_error.hpp"

namespace jobber::feed::test {

inline Instrument lmex_instrument(std::string_view symbol, int price_decimals = 1, int qty_decimals = 0) {
  Instrument i;
  i.venue = Venue::kLmex;
  i.set_symbol(symbol);
  i.price_decimals = price_decimals;
  i.qty_decimals = qty_decimals;
  i.id = {3};
  return i;
}

// A message with its padding, as the link hands it over.
class Padded {
 public:
  explicit Padded(std::string_view text, char padding = '"') : text_(text), size_(text.size()) {
    text_.append(kDecodePadding, padding);
  }
  operator std::span<const char>() const { return {text_.data(), size_}; }  // NOLINT(google-explicit-constructor)

 private:
  std::string text_;
  std::size_t size_;
};

// {"topic":"update:BTC-PERP_0",...}; bids and asks as JSON: ["99.0","1"],["98.0","2"].
inline std::string book_text(std::string_view type, std::uint64_t prev, std::uint64_t seq, std::string_view bids,
                             std::string_view asks) {
  std::string out = R"({"topic":"update:BTC-PERP_0","data":{"bids":[)";
  out.append(bids).append("],\"asks\":[").append(asks).append("],\"seqNum\":").append(std::to_string(seq));
  out.append(",\"prevSeqNum\":").append(std::to_string(prev)).append(",\"type\":\"").append(type);
  return out.append(R"(","timestamp":1785000000100,"symbol":"BTC-PERP"}})");
}

}  // namespace jobber::feed::test
