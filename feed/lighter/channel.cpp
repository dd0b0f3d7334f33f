#include "feed/lighter/channel.hpp"

#include <cstddef>

namespace jobber::feed::lighter {
namespace {

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::size_t skip_blanks(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

// Where the value behind a key begins; npos unless a colon follows the key.
std::size_t value_after(std::string_view frame, std::size_t key_end) noexcept {
  const std::size_t colon = skip_blanks(frame, key_end);
  if (colon >= frame.size() || frame[colon] != ':') return std::string_view::npos;
  return skip_blanks(frame, colon + 1);
}

std::string_view text_at(std::string_view frame, std::size_t at) noexcept {
  if (at >= frame.size() || frame[at] != '"') return {};
  const std::size_t end = frame.find('"', at + 1);
  return end == std::string_view::npos ? std::string_view{} : frame.substr(at + 1, end - at - 1);
}

Family family_of(std::string_view name) noexcept {
  if (name == "order_book") return Family::kOrderBook;
  if (name == "ticker") return Family::kTicker;
  if (name == "trade") return Family::kTrade;
  if (name == "market_stats" || name == "spot_market_stats") return Family::kMarketStats;
  return Family::kOther;
}

}  // namespace

Channel parse_channel(std::string_view text) noexcept {
  if (text.empty()) return {};
  const std::size_t cut = text.find_first_of(":/");
  Channel out{family_of(text.substr(0, cut)), Channel::kNone};
  if (cut == std::string_view::npos) return out;
  const std::string_view id = text.substr(cut + 1);
  if (id == "all") return out.market = Channel::kAll, out;
  constexpr std::size_t kDigitsMax = 6;  // ids end at 4094
  if (id.empty() || id.size() > kDigitsMax) return out;
  std::int32_t market = 0;
  for (const char c : id) {
    if (c < '0' || c > '9') return out;
    market = market * 10 + (c - '0');
  }
  out.market = market;
  return out;
}

std::string_view find_text(std::string_view frame, std::string_view quoted_key) noexcept {
  for (std::size_t at = frame.find(quoted_key); at != std::string_view::npos; at = frame.find(quoted_key, at + 1)) {
    const std::size_t value = value_after(frame, at + quoted_key.size());
    if (value != std::string_view::npos) return text_at(frame, value);
  }
  return {};
}

std::string_view find_last_text(std::string_view frame, std::string_view quoted_key) noexcept {
  for (std::size_t at = frame.rfind(quoted_key); at != std::string_view::npos;) {
    const std::size_t value = value_after(frame, at + quoted_key.size());
    if (value != std::string_view::npos) return text_at(frame, value);
    if (at == 0) break;
    at = frame.rfind(quoted_key, at - 1);
  }
  return {};
}

std::int32_t find_code(std::string_view frame) noexcept {
  constexpr std::string_view kKey = "\"code\"";
  const std::size_t at = frame.find(kKey);
  if (at == std::string_view::npos) return 0;
  std::size_t digit = value_after(frame, at + kKey.size());
  std::int32_t code = 0;
  constexpr int kDigitsMax = 9;
  for (int n = 0; digit < frame.size() && frame[digit] >= '0' && frame[digit] <= '9'; ++digit, ++n) {
    if (n == kDigitsMax) return 0;
    code = code * 10 + (frame[digit] - '0');
  }
  return code;
}

}  // namespace jobber::feed::lighter
