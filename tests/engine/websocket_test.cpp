#include "engine/websocket.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "tests/support/alloc_counter.hpp"
#include "tests/support/ws_frames.hpp"

namespace jobber::ws {
namespace {

using namespace std::string_literals;
using test::Frame;
using test::to_wire;
using test::Transcript;

constexpr Limits kSmall{.message_bytes = 1U << 16, .tx_bytes = 4096, .empty_frames = 10};

Stream client() { return Stream(Role::kClient, 1, kSmall); }
Stream server() { return Stream(Role::kServer, 1, kSmall); }

// What a server sends to a client, and what the client made of it.
Transcript hear(const std::string& wire) {
  Stream stream = client();
  return test::run(stream, wire);
}

std::span<const char> bytes_of(std::string_view text) { return {text.data(), text.size()}; }
std::string tx_of(const Stream& stream) { return {stream.tx().data(), stream.tx().size()}; }

// Undoes the mask of the only frame in `wire`, which a client wrote.
std::string unmasked(std::string wire) {
  const std::size_t code = static_cast<unsigned char>(wire.at(1)) & 0x7F;
  const std::size_t at = code < 126 ? 2 : code == 126 ? 4 : 10;
  EXPECT_NE(wire[1] & 0x80, 0);
  for (std::size_t i = at + 4; i != wire.size(); ++i) wire[i] = static_cast<char>(wire[i] ^ wire[at + (i - at - 4) % 4]);
  wire[1] = static_cast<char>(wire[1] & 0x7F);
  return wire.erase(at, 4);
}

TEST(WebSocket, TheExamplesOfTheRfcAreUnderstood) {  // RFC 6455 5.7
  using enum Opcode;
  struct Row {
    const char* why;
    Role role;
    std::string wire;
    std::vector<std::pair<Opcode, std::string>> want;
  };
  const Row rows[] = {
      {"unmasked text", Role::kClient, "\x81\x05Hello", {{kText, "Hello"}}},
      {"masked text", Role::kServer, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", {{kText, "Hello"}}},
      {"fragmented unmasked text", Role::kClient, "\x01\x03Hel\x80\x02lo", {{kText, "Hello"}}},
      {"unmasked ping", Role::kClient, "\x89\x05Hello", {{kPing, "Hello"}}},
      {"masked pong", Role::kServer, "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", {{kPong, "Hello"}}},
      {"256 bytes binary", Role::kClient, "\x82\x7E\x01\x00"s + std::string(256, 'b'), {{kBinary, std::string(256, 'b')}}},
      {"64 KiB binary", Role::kClient, "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00"s + std::string(65536, 'b'),
       {{kBinary, std::string(65536, 'b')}}},
  };
  for (const Row& r : rows) {
    Stream stream(r.role, 1, kSmall);
    const Transcript got = test::run(stream, r.wire);
    EXPECT_EQ(got.messages, r.want) << r.why;
    EXPECT_EQ(got.error, WsError::kNone) << r.why;
  }
}

TEST(WebSocket, APingIsAnsweredWithItsOwnBytes) {
  const Transcript got = hear("\x89\x05Hello");
  EXPECT_EQ(unmasked(got.tx), "\x8a\x05Hello");
}

TEST(WebSocket, WhatOneRoleSendsTheOtherReadsAtEveryLength) {
  std::vector<std::size_t> lengths;
  for (std::size_t n = 0; n != 300; ++n) lengths.push_back(n);
  for (const std::size_t n : {1023U, 4000U, 65535U, 65536U, 70'000U}) lengths.push_back(n);
  const Limits limits{.message_bytes = 1U << 17, .tx_bytes = 1U << 17};
  Stream a(Role::kClient, 1, limits), b(Role::kServer, 2, limits);
  for (const std::size_t n : lengths) {
    std::string payload;
    for (std::size_t i = 0; i != n; ++i) payload += static_cast<char>('!' + i % 90);
    for (auto [from, to] : {std::pair{&a, &b}, std::pair{&b, &a}}) {
      ASSERT_TRUE(from->send(Opcode::kText, payload));
      const std::string wire = tx_of(*from);
      from->tx_sent(wire.size());
      const Transcript got = test::run(*to, wire);
      ASSERT_EQ(got.messages.size(), 1U) << n;
      ASSERT_EQ(got.messages[0], std::pair(Opcode::kText, payload)) << n;
      if (from == &a) {
        ASSERT_EQ(unmasked(wire), to_wire({.opcode = 1, .payload = payload}, false)) << n;
      }
    }
  }
}

TEST(WebSocket, MasksDifferFromFrameToFrame) {
  Stream stream(Role::kClient, 1);
  std::map<std::string, int> seen;
  for (int i = 0; i != 1000; ++i) {
    ASSERT_TRUE(stream.send(Opcode::kText, {}));
    ++seen[tx_of(stream).substr(2, 4)];
    stream.tx_sent(stream.tx().size());
  }
  EXPECT_GT(seen.size(), 990U);
}

TEST(WebSocket, HowTheBytesAreCutMakesNoDifference) {
  Rng rng(7);
  std::size_t messages = 0, failures = 0, closes = 0;
  for (int session = 0; session != 3000; ++session) {
    const Role role = rng.chance(0.5) ? Role::kServer : Role::kClient;
    const std::string wire = test::random_session(rng, role == Role::kServer, session % 2 == 0 ? 0.0 : 0.05);
    Stream whole(role, 5, kSmall), single(role, 5, kSmall), pieces(role, 5, kSmall);
    const Transcript want = test::run(whole, wire);
    ASSERT_EQ(test::run(single, wire, [] { return 1; }), want) << "session " << session;
    ASSERT_EQ(test::run(pieces, wire, [&] { return 1 + rng.below(200); }), want) << "session " << session;
    if (session % 2 == 0) {
      ASSERT_EQ(want.error, WsError::kNone) << to_text(want.error) << " session " << session;
    }
    messages += want.messages.size();
    failures += want.error != WsError::kNone;
    closes += want.peer_close_code == 1000;
  }
  EXPECT_GT(messages, 10'000U);
  EXPECT_GT(failures, 100U);
  EXPECT_GT(closes, 500U);
}

TEST(WebSocket, EverySplitOfOneStreamIntoTwoGivesTheSame) {
  const std::string wire = to_wire({.opcode = 1, .payload = "\xE2\x82\xAC", .fin = false}, false) +
                           to_wire({.opcode = 9, .payload = "?"}, false) +
                           to_wire({.opcode = 0, .payload = std::string(200, 'x')}, false) +
                           to_wire({.opcode = 2, .payload = std::string(300, '\xFF')}, false) +
                           to_wire({.opcode = 8, .payload = "\x03\xE9"}, false);
  const Transcript want = hear(wire);
  ASSERT_EQ(want.messages.size(), 4U);
  EXPECT_EQ(want.messages[1].second, "\xE2\x82\xAC" + std::string(200, 'x'));
  for (std::size_t cut = 1; cut != wire.size(); ++cut) {
    Stream stream = client();
    bool first = true;
    EXPECT_EQ(test::run(stream, wire, [&] { return std::exchange(first, false) ? cut : wire.size(); }), want) << cut;
  }
}

TEST(WebSocket, WhatTheRfcForbidsIsAnErrorOfItsOwnAndEndsTheConnection) {
  using enum WsError;
  struct Row {
    const char* why;
    WsError want;
    unsigned code;  // in the close frame that answers it
    std::string wire;
  };
  const auto plain = [](const Frame& f) { return to_wire(f, false); };
  const Row rows[] = {
      {"RSV1", kReservedBits, 1002, plain({.rsv = 4})},
      {"RSV2", kReservedBits, 1002, plain({.rsv = 2})},
      {"RSV3 in a ping", kReservedBits, 1002, plain({.opcode = 9, .rsv = 1})},
      {"opcode 3", kReservedOpcode, 1002, plain({.opcode = 3})},
      {"opcode 7", kReservedOpcode, 1002, plain({.opcode = 7})},
      {"opcode 11", kReservedOpcode, 1002, plain({.opcode = 11})},
      {"opcode 15", kReservedOpcode, 1002, plain({.opcode = 15})},
      {"masked by a server", kMasking, 1002, to_wire({.payload = "x"}, true)},
      {"16 bits for 125", kBadLength, 1002, plain({.payload = std::string(125, 'x'), .length_bytes = 2})},
      {"64 bits for 65,535", kBadLength, 1002, plain({.payload = std::string(65535, 'x'), .length_bytes = 8})},
      {"64 bits for 1", kBadLength, 1002, plain({.payload = "x", .length_bytes = 8})},
      {"2^63", kBadLength, 1002, plain({.claimed = 1ULL << 63})},
      {"2^64 - 1, but for the marker", kBadLength, 1002, plain({.claimed = ~0ULL - 1})},
      {"2^63 - 1", kMessageTooLong, 1009, plain({.claimed = (1ULL << 63) - 1})},
      {"one above the limit", kMessageTooLong, 1009, plain({.claimed = kSmall.message_bytes + 1})},
      {"one above the limit, in fragments", kMessageTooLong, 1009,
       plain({.opcode = 2, .payload = std::string(kSmall.message_bytes, 'x'), .fin = false}) + plain({.opcode = 0, .payload = "x"})},
      {"fragmented ping", kFragmentedControl, 1002, plain({.opcode = 9, .fin = false})},
      {"fragmented close", kFragmentedControl, 1002, plain({.opcode = 8, .fin = false})},
      {"ping of 126", kControlTooLong, 1002, plain({.opcode = 9, .payload = std::string(126, 'x')})},
      {"close of 65,536", kControlTooLong, 1002, plain({.opcode = 8, .claimed = 65536})},
      {"continuation of nothing", kBadContinuation, 1002, plain({.opcode = 0})},
      {"continuation after the end", kBadContinuation, 1002, plain({.opcode = 1}) + plain({.opcode = 0})},
      {"text inside a text", kBadContinuation, 1002, plain({.fin = false}) + plain({.opcode = 1})},
      {"binary inside a text", kBadContinuation, 1002, plain({.fin = false}) + plain({.opcode = 2})},
      {"close of one byte", kBadClose, 1002, plain({.opcode = 8, .payload = "\x03"})},
      {"close 0", kBadClose, 1002, plain({.opcode = 8, .payload = "\0\0"s})},
      {"close 999", kBadClose, 1002, plain({.opcode = 8, .payload = "\x03\xE7"})},
      {"close 1004", kBadClose, 1002, plain({.opcode = 8, .payload = "\x03\xEC"})},
      {"close 1005", kBadClose, 1002, plain({.opcode = 8, .payload = "\x03\xED"})},
      {"close 1006", kBadClose, 1002, plain({.opcode = 8, .payload = "\x03\xEE"})},
      {"close 1015", kBadClose, 1002, plain({.opcode = 8, .payload = "\x03\xF7"})},
      {"close 2999", kBadClose, 1002, plain({.opcode = 8, .payload = "\x0B\xB7"})},
      {"close 5000", kBadClose, 1002, plain({.opcode = 8, .payload = "\x13\x88"})},
      {"close with a reason that is not UTF-8", kBadUtf8, 1007, plain({.opcode = 8, .payload = "\x03\xE8\xFF"})},
      {"text that is not UTF-8", kBadUtf8, 1007, plain({.payload = "\xC0\xAF"})},
  };
  for (const Row& r : rows) {
    const Transcript got = hear(r.wire);
    EXPECT_EQ(got.error, r.want) << r.why << ": " << to_text(got.error);
    EXPECT_TRUE(got.closed) << r.why;
    const char code[] = {'\x88', '\x02', static_cast<char>(r.code >> 8), static_cast<char>(r.code)};
    EXPECT_EQ(unmasked(got.tx), std::string(code, 4)) << r.why;
    // Nothing is believed afterwards.
    Stream stream = client();
    EXPECT_EQ(test::run(stream, r.wire + plain({.payload = "later"})).messages, got.messages) << r.why;
    EXPECT_FALSE(stream.open() || stream.send(Opcode::kText, {})) << r.why;
  }
  Stream stream = server();
  EXPECT_EQ(test::run(stream, to_wire({.payload = "x"}, false)).error, kMasking) << "not masked by a client";
}

TEST(WebSocket, ABadHeadIsKnownBeforeItsPayloadComes) {
  EXPECT_EQ(hear("\x81\x7F\x80"s + std::string(7, '\0')).error, WsError::kBadLength);
  EXPECT_EQ(hear("\x81\x7F\x00\x00\x00\x00\x40\x00\x00\x00"s).error, WsError::kMessageTooLong);
  EXPECT_EQ(hear("\xC1\x7F"s).error, WsError::kReservedBits);
  EXPECT_EQ(hear("\x89\x7E"s).error, WsError::kControlTooLong);
}

TEST(WebSocket, CloseCodesThatMayBeSentAreTakenAndAnswered) {
  for (const unsigned code : {1000U, 1001U, 1002U, 1003U, 1007U, 1008U, 1009U, 1010U, 1011U, 1012U, 1013U, 1014U, 3000U, 3999U, 4000U, 4999U}) {
    const std::string payload{static_cast<char>(code >> 8), static_cast<char>(code)};
    const Transcript got = hear(to_wire({.opcode = 8, .payload = payload + "why"}, false));
    EXPECT_EQ(got.error, WsError::kNone) << code;
    EXPECT_EQ(got.peer_close_code, code);
    EXPECT_TRUE(got.closed);
    EXPECT_EQ(unmasked(got.tx), "\x88\x02" + payload) << code;
  }
  const Transcript empty = hear(to_wire({.opcode = 8}, false));
  EXPECT_EQ(empty.peer_close_code, kNoCloseCode);
  EXPECT_EQ(unmasked(empty.tx), "\x88\0"s);
}

TEST(WebSocket, OurCloseWaitsForThePeersAndStillHearsWhatWasOnItsWay) {
  Stream stream = client();
  stream.close(1000);
  EXPECT_FALSE(stream.open());
  EXPECT_FALSE(stream.closed());
  EXPECT_EQ(unmasked(tx_of(stream)), "\x88\x02\x03\xE8");
  stream.tx_sent(stream.tx().size());
  EXPECT_FALSE(stream.send(Opcode::kText, bytes_of("late")));
  const Transcript got = test::run(stream, "\x81\x04last\x89\x01?\x88\x02\x03\xE8\x81\x05later"s);
  EXPECT_EQ(got.messages.size(), 3U);
  EXPECT_EQ(got.messages[0].second, "last");
  EXPECT_TRUE(got.closed);
  EXPECT_EQ(got.tx, "") << "nothing follows our close frame, no pong either";
  stream.close(1000);
  EXPECT_TRUE(stream.tx().empty());
}

TEST(WebSocket, TextIsUtf8HoweverItIsCutIntoFragments) {
  struct Row {
    const char* why;
    std::string text;
    bool good;
  };
  const Row rows[] = {
      {"every length of character", "a\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBFz", true},
      {"Greek", "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5", true},
      {"a surrogate", "ok\xED\xA0\x80 end", false},
      {"an overlong slash", "ok\xC0\xAF", false},
      {"overlong in three", "ok\xE0\x80\xAF", false},
      {"overlong in four", "ok\xF0\x80\x80\xAF", false},
      {"beyond U+10FFFF", "ok\xF4\x90\x80\x80", false},
      {"a continuation alone", "ok\x80", false},
      {"0xFE", "ok\xFE", false},
      {"cut off at the end", "ok\xE2\x82", false},
      {"a start in place of a continuation", "\xE2\x82(", false},
  };
  for (const Row& r : rows) {
    for (const std::string& pad : {""s, std::string(61, 'x')}) {
      const std::string text = pad + r.text;
      EXPECT_EQ(hear(to_wire({.payload = text}, false)).error == WsError::kNone, r.good) << r.why;
      EXPECT_EQ(hear(to_wire({.opcode = 2, .payload = text}, false)).error, WsError::kNone) << "binary is anything";
      for (std::size_t a = 0; a <= text.size(); ++a) {
        for (std::size_t b = a; b <= text.size(); ++b) {
          const std::string wire = to_wire({.opcode = 1, .payload = text.substr(0, a), .fin = false}, false) +
                                   to_wire({.opcode = 0, .payload = text.substr(a, b - a), .fin = false}, false) +
                                   to_wire({.opcode = 0, .payload = text.substr(b)}, false);
          const Transcript got = hear(wire);
          ASSERT_EQ(got.error, r.good ? WsError::kNone : WsError::kBadUtf8) << r.why << " cut at " << a << ", " << b;
          if (r.good) {
            ASSERT_EQ(got.messages.at(0).second, text);
          }
        }
      }
    }
  }
}

TEST(WebSocket, BadTextIsNoticedInTheFragmentItIsIn) {
  EXPECT_EQ(hear(to_wire({.payload = "ok\xC0\xAF and", .fin = false}, false)).error, WsError::kBadUtf8);
}

TEST(WebSocket, AMillionEmptyFramesEndTheConnectionEarly) {
  const std::string empty = to_wire({.opcode = 0, .fin = false}, false);
  std::string wire = to_wire({.opcode = 1, .fin = false}, false);
  for (int i = 0; i != 1'000'000; ++i) wire += empty;
  Stream stream(Role::kClient, 1);
  const Transcript got = test::run(stream, wire);
  EXPECT_EQ(got.error, WsError::kTooManyEmptyFrames);
  EXPECT_TRUE(got.messages.empty());

  std::string whole;
  for (int i = 0; i != 1'000'000; ++i) whole += to_wire({.opcode = 1}, false);
  Stream other(Role::kClient, 1);
  EXPECT_EQ(test::run(other, whole).messages.size(), Limits{}.empty_frames);
}

TEST(WebSocket, EmptyMessagesNowAndThenAreFine) {
  std::string wire;
  for (int i = 0; i != 100; ++i) {
    for (std::uint32_t k = 0; k != kSmall.empty_frames; ++k) wire += to_wire({.opcode = 1}, false);
    wire += to_wire({.payload = "x"}, false);
  }
  EXPECT_EQ(hear(wire).messages.size(), 100 * (kSmall.empty_frames + 1));
}

TEST(WebSocket, AMillionFragmentsOfOneByteStayInTheBuffer) {
  std::string wire = to_wire({.opcode = 1, .payload = "x", .fin = false}, false);
  for (int i = 0; i != 999'999; ++i) wire += to_wire({.opcode = 0, .payload = "x", .fin = i == 999'998}, false);
  Stream stream(Role::kClient, 1);
  const test::AllocationScope scope;
  std::size_t size = 0;
  for (std::string_view rest = wire; !rest.empty();) {
    const std::span<char> space = stream.rx_space();
    const std::size_t n = std::min<std::size_t>({space.size(), rest.size(), 1500});
    rest.copy(space.data(), n);
    rest.remove_prefix(n);
    stream.on_rx(n);
    for (Message m; stream.next(m);) size = m.payload.size();
  }
  EXPECT_EQ(scope.count(), 0);
  EXPECT_EQ(size, 1'000'000U);
}

TEST(WebSocket, PingsOfAPeerThatDoesNotReadDoNotPileUp) {
  Stream stream = client();
  const std::string ping = to_wire({.opcode = 9, .payload = std::string(125, 'p')}, false);
  for (int i = 0; i != 10'000; ++i) {
    ping.copy(stream.rx_space().data(), ping.size());
    stream.on_rx(ping.size());
    Message m;
    ASSERT_TRUE(stream.next(m));
    ASSERT_LE(stream.tx().size(), kSmall.tx_bytes);
  }
  EXPECT_TRUE(stream.open());
  stream.close(1001);  // there is room for it
  EXPECT_TRUE(tx_of(stream).substr(tx_of(stream).size() - 8).starts_with("\x88\x82"));
}

TEST(WebSocket, AFullTxRefusesAndTakesAgainWhenBytesHaveLeft) {
  Stream sender = client(), receiver = server();
  Rng rng(3);
  std::string want, got, wire;
  int refused = 0;
  for (int i = 0; i != 20'000; ++i) {
    const std::string text(rng.below(700), static_cast<char>('a' + i % 26));
    if (sender.send(Opcode::kText, text)) {
      want += text + "|";
    } else {
      ++refused;
    }
    ASSERT_LE(sender.tx().size(), kSmall.tx_bytes);
    const std::size_t n = rng.below(std::min<std::size_t>(sender.tx().size(), 600) + 1);
    wire.assign(sender.tx().data(), n);
    sender.tx_sent(n);
    for (const auto& [opcode, payload] : test::run(receiver, wire).messages) got += payload + "|";
  }
  for (const auto& [opcode, payload] : test::run(receiver, tx_of(sender)).messages) got += payload + "|";
  EXPECT_EQ(got, want);
  EXPECT_GT(refused, 100);
  EXPECT_FALSE(sender.send(Opcode::kText, std::string(kSmall.tx_bytes, 'x'))) << "never fits";
}

TEST(WebSocket, AnUnfragmentedMessageIsHandedOutWhereItWasReceived) {
  Stream stream = client();
  const std::string wire = to_wire({.payload = std::string(300, 'x')}, false);
  const std::span<char> space = stream.rx_space();
  wire.copy(space.data(), wire.size());
  stream.on_rx(wire.size());
  Message m;
  ASSERT_TRUE(stream.next(m));
  EXPECT_EQ(m.payload.data(), space.data() + 4);
}

TEST(WebSocket, PaddingBehindAPayloadIsReadableEvenAtTheEndOfTheBuffer) {
  Stream stream = client();
  const std::string wire = to_wire({.opcode = 2, .payload = std::string(kSmall.message_bytes, 'x')}, false);
  std::uint64_t sum = 0;
  for (int i = 0; i != 10; ++i) {
    for (std::string_view rest = wire; !rest.empty();) {
      const std::span<char> space = stream.rx_space();
      ASSERT_FALSE(space.empty());
      const std::size_t n = std::min(space.size(), rest.size());
      rest.copy(space.data(), n);
      rest.remove_prefix(n);
      stream.on_rx(n);
      for (Message m; stream.next(m);) {
        char behind[kPadding];
        std::memcpy(behind, m.payload.data() + m.payload.size(), kPadding);
        sum += m.payload.size() + (behind[0] == 1);
      }
    }
  }
  EXPECT_GE(sum, 10 * kSmall.message_bytes);
}

TEST(WebSocket, MakesNoAllocationOnceBuilt) {
  Rng rng(11);
  std::vector<std::string> sessions;
  for (int i = 0; i != 300; ++i) sessions.push_back(test::random_session(rng, false, 0.05));
  Stream stream(Role::kClient, 1, kSmall);
  const std::string order(300, 'o');
  const test::AllocationScope scope;
  std::size_t messages = 0;
  for (const std::string& session : sessions) {
    for (std::string_view rest = session; !rest.empty();) {
      const std::span<char> space = stream.rx_space();
      const std::size_t n = std::min<std::size_t>({space.size(), rest.size(), 700});
      rest.copy(space.data(), n);
      rest.remove_prefix(n);
      stream.on_rx(n);
      for (Message m; stream.next(m); ++messages) {
        if (stream.open()) static_cast<void>(stream.send(Opcode::kText, order));
      }
      stream.tx_sent(std::min<std::size_t>(stream.tx().size(), 500));
    }
    stream.close(1000);
    stream.reset();
  }
  EXPECT_EQ(scope.count(), 0);
  EXPECT_GT(messages, 1000U);
}

TEST(WebSocket, ResetForgetsTheOldConnection) {
  Stream stream = client();
  test::run(stream, to_wire({.payload = "half", .fin = false}, false) + "\x81"s);
  ASSERT_TRUE(stream.send(Opcode::kText, bytes_of("never sent")));
  stream.reset();
  EXPECT_TRUE(stream.open());
  EXPECT_TRUE(stream.tx().empty());
  const Transcript got = test::run(stream, "\x81\x03new");
  ASSERT_EQ(got.messages.size(), 1U);
  EXPECT_EQ(got.messages[0].second, "new");
}

// The upgrade.

constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";  // RFC 6455 1.3

http::Request request_of(std::string_view wire) {
  http::RequestReader reader;
  EXPECT_EQ(reader.on_bytes(wire), wire.size());
  EXPECT_TRUE(reader.done()) << http::to_text(reader.error());
  return reader.take();
}

TEST(WebSocketUpgrade, TheExampleOfTheRfc) {
  EXPECT_EQ(accept_of(kKey), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(make_key(0x6173'2065'6874ULL | 0x6D61ULL << 48 | 0ULL, 0).size(), 24U);
  EXPECT_EQ(make_key(0x706D'6173'2065'6874ULL, 0x6563'6E6F'6E20'656CULL), kKey);
}

TEST(WebSocketUpgrade, OurRequestIsAcceptedByOurAnswer) {
  const std::string wire = upgrade_request("stream.example:9443", "/stream?streams=a", kKey, {{{"User-Agent", "jobber"}}});
  const http::Request request = request_of(wire);
  EXPECT_EQ(request.target, "/stream?streams=a");
  EXPECT_EQ(request.headers.get("host"), "stream.example:9443");
  EXPECT_EQ(request.headers.get("user-agent"), "jobber");
  EXPECT_TRUE(is_upgrade(request));
  std::string answer;
  http::append(answer, upgrade_response(request));
  http::ResponseReader reader;
  const std::string with_frame = answer + "\x81\x02hi";
  EXPECT_EQ(reader.on_bytes(with_frame), answer.size()) << "the first frame stays for the stream";
  ASSERT_TRUE(reader.done());
  EXPECT_TRUE(upgrade_accepted(reader.take(), kKey));
}

TEST(WebSocketUpgrade, AServerSaysWhyItDoesNotUpgrade) {
  struct Row {
    const char* why;
    int want;
    std::string_view header, value;  // replaced; "" value: left out
  };
  constexpr Row rows[] = {
      {"as it should be", 101, "X-Nothing", "1"},
      {"Connection with more tokens, in capitals", 101, "Connection", "keep-alive, UPGRADE"},
      {"an ordinary request", 426, "Upgrade", ""},
      {"another protocol", 426, "Upgrade", "h2c"},
      {"no Connection", 426, "Connection", ""},
      {"an old version", 426, "Sec-WebSocket-Version", "8"},
      {"no version", 426, "Sec-WebSocket-Version", ""},
      {"no key", 400, "Sec-WebSocket-Key", ""},
      {"a short key", 400, "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ="},
      {"not base64", 400, "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub2*jZQ=="},
      {"17 bytes", 400, "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZR=="},
  };
  for (const Row& r : rows) {
    http::Request request = request_of(upgrade_request("h", "/", kKey));
    request.headers.set(r.header, r.value);
    if (r.value.empty()) std::erase_if(request.headers.list, [&](const http::Header& h) { return h.name == r.header; });
    const http::Response got = upgrade_response(request);
    EXPECT_EQ(got.status, r.want) << r.why;
    if (r.want == 426) {
      EXPECT_EQ(got.headers.get("sec-websocket-version"), "13") << r.why;
    }
  }
  http::Request twice = request_of(upgrade_request("h", "/", kKey));
  twice.headers.add("Sec-WebSocket-Key", kKey);
  EXPECT_EQ(upgrade_response(twice).status, 400);
  http::Request post = request_of(upgrade_request("h", "/", kKey));
  post.method = "POST";
  EXPECT_EQ(upgrade_response(post).status, 400);
}

TEST(WebSocketUpgrade, AClientRefusesEveryAnswerButTheRightOne) {
  struct Row {
    const char* why;
    bool want;
    std::string_view header, value;
  };
  constexpr Row rows[] = {
      {"as it should be", true, "Server", "nginx"},
      {"in capitals", true, "Upgrade", "WebSocket"},
      {"no accept", false, "Sec-WebSocket-Accept", ""},
      {"of another key", false, "Sec-WebSocket-Accept", "HSmrc0sMlYUkAGmm5OPpG2HaGWk="},
      {"accept in other case", false, "Sec-WebSocket-Accept", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
      {"no Upgrade", false, "Upgrade", ""},
      {"no Connection", false, "Connection", ""},
      {"an extension nobody offered", false, "Sec-WebSocket-Extensions", "permessage-deflate"},
      {"a subprotocol nobody offered", false, "Sec-WebSocket-Protocol", "chat"},
  };
  for (const Row& r : rows) {
    http::Response answer = upgrade_response(request_of(upgrade_request("h", "/", kKey)));
    answer.headers.set(r.header, r.value);
    if (r.value.empty()) std::erase_if(answer.headers.list, [&](const http::Header& h) { return h.name == r.header; });
    EXPECT_EQ(upgrade_accepted(answer, kKey), r.want) << r.why;
  }
  http::Response answer = upgrade_response(request_of(upgrade_request("h", "/", kKey)));
  for (const int status : {100, 200, 301, 302, 400, 403, 429, 500}) {
    answer.status = status;
    EXPECT_FALSE(upgrade_accepted(answer, kKey)) << status;
  }
}

}  // namespace
}  // namespace jobber::ws
