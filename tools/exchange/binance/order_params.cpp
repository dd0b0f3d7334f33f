#include "tools/exchange/binance/order_params.hpp"

#include <algorithm>

namespace jobber::exchange::binance {
namespace {

constexpr std::size_t kClientIdLength = 36;

bool is_unsigned_decimal(std::string_view text) noexcept {
  std::size_t digits = 0;
  std::size_t dots = 0;
  for (const char c : text) {
    if (c == '.') ++dots;
    else if (c >= '0' && c <= '9') ++digits;
    else return false;
  }
  return digits != 0 && dots <= 1 && text.front() != '.' && text.back() != '.';
}

}  // namespace

Error read_side(const Params& params, Side& out) {
  const std::string_view side = params.get("side");
  if (side.empty()) return missing("side");
  if (side != "BUY" && side != "SELL") return invalid_side();
  out = side == "BUY" ? Side::kBuy : Side::kSell;
  return {};
}

Error read_decimal(const Params& params, std::string_view name, Amount& out) {
  const std::string_view text = params.get(name);
  if (text.empty()) return missing(name);
  if (!is_unsigned_decimal(text)) {
    return bad(-1100, "Illegal characters found in parameter '" + std::string(name) + R"('; legal range is '^([0-9]{1,20})(\.[0-9]{1,20})?$'.)");
  }
  const auto parsed = parse_amount(text);
  if (!parsed.ok()) return parsed.error() == DecimalError::kTooPrecise ? bad_precision(name) : invalid_param(name);
  out = parsed.value();
  return {};
}

bool good_client_id(std::string_view id) noexcept {
  if (id.empty() || id.size() > kClientIdLength) return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || std::string_view(".-_:/").find(c) != std::string_view::npos;
  });
}

bool read_bool(const Params& params, std::string_view name) noexcept {
  const std::string_view text = params.get(name);
  return text == "true" || text == "TRUE" || text == "True";
}

bool on_tick(std::string_view text, const Instrument& in, Price& out) noexcept {
  const auto parsed = parse_price(text, in);
  if (!parsed.ok() || parsed.value().grid % in.order_tick.n != 0) return false;
  out = parsed.value();
  return true;
}

bool on_lot(std::string_view text, const Instrument& in, Lots& out) noexcept {
  const auto parsed = parse_qty(text, in);
  if (!parsed.ok() || parsed.value().n % in.order_lot.n != 0) return false;
  out = parsed.value();
  return true;
}

}  // namespace jobber::exchange::binance
