// Whatever arrives, the HTTP reader holds no more than its limits, gives the same messages however the bytes are cut, and
// what it made of them, written again, is read back the same. First byte: requests or responses (bit 0), answer to a
// HEAD (bit 1).
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "engine/http1.hpp"
#include "engine/rng.hpp"

namespace {

using namespace jobber;

constexpr http::Limits kLimits{.head_bytes = 600, .body_bytes = 300, .headers = 12};

[[noreturn]] void complain(const char* what, std::string_view text = {}) {
  std::fprintf(stderr, "http1: %s\n%.*s\n", what, static_cast<int>(text.size()), text.data());
  std::abort();
}

std::string start_of(const http::Request& r) { return r.method + ' ' + r.target; }
std::string start_of(const http::Response& r) { return std::to_string(r.status) + ' ' + r.reason; }

template <class M>
std::string text_of(const M& m) {
  std::string out = start_of(m) + '\n';
  for (const http::Header& h : m.headers.list) out += h.name + '=' + h.value + '\n';
  return out + '\n' + m.body;
}

// Written again, a message is one message. Its length headers are ours then, and its phrase may be a usual one.
template <class M>
void check_written(M message) {
  std::erase_if(message.headers.list, [](const http::Header& h) {
    return http::same_text(h.name, "content-length") || http::same_text(h.name, "transfer-encoding");
  });
  if constexpr (std::is_same_v<M, http::Response>) {
    if (message.reason.empty()) message.reason = http::reason_of(message.status);
  } else if (message.headers.count("host") == 0) {
    message.headers.set("Host", "h");
  }
  std::string wire;
  http::append(wire, message);
  http::Reader<M> reader;
  if (reader.on_bytes(wire) != wire.size() || !reader.done()) complain("what was written is not one message", wire);
  M again = reader.take();
  std::erase_if(again.headers.list, [](const http::Header& h) { return http::same_text(h.name, "content-length"); });
  if (again.headers.list.size() == message.headers.list.size() + 1) again.headers.list.pop_back();  // Connection: close
  if (text_of(again) != text_of(message)) complain("what was written reads differently", wire);
}

// All messages of a connection, read in pieces of 1 to `most` bytes, as one text that ends with the error.
template <class M>
std::string outcome(std::string_view wire, bool to_head, std::uint64_t most, bool check) {
  http::Reader<M> reader(kLimits);
  Rng rng(most);
  std::string out;
  const auto take = [&] {
    M message = reader.take();
    if (message.body.size() > kLimits.body_bytes) complain("a body above the limit");
    if (message.headers.list.size() > kLimits.headers) complain("headers above the limit");
    out += text_of(message) + (message.keep_alive ? "|keep|" : "|close|");
    if (check) check_written(std::move(message));
    if (to_head) reader.expect_no_body();
  };
  if (to_head) reader.expect_no_body();
  while (!wire.empty() && reader.error() == http::HttpError::kNone) {
    std::string_view piece = wire.substr(0, 1 + static_cast<std::size_t>(rng.below(most)));
    wire.remove_prefix(piece.size());
    while (!piece.empty() && reader.error() == http::HttpError::kNone) {
      const std::size_t used = reader.on_bytes(piece);
      if (used == 0) complain("nothing taken");
      piece.remove_prefix(used);
      if (reader.done()) take();
    }
  }
  reader.on_eof();
  if (reader.done()) take();
  return out + std::string(http::to_text(reader.error()));
}

template <class M>
void run(std::string_view wire, bool to_head) {
  const std::string whole = outcome<M>(wire, to_head, 1 << 20, true);
  for (const std::uint64_t most : {1U, 2U, 20U}) {
    if (outcome<M>(wire, to_head, most, false) != whole) complain("another result when the bytes are cut in another way", whole);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 1) != 0) {
    run<http::Response>(text, (data[0] & 2) != 0);
  } else {
    run<http::Request>(text, false);
    static_cast<void>(http::parse_query(text));
    if (http::percent_decode(http::percent_encode(text), true) != text) complain("percent coding does not come back", text);
  }
  return 0;
}
