#include "tools/exchange/lmex/fields.hpp"

#include <simdjson.h>

#include <algorithm>

#include "engine/http1.hpp"

namespace jobber::exchange::lmex {

bool Fields::add(std::string name, std::string value) {
  if (list_.size() == kMax || has(name)) return false;
  list_.push_back({std::move(name), std::move(value)});
  return true;
}

bool Fields::from_query(std::string_view raw, Fields& out) {
  out.list_.clear();
  for (http::Param& p : http::parse_query(raw)) {
    if (!out.add(std::move(p.name), std::move(p.value))) return false;
  }
  return true;
}

bool Fields::from_json(std::string_view body, Fields& out) {
  namespace ondemand = simdjson::ondemand;
  out.list_.clear();
  const simdjson::padded_string padded(body);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object root;
  if (parser.iterate(padded).get(document) || document.get_object().get(root)) return false;
  for (auto item : root) {
    ondemand::field field;
    std::string_view name;
    if (std::move(item).get(field) || field.unescaped_key().get(name)) return false;
    std::string key(name);
    ondemand::json_type type;
    if (field.value().type().get(type)) return false;
    if (type == ondemand::json_type::null) continue;
    if (type == ondemand::json_type::array || type == ondemand::json_type::object) return false;
    std::string_view value;
    if (type == ondemand::json_type::string) {
      if (field.value().get_string().get(value)) return false;
    } else {
      value = field.value().raw_json_token();
      value = value.substr(0, value.find_last_not_of(" \t\r\n") + 1);
    }
    if (!out.add(std::move(key), std::string(value))) return false;
  }
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

std::string_view Fields::get(std::initializer_list<std::string_view> names) const noexcept {
  for (const std::string_view name : names) {
    for (const Field& f : list_) {
      if (f.name == name && !f.value.empty()) return f.value;
    }
  }
  return {};
}

std::optional<Decimal> Fields::number(std::initializer_list<std::string_view> names, bool& bad) const noexcept {
  const std::string_view text = get(names);
  if (text.empty()) return std::nullopt;
  const auto read = parse_number(text);
  if (read.ok()) return read.value();
  bad = true;
  return std::nullopt;
}

std::int64_t Fields::whole(std::string_view name, std::int64_t least, std::int64_t most, std::int64_t otherwise) const noexcept {
  const auto read = parse_number(get(name));
  if (!read.ok() || read.value().decimals != 0) return otherwise;
  return read.value().units < least || read.value().units > most ? otherwise : read.value().units;
}

}  // namespace jobber::exchange::lmex
