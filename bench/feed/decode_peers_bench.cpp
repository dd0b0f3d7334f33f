// Peers of decode_bench.cpp. This file alone is compiled with -march=haswell, so that simdjson's inlined
// front end has what our scanner chooses at run time.
#include <rapidjson/reader.h>
#include <simdjson.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "bench/feed/decode_peers.hpp"

namespace jobber::bench {
namespace {

namespace ondemand = simdjson::ondemand;

bool simdjson_levels(ondemand::value value, std::vector<PeerDepth::Level>& out) {
  out.clear();
  for (auto element : value.get_array()) {
    std::int64_t numbers[2] = {};
    std::size_t n = 0;
    for (auto text : element.get_array()) {
      // The raw text: no copy, no unescaping.
      const char* begin = text.get_raw_json_string().value().raw();
      const char* end = begin;
      while (*end != '"') ++end;
      if (n < 2) numbers[n++] = wire_digits(begin, end);
    }
    out.push_back({numbers[0], numbers[1]});
  }
  return true;
}

// Events of a SAX parser: the key decides what the next value is.
class DepthHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, DepthHandler> {
 public:
  explicit DepthHandler(PeerDepth& out) : out_(out) { out_.bids.clear(), out_.asks.clear(); }
  bool Key(const char* s, rapidjson::SizeType n, bool) {
    key_ = n == 1 ? s[0] : n == 2 && s[0] == 'p' ? 'p' : '\0';
    return true;
  }
  bool String(const char* s, rapidjson::SizeType n, bool) {
    if (depth_ != 2) return true;
    auto& level = (key_ == 'b' ? out_.bids : out_.asks).back();
    (index_++ == 0 ? level.price : level.qty) = wire_digits(s, s + n);
    return true;
  }
  bool Uint(unsigned v) { return Uint64(v); }
  bool Uint64(std::uint64_t v) {
    switch (key_) {
      case 'E':
        out_.event_time = v;
        break;
      case 'T':
        out_.transact_time = v;
        break;
      case 'U':
        out_.first_id = v;
        break;
      case 'u':
        out_.last_id = v;
        break;
      case 'p':
        out_.prev_id = v;
        break;
      default:
        break;
    }
    return true;
  }
  bool StartArray() {
    if (++depth_ == 2) (key_ == 'b' ? out_.bids : out_.asks).emplace_back(), index_ = 0;
    return true;
  }
  bool EndArray(rapidjson::SizeType) { return --depth_, true; }

 private:
  PeerDepth& out_;
  char key_ = '\0';
  int depth_ = 0;
  int index_ = 0;
};

void nlohmann_levels(const nlohmann::json& levels, std::vector<PeerDepth::Level>& out) {
  out.clear();
  for (const auto& level : levels) {
    const auto& price = level[0].get_ref<const std::string&>();
    const auto& qty = level[1].get_ref<const std::string&>();
    out.push_back(
        {wire_digits(price.data(), price.data() + price.size()), wire_digits(qty.data(), qty.data() + qty.size())});
  }
}

}  // namespace

bool simdjson_depth(const std::string& padded, std::size_t size, PeerDepth& out) {
  static ondemand::parser parser;
  ondemand::document document;
  if (parser.iterate(padded.data(), size, size + simdjson::SIMDJSON_PADDING).get(document) != simdjson::SUCCESS)
    return false;
  ondemand::object root, data;
  if (document.get_object().get(root) != simdjson::SUCCESS) return false;
  if (root.find_field("data").get_object().get(data) != simdjson::SUCCESS) return false;
  // find_field() goes forward only: the fastest access, for keys in the order of the wire.
  if (data.find_field("E").get_uint64().get(out.event_time) != simdjson::SUCCESS) return false;
  if (data.find_field("T").get_uint64().get(out.transact_time) != simdjson::SUCCESS) return false;
  if (data.find_field("U").get_uint64().get(out.first_id) != simdjson::SUCCESS) return false;
  if (data.find_field("u").get_uint64().get(out.last_id) != simdjson::SUCCESS) return false;
  if (data.find_field("pu").get_uint64().get(out.prev_id) != simdjson::SUCCESS) return false;
  ondemand::value levels;
  if (data.find_field("b").get(levels) != simdjson::SUCCESS || !simdjson_levels(levels, out.bids)) return false;
  return data.find_field("a").get(levels) == simdjson::SUCCESS && simdjson_levels(levels, out.asks);
}

bool rapidjson_depth(const std::string& padded, std::size_t, PeerDepth& out) {
  DepthHandler handler(out);
  rapidjson::Reader reader;
  rapidjson::StringStream stream(padded.c_str());  // stops at the end of the document
  return !reader.Parse<rapidjson::kParseStopWhenDoneFlag>(stream, handler).IsError();
}

bool nlohmann_depth(const std::string& padded, std::size_t size, PeerDepth& out) {
  const nlohmann::json document = nlohmann::json::parse(padded.data(), padded.data() + size, nullptr, false);
  if (document.is_discarded()) return false;
  const auto& data = document["data"];
  out.event_time = data["E"].get<std::uint64_t>();
  out.transact_time = data["T"].get<std::uint64_t>();
  out.first_id = data["U"].get<std::uint64_t>();
  out.last_id = data["u"].get<std::uint64_t>();
  out.prev_id = data["pu"].get<std::uint64_t>();
  nlohmann_levels(data["b"], out.bids);
  nlohmann_levels(data["a"], out.asks);
  return true;
}

}  // namespace jobber::bench
