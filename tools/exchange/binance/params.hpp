// Parameters of one request as the venue sees them, with the text its signature covers.
//
// Owner: values, one thread. Cold; input is hostile: bounded count, bad escapes and duplicates are errors.
// REST: query and form body, undecoded and in the order sent; WS API: the members of `params`, sorted by name.
// Source: binance.md sections 2, 5.2, 5.3; clients.md section 8.1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jobber::exchange::binance {

enum class ParamsProblem : std::uint8_t {
  kNone = 0,
  kDuplicate = 1,  // a name twice in the query, or twice in the body
  kTooMany = 2,    // more than kParamsMax
  kBadEscape = 3,  // a % without two hex digits, or what it stands for is not UTF-8
  kNotJson = 4,    // WS API: not one JSON object
};

inline constexpr std::size_t kParamsMax = 64;

struct Param {
  std::string name;
  std::string value;  // decoded; numbers and booleans of JSON as they were written
};

class Params {
 public:
  // REST. A name both in the query and in the body counts as the query has it. `signature` is set apart.
  [[nodiscard]] static ParamsProblem from_http(std::string_view query, std::string_view form_body, Params& out);
  // A JSON object of plain values: an element of batchOrders. Arrays and objects inside keep their text.
  [[nodiscard]] static ParamsProblem from_json(std::string_view object, Params& out);

  // Empty text when absent; an empty value counts as absent, as it does at the venue.
  [[nodiscard]] std::string_view get(std::string_view name) const noexcept;
  [[nodiscard]] bool has(std::string_view name) const noexcept { return !get(name).empty(); }
  void add(std::string_view name, std::string_view value) { list_.push_back({std::string(name), std::string(value)}); }
  void set(std::string_view name, std::string_view value);
  [[nodiscard]] const std::vector<Param>& list() const noexcept { return list_; }

  [[nodiscard]] std::string_view signature() const noexcept { return signature_; }
  void set_signature(std::string_view s) { signature_ = s; }
  // What an HTTP signature covers: query text, then body text, both without `signature`.
  [[nodiscard]] const std::string& payload() const noexcept { return payload_; }
  // What a WS API signature covers: all parameters by name, joined, not encoded.
  [[nodiscard]] std::string sorted_payload() const;

 private:
  [[nodiscard]] ParamsProblem collect(std::string_view encoded, std::vector<Param>& into);

  std::vector<Param> list_;
  std::string signature_;
  std::string payload_;
};

// One WS API request frame: {"id":..., "method":..., "params":{...}}.
struct WsRequest {
  std::string id_json = "null";  // as it was written: echoed unchanged
  std::string method;
  Params params;
  std::vector<std::string> list;  // control frames of streams: `params` is an array of texts
  bool has_method = false;
  bool has_params_object = false;
};
[[nodiscard]] ParamsProblem parse_ws_request(std::string_view text, WsRequest& out);

// An array of objects, each kept as its text: batchOrders. False: not such an array, or more than `max` elements.
[[nodiscard]] bool split_json_objects(std::string_view array, std::size_t max, std::vector<Params>& out);
// An array of texts or numbers, as text each: orderIdList, symbols.
[[nodiscard]] bool split_json_values(std::string_view array, std::size_t max, std::vector<std::string>& out);

}  // namespace jobber::exchange::binance
