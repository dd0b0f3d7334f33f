#include "gateway/lighter/trade_parse.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/decimal.hpp"

namespace jobber::gateway::lighter {
namespace {

using Json = nlohmann::json;

const Json* field(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

// The value as the reference bot's dumps show it: text bare, booleans capitalised.
std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  return value.dump();
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::optional<Side> side_word(const Json* value) {
  if (value == nullptr || !value->is_string()) return std::nullopt;
  const std::string word = lower(value->get<std::string>());
  if (word == "buy") return Side::kBuy;
  if (word == "sell") return Side::kSell;
  return std::nullopt;
}

std::optional<bool> truth(const Json* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  if (value->is_number()) return value->get<double>() != 0.0;
  if (!value->is_string()) return std::nullopt;
  const std::string word = lower(value->get<std::string>());
  return word == "1" || word == "true" || word == "yes" || word == "y" || word == "on";
}

std::optional<double> positive_number(const Json* value) {
  if (value == nullptr || value->is_boolean()) return std::nullopt;
  double number = 0.0;
  if (value->is_number()) {
    number = value->get<double>();
  } else if (value->is_string()) {
    const std::string& text = value->get_ref<const std::string&>();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  } else {
    return std::nullopt;
  }
  return std::isfinite(number) && number > 0.0 ? std::optional(number) : std::nullopt;
}

// Milliseconds from seconds, milliseconds or microseconds, told apart by magnitude; truncated.
std::int64_t timestamp_ms(const Json& trade) {
  for (const char* key : {"timestamp", "time", "created_at", "executed_at"}) {
    const auto stamp = positive_number(field(trade, key));
    if (!stamp) continue;
    const double ms = *stamp > 1e15 ? *stamp / 1e3 : *stamp < 1e10 ? *stamp * 1e3 : *stamp;
    return ms < 9e18 ? static_cast<std::int64_t>(ms) : 0;
  }
  return 0;
}

std::optional<std::string> identity_of(const Json& trade, std::int64_t market, const AccountTrade& parsed) {
  const std::string prefix = std::to_string(market) + ":";
  for (const char* key : {"trade_id", "id", "tx_hash"}) {
    const Json* value = field(trade, key);
    if (value != nullptr && !text_of(*value).empty()) return prefix + key + ":" + text_of(*value);
  }
  const Json* hint = nullptr;
  for (const char* key : {"side", "type", "is_maker_ask"}) {
    if (hint == nullptr) hint = field(trade, key);
  }
  if (parsed.timestamp_ms == 0 || hint == nullptr || parsed.price.empty() || parsed.size.empty()) return std::nullopt;
  return prefix + "synthetic:" + std::to_string(parsed.timestamp_ms) + ":" + text_of(*hint) + ":" + parsed.price +
         ":" + parsed.size;
}

bool is_account(const Json* value, std::int64_t account) {
  return value != nullptr && account != 0 && value->is_number_integer() && value->get<std::int64_t>() == account;
}

void decide_side(const Json& trade, std::int64_t own_account, AccountTrade& out) {
  const auto maker_ask = truth(field(trade, "is_maker_ask"));
  const bool ours_ask = is_account(field(trade, "ask_account_id"), own_account);
  const bool ours_bid = is_account(field(trade, "bid_account_id"), own_account);
  if (ours_ask != ours_bid) {
    out.side = ours_ask ? Side::kSell : Side::kBuy;
    if (maker_ask) out.maker = *maker_ask == ours_ask;
    return;
  }
  out.side = side_word(field(trade, "side"));
  if (!out.side) out.side = side_word(field(trade, "type"));
  if (!out.side && maker_ask) out.side = *maker_ask ? Side::kSell : Side::kBuy;
}

bool positive_decimal(const std::string& text) noexcept {
  const auto value = parse_decimal(text, 12);
  return value.ok() && value.value() > 0;
}

}  // namespace

Result<AccountTrade, TradeError> parse_trade(std::string_view json, std::int64_t market, std::int64_t own_account) {
  const Json trade = Json::parse(json, nullptr, false);
  if (!trade.is_object()) return TradeError::kNotJson;
  AccountTrade out;
  decide_side(trade, own_account, out);
  out.timestamp_ms = timestamp_ms(trade);
  if (const Json* price = field(trade, "price")) out.price = text_of(*price);
  if (const Json* size = field(trade, "size")) out.size = text_of(*size);
  out.identity = identity_of(trade, market, out);
  return out;
}

TradeError bookable(const AccountTrade& trade) noexcept {
  if (!trade.side) return TradeError::kNoSide;
  if (!positive_decimal(trade.price)) return TradeError::kBadPrice;
  if (!positive_decimal(trade.size)) return TradeError::kBadSize;
  return TradeError::kNone;
}

}  // namespace jobber::gateway::lighter
