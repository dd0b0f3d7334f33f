#include "gateway/lighter/error_codes.hpp"

#include <algorithm>
#include <array>

namespace jobber::gateway::lighter {
namespace {

using enum ErrorAction;

// Codes from `first` to `last`, both included. Of the venue's list of July 2026 (error_codes.json), plus 21149 and
// 62007, which clients have met.
struct Range { std::int32_t first, last; ErrorAction action; };

constexpr Range kRanges[] = {
    {21100, 21100, kConfig}, {21101, 21101, kNonce}, {21102, 21103, kBug}, {21104, 21105, kNonce}, {21106, 21106, kNotOurs},
    {21107, 21107, kBug}, {21108, 21109, kConfig}, {21110, 21110, kBug}, {21111, 21112, kRisk}, {21113, 21113, kReject},
    {21114, 21114, kNotOurs}, {21116, 21119, kNotOurs}, {21120, 21120, kConfig}, {21121, 21121, kBug},
    {21122, 21122, kRisk}, {21123, 21123, kConfig}, {21124, 21124, kBug}, {21125, 21131, kNotOurs}, {21132, 21132, kReject},
    {21133, 21133, kRisk}, {21134, 21134, kBug}, {21135, 21135, kNotOurs}, {21136, 21136, kConfig},
    {21137, 21141, kNotOurs}, {21149, 21149, kConfig}, {21200, 21237, kNotOurs}, {21300, 21300, kReject},
    {21301, 21301, kMargin}, {21302, 21303, kNotOurs}, {21304, 21305, kMargin}, {21400, 21401, kNotOurs},
    {21500, 21500, kUnknown}, {21501, 21501, kBug}, {21502, 21503, kUnknown}, {21504, 21504, kNotOurs},
    {21505, 21505, kBug}, {21506, 21506, kThrottle}, {21507, 21507, kRisk}, {21508, 21508, kMargin},
    {21511, 21511, kConfig}, {21512, 21512, kNotOurs}, {21513, 21514, kBug}, {21515, 21515, kReject},
    {21516, 21516, kNotOurs}, {21600, 21600, kGone}, {21601, 21601, kReject}, {21602, 21602, kBug}, {21603, 21603, kReject},
    {21605, 21605, kReject}, {21606, 21608, kNotOurs}, {21611, 21612, kNotOurs}, {21613, 21613, kBug},
    {21614, 21614, kReject}, {21615, 21617, kNotOurs}, {21618, 21619, kBug}, {21620, 21620, kNotOurs}, {21621, 21621, kBug},
    {21622, 21626, kNotOurs}, {21700, 21705, kBug}, {21706, 21706, kReject}, {21707, 21707, kBug}, {21708, 21709, kGone},
    {21710, 21711, kBug}, {21712, 21712, kThrottle}, {21713, 21714, kBug}, {21715, 21715, kGone}, {21716, 21722, kReject},
    {21723, 21723, kRisk}, {21724, 21726, kNotOurs}, {21727, 21727, kBug}, {21728, 21728, kDuplicate}, {21729, 21729, kBug},
    {21730, 21730, kGone}, {21731, 21735, kReject}, {21736, 21737, kBug}, {21738, 21738, kReject}, {21739, 21739, kMargin},
    {21740, 21743, kBug}, {21744, 21744, kConfig}, {21745, 21745, kNotOurs}, {21801, 21809, kNotOurs},
    {21901, 21906, kNotOurs}, {22400, 22403, kBug}, {23000, 23004, kThrottle}, {29404, 29404, kBug},
    {29500, 29501, kUnknown}, {30000, 30012, kProtocol}, {41001, 41012, kNotOurs}, {61001, 61009, kNotOurs},
    {62001, 62007, kConfig},
};
static_assert(std::is_sorted(std::begin(kRanges), std::end(kRanges), [](const Range& a, const Range& b) { return a.last < b.first; }));

}  // namespace

ErrorAction action_of(std::int32_t code) noexcept {
  const Range* at = std::lower_bound(std::begin(kRanges), std::end(kRanges), code, [](const Range& r, std::int32_t c) { return r.last < c; });
  if (at != std::end(kRanges) && at->first <= code) return at->action;
  // Unlisted: a server's trouble says nothing about the order, a full pipe wants patience.
  if (code == 429 || (code >= 23000 && code < 24000)) return kThrottle;
  if (code >= 30000 && code < 31000) return kProtocol;
  return kUnknown;
}

ErrorClass classify(std::int32_t code, std::string_view text) noexcept {
  const ErrorAction action = action_of(code);
  const ErrorClass by_text = classify_error(text);
  return {.transient = by_text.transient || action == kNonce || action == kThrottle,
          .quota = by_text.quota,
          .maker_only = by_text.maker_only || code == kMakerOnlyKey};
}

RejectReason reject_reason(std::int32_t code) noexcept {
  switch (action_of(code)) {
    case kMargin: return RejectReason::kInsufficientMargin;
    case kThrottle: return RejectReason::kRate;
    case kGone: return RejectReason::kUnknownOrder;
    case kDuplicate: return RejectReason::kDuplicate;
    default: return RejectReason::kVenue;
  }
}

std::string_view to_text(ErrorAction action) noexcept {
  switch (action) {
    case kNone: return "none";
    case kNonce: return "nonce";
    case kConfig: return "config";
    case kBug: return "bug";
    case kReject: return "reject";
    case kMargin: return "margin";
    case kRisk: return "risk";
    case kThrottle: return "throttle";
    case kGone: return "gone";
    case kDuplicate: return "dup";
    case kUnknown: return "unknown";
    case kProtocol: return "ws";
    case kNotOurs: return "account";
  }
  return "unknown";
}

}  // namespace jobber::gateway::lighter
