#include "tools/exchange/binance/params.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace jobber::exchange::binance {
namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::size_t n = c < 0x80 ? 1 : c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xF0 && c < 0xF5 ? 4 : 0;
    if (n == 0 || i + n > text.size()) return false;
    for (std::size_t k = 1; k < n; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
    }
    i += n;
  }
  return true;
}

bool decode(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') { out += ' '; continue; }
    if (text[i] != '%') { out += text[i]; continue; }
    if (i + 2 >= text.size()) return false;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return is_utf8(out);
}

bool contains(const std::vector<Param>& list, std::string_view name) noexcept {
  return std::any_of(list.begin(), list.end(), [&](const Param& p) { return p.name == name; });
}

// Reads one JSON text and keeps numbers as they were written, which a tree would lose. Values below `depth` 2 of a
// request are rebuilt as text. Never throws: the parser is told not to.
class FlatReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  struct Node {
    std::string name;   // empty in arrays
    std::string text;   // decoded text, or JSON text of what is not a text
    bool is_text = false;
    std::vector<Node> inside;
    bool is_object = false;
    bool is_array = false;
  };

  FlatReader() { open_.push_back(&root_); }

  bool null() override { return leaf("null", false); }
  bool boolean(bool b) override { return leaf(b ? "true" : "false", false); }
  bool number_integer(number_integer_t n) override { return leaf(std::to_string(n), false); }
  bool number_unsigned(number_unsigned_t n) override { return leaf(std::to_string(n), false); }
  bool number_float(number_float_t, const string_t& written) override { return leaf(written, false); }
  bool string(string_t& text) override { return leaf(text, true); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return enter(true); }
  bool start_array(std::size_t) override { return enter(false); }
  bool key(string_t& name) override { name_ = name; return true; }
  bool end_object() override { open_.pop_back(); return true; }
  bool end_array() override { open_.pop_back(); return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override { return false; }

  [[nodiscard]] const Node& value() const { return root_.inside.front(); }

  static std::string json_of(const Node& n) {
    if (n.is_text) return nlohmann::json(n.text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    if (!n.is_object && !n.is_array) return n.text;
    std::string out(1, n.is_object ? '{' : '[');
    for (std::size_t i = 0; i < n.inside.size(); ++i) {
      if (i != 0) out += ',';
      if (n.is_object) out += nlohmann::json(n.inside[i].name).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + ':';
      out += json_of(n.inside[i]);
    }
    return out += n.is_object ? '}' : ']';
  }

 private:
  // What a frame may hold; a client's own frames have a dozen values.
  static constexpr std::size_t kValuesMax = 8192;
  static constexpr std::size_t kDepthMax = 8;

  bool leaf(std::string text, bool is_text) {
    if (++values_ > kValuesMax) return false;
    Node n;
    n.name = std::move(name_);
    n.text = std::move(text);
    n.is_text = is_text;
    name_.clear();
    open_.back()->inside.push_back(std::move(n));
    return true;
  }
  bool enter(bool object) {
    if (++values_ > kValuesMax || open_.size() > kDepthMax) return false;
    Node n;
    n.name = std::move(name_);
    n.is_object = object;
    n.is_array = !object;
    name_.clear();
    open_.back()->inside.push_back(std::move(n));
    // Only the open chain is pointed at, and a chain's vectors do not grow while an inner one is open.
    open_.push_back(&open_.back()->inside.back());
    return true;
  }

  Node root_;
  std::vector<Node*> open_;
  std::string name_;
  std::size_t values_ = 0;
};

using Node = FlatReader::Node;

bool read(std::string_view text, FlatReader& reader) {
  return nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
}

std::string plain(const Node& n) { return n.is_text ? n.text : FlatReader::json_of(n); }

ParamsProblem fill(const Node& object, Params& out) {
  if (!object.is_object) return ParamsProblem::kNotJson;
  if (object.inside.size() > kParamsMax) return ParamsProblem::kTooMany;
  for (const Node& n : object.inside) {
    if (contains(out.list(), n.name)) return ParamsProblem::kDuplicate;
    if (!n.is_text && n.text == "null") continue;  // the same as not sent
    if (n.name == "signature") out.set_signature(plain(n));
    else out.add(n.name, plain(n));
  }
  return ParamsProblem::kNone;
}

}  // namespace

ParamsProblem Params::collect(std::string_view encoded, std::vector<Param>& into) {
  bool first = true;
  while (!encoded.empty()) {
    const std::size_t end = std::min(encoded.find('&'), encoded.size());
    const std::string_view pair = encoded.substr(0, end);
    encoded.remove_prefix(std::min(end + 1, encoded.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    Param p;
    if (!decode(pair.substr(0, equals), p.name)) return ParamsProblem::kBadEscape;
    if (equals < pair.size() && !decode(pair.substr(equals + 1), p.value)) return ParamsProblem::kBadEscape;
    if (p.name == "signature") {
      if (!signature_.empty()) return ParamsProblem::kDuplicate;
      signature_ = std::move(p.value);
      continue;
    }
    if (!first) payload_ += '&';
    payload_ += pair;
    first = false;
    if (into.size() == kParamsMax) return ParamsProblem::kTooMany;
    if (contains(into, p.name)) return ParamsProblem::kDuplicate;
    into.push_back(std::move(p));
  }
  return ParamsProblem::kNone;
}

ParamsProblem Params::from_http(std::string_view query, std::string_view form_body, Params& out) {
  out = {};
  if (const ParamsProblem bad = out.collect(query, out.list_); bad != ParamsProblem::kNone) return bad;
  std::vector<Param> body;
  if (const ParamsProblem bad = out.collect(form_body, body); bad != ParamsProblem::kNone) return bad;
  for (Param& p : body) {
    if (!contains(out.list_, p.name)) out.list_.push_back(std::move(p));
  }
  return ParamsProblem::kNone;
}

ParamsProblem Params::from_json(std::string_view object, Params& out) {
  out = {};
  FlatReader reader;
  if (!read(object, reader)) return ParamsProblem::kNotJson;
  return fill(reader.value(), out);
}

std::string_view Params::get(std::string_view name) const noexcept {
  for (const Param& p : list_) {
    if (p.name == name) return p.value;
  }
  return {};
}

void Params::set(std::string_view name, std::string_view value) {
  for (Param& p : list_) {
    if (p.name == name) { p.value = value; return; }
  }
  add(name, value);
}

std::string Params::sorted_payload() const {
  std::vector<const Param*> order;
  for (const Param& p : list_) order.push_back(&p);
  std::sort(order.begin(), order.end(), [](const Param* a, const Param* b) { return a->name < b->name; });
  std::string out;
  for (const Param* p : order) {
    if (!out.empty()) out += '&';
    out += p->name + '=' + p->value;
  }
  return out;
}

ParamsProblem parse_ws_request(std::string_view text, WsRequest& out) {
  out = {};
  FlatReader reader;
  if (!read(text, reader)) return ParamsProblem::kNotJson;
  const Node& frame = reader.value();
  if (!frame.is_object) return ParamsProblem::kNotJson;
  for (const Node& n : frame.inside) {
    if (n.name == "id" && !n.is_object && !n.is_array) out.id_json = FlatReader::json_of(n);
    if (n.name == "method" && n.is_text) { out.method = n.text; out.has_method = true; }
    if (n.name != "params") continue;
    if (n.is_object) {
      out.has_params_object = true;
      if (const ParamsProblem bad = fill(n, out.params); bad != ParamsProblem::kNone) return bad;
    }
    if (n.is_array) {
      for (const Node& one : n.inside) out.list.push_back(plain(one));
    }
  }
  return ParamsProblem::kNone;
}

bool split_json_objects(std::string_view array, std::size_t max, std::vector<Params>& out) {
  FlatReader reader;
  if (!read(array, reader) || !reader.value().is_array || reader.value().inside.size() > max) return false;
  for (const Node& n : reader.value().inside) {
    Params p;
    if (fill(n, p) != ParamsProblem::kNone) return false;
    out.push_back(std::move(p));
  }
  return true;
}

bool split_json_values(std::string_view array, std::size_t max, std::vector<std::string>& out) {
  FlatReader reader;
  if (!read(array, reader) || !reader.value().is_array || reader.value().inside.size() > max) return false;
  for (const Node& n : reader.value().inside) {
    if (n.is_object || n.is_array) return false;
    out.push_back(n.text);
  }
  return true;
}

}  // namespace jobber::exchange::binance
