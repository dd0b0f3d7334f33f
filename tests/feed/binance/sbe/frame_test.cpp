// What the vectors do not ask: frames that are wrong, and frames of a later version.
#include "feed/binance/sbe/frame.hpp"

#include <gtest/gtest.h>

#include <string>

namespace jobber::feed::sbe {
namespace {

// Writes a frame field by field.
class Frame {
 public:
  template <class T>
  Frame& add(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Frame& symbol(std::string_view text) {
    add(static_cast<std::uint8_t>(text.size()));
    for (const char c : text) add(c);
    return *this;
  }
  operator std::span<const std::byte>() const { return std::as_bytes(std::span<const char>(bytes_)); }  // NOLINT(google-explicit-constructor)

 private:
  std::string bytes_;
};

Frame header(std::uint16_t block, std::uint16_t which, std::uint16_t schema = 1, std::uint16_t version = 0) {
  Frame f;
  f.add(block).add(which).add(schema).add(version);
  return f;
}
Frame diff(std::int64_t first, std::int64_t last, std::int8_t price_exponent = -2, std::int8_t qty_exponent = -5) {
  Frame f = header(26, 10003);
  f.add(std::int64_t{1785000000020000}).add(first).add(last).add(price_exponent).add(qty_exponent);
  return f;
}
Frame& level(Frame& f, std::int64_t price, std::int64_t qty) { return f.add(price).add(qty); }
Frame& group(Frame& f, std::uint16_t entry, std::uint16_t count) { return f.add(entry).add(count); }

Instrument market() {
  Instrument i;
  i.price_decimals = 2;
  i.qty_decimals = 8;
  i.set_symbol("BTCUSDT");
  return i;
}

TEST(SbeFrame, ADeltaIsOnTheInstrumentsGridWhateverItsExponents) {
  FrameDecoder decoder(market());
  for (const auto& [exponent, mantissa] : {std::pair<std::int8_t, std::int64_t>{-2, 6000001}, {-4, 600000100}, {-1, 600000}, {2, 600}}) {
    Frame f = diff(5, 7, exponent);
    group(f, 16, 1), level(f, mantissa, 100'000), group(f, 16, 0), f.symbol("BTCUSDT");
    const auto kind = decoder.decode(f);
    ASSERT_TRUE(kind.ok()) << int{exponent};
    EXPECT_EQ(kind.value(), EventKind::kDepth);
    EXPECT_EQ(decoder.depth().bids[0].price.grid, exponent == -1 || exponent == 2 ? 6000000 : 6000001);
    EXPECT_EQ(decoder.depth().bids[0].qty.n, 100'000'000);
    EXPECT_FALSE(decoder.depth().has_prev) << "the spot rule holds";
  }
}

TEST(SbeFrame, WhatIsWrongIsAnErrorAndCounted) {
  const auto with = [](Frame f, std::int64_t price, std::int64_t qty) {
    group(f, 16, 1), level(f, price, qty), group(f, 16, 0), f.symbol("BTCUSDT");
    return f;
  };
  Frame no_room = diff(1, 2);
  group(no_room, 16, 3);
  for (int i = 0; i != 3; ++i) level(no_room, 100, 1);
  group(no_room, 16, 0), no_room.symbol("BTCUSDT");
  Frame narrow = diff(1, 2);
  group(narrow, 15, 1);
  Frame other = diff(1, 2);
  group(other, 16, 0), group(other, 16, 0), other.symbol("ETHUSDT");
  Frame trailing = diff(1, 2);
  group(trailing, 16, 0), group(trailing, 16, 0), trailing.symbol("BTCUSDT").add('x');
  Frame short_root = header(25, 10003);
  short_root.add(std::int64_t{1}).add(std::int64_t{1}).add(std::int64_t{1}).add('a');
  struct Row { const char* why; Frame frame; SbeError want; };
  const Row rows[] = {
      {"nothing", {}, SbeError::kTooShort},
      {"another schema", header(26, 10003, 2), SbeError::kWrongSchema},
      {"no root", header(26, 10003), SbeError::kTooShort},
      {"a root too short for its fields", short_root, SbeError::kBadBlock},
      {"half a tick", with(diff(1, 2, -3), 1005, 1), SbeError::kBadNumber},
      {"a negative price", with(diff(1, 2), -100, 1), SbeError::kBadNumber},
      {"price 0", with(diff(1, 2), 0, 1), SbeError::kBadNumber},
      {"a negative size", with(diff(1, 2), 100, -1), SbeError::kBadNumber},
      {"beyond 64 bits", with(diff(1, 2, 127), 100, 1), SbeError::kBadNumber},
      {"a size no market has", with(diff(1, 2, -2, 10), 100, 1'000'000), SbeError::kBadNumber},
      {"ids backwards", with(diff(3, 2), 100, 1), SbeError::kBadNumber},
      {"a negative id", with(diff(-3, 2), 100, 1), SbeError::kBadNumber},
      {"more levels than room", no_room, SbeError::kTooManyLevels},
      {"entries too short", narrow, SbeError::kBadBlock},
      {"another symbol", other, SbeError::kWrongSymbol},
      {"bytes behind", trailing, SbeError::kTrailing},
  };
  FrameDecoder decoder(market(), 2, 2);
  std::array<std::uint64_t, kSbeErrors> counted{};
  for (const Row& row : rows) {
    const auto kind = decoder.decode(row.frame);
    ASSERT_FALSE(kind.ok()) << row.why;
    EXPECT_EQ(to_text(kind.error()), to_text(row.want)) << row.why;
    ++counted[static_cast<std::size_t>(row.want)];
  }
  EXPECT_EQ(decoder.counters().errors, counted);
  EXPECT_TRUE(decoder.decode(with(diff(1, 2), 100, 1)).ok()) << "the next one is fine";
}

TEST(SbeFrame, ALaterVersionMayLengthenItsParts) {
  Frame f = header(28, 10003, 1, 1);
  f.add(std::int64_t{1785000000020000}).add(std::int64_t{5}).add(std::int64_t{7}).add(std::int8_t{-2}).add(std::int8_t{-5}).add(std::uint16_t{9});
  group(f, 18, 2);
  level(f, 6000000, 1).add(std::uint16_t{9});
  level(f, 5999900, 2).add(std::uint16_t{9});
  group(f, 16, 0), f.symbol("BTCUSDT").add('x');
  FrameDecoder decoder(market());
  ASSERT_TRUE(decoder.decode(f).ok());
  ASSERT_EQ(decoder.depth().bids.size(), 2U);
  EXPECT_EQ(decoder.depth().bids[1].price.grid, 5999900);
  EXPECT_EQ(decoder.decode(header(26, 12345)).value(), EventKind::kOther);
  EXPECT_EQ(decoder.counters().unknown_templates, 1U);
}

}  // namespace
}  // namespace jobber::feed::sbe
