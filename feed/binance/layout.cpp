#include "feed/binance/layout.hpp"

#include <algorithm>
#include <cstring>

#include "feed/number.hpp"

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
    return at_ == json_.size() && end_run(FieldType::kEnd);
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
      case '"':
        return string_value(key);
      case '[':
        return levels(key);
      case 't':
      case 'f':
        return flag(key);
      default:
        return integer(key);
    }
  }

  bool string_value(std::string_view key) noexcept {
    const FieldName name = decimal_name(key);
    std::string_view held;
    if (name == FieldName::kSkipped) {
      if (!text(held)) return false;
      if (key == "X") out_.layout.off_market = held != "MARKET";
      return key != "nq";  // differs each time, and we do not read it
    }
    const bool is_price = name == FieldName::kPrice || name == FieldName::kBid || name == FieldName::kAsk;
    const std::size_t quote = at_++;
    if (!end_run(is_price ? FieldType::kPrice : FieldType::kQty, name)) return false;
    at_ = quote;
    if (!text(held)) return false;
    (is_price ? out_.price_text : out_.qty_text) = held;
    run_from_ = at_ - 1;  // the closing quote
    return true;
  }

  bool levels(std::string_view key) noexcept {
    const bool snapshot = out_.layout.kind == EventKind::kSnapshot;
    if (!snapshot && out_.layout.kind != EventKind::kDepth) return false;
    const bool bids = key == (snapshot ? "bids" : "b"), asks = key == (snapshot ? "asks" : "a");
    if (!bids && !asks) return false;
    ++at_;
    if (!end_run(bids ? FieldType::kBids : FieldType::kAsks)) return false;
    while (peek() == '[') {
      ++at_;
      if (!text(out_.price_text) || !skip(',') || !text(out_.qty_text) || !skip(']')) return false;
      if (!skip(',')) break;
    }
    run_from_ = at_;
    return skip(']');
  }

  // Only the flag we read may differ; another stays as it is.
  bool flag(std::string_view key) noexcept {
    const std::string_view rest = json_.substr(at_);
    const bool yes = rest.starts_with("true");
    if (!yes && !rest.starts_with("false")) return false;
    const bool read = key == "m" && out_.layout.kind == EventKind::kTrade;
    if (read && !end_run(FieldType::kFlag, FieldName::kBuyerIsMaker)) return false;
    at_ += yes ? 4 : 5;
    if (read) run_from_ = at_;
    return true;
  }

  bool integer(std::string_view key) noexcept {
    const std::size_t begin = at_;
    while (is_digit(peek())) ++at_;
    const std::size_t digits = at_ - begin;
    if (digits == 0 || digits > 16 || integer_count_ == integers_.size() || (peek() != ',' && peek() != '}'))
      return false;
    integers_[integer_count_++] = {begin, digits, integer_name(key)};
    return true;
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

  // Closes the run that ends before `at_`, where a field of that type begins.
  bool end_run(FieldType then, FieldName name = FieldName::kSkipped) noexcept {
    Layout& layout = out_.layout;
    const std::size_t size = at_ - run_from_, room = (size + 31) / 32 * 32;
    if (layout.run_count == Layout::kRunsMax || bytes_ + room > Layout::kBytesMax) return false;
    Layout::Run& run = layout.runs[layout.run_count++];
    run = {.begin = static_cast<std::uint16_t>(bytes_),
           .size = static_cast<std::uint16_t>(size),
           .first_group = static_cast<std::uint8_t>(groups_),
           .groups = 0,
           .then = then,
           .value = 0,
           .price_size = 0};
    std::memcpy(layout.lowest.data() + bytes_, json_.data() + run_from_, size);
    std::memset(layout.spread.data() + bytes_ + size, 255, room - size);
    if (!add_integers(run)) return false;
    bytes_ += room;
    if (name != FieldName::kSkipped) {
      run.value = static_cast<std::uint8_t>(1 + Layout::kGroup * Layout::kGroupsMax + layout.run_count - 1);
      value_of(name) = run.value;
    }
    return true;
  }

  // Digits may be any; those of the integers we read are listed in groups.
  bool add_integers(Layout::Run& run) noexcept {
    // The order in which the scanner's arithmetic leaves a group.
    constexpr std::size_t kOrder[Layout::kGroup] = {0, 2, 1, 3};
    Layout& layout = out_.layout;
    std::size_t read = 0;
    for (std::size_t i = 0; i < integer_count_; ++i) {
      const Integer& integer = integers_[i];
      const std::size_t at = integer.at - run_from_;
      std::memset(layout.lowest.data() + run.begin + at, '0', integer.digits);
      std::memset(layout.spread.data() + run.begin + at, 9, integer.digits);
      if (integer.digits > 1)
        layout.lowest[run.begin + at] = '1', layout.spread[run.begin + at] = 8;  // no leading zero
      if (integer.name == FieldName::kSkipped) continue;
      const std::size_t group = groups_ + read / Layout::kGroup, place = read % Layout::kGroup;
      if (group == Layout::kGroupsMax) return false;
      layout.integers[group * Layout::kGroup + place] = {static_cast<std::uint16_t>(at),
                                                         static_cast<std::uint8_t>(integer.digits)};
      value_of(integer.name) = static_cast<std::uint8_t>(1 + group * Layout::kGroup + kOrder[place]);
      ++read;
    }
    integer_count_ = 0;
    run.groups = static_cast<std::uint8_t>((read + Layout::kGroup - 1) / Layout::kGroup);
    groups_ += run.groups;
    return true;
  }

  std::uint8_t& value_of(FieldName name) noexcept { return out_.layout.value_of[static_cast<std::size_t>(name)]; }

  struct Integer {
    std::size_t at = 0;
    std::size_t digits = 0;
    FieldName name = FieldName::kSkipped;
  };

  std::string_view json_;
  LearnedLayout& out_;
  std::size_t at_ = 0;
  std::size_t run_from_ = 0;
  std::size_t bytes_ = 0;  // of the runs so far, each rounded up
  std::size_t groups_ = 0;
  std::array<Integer, 24> integers_{};  // of the run that is open
  std::size_t integer_count_ = 0;
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

bool matches_same(const Layout& a, const Layout& b) noexcept {
  const auto same_run = [](const Layout::Run& x, const Layout::Run& y) {
    return x.begin == y.begin && x.size == y.size && x.then == y.then && x.value == y.value;
  };
  return a.kind == b.kind && a.run_count == b.run_count && a.lowest == b.lowest && a.spread == b.spread &&
         a.value_of == b.value_of &&
         std::equal(a.runs.begin(), a.runs.begin() + static_cast<std::ptrdiff_t>(a.run_count), b.runs.begin(),
                    same_run);
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
