#include "tools/exchange/sites.hpp"

namespace jobber::exchange {

std::vector<std::unique_ptr<Site>> make_sites(Floor& floor, const Accounts& accounts, std::uint64_t seed) {
  std::vector<std::unique_ptr<Site>> sites;
  static_cast<void>(floor), static_cast<void>(accounts), static_cast<void>(seed);
  return sites;
}

}  // namespace jobber::exchange
