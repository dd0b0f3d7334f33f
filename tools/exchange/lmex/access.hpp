// Who may do what how often on the LMEX wire: keys, signatures, nonce window, rate limits.
//
// Owner: the server's thread. Cold. Signature: gateway/lmex/signing.hpp. What the venue does not document is
// strict here and named: the nonce window, the release of a rate limit after one second.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "engine/http1.hpp"
#include "gateway/lmex/signing.hpp"
#include "tools/exchange/accounts.hpp"
#include "tools/exchange/lmex/words.hpp"
#include "tools/exchange/window_counter.hpp"

namespace jobber::exchange::lmex {

// Each generation has its own error form.
enum class ErrorForm : std::uint8_t {
  kFutures = 1,  // {"status":400,"errorCode":-2,"message":"..","extraData":null}
  kSpot = 2,     // {"code":10002,"msg":"..","time":..,"data":null,"success":false}
  kLegacy = 3,   // {"status":400,"error":"Bad Request","code":301,"message":".."}
  kSeed = 4,     // {"success":false,"data":null,"error":".."}
};
[[nodiscard]] http::Response error_response(Instant now, ErrorForm form, int http_status, std::int64_t code, std::string_view text);
[[nodiscard]] http::Response json_response(std::string body, int status = 200);

struct AccessConfig {
  Nanos nonce_window = seconds(10);         // either side of our clock; the venue's own is not documented
  std::uint64_t queries_per_api = 15;       // a second
  std::uint64_t queries_per_user = 30;
  std::uint64_t orders_per_user = 75;
};

class Access {
 public:
  Access(const Accounts& accounts, const AccessConfig& config) : accounts_(accounts), config_(config) {}

  // The account behind a signed request. False: `answer` says why not.
  bool admit(Instant now, const http::Request& request, ErrorForm form, AccountId& account, http::Response& answer);
  // authKeyExpires of a socket; `path` is /ws/futures or /ws/spot.
  [[nodiscard]] bool admit_socket(Instant now, std::string_view path, std::string_view key, std::string_view nonce,
                                  std::string_view signature, AccountId& account);
  // Counts one call. False: the limit is used up, and `answer` says until when.
  bool count(Instant now, AccountId account, std::string_view api, bool order_call, ErrorForm form, http::Response& answer);

 private:
  struct User {
    WindowCounter queries;
    WindowCounter orders;
    std::map<std::string, WindowCounter, std::less<>> apis;
  };
  [[nodiscard]] gateway::lmex::Signer* signer_of(const ApiKey& key, gateway::lmex::Dialect dialect);
  [[nodiscard]] bool timely(Instant now, std::string_view nonce) const noexcept;

  const Accounts& accounts_;
  AccessConfig config_;
  std::map<std::string, gateway::lmex::Signer, std::less<>> signers_;
  std::map<std::uint32_t, User> users_;
};

}  // namespace jobber::exchange::lmex
