#include "engine/http1.hpp"

#include <gtest/gtest.h>

#include "engine/rng.hpp"

namespace jobber::http {
namespace {

using namespace std::string_literals;

template <class M>
struct Read {
  std::vector<M> messages;
  HttpError error = HttpError::kNone;
  std::size_t left = 0;  // bytes that nobody took
};

// Reads all messages of a connection, cut into pieces of `piece()` bytes, then the end of it.
template <class M, class Piece>
Read<M> read_all(std::string_view wire, const Limits& limits, Piece&& piece) {
  Read<M> out;
  Reader<M> reader(limits);
  while (!wire.empty() && reader.error() == HttpError::kNone) {
    std::string_view now = wire.substr(0, static_cast<std::size_t>(piece()));
    wire.remove_prefix(now.size());
    while (!now.empty() && reader.error() == HttpError::kNone) {
      now.remove_prefix(reader.on_bytes(now));
      if (reader.done()) out.messages.push_back(reader.take());
    }
    if (reader.error() != HttpError::kNone) out.left = wire.size() + now.size();
  }
  reader.on_eof();
  if (reader.done()) out.messages.push_back(reader.take());
  out.error = reader.error();
  return out;
}
template <class M>
Read<M> read_all(std::string_view wire, const Limits& limits = {}) {
  return read_all<M>(wire, limits, [&] { return wire.size(); });
}

std::string text_of(const Request& r) {
  std::string out = r.method + ' ' + r.target + ' ' + (r.keep_alive ? "keep" : "close");
  for (const Header& h : r.headers.list) out += '|' + h.name + '=' + h.value;
  return out + '|' + r.body;
}
std::string text_of(const Response& r) {
  std::string out = std::to_string(r.status) + ' ' + r.reason + ' ' + (r.keep_alive ? "keep" : "close");
  for (const Header& h : r.headers.list) out += '|' + h.name + '=' + h.value;
  return out + '|' + r.body;
}

TEST(Http1, RequestsAreReadAsTheyWereWritten) {
  struct Row {
    const char* wire;
    const char* want;
  };
  constexpr Row rows[] = {
      {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / keep|Host=h|"},
      {"GET /a?b=c HTTP/1.1\r\nHOST:h\r\nConnection: Close\r\n\r\n", "GET /a?b=c close|HOST=h|Connection=Close|"},
      {"POST /o HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na\r\n", "POST /o keep|Host=h|Content-Length=3|a\r\n"},
      {"POST /o HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", "POST /o keep|Host=h|Content-Length=0|"},
      {"POST /o HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\n\r\n",
       "POST /o keep|Host=h|Transfer-Encoding=chunked|abc0123456789"},
      {"POST /o HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\nTrailer: t\r\n\r\n",
       "POST /o keep|Host=h|Transfer-Encoding=Chunked|x"},
      {"\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / keep|Host=h|"},
      {"GET / HTTP/1.0\r\n\r\n", "GET / close|"},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / keep|Connection=keep-alive|"},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: \t a\tb \t\r\nEmpty:\r\n\r\n", "GET / keep|Host=h|X=a\tb|Empty=|"},
  };
  for (const Row& r : rows) {
    const auto got = read_all<Request>(r.wire);
    ASSERT_EQ(got.messages.size(), 1U) << r.wire << to_text(got.error);
    EXPECT_EQ(text_of(got.messages[0]), r.want);
    EXPECT_EQ(got.error, HttpError::kNone);
  }
}

TEST(Http1, ResponsesAreReadAsTheyWereWritten) {
  struct Row {
    const char* wire;
    const char* want;
  };
  constexpr Row rows[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "200 OK keep|Content-Length=2|hi"},
      {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200  keep|Content-Length=0|"},
      {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200  keep|Content-Length=0|"},
      {"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnope\r\n0\r\n\r\n", "404 Not Found keep|Transfer-Encoding=chunked|nope"},
      {"HTTP/1.1 200 OK\r\n\r\nuntil the end", "200 OK close|until the end"},
      {"HTTP/1.0 200 OK\r\n\r\n", "200 OK close|"},
      {"HTTP/1.1 204 No Content\r\n\r\n", "204 No Content keep|"},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n", "304 Not Modified keep|Content-Length=100|"},
      {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", "101 Switching Protocols keep|Upgrade=websocket|"},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
       "200 OK keep|Content-Length=1|x"},
  };
  for (const Row& r : rows) {
    const auto got = read_all<Response>(r.wire);
    ASSERT_EQ(got.messages.size(), 1U) << r.wire << to_text(got.error);
    EXPECT_EQ(text_of(got.messages[0]), r.want);
  }
}

TEST(Http1, AnAnswerToHeadHasNoBodyWhateverItsLength) {
  ResponseReader reader;
  reader.expect_no_body();
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n";
  EXPECT_EQ(reader.on_bytes(head + "HTTP"), head.size());
  ASSERT_TRUE(reader.done());
  EXPECT_EQ(reader.take().status, 200);
  const std::string next = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
  EXPECT_EQ(reader.on_bytes(next), next.size());
  EXPECT_EQ(reader.take().body, "x") << "only the one answer was meant";
}

TEST(Http1, PipelinedMessagesComeOneByOne) {
  const auto got = read_all<Request>(
      "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n2GET /3 HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_EQ(got.messages.size(), 3U);
  EXPECT_EQ(got.messages[0].target + got.messages[1].target + got.messages[1].body + got.messages[2].target, "/1/22/3");
}

TEST(Http1, WhatHasTwoReadingsIsRefused) {
  using enum HttpError;
  struct Row {
    const char* why;
    HttpError want;
    std::string wire;  // after "POST / HTTP/1.1" unless it has its own start line
  };
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  const Row rows[] = {
      {"bare line feeds", kBadSyntax, "GET / HTTP/1.1\nHost: h\n\n"},
      {"a bare line feed in a header", kBadSyntax, "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n"},
      {"a bare carriage return in a header", kBadSyntax, "GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n"},
      {"a nul in a header", kBadSyntax, "GET / HTTP/1.1\r\nHost: h\r\nX: a"s + '\0' + "b\r\n\r\n"},
      {"a space before the colon", kBadSyntax, post + "Content-Length : 3\r\n\r\nabc"},
      {"a folded header", kBadSyntax, post + "X: a\r\n b\r\n\r\n"},
      {"a first header that is folded", kBadSyntax, "GET / HTTP/1.1\r\n Host: h\r\n\r\n"},
      {"no colon", kBadSyntax, post + "Content-Length\r\n\r\n"},
      {"no name", kBadSyntax, post + ": x\r\n\r\n"},
      {"no host", kBadSyntax, "GET / HTTP/1.1\r\n\r\n"},
      {"two hosts", kBadSyntax, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
      {"a space in the target", kBadSyntax, "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"two spaces", kBadSyntax, "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"a tab in the request line", kBadSyntax, "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"no version", kBadSyntax, "GET /\r\nHost: h\r\n\r\n"},
      {"a method with a colon", kBadSyntax, "GE:T / HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"TLS instead of HTTP", kBadSyntax, "\x16\x03\x01\x02\n"},
      {"HTTP/2 preface", kUnsupported, "PRI * HTTP/2.0\r\n\r\n"},
      {"HTTP/1.2", kUnsupported, "GET / HTTP/1.2\r\nHost: h\r\n\r\n"},
      {"small letters", kBadSyntax, "GET / http/1.1\r\nHost: h\r\n\r\n"},
      {"two lengths that differ", kBadLength, post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc"},
      {"two lengths that agree", kBadLength, post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"},
      {"a list of lengths", kBadLength, post + "Content-Length: 3, 3\r\n\r\nabc"},
      {"a length and chunks", kBadLength, post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"chunks and a length", kBadLength, post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"},
      {"chunked twice", kBadLength, post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"chunks in HTTP/1.0", kBadLength, "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"another coding", kUnsupported, post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
      {"identity", kUnsupported, post + "Transfer-Encoding: identity\r\n\r\n"},
      {"an obfuscated coding", kUnsupported, post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
      {"a coding with a vertical tab", kBadSyntax, post + "Transfer-Encoding: \x0B" "chunked\r\n\r\n0\r\n\r\n"},
      {"a negative length", kBadLength, post + "Content-Length: -1\r\n\r\n"},
      {"a signed length", kBadLength, post + "Content-Length: +3\r\n\r\nabc"},
      {"a hexadecimal length", kBadLength, post + "Content-Length: 0x3\r\n\r\nabc"},
      {"an empty length", kBadLength, post + "Content-Length:\r\n\r\nabc"},
      {"a length of 2^64 + 3", kBadLength, post + "Content-Length: 18446744073709551619\r\n\r\nabc"},
      {"a length above the limit", kBodyTooLong, post + "Content-Length: 8388609\r\n\r\n"},
      {"a chunk of no size", kBadLength, post + "Transfer-Encoding: chunked\r\n\r\n\r\n\r\n"},
      {"a chunk of a bad size", kBadLength, post + "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n"},
      {"a chunk size with a space", kBadLength, post + "Transfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n"},
      {"a negative chunk", kBadLength, post + "Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n"},
      {"a chunk size of 16 digits", kBadLength, post + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nabc"},
      {"a chunk of 2^60 - 1", kBodyTooLong, post + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFF\r\nabc"},
      {"a chunk longer than it said", kBadLength, post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n"},
      {"a chunk that ends in a bare line feed", kBadSyntax, post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\n0\r\n\r\n"},
      {"a chunk head that ends in a bare line feed", kBadSyntax, post + "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n"},
      {"a control character in an extension", kBadSyntax, post + "Transfer-Encoding: chunked\r\n\r\n3;a\rb\r\nabc\r\n0\r\n\r\n"},
      {"a trailer that is folded", kBadSyntax, post + "Transfer-Encoding: chunked\r\n\r\n0\r\n X: y\r\n\r\n"},
      {"cut in the head", kCut, "GET / HTTP/1.1\r\nHost"},
      {"cut in the body", kCut, post + "Content-Length: 3\r\n\r\nab"},
      {"cut before the last chunk", kCut, post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"},
  };
  for (const Row& r : rows) {
    const auto got = read_all<Request>(r.wire);
    EXPECT_EQ(got.error, r.want) << r.why << ": " << to_text(got.error);
    EXPECT_TRUE(got.messages.empty()) << r.why;
  }
}

TEST(Http1, BadAnswersAreRefused) {
  using enum HttpError;
  struct Row {
    const char* why;
    HttpError want;
    const char* wire;
  };
  constexpr Row rows[] = {
      {"not HTTP", kBadSyntax, "SSH-2.0-OpenSSH\r\n\r\n"},
      {"status of two digits", kBadSyntax, "HTTP/1.1 20 OK\r\n\r\n"},
      {"status of four digits", kBadSyntax, "HTTP/1.1 2000 OK\r\n\r\n"},
      {"status 099", kBadSyntax, "HTTP/1.1 099 OK\r\n\r\n"},
      {"status 600", kBadSyntax, "HTTP/1.1 600 OK\r\n\r\n"},
      {"HTTP/2", kUnsupported, "HTTP/2.0 200 OK\r\n\r\n"},
      {"an empty line first", kBadSyntax, "\r\nHTTP/1.1 200 OK\r\n\r\n"},
      {"a length and chunks", kBadLength, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"cut in a body of known length", kCut, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"},
      {"cut in a chunked body", kCut, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab"},
  };
  for (const Row& r : rows) {
    const auto got = read_all<Response>(r.wire);
    EXPECT_EQ(got.error, r.want) << r.why << ": " << to_text(got.error);
    EXPECT_TRUE(got.messages.empty()) << r.why;
  }
}

TEST(Http1, ASmuggledRequestNeverBecomesASecondOne) {
  // The classic shapes: what a front end of another opinion would read as the body carries a request.
  const std::string evil = "GET /evil HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string heads[] = {
      "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding:\x01" "chunked\r\n\r\n0\r\n\r\n",
      "X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
      "Content-Length: 0,44\r\n\r\n",
      "Content-Length: 0\r\n Content-Length: 44\r\n\r\n",
  };
  for (const std::string& head : heads) {
    const auto got = read_all<Request>("POST / HTTP/1.1\r\nHost: h\r\n" + head + evil);
    EXPECT_TRUE(got.messages.empty()) << head;
    EXPECT_NE(got.error, HttpError::kNone) << head;
  }
}

TEST(Http1, EndlessHeadsEndAtTheLimit) {
  const Limits limits{.head_bytes = 1000, .body_bytes = 100, .headers = 10};
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  struct Row {
    const char* why;
    HttpError want;
    std::string start, again;
  };
  const Row rows[] = {
      {"a line without end", HttpError::kHeadTooLong, "GET /", "a"},
      {"a header without end", HttpError::kHeadTooLong, post + "X: ", "a"},
      {"headers without end", HttpError::kTooManyHeaders, post, "X: y\r\n"},
      {"long headers without end", HttpError::kHeadTooLong, post, "X: " + std::string(200, 'y') + "\r\n"},
      {"empty lines without end", HttpError::kHeadTooLong, "", "\r\n"},
      {"a chunk extension without end", HttpError::kHeadTooLong, post + "Transfer-Encoding: chunked\r\n\r\n1;", "x"},
      {"chunks without end", HttpError::kBodyTooLong, post + "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"},
      {"trailers without end", HttpError::kTooManyHeaders, post + "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n"},
  };
  for (const Row& r : rows) {
    std::string wire = r.start;
    while (wire.size() < 100'000) wire += r.again;
    const auto got = read_all<Request>(wire, limits, [] { return 7; });
    EXPECT_EQ(got.error, r.want) << r.why << ": " << to_text(got.error);
    EXPECT_GT(got.left, wire.size() - 3000) << r.why << ": noticed late";
  }
  std::string interim;
  while (interim.size() < 100'000) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(read_all<Response>(interim, limits).error, HttpError::kHeadTooLong);
  EXPECT_EQ(read_all<Response>("HTTP/1.1 200 OK\r\n\r\n" + std::string(101, 'x'), limits).error, HttpError::kBodyTooLong);
}

TEST(Http1, LimitsMayBeReached) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n";
  const Limits limits{.head_bytes = head.size(), .body_bytes = 100, .headers = 2};
  const auto got = read_all<Request>(head + std::string(100, 'x') + head + std::string(100, 'y'), limits);
  EXPECT_EQ(got.messages.size(), 2U) << to_text(got.error);
}

// Puts together what real connections carry, and now and then a wrong byte.
std::string random_connection(Rng& rng, bool requests) {
  std::string out;
  for (std::uint64_t n = 1 + rng.below(4); n != 0; --n) {
    const std::string body(rng.below(200), static_cast<char>(rng.chance(0.5) ? 'b' : '\n'));
    out += requests ? "POST /p HTTP/1.1\r\nHost: h\r\n" : "HTTP/1.1 200 OK\r\n";
    for (std::uint64_t k = rng.below(4); k != 0; --k) out += "X-" + std::to_string(k) + ": " + std::string(rng.below(20), 'v') + "\r\n";
    if (rng.chance(0.5)) {
      out += "Transfer-Encoding: chunked\r\n\r\n";
      for (std::size_t from = 0; from != body.size();) {
        const std::size_t size = 1 + rng.below(body.size() - from);
        constexpr char kHex[] = "0123456789abcdef";
        out += {kHex[size / 16], kHex[size % 16]};
        out += "\r\n" + body.substr(from, size) + "\r\n";
        from += size;
      }
      out += "0\r\n\r\n";
    } else {
      out += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
  }
  if (rng.chance(0.3)) out[rng.below(out.size())] = static_cast<char>(rng.next());
  return out;
}

template <class M>
void expect_cuts_make_no_difference(bool requests) {
  Rng rng(5);
  std::size_t messages = 0, failures = 0;
  for (int i = 0; i != 2000; ++i) {
    const std::string wire = random_connection(rng, requests);
    const auto want = read_all<M>(wire);
    for (const std::size_t step : {1U, 2U, 50U}) {
      const auto got = read_all<M>(wire, {}, [&] { return 1 + rng.below(step); });
      ASSERT_EQ(got.error, want.error) << wire;
      ASSERT_EQ(got.messages.size(), want.messages.size()) << wire;
      for (std::size_t k = 0; k != got.messages.size(); ++k) ASSERT_EQ(text_of(got.messages[k]), text_of(want.messages[k]));
    }
    messages += want.messages.size();
    failures += want.error != HttpError::kNone;
  }
  EXPECT_GT(messages, 2000U);
  EXPECT_GT(failures, 50U);
}

TEST(Http1, HowTheBytesAreCutMakesNoDifference) {
  expect_cuts_make_no_difference<Request>(true);
  expect_cuts_make_no_difference<Response>(false);
}

TEST(Http1, WhatIsWrittenIsReadBack) {
  Request request;
  request.method = "POST";
  request.target = "/api?x=1";
  request.headers.set("Host", "h");
  request.headers.set("content-length", "999");  // not ours to say
  request.body = "{}";
  std::string wire;
  append(wire, request);
  auto got = read_all<Request>(wire);
  ASSERT_EQ(got.messages.size(), 1U) << wire;
  EXPECT_EQ(text_of(got.messages[0]), "POST /api?x=1 keep|Host=h|Content-Length=2|{}");

  Response response;
  response.status = 429;
  response.headers.set("Retry-After", "3");
  response.body = "slow";
  response.keep_alive = false;
  wire.clear();
  append(wire, response);
  EXPECT_EQ(text_of(read_all<Response>(wire).messages.at(0)),
            "429 Too Many Requests close|Retry-After=3|Connection=close|Content-Length=4|slow");
}

TEST(Http1, BodilessMessagesCarryNoLength) {
  std::string wire;
  Request get;
  get.method = "GET";
  get.target = "/";
  append(wire, get);
  EXPECT_EQ(wire, "GET / HTTP/1.1\r\n\r\n");
  wire.clear();
  Response switching;
  switching.status = 101;
  append(wire, switching);
  EXPECT_EQ(wire, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
}

TEST(Http1, NoValueCanBeginALineOfItsOwn) {
  Request request;
  request.method = "GET\r\nX: y";
  request.target = "/a\r\nX: y b";
  request.headers.set("Host", "h\r\nX: y");
  request.headers.set("Bad\r\nName", "v");
  std::string wire;
  append(wire, request);
  EXPECT_EQ(wire, "GET /a%0D%0AX:%20y%20b HTTP/1.1\r\nHost: h  X: y\r\n\r\n");
}

TEST(Http1, HeadersAreFoundInAnyCase) {
  Headers headers;
  headers.set("X-One", "1");
  headers.set("x-one", "2");
  headers.add("X-ONE", "a, B ,c");
  EXPECT_EQ(headers.get("X-oNE"), "2");
  EXPECT_EQ(headers.count("x-one"), 2U);
  EXPECT_TRUE(headers.has_token("x-one", "b"));
  EXPECT_FALSE(headers.has_token("x-one", "a, B"));
  EXPECT_EQ(headers.get("x-two"), "");
}

TEST(Http1, PercentCodingAndQueries) {
  EXPECT_EQ(percent_decode("a%20b+c%2B%zz%4", false), "a b+c+%zz%4");
  EXPECT_EQ(percent_decode("a%20b+c", true), "a b c");
  EXPECT_EQ(percent_encode("a-._~/ +\xC3\xBC"), "a-._~%2F%20%2B%C3%BC");
  Rng rng(2);
  for (int i = 0; i != 1000; ++i) {
    std::string text;
    for (std::uint64_t n = rng.below(20); n != 0; --n) text += static_cast<char>(rng.next());
    ASSERT_EQ(percent_decode(percent_encode(text), true), text);
  }
  const std::vector<Param> got = parse_query("b=1&a=%7B%22x%22%7D&&flag&c=d=e&=v");
  std::string all;
  for (const Param& p : got) all += p.name + "->" + p.value + ";";
  EXPECT_EQ(all, "b->1;a->{\"x\"};flag->;c->d=e;->v;");
}

}  // namespace
}  // namespace jobber::http
