// Binance's order side: REST answers, WebSocket API frames, user events, error classes, received signatures.
// Whatever comes, each getter gives a value or says why not.
//
// First byte: how it is taken in. The rest: one message.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/binance/answers.hpp"
#include "gateway/binance/error_codes.hpp"
#include "gateway/binance/signing.hpp"
#include "gateway/binance/user_events.hpp"

namespace {

using namespace jobber;
using namespace jobber::gateway::binance;

void must(bool holds) {
  if (!holds) std::abort();
}

void ask_everything(AnswerDecoder& d) {
  if (const auto order = d.order(); order.ok()) {
    const OrderAnswer& o = order.value();
    must(!o.leaves().negative());
    (void)o.average_price();
    (void)decimal_text(o.effective_price());
    (void)d.fills().ok();
  }
  (void)d.orders().ok();
  (void)d.amended().ok();
  (void)d.cancel_replace().ok();
  (void)d.trades().ok();
  (void)d.account().ok();
  (void)d.balances().ok();
  (void)d.positions().ok();
  (void)d.order_counts().ok();
  (void)d.countdown().ok();
  (void)d.listen_key().ok();
  (void)d.session().ok();
  (void)d.subscription_id().ok();
  (void)d.symbol_configs().ok();
  (void)d.account_config().ok();
  (void)d.leverage_brackets().ok();
  (void)d.commission().ok();
  (void)d.execution_rules().ok();
  (void)d.server_time().ok();
}

void answer(AnswerDecoder& d, const Result<AnswerDecoder::Kind, JsonFault>& kind) {
  ask_everything(d);
  if (!kind.ok() || kind.value() != AnswerDecoder::Kind::kError) return;
  for (const Venue venue : {Venue::kBinanceSpot, Venue::kBinanceUsdm}) {
    must(react(venue, d.error().code, d.error().http_status, d.error().text.view()) != gateway::Reaction::kNone);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static AnswerDecoder decoder;
  static UserEventDecoder events;
  constexpr int kStatuses[] = {200, 400, 409, 418, 429, 502, 503, 504};
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0: answer(decoder, decoder.rest(kStatuses[data[0] / 4 % 8], rest)); break;
    case 1: answer(decoder, decoder.ws(rest)); break;
    case 2:
      if (const auto event = events.decode(rest); event.ok()) {
        must(!event.value()->order.leaves().negative());
        (void)event.value()->emergency();
      }
      break;
    case 3: {
      const std::size_t half = rest.find('|');
      const ReceivedSignature got = received_signature(rest.substr(0, half), half == std::string_view::npos ? std::string_view{} : rest.substr(half + 1));
      must(got.payload.size() <= rest.size() && got.signature.size() <= rest.size());
      break;
    }
    default: break;
  }
  return 0;
}
