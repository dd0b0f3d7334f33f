#include "tools/exchange/sites.hpp"

#include "tools/exchange/binance/binance_site.hpp"
#include "tools/exchange/lmex/lmex_site.hpp"

namespace jobber::exchange {

std::vector<std::unique_ptr<Site>> make_sites(Floor& floor, const Accounts& accounts, [[maybe_unused]] std::uint64_t seed) {
  std::vector<std::unique_ptr<Site>> sites;
  // Before Binance, whose raw streams take everything else below /ws.
  sites.push_back(std::make_unique<lmex::LmexSite>(floor, accounts));
  sites.push_back(std::make_unique<binance::BinanceSite>(floor, accounts));
  return sites;
}

}  // namespace jobber::exchange
