#include "tools/exchange/binance/words.hpp"

#include "engine/check.hpp"

namespace jobber::exchange::binance {
namespace {

constexpr Int128 scale(int decimals) noexcept {
  Int128 n = 1;
  for (int i = decimals; i < Amount::kDecimals; ++i) n *= 10;
  return n;
}

Amount on_grid(std::int64_t points, std::int64_t units, int decimals) noexcept {
  JOBBER_CHECK(decimals <= Amount::kDecimals);
  return {Int128{points} * units * scale(decimals)};
}

}  // namespace

Amount amount_of(Price price, const Instrument& i) noexcept { return on_grid(price.grid, i.tick_units, i.price_decimals); }
Amount amount_of(Lots qty, const Instrument& i) noexcept { return on_grid(qty.n, i.lot_units, i.qty_decimals); }

std::string price_of(Product p, Price price, const Instrument& i) {
  return p == Product::kSpot ? amount_text(amount_of(price, i)) : price_text(price, i);
}
std::string qty_of(Product p, Lots qty, const Instrument& i) {
  return p == Product::kSpot ? amount_text(amount_of(qty, i)) : qty_text(qty, i);
}

Amount average_price(const Order& order, const Instrument& i) noexcept {
  const Amount size = amount_of(order.filled, i);
  if (size.e8 <= 0) return {};
  return {rounded_div(order.quote_filled.e8 * Amount::kOne, size.e8)};
}

std::string tick_text(const Instrument& i, int decimals) { return amount_text(amount_of(Price{i.order_tick.n}, i), decimals); }
std::string step_text(const Instrument& i, int decimals) { return amount_text(amount_of(i.order_lot, i), decimals); }

}  // namespace jobber::exchange::binance
