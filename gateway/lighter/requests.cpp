#include "gateway/lighter/requests.hpp"

#include "engine/http1.hpp"

namespace jobber::gateway::lighter {
namespace {

// As a JSON string. Our texts are ASCII without control characters.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

// [14,17] and ["{..}","{..}"]
struct BatchTexts {
  std::string types = "[";
  std::string infos = "[";
};

BatchTexts batch_texts(std::span<const SignedTx> txs) {
  BatchTexts out;
  for (std::size_t i = 0; i != txs.size(); ++i) {
    if (i != 0) out.types += ',', out.infos += ',';
    out.types += std::to_string(txs[i].type);
    out.infos += quoted(txs[i].info);
  }
  out.types += ']';
  out.infos += ']';
  return out;
}

std::string frame(std::string_view type, std::string_view id, std::string_view data) {
  std::string out = R"({"type":)";
  out += quoted(type);
  out += R"(,"data":{)";
  if (!id.empty()) out += R"("id":)" + quoted(id) + ",";
  out += data;
  return out += "}}";
}

}  // namespace

std::string subscribe_frame(std::string_view channel, std::string_view auth) {
  std::string out = R"({"type":"subscribe","channel":)" + quoted(channel);
  if (!auth.empty()) out += R"(,"auth":)" + quoted(auth);
  return out += '}';
}

std::string unsubscribe_frame(std::string_view channel) { return R"({"type":"unsubscribe","channel":)" + quoted(channel) + "}"; }

std::string send_tx_frame(std::string_view id, const SignedTx& tx) {
  return frame("jsonapi/sendtx", id, R"("tx_type":)" + std::to_string(tx.type) + R"(,"tx_info":)" + std::string(tx.info));
}

std::string send_tx_batch_frame(std::string_view id, std::span<const SignedTx> txs) {
  const BatchTexts texts = batch_texts(txs);
  return frame("jsonapi/sendtxbatch", id, R"("tx_types":)" + quoted(texts.types) + R"(,"tx_infos":)" + quoted(texts.infos));
}

std::string send_tx_form(const SignedTx& tx, PriceProtection protection) {
  std::string out = "tx_type=" + std::to_string(tx.type) + "&tx_info=" + http::percent_encode(tx.info);
  if (protection != PriceProtection::kUnsaid) out += protection == PriceProtection::kOn ? "&price_protection=true" : "&price_protection=false";
  return out;
}

std::string send_tx_batch_form(std::span<const SignedTx> txs) {
  const BatchTexts texts = batch_texts(txs);
  return "tx_types=" + http::percent_encode(texts.types) + "&tx_infos=" + http::percent_encode(texts.infos);
}

std::string change_tier_form(std::int64_t account, std::string_view tier) {
  return "account_index=" + std::to_string(account) + "&new_tier=" + http::percent_encode(tier);
}

std::string maker_only_keys_form(std::int64_t account, std::span<const int> key_indexes) {
  std::string list = "[";
  for (std::size_t i = 0; i != key_indexes.size(); ++i) list += (i == 0 ? "" : ",") + std::to_string(key_indexes[i]);
  return "account_index=" + std::to_string(account) + "&api_key_indexes=" + http::percent_encode(list + "]");
}

std::string next_nonce_query(std::int64_t account, int api_key) {
  return "account_index=" + std::to_string(account) + "&api_key_index=" + std::to_string(api_key);
}

std::string active_orders_query(std::int64_t account, int market) {
  return "account_index=" + std::to_string(account) + "&market_id=" + std::to_string(market);
}

}  // namespace jobber::gateway::lighter
