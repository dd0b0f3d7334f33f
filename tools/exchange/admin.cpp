#include "tools/exchange/admin.hpp"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <string>

namespace jobber::exchange {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kRoot = "/jobber/";

http::Response json_answer(int status, const Json& body) {
  http::Response out;
  out.status = status;
  out.headers.set("Content-Type", "application/json");
  out.body = body.dump() + "\n";
  return out;
}

http::Response problem(int status, std::string_view text) { return json_answer(status, {{"problem", text}}); }

std::string param(const std::vector<http::Param>& params, std::string_view name) {
  for (const http::Param& p : params) {
    if (p.name == name) return p.value;
  }
  return {};
}

Json level_json(const Floor& floor, InstrumentId id, const Level& level) {
  if (level.qty.n == 0) return nullptr;
  const Instrument& in = floor.instrument(id);
  return Json::array({price_text(level.price, in), qty_text(level.qty, in)});
}

Json market_json(const Floor& floor, const MarketConfig& config, std::size_t recent) {
  const InstrumentId id = config.instrument.id;
  const Touch touch = floor.touch(id);
  const BackgroundState background = floor.background(id);
  Json checksums = Json::array();
  for (const auto& [update, crc] : floor.recent_crcs(id, recent)) checksums.push_back({update, fmt::format("{:08x}", crc)});
  return {{"market", fmt::format("{}:{}", venue_text(config.instrument.venue), config.instrument.symbol())},
          {"trading", floor.trading(id)},
          {"update", touch.update},
          {"updated_ms", touch.at.ns / 1'000'000},
          {"bid", level_json(floor, id, touch.bid)},
          {"ask", level_json(floor, id, touch.ask)},
          {"trades", floor.stats(id).trades},
          {"crc_levels", kCrcLevels},
          {"crc", fmt::format("{:08x}", floor.crc(id))},
          {"depth", checksums},
          {"background",
           {{"events", background.events}, {"loops", background.loops}, {"ended", background.ended},
            {"refused", background.refused}, {"outside", background.outside}}}};
}

Json counts_json(const ServerCounts& c, std::size_t connections) {
  return {{"connections", connections}, {"accepted", c.accepted}, {"refused", c.refused}, {"requests", c.requests},
          {"upgrades", c.upgrades}, {"texts_in", c.texts_in}, {"texts_out", c.texts_out}, {"not_found", c.not_found},
          {"bad_http", c.bad_http}, {"bad_websocket", c.bad_websocket}, {"request_timeouts", c.request_timeouts},
          {"idle_timeouts", c.idle_timeouts}, {"slow_readers", c.slow_readers}, {"exceptions", c.exceptions},
          {"behind", c.behind},
          {"faults", {{"drop", c.fault_drop}, {"reset", c.fault_reset}, {"http429", c.fault_429},
                      {"http503", c.fault_503}, {"gap", c.fault_gap}}}};
}

http::Response answer_state(Instant now, const std::vector<http::Param>& params, const AdminView& view) {
  std::size_t recent = 0;
  const std::string asked = param(params, "recent");
  std::from_chars(asked.data(), asked.data() + asked.size(), recent);
  const std::string name = param(params, "market");
  Json markets = Json::array();
  if (!name.empty()) {
    const MarketConfig* market = market_named(view.floor, name);
    if (market == nullptr) return problem(404, "no market " + name);
    markets.push_back(market_json(view.floor, *market, recent));
  } else {
    for (std::size_t i = 0; i != view.floor.markets(); ++i) {
      markets.push_back(market_json(view.floor, view.floor.market({static_cast<std::uint16_t>(i)}), recent));
    }
  }
  return json_answer(200, {{"time_ms", now.ns / 1'000'000},
                           {"fault", to_text(view.faults)},
                           {"counts", counts_json(view.counts, view.connections)},
                           {"markets", markets}});
}

}  // namespace

bool is_admin(const http::Request& request) noexcept { return request.target.starts_with(kRoot); }

http::Response answer_admin(Instant now, const http::Request& request, AdminView& view) {
  const std::string_view target = request.target;
  const std::size_t question = std::min(target.find('?'), target.size());
  const std::string_view verb = target.substr(kRoot.size(), question - kRoot.size());
  const auto params = http::parse_query(target.substr(std::min(question + 1, target.size())));
  const bool post = request.method == "POST";
  if (verb == "state" && !post) return answer_state(now, params, view);
  if (verb == "fault" && post) {
    std::string wrong;
    if (!parse_faults(request.body, view.faults, wrong)) return problem(400, wrong);
    return json_answer(200, {{"fault", to_text(view.faults)}});
  }
  if (verb == "reset" && post) {
    view.reset_all = true;
    return json_answer(200, {{"reset", view.connections - 1}});
  }
  if (verb == "trading" && post) {
    const MarketConfig* market = market_named(view.floor, param(params, "market"));
    if (market == nullptr) return problem(404, "no such market");
    view.floor.set_trading(now, market->instrument.id, param(params, "on") != "0");
    return json_answer(200, {{"trading", view.floor.trading(market->instrument.id)}});
  }
  return problem(404, "GET /jobber/state, or POST /jobber/fault, /jobber/reset, /jobber/trading");
}

}  // namespace jobber::exchange
