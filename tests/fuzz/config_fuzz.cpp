// Any text as config.json, and the same text as .env: an answer, never a crash, and never a value
// outside what the table promises once there is no error.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/config_load.hpp"

namespace {

void require(bool fact) {
  if (!fact) std::abort();
}

void check_values(const jobber::LoadedConfig& loaded) {
  if (!loaded.ok()) return;
  const jobber::Config& c = loaded.config;
  require(c.trading.leverage >= 1 && c.trading.leverage <= 20);
  require(std::isfinite(c.trading.vol_obi.skew) && c.trading.vol_obi.window_steps > 0);
  require(c.trading.live_quality.max_spread_multiplier >= 1 && !c.trading.live_quality.markout_horizons_sec.empty());
  require(c.jobber.risk.position_max_usd > 0 && c.jobber.risk.max_open_orders >= 2 * c.trading.levels_per_side);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Not a pointer cast: the driver may hand over nullptr for nothing.
  const std::string text(data, data + size);
  jobber::ConfigInput as_file;
  as_file.file = jobber::ConfigText{"config.json", text};
  check_values(jobber::resolve_config(as_file));
  jobber::ConfigInput as_env;
  as_env.env_file = jobber::ConfigText{".env", text};
  check_values(jobber::resolve_config(as_env));
  return 0;
}
