// The venue's refusals: code, exact text, HTTP status. Texts matter where clients read them.
//
// Owner: values, any thread. Cold. Numbers collide between spot and futures, so each is named for its venue's meaning.
// Source: binance.md section 10, shapes/*error*.json, clients.md section 8.8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace jobber::exchange::binance {

struct Error {
  int status = 0;      // HTTP, also of WS API answers; 0 = no error
  int code = 0;
  std::string message;
  std::string data;    // JSON of `data`, "" = none
  [[nodiscard]] bool any() const noexcept { return status != 0; }
};

[[nodiscard]] inline Error bad(int code, std::string_view message) { return {400, code, std::string(message), {}}; }

// Requests of any kind.
[[nodiscard]] inline Error too_many_params() { return bad(-1101, "Too many parameters; expected fewer."); }
[[nodiscard]] inline Error duplicate_params() { return bad(-1101, "Duplicate values for a parameter detected."); }
[[nodiscard]] inline Error illegal_characters(std::string_view name) {
  return bad(-1100, "Illegal characters found in parameter '" + std::string(name) + "'.");
}
[[nodiscard]] inline Error missing(std::string_view name) {
  return bad(-1102, "Mandatory parameter '" + std::string(name) + "' was not sent, was empty/null, or malformed.");
}
[[nodiscard]] inline Error not_required(std::string_view name) {
  return bad(-1106, "Parameter '" + std::string(name) + "' sent when not required.");
}
[[nodiscard]] inline Error bad_precision() { return bad(-1111, "Parameter 'quantity' has too much precision."); }
[[nodiscard]] inline Error bad_precision(std::string_view name) {
  return bad(-1111, "Parameter '" + std::string(name) + "' has too much precision.");
}
[[nodiscard]] inline Error invalid_tif() { return bad(-1115, "Invalid timeInForce."); }
[[nodiscard]] inline Error invalid_type() { return bad(-1116, "Invalid orderType."); }
[[nodiscard]] inline Error invalid_side() { return bad(-1117, "Invalid side."); }
[[nodiscard]] inline Error invalid_symbol() { return bad(-1121, "Invalid symbol."); }
[[nodiscard]] inline Error invalid_listen_key() { return bad(-1125, "This listenKey does not exist."); }
[[nodiscard]] inline Error invalid_param(std::string_view name) {
  return bad(-1130, "Data sent for parameter '" + std::string(name) + "' is not valid.");
}
[[nodiscard]] inline Error recv_window_too_long() { return bad(-1131, "recvWindow must be less than 60000"); }

// Who asks, and when.
[[nodiscard]] inline Error timestamp_ahead() {
  return bad(-1021, "Timestamp for this request was 1000ms ahead of the server's time.");
}
[[nodiscard]] inline Error timestamp_stale() { return bad(-1021, "Timestamp for this request is outside of the recvWindow."); }
[[nodiscard]] inline Error bad_signature() { return bad(-1022, "Signature for this request is not valid."); }
[[nodiscard]] inline Error bad_key_format() { return {401, -2014, "API-key format invalid.", {}}; }
[[nodiscard]] inline Error unknown_key() { return {401, -2015, "Invalid API-key, IP, or permissions for action.", {}}; }

// Orders, both venues.
[[nodiscard]] inline Error unknown_order() { return bad(-2011, "Unknown order sent."); }
[[nodiscard]] inline Error no_such_order() { return bad(-2013, "Order does not exist."); }

}  // namespace jobber::exchange::binance
