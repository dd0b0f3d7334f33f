#include "tools/world/run_record.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/config_keys.hpp"
#include "engine/config_value.hpp"

namespace jobber::world {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 2;  // 1: one market, without the list

Json to_json(const Instrument& i) {
  return {{"id", i.id.n},
          {"venue", static_cast<int>(i.venue)},
          {"contract", static_cast<int>(i.contract)},
          {"symbol", i.symbol()},
          {"price_decimals", i.price_decimals},
          {"tick_units", i.tick_units},
          {"qty_decimals", i.qty_decimals},
          {"lot_units", i.lot_units},
          {"order_tick", i.order_tick.n},
          {"order_lot", i.order_lot.n},
          {"min_qty", i.min_qty.n},
          {"max_qty", i.max_qty.n},
          {"min_notional", i.min_notional},
          {"multiplier", i.multiplier},
          {"maker_fee", i.maker_fee},
          {"taker_fee", i.taker_fee}};
}

Instrument instrument_from(const Json& j) {
  Instrument i;
  i.id = {j.at("id").get<std::uint16_t>()};
  i.venue = static_cast<Venue>(j.at("venue").get<int>());
  i.contract = static_cast<ContractKind>(j.at("contract").get<int>());
  i.set_symbol(j.at("symbol").get<std::string>());
  i.price_decimals = j.at("price_decimals");
  i.tick_units = j.at("tick_units");
  i.qty_decimals = j.at("qty_decimals");
  i.lot_units = j.at("lot_units");
  i.order_tick = {j.at("order_tick").get<std::int64_t>()};
  i.order_lot = {j.at("order_lot").get<std::int64_t>()};
  i.min_qty = {j.at("min_qty").get<std::int64_t>()};
  i.max_qty = {j.at("max_qty").get<std::int64_t>()};
  i.min_notional = j.at("min_notional");
  i.multiplier = j.at("multiplier");
  i.maker_fee = j.at("maker_fee");
  i.taker_fee = j.at("taker_fee");
  return i;
}

Json to_json(const MarketPair& m) {
  return {{"quoted", to_json(m.quoted)},
          {"alpha", m.alpha ? to_json(*m.alpha) : Json(nullptr)},
          {"quoted_silence_ns", m.quoted_silence.n},
          {"alpha_silence_ns", m.alpha_silence.n},
          {"reference_price", m.reference_price},
          {"alpha_price", m.alpha_price}};
}

MarketPair market_from(const Json& j) {
  MarketPair m;
  m.quoted = instrument_from(j.at("quoted"));
  if (!j.at("alpha").is_null()) m.alpha = instrument_from(j.at("alpha"));
  m.quoted_silence = {j.at("quoted_silence_ns").get<std::int64_t>()};
  m.alpha_silence = {j.at("alpha_silence_ns").get<std::int64_t>()};
  m.reference_price = j.at("reference_price");
  m.alpha_price = j.at("alpha_price");
  return m;
}

Json to_json(const Config& config) {
  Json out = Json::object();
  for (const ConfigKey& key : config_keys()) out[std::string(key.path)] = config_value_json(key, config);
  return out;
}

std::string store(const Json& values, Config& config) {
  for (const ConfigKey& key : config_keys()) {
    const auto value = values.find(std::string(key.path));
    if (value == values.end()) return fmt::format("no value of {}", key.path);
    const ValueOutcome outcome = store_json_text(key, value->get<std::string>(), config);
    if (!outcome.message.empty()) return fmt::format("{}: {}", key.path, outcome.message);
  }
  return {};
}

}  // namespace

std::string to_text(const RunRecord& record) {
  Json markets = Json::array();
  for (const MarketPair& m : record.markets) markets.push_back(to_json(m));
  const Json j = {{"format", kFormat}, {"markets", std::move(markets)}, {"config", to_json(record.config)}};
  return j.dump();
}

std::optional<RunRecord> parse_run_record(std::string_view text, std::string& problem) {
  RunRecord out;
  try {
    const Json j = Json::parse(text);
    if (j.at("format") != kFormat) {
      problem = "the run was recorded by another version";
      return std::nullopt;
    }
    for (const Json& m : j.at("markets")) out.markets.push_back(market_from(m));
    problem = store(j.at("config"), out.config);
  } catch (const Json::exception& e) {
    problem = e.what();
  }
  if (!problem.empty()) return std::nullopt;
  return out;
}

}  // namespace jobber::world
