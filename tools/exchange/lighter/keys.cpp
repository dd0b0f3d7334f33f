#include "tools/exchange/lighter/keys.hpp"

#include <algorithm>
#include <charconv>
#include <span>

#include "engine/hash.hpp"

namespace jobber::exchange::lighter {
namespace {

constexpr bool is_base64(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}
constexpr bool is_hex(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// Plain decimal digits up to the next ':', which is taken too.
bool take_number(std::string_view& text, std::int64_t& to) noexcept {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + colon, to);
  if (error != std::errc{} || end != text.data() + colon || to < 0) return false;
  text.remove_prefix(colon + 1);
  return true;
}

}  // namespace

bool check_signature(const LighterKey& /*key*/, const gateway::lighter::Tx& tx) noexcept {
  // 80 bytes in base64: 107 letters and one '='.
  const std::string_view s = tx.signature;
  return s.size() == gateway::lighter::kSignatureText && s.back() == '=' && std::all_of(s.begin(), s.end() - 1, is_base64);
}

bool check_token_signature(const LighterKey& /*key*/, std::string_view /*text*/, std::string_view hex) noexcept {
  constexpr std::size_t kDigits = 160;
  return hex.size() == kDigits && std::all_of(hex.begin(), hex.end(), is_hex);
}

std::string tx_hash(std::uint8_t type, std::string_view info) {
  static constexpr char kHex[] = "0123456789abcdef";
  StateHash h;
  h.add_bytes(std::as_bytes(std::span(info.data(), info.size())));
  std::uint64_t word = mix64(h.value() + type);
  std::string out;
  for (int i = 0; i != 5; ++i) {
    for (int shift = 60; shift >= 0; shift -= 4) out += kHex[word >> shift & 15];
    word = mix64(word);
  }
  return out;
}

std::string_view to_text(TokenProblem problem) noexcept {
  switch (problem) {
    case TokenProblem::kNone: return "";
    case TokenProblem::kMissing: return "invalid param : auth query param and Authorization header are empty";
    case TokenProblem::kMalformed: return "invalid auth: invalid format";
    case TokenProblem::kExpired: return "invalid auth: expired";
    case TokenProblem::kDeadline: return "invalid auth: invalid deadline";
    case TokenProblem::kUnknownKey: return "invalid auth: api key not found";
    case TokenProblem::kSignature: return "invalid auth: invalid signature";
  }
  return "invalid auth";
}

const LighterKey* Keys::find(std::int64_t account, std::int64_t key) const noexcept {
  const Accounts::Entry* e = directory_.find(account);
  if (e == nullptr) return nullptr;
  for (const LighterKey& k : e->config.lighter_keys) {
    if (k.index == key) return &k;
  }
  return nullptr;
}

TokenProblem Keys::check_token(Instant now, std::string_view token, std::int64_t& account) const noexcept {
  if (token.empty()) return TokenProblem::kMissing;
  std::string_view rest = token;
  std::int64_t deadline = 0, key = 0;
  if (!take_number(rest, deadline) || !take_number(rest, account) || !take_number(rest, key)) return TokenProblem::kMalformed;
  const std::int64_t now_s = now.ns / 1'000'000'000;
  if (deadline < now_s) return TokenProblem::kExpired;
  if (deadline - now_s > kTokenLife.n / 1'000'000'000) return TokenProblem::kDeadline;
  const LighterKey* k = find(account, key);
  if (k == nullptr) return TokenProblem::kUnknownKey;
  const std::string_view text = token.substr(0, token.size() - rest.size() - 1);
  return check_token_signature(*k, text, rest) ? TokenProblem::kNone : TokenProblem::kSignature;
}

std::int64_t Keys::next_nonce(std::int64_t account, std::int64_t key) const noexcept {
  const auto it = next_.find({account, key});
  return it == next_.end() ? 0 : it->second;
}

bool Keys::nonce_fits(const gateway::lighter::Tx& tx) const noexcept {
  constexpr std::int64_t kSkipMax = (std::int64_t{1} << 47) - 2;  // lighter.md 7
  const std::int64_t next = next_nonce(tx.account, tx.api_key);
  return tx.attributes.skip_nonce() ? tx.nonce >= next && tx.nonce <= kSkipMax : tx.nonce == next;
}

}  // namespace jobber::exchange::lighter
