#include "tools/exchange/sites.hpp"

#include "tools/exchange/binance/binance_site.hpp"
#include "tools/exchange/lighter/lighter_site.hpp"
#include "tools/exchange/lmex/lmex_site.hpp"

namespace jobber::exchange {

std::vector<std::unique_ptr<Site>> make_sites(Floor& floor, const Accounts& accounts, [[maybe_unused]] std::uint64_t seed) {
  auto binance = std::make_unique<binance::BinanceSite>(floor, accounts);
  std::vector<std::unique_ptr<Site>> sites;
  // Before Binance, whose raw streams take everything else below /ws.
  sites.push_back(std::make_unique<lmex::LmexSite>(floor, accounts));
  sites.push_back(std::make_unique<lighter::LighterSite>(floor, accounts, binance.get()));  // they share /stream
  sites.push_back(std::move(binance));
  return sites;
}

}  // namespace jobber::exchange
