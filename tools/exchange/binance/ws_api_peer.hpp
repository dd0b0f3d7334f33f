// One connection of the WebSocket API: requests answered in order, a session after logon, pushed user events (spot).
//
// States: anonymous -> logged on (session.logon, Ed25519 only) -> anonymous (session.logout).
//
// Owner: the server's thread. Cold. Source: binance.md sections 5.3, 7.3, 8.1; shapes/*_wsapi_*.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "tools/exchange/binance/api.hpp"
#include "tools/exchange/site.hpp"

namespace jobber::exchange::binance {

class WsApiPeer : public WsPeer {
 public:
  static constexpr std::size_t kSubscriptionsMax = 10;
  static constexpr Nanos kLife = seconds(24 * 3600);
  static constexpr std::size_t kAnswersMax = 4096;  // unread: who asks on without reading is dropped

  WsApiPeer(Instant now, Api& api, bool return_rate_limits, TimeUnit unit);

  void on_text(Instant now, std::string_view text) override;
  void on_timer(Instant now) override;
  bool next_text(Instant now, std::string& out) override;
  [[nodiscard]] Instant next_deadline() const override { return connected_ + kLife; }
  [[nodiscard]] bool wants_close() const override { return closing_ && answers_.empty(); }
  void on_shutdown(Instant now) override;  // spot announces it, futures say nothing
  void on_closed(Instant) override {}

 private:
  struct Subscription {
    int id;
    AccountId account;
    Cursor cursor;
  };

  Answer run(Instant now, const WsRequest& r);
  Answer logon(Instant now, const WsRequest& r);
  Answer subscribe(AccountId account);
  Answer unsubscribe(const Params& params);
  [[nodiscard]] std::string session_json(Instant now) const;
  [[nodiscard]] Caller caller_of(const Params& params) const;

  Api& api_;
  Instant connected_;
  Instant authorized_{};
  std::string key_;        // of the session, "" = anonymous
  AccountId account_{};
  bool return_rate_limits_;
  TimeUnit unit_;
  std::vector<Subscription> subscriptions_;
  int next_subscription_ = 0;
  std::deque<std::string> answers_;
  std::deque<std::string> events_;
  bool closing_ = false;
};

}  // namespace jobber::exchange::binance
