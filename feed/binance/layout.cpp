#include "feed/binance/layout.hpp"

#include <algorithm>
#include <cstring>

#include "feed/binance/number.hpp"

namespace jobber::feed {
namespace {

// Walks one message and notes its fixed text and its fields. The general parser has accepted the text, so
// only what the scanner could not reproduce must be refused.
class Learner {
 public:
  Learner(std::string_view json, EventKind kind, LearnedLayout& out) noexcept : json_(json), out_(out) {
    out_ = {};
    out_.layout.kind = kind;
    // Only a key and its value look like this: text without escapes cannot hold quotes.
    out_.layout.aggregate = json.find(R"("e":"aggTrade")") != std::string_view::npos;
  }

  bool run() noexcept {
    const bool wrapped = json_.starts_with("{\"stream\"") || json_.starts_with("{\"data\"");
    if (!(wrapped ? wrapper() : object())) return false;
    return at_ == json_.size() && end_step();
  }

 private:
  [[nodiscard]] char peek() const noexcept { return at_ < json_.size() ? json_[at_] : '\0'; }
  bool skip(char c) noexcept {
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  // {"stream":"name","data":{...}} in either order, nothing else.
  bool wrapper() noexcept {
    if (!skip('{')) return false;
    do {
      std::string_view key, name;
      if (!text(key) || !skip(':')) return false;
      if (key == "data") {
        if (!object()) return false;
      } else if (key == "stream" && text(name)) {
        out_.layout.stream_at = static_cast<std::size_t>(name.data() - json_.data());
        out_.layout.stream_size = name.size();
      } else {
        return false;
      }
    } while (skip(','));
    return skip('}');
  }

  bool object() noexcept {
    if (!skip('{')) return false;
    do {
      std::string_view key;
      if (!text(key) || !skip(':') || !value(key)) return false;
    } while (skip(','));
    return skip('}');
  }

  // A string without escapes; what it holds becomes fixed text.
  bool text(std::string_view& to) noexcept {
    if (!skip('"')) return false;
    const std::size_t end = json_.find('"', at_);
    if (end == std::string_view::npos) return false;
    to = json_.substr(at_, end - at_);
    at_ = end + 1;
    return to.find('\\') == std::string_view::npos;
  }

  bool value(std::string_view key) noexcept {
    switch (peek()) {
      case '"': return string_value(key);
      case '[': return levels(key);
      case 't':
      case 'f': return flag(key);
      default: return integer(key);
    }
  }

  bool string_value(std::string_view key) noexcept {
    const FieldName name = decimal_name(key);
    if (name == FieldName::kSkipped) {
      std::string_view fixed;
      if (!text(fixed)) return false;
      if (key == "X") out_.layout.off_market = fixed != "MARKET";
      return key != "nq";  // differs each time, and we do not read it
    }
    const bool is_price = name == FieldName::kPrice || name == FieldName::kBid || name == FieldName::kAsk;
    ++at_;
    if (!add_step(is_price ? FieldType::kPrice : FieldType::kQty, name)) return false;
    --at_;
    std::string_view number;
    if (!text(number)) return false;
    (is_price ? out_.price_text : out_.qty_text) = number;
    fixed_from_ = --at_;  // the closing quote is fixed text again
    ++at_;
    return true;
  }

  bool levels(std::string_view key) noexcept {
    const bool snapshot = out_.layout.kind == EventKind::kSnapshot;
    if (!snapshot && out_.layout.kind != EventKind::kDepth) return false;
    const bool bids = key == (snapshot ? "bids" : "b"), asks = key == (snapshot ? "asks" : "a");
    if (!bids && !asks) return false;
    ++at_;
    if (!add_step(FieldType::kLevels, bids ? FieldName::kBids : FieldName::kAsks)) return false;
    while (peek() == '[') {
      ++at_;
      if (!text(out_.price_text) || !skip(',') || !text(out_.qty_text) || !skip(']')) return false;
      if (!skip(',')) break;
    }
    fixed_from_ = at_;
    return skip(']');
  }

  bool flag(std::string_view key) noexcept {
    const std::string_view rest = json_.substr(at_);
    const bool yes = rest.starts_with("true");
    if (!yes && !rest.starts_with("false")) return false;
    if (!add_step(FieldType::kFlag, key == "m" ? FieldName::kBuyerIsMaker : FieldName::kSkipped)) return false;
    at_ += yes ? 4 : 5;
    fixed_from_ = at_;
    return true;
  }

  bool integer(std::string_view key) noexcept {
    const std::size_t begin = at_;
    if (!is_digit(peek()) || !add_step(FieldType::kInteger, integer_name(key))) return false;
    while (is_digit(peek())) ++at_;
    last_step().digits = static_cast<std::uint8_t>(std::min(at_ - begin, std::size_t{16}));
    fixed_from_ = at_;
    return peek() == ',' || peek() == '}';
  }

  [[nodiscard]] FieldName decimal_name(std::string_view key) const noexcept {
    if (out_.layout.kind == EventKind::kTrade) {
      if (key == "p") return FieldName::kPrice;
      if (key == "q") return FieldName::kQty;
    }
    if (out_.layout.kind == EventKind::kBookTicker) {
      if (key == "b") return FieldName::kBid;
      if (key == "B") return FieldName::kBidQty;
      if (key == "a") return FieldName::kAsk;
      if (key == "A") return FieldName::kAskQty;
    }
    return FieldName::kSkipped;
  }

  [[nodiscard]] FieldName integer_name(std::string_view key) noexcept {
    Layout& layout = out_.layout;
    if (key == "E") return FieldName::kEventTime;
    const bool depth = layout.kind == EventKind::kDepth, trade = layout.kind == EventKind::kTrade;
    if (key == "T" && (depth || trade)) return layout.has_transact_time = true, FieldName::kTransactTime;
    if (key == "u" && (depth || layout.kind == EventKind::kBookTicker)) return FieldName::kLastId;
    if (key == "lastUpdateId" && layout.kind == EventKind::kSnapshot) return FieldName::kLastId;
    if (key == "U" && depth) return FieldName::kFirstId;
    if (key == "pu" && depth) return layout.has_prev_id = true, FieldName::kPrevId;
    // "a" is the id of an aggregate; on spot it once was an order id of a plain trade.
    if (trade && key == (layout.aggregate ? "a" : "t")) return FieldName::kTradeId;
    return FieldName::kSkipped;
  }

  Layout::Step& last_step() noexcept { return out_.layout.steps[out_.layout.step_count - 1]; }

  // Closes the fixed text before `at_` and opens a field there.
  bool add_step(FieldType type, FieldName name) noexcept {
    Layout& layout = out_.layout;
    const std::string_view fixed = json_.substr(fixed_from_, at_ - fixed_from_);
    if (layout.step_count == Layout::kStepsMax || layout.text_size + fixed.size() > Layout::kTextMax) return false;
    layout.steps[layout.step_count++] = {.text_at = static_cast<std::uint16_t>(layout.text_size),
                                         .text_size = static_cast<std::uint16_t>(fixed.size()),
                                         .type = type, .name = name, .digits = 0};
    fixed.copy(layout.text.data() + layout.text_size, fixed.size());
    layout.text_size += fixed.size();
    return true;
  }
  bool end_step() noexcept { return add_step(FieldType::kEnd, FieldName::kSkipped); }

  std::string_view json_;
  LearnedLayout& out_;
  std::size_t at_ = 0;
  std::size_t fixed_from_ = 0;
};

std::int32_t decimals_of(std::string_view number) noexcept {
  const std::size_t dot = number.find('.');
  return dot == std::string_view::npos ? 0 : static_cast<std::int32_t>(number.size() - dot - 1);
}

// Never writes a row that accepts a text it should not: places that no character fills stay zero, and a
// checked place that stays zero is wrong unless it wants a zero digit.
void fill_row(NumberForm& form, std::size_t size, std::size_t wire, std::size_t grid) noexcept {
  auto& row = form.moves[size];
  row.fill(0x80);
  const std::size_t dots = wire != 0 ? 1 : 0;
  if (size < wire + dots + 1) {
    if (dots == 0) row[15] = 0;  // an empty text: its closing quote is no digit
    return;
  }
  const std::size_t whole = size - wire - dots;
  std::size_t place = 16;
  for (std::size_t i = grid; i-- != 0;) row[--place] = static_cast<std::uint8_t>(whole + dots + i);
  for (std::size_t i = whole; i-- != 0;) row[--place] = static_cast<std::uint8_t>(i);
  std::size_t checked = 0;
  if (dots != 0) row[checked++] = static_cast<std::uint8_t>(whole);
  for (std::size_t i = grid; i < wire; ++i) row[checked++] = static_cast<std::uint8_t>(whole + dots + i);
}

}  // namespace

bool learn_layout(std::span<const char> json, EventKind kind, LearnedLayout& out) noexcept {
  const bool known = kind == EventKind::kDepth || kind == EventKind::kSnapshot || kind == EventKind::kTrade ||
                     kind == EventKind::kBookTicker;
  return known && Learner({json.data(), json.size()}, kind, out).run();
}

bool same_text(const Layout& a, const Layout& b) noexcept {
  const auto same_step = [](const Layout::Step& x, const Layout::Step& y) {
    return x.text_size == y.text_size && x.type == y.type && x.name == y.name;
  };
  return a.kind == b.kind && a.step_count == b.step_count && a.text == b.text &&
         std::equal(a.steps.begin(), a.steps.begin() + static_cast<std::ptrdiff_t>(a.step_count), b.steps.begin(), same_step);
}

void match_nothing(NumberForm& form) noexcept {
  for (auto& row : form.moves) row.fill(0x80);  // all places zero, where the first must be one
  form.expect.fill(0);
  form.expect[0] = 1;
  form.limit.fill(0);
}

void set_form(NumberForm& form, std::string_view example, std::int32_t grid_decimals) noexcept {
  if (example.empty() || decimals_of(example) == form.wire_decimals) return;
  form.wire_decimals = decimals_of(example);
  form.expect.fill(0);
  form.limit.fill(9);
  if (form.wire_decimals < grid_decimals || form.wire_decimals > 14) return match_nothing(form);
  const auto wire = static_cast<std::size_t>(form.wire_decimals), grid = static_cast<std::size_t>(grid_decimals);
  if (wire != 0) form.expect[0] = static_cast<std::uint8_t>('.' - '0');
  for (std::size_t i = 0; i < wire - grid + (wire != 0 ? 1 : 0); ++i) form.limit[i] = 0;
  for (std::size_t size = 0; size <= NumberForm::kTextMax; ++size) fill_row(form, size, wire, grid);
}

void strip_tens(std::int64_t& units, std::int32_t& decimals) noexcept {
  for (; units % 10 == 0 && decimals > 0; --decimals) units /= 10;
}

}  // namespace jobber::feed
