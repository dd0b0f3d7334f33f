#include "gateway/lighter/tx.hpp"

#include <charconv>
#include <memory>

#include "engine/json_rows.hpp"

namespace jobber::gateway::lighter {
namespace {

// One integer member of tx_info.
struct Member {
  std::string_view name;
  std::int64_t Tx::* value;
};
using Members = std::span<const Member>;

// lighter.md 6.2 - 6.6: JSON order. Sig and L2TxAttributes follow in all of them.
constexpr Member kCreate[] = {
    {"AccountIndex", &Tx::account},      {"ApiKeyIndex", &Tx::api_key},      {"MarketIndex", &Tx::market},
    {"ClientOrderIndex", &Tx::client_index}, {"BaseAmount", &Tx::base_amount}, {"Price", &Tx::price},
    {"IsAsk", &Tx::is_ask},              {"Type", &Tx::order_type},          {"TimeInForce", &Tx::tif},
    {"ReduceOnly", &Tx::reduce_only},    {"TriggerPrice", &Tx::trigger_price}, {"OrderExpiry", &Tx::order_expiry},
    {"ExpiredAt", &Tx::expired_at},      {"Nonce", &Tx::nonce}};
constexpr Member kCancel[] = {{"AccountIndex", &Tx::account}, {"ApiKeyIndex", &Tx::api_key},   {"MarketIndex", &Tx::market},
                              {"Index", &Tx::index},          {"ExpiredAt", &Tx::expired_at}, {"Nonce", &Tx::nonce}};
constexpr Member kCancelAll[] = {{"AccountIndex", &Tx::account}, {"ApiKeyIndex", &Tx::api_key},   {"TimeInForce", &Tx::tif},
                                 {"Time", &Tx::time},            {"ExpiredAt", &Tx::expired_at}, {"Nonce", &Tx::nonce}};
constexpr Member kModify[] = {{"AccountIndex", &Tx::account}, {"ApiKeyIndex", &Tx::api_key},     {"MarketIndex", &Tx::market},
                              {"Index", &Tx::index},          {"BaseAmount", &Tx::base_amount}, {"Price", &Tx::price},
                              {"TriggerPrice", &Tx::trigger_price}, {"ExpiredAt", &Tx::expired_at}, {"Nonce", &Tx::nonce}};
constexpr Member kLeverage[] = {{"AccountIndex", &Tx::account},
                                {"ApiKeyIndex", &Tx::api_key},
                                {"MarketIndex", &Tx::market},
                                {"InitialMarginFraction", &Tx::initial_margin},
                                {"MarginMode", &Tx::margin_mode},
                                {"ExpiredAt", &Tx::expired_at},
                                {"Nonce", &Tx::nonce}};

Members members_of(TxType type) noexcept {
  switch (type) {
    case TxType::kCreateOrder: return kCreate;
    case TxType::kCancelOrder: return kCancel;
    case TxType::kCancelAllOrders: return kCancelAll;
    case TxType::kModifyOrder: return kModify;
    case TxType::kUpdateLeverage: return kLeverage;
  }
  return {};
}

class Writer {
 public:
  explicit Writer(std::span<char> out) noexcept : at_(out.data()), end_(out.data() + out.size()) {}
  void text(std::string_view s) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < s.size()) return void(full_ = true);
    at_ += s.copy(at_, s.size());
  }
  void number(std::int64_t n) noexcept {
    const auto [end, error] = std::to_chars(at_, end_, n);
    if (error != std::errc{}) return void(full_ = true);
    at_ = end;
  }
  [[nodiscard]] std::size_t size(const char* begin) const noexcept { return full_ ? 0 : static_cast<std::size_t>(at_ - begin); }

 private:
  char* at_;
  char* end_;
  bool full_ = false;
};

constexpr bool within(std::int64_t n, std::int64_t low, std::int64_t high) noexcept { return n >= low && n <= high; }
constexpr bool is_perp(std::int64_t market) noexcept { return within(market, 0, 254); }
constexpr bool is_spot(std::int64_t market) noexcept { return within(market, 2048, 4094); }

// lighter.md 6.7.
bool sound(const TxAttributes& a) noexcept {
  for (std::uint8_t i = 0; i != a.count; ++i) {
    const auto& e = a.entries[i];
    switch (e.key) {
      case TxAttributes::kIntegrator: if (!within(e.value, 0, kAccountIndexMax)) return false; break;
      case TxAttributes::kIntegratorTakerFee:
      case TxAttributes::kIntegratorMakerFee: if (!within(e.value, 0, 1'000'000)) return false; break;
      case TxAttributes::kSkipNonce: if (e.value != 1) return false; break;
      case TxAttributes::kCancelAllMarket: if (!within(e.value, 0, 255)) return false; break;
      case TxAttributes::kSelfTradeBehaviour: if (!within(e.value, 0, 3)) return false; break;
      case TxAttributes::kSelfTradeIdentity: if (!within(e.value, 0, 1)) return false; break;
      default: return false;
    }
  }
  const bool fees = a.get(TxAttributes::kIntegratorTakerFee) > 0 || a.get(TxAttributes::kIntegratorMakerFee) > 0;
  const bool self_trade = a.get(TxAttributes::kSelfTradeBehaviour) > 0 || a.get(TxAttributes::kSelfTradeIdentity) > 0;
  if (fees && (a.get(TxAttributes::kIntegrator) <= 0 || self_trade)) return false;
  return !(a.get(TxAttributes::kSelfTradeBehaviour) == 3 && a.get(TxAttributes::kSelfTradeIdentity) == 1);
}

TxFault check_create(const Tx& tx) noexcept {
  if (!is_perp(tx.market) && !is_spot(tx.market)) return TxFault::kMarket;
  if (!within(tx.client_index, 0, kClientIndexMax)) return TxFault::kClientIndex;
  if (!within(tx.reduce_only, 0, 1) || (tx.reduce_only == 1 && is_spot(tx.market))) return TxFault::kReduceOnly;
  if (!within(tx.base_amount, tx.reduce_only == 1 ? 0 : 1, kBaseAmountMax)) return TxFault::kBaseAmount;
  if (!within(tx.price, 1, kPriceMax)) return TxFault::kPrice;
  if (!within(tx.is_ask, 0, 1)) return TxFault::kSide;
  if (!within(tx.order_type, 0, 6)) return TxFault::kOrderType;
  if (!within(tx.tif, 0, 2)) return TxFault::kTif;
  if (!within(tx.trigger_price, 0, kPriceMax)) return TxFault::kTriggerPrice;
  if (tx.order_expiry < 0) return TxFault::kOrderExpiry;
  const bool triggered = within(tx.order_type, 2, 5);
  if (triggered && is_spot(tx.market)) return TxFault::kOrderType;
  if (triggered != (tx.trigger_price != 0)) return TxFault::kTriggerPrice;
  switch (tx.order_type) {
    case 0:
      return (tx.tif == 0) == (tx.order_expiry == 0) ? TxFault::kNone : TxFault::kOrderExpiry;
    case 1:
      if (tx.tif != 0) return TxFault::kTif;
      return tx.order_expiry == 0 ? TxFault::kNone : TxFault::kOrderExpiry;
    case 2:
    case 4:
      if (tx.tif != 0) return TxFault::kTif;
      break;
    case 6:
      if (tx.tif != 1) return TxFault::kTif;
      break;
    default: break;
  }
  return tx.order_expiry != 0 ? TxFault::kNone : TxFault::kOrderExpiry;
}

TxFault check_target(const Tx& tx) noexcept {
  if (!is_perp(tx.market) && !is_spot(tx.market)) return TxFault::kMarket;
  return within(tx.index, 1, kOrderIndexMax) ? TxFault::kNone : TxFault::kIndex;
}

TxFault check_modify(const Tx& tx) noexcept {
  if (const TxFault fault = check_target(tx); fault != TxFault::kNone) return fault;
  if (!within(tx.base_amount, 0, kBaseAmountMax)) return TxFault::kBaseAmount;
  if (!within(tx.price, 1, kPriceMax)) return TxFault::kPrice;
  return within(tx.trigger_price, 0, kPriceMax) ? TxFault::kNone : TxFault::kTriggerPrice;
}

TxFault check_cancel_all(const Tx& tx) noexcept {
  if (!within(tx.tif, 0, 2)) return TxFault::kTif;
  const bool scheduled = tx.tif == 1;
  if (scheduled ? tx.time <= 0 : tx.time != 0) return TxFault::kTime;
  const std::int64_t market = tx.attributes.get(TxAttributes::kCancelAllMarket);
  return market < 0 || market == 255 || tx.tif == 0 ? TxFault::kNone : TxFault::kAttributes;
}

TxFault check_leverage(const Tx& tx) noexcept {
  if (!is_perp(tx.market)) return TxFault::kMarket;
  return within(tx.initial_margin, 1, 10'000) && within(tx.margin_mode, 0, 1) ? TxFault::kNone : TxFault::kMargin;
}

}  // namespace

std::int64_t TxAttributes::get(Key key) const noexcept {
  for (std::uint8_t i = 0; i != count; ++i) {
    if (entries[i].key == key) return entries[i].value;
  }
  return -1;
}

bool is_known(std::int64_t tx_type) noexcept { return within(tx_type, 14, 17) || tx_type == 20; }

std::size_t write_tx(const Tx& tx, std::span<char> out) noexcept {
  if (tx.signature.size() != kSignatureText) return 0;
  Writer w(out);
  char before = '{';
  for (const Member& m : members_of(tx.type)) {
    w.text({&before, 1});
    w.text("\"");
    w.text(m.name);
    w.text("\":");
    w.number(tx.*m.value);
    before = ',';
  }
  w.text(R"(,"Sig":")");
  w.text(tx.signature);
  w.text(R"(","L2TxAttributes":)");
  if (tx.attributes.count == 0) w.text("null");
  for (std::uint8_t i = 0; i != tx.attributes.count; ++i) {
    w.text(i == 0 ? "{\"" : ",\"");
    w.number(tx.attributes.entries[i].key);
    w.text("\":");
    w.number(tx.attributes.entries[i].value);
  }
  w.text(tx.attributes.count == 0 ? "}" : "}}");
  return w.size(out.data());
}

namespace {

class TxReader : public json::RowReader {
 public:
  bool read_members(json::ondemand::object& root, Members members, Tx& tx, std::string_view& signature) {
    std::uint32_t seen = 0;
    const bool ok = each_field(root, [&](std::string_view key, json::ondemand::value v) {
      if (key == "Sig") return read_scalar(v, signature);
      if (key == "L2TxAttributes") return json::is_null(v) || read_attributes(v, tx.attributes);
      for (std::size_t i = 0; i != members.size(); ++i) {
        if (members[i].name != key) continue;
        if ((seen >> i & 1) != 0) return fail(JsonError::kDuplicate);
        seen |= 1u << i;
        if (json::is_null(v)) return fail(JsonError::kWrongType);
        return read_scalar(v, tx.*members[i].value);
      }
      return true;
    });
    if (!ok) return false;
    return (seen == (1u << members.size()) - 1 && !signature.empty()) || fail(JsonError::kMissing);
  }

 private:
  bool read_attributes(json::ondemand::value v, TxAttributes& to) {
    return each_field(v, [&](std::string_view key, json::ondemand::value member) {
      if (to.count == to.entries.size()) return fail(JsonError::kTooMany);
      if (key.size() != 1 || key[0] < '1' || key[0] > '9') return fail(JsonError::kBadNumber);
      auto& e = to.entries[to.count];
      e.key = static_cast<std::uint8_t>(key[0] - '0');
      if (!read_scalar(member, e.value)) return false;
      if (to.count != 0 && to.entries[to.count - 1u].key >= e.key) return fail(JsonError::kDuplicate);
      ++to.count;
      return true;
    });
  }
};

}  // namespace

Result<Tx, JsonError> read_tx(TxType type, std::string_view text) {
  const simdjson::padded_string padded(text);
  json::ondemand::parser parser;
  json::ondemand::document document;
  json::ondemand::object root;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return JsonError::kBadJson;
  if (const auto code = document.get_object().get(root); code != simdjson::SUCCESS) {
    return code == simdjson::INCORRECT_TYPE ? JsonError::kWrongType : JsonError::kBadJson;
  }
  Tx tx;
  tx.type = type;
  TxReader reader;
  std::string_view signature;
  if (!reader.read_members(root, members_of(type), tx, signature)) return reader.error().value_or(JsonError::kBadJson);
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) return JsonError::kBadJson;
  tx.signature = text.substr(static_cast<std::size_t>(signature.data() - padded.data()), signature.size());  // of the caller's text
  return tx;
}

TxFault check_tx(const Tx& tx) noexcept {
  if (!within(tx.account, -1, kAccountIndexMax)) return TxFault::kAccount;
  if (!within(tx.api_key, 0, 254)) return TxFault::kApiKey;
  if (tx.nonce < 0) return TxFault::kNonce;
  if (!within(tx.expired_at, 0, kClientIndexMax)) return TxFault::kExpiredAt;
  if (!sound(tx.attributes)) return TxFault::kAttributes;
  switch (tx.type) {
    case TxType::kCreateOrder: return check_create(tx);
    case TxType::kCancelOrder: return check_target(tx);
    case TxType::kCancelAllOrders: return check_cancel_all(tx);
    case TxType::kModifyOrder: return check_modify(tx);
    case TxType::kUpdateLeverage: return check_leverage(tx);
  }
  return TxFault::kOrderType;
}

std::int32_t error_code(TxFault fault) noexcept {
  switch (fault) {
    case TxFault::kAccount: return 21102;
    case TxFault::kApiKey: return 21109;
    case TxFault::kNonce: return 21104;
    case TxFault::kClientIndex: return 21727;
    case TxFault::kPrice: return 21702;
    case TxFault::kBaseAmount: return 21706;
    case TxFault::kOrderExpiry: return 21711;
    default: return 21501;
  }
}

}  // namespace jobber::gateway::lighter
