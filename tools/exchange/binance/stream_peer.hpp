// One connection of the stream hosts: control frames in, events out, raw or wrapped.
//
//   open -> closing (too many control frames in a second, 24 hours old) -> closed by the server
//
// Owner: the server's thread. Cold. Source: binance.md sections 3.1, 3.2; clients.md 8.4; shapes/*_ws_*control*.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "tools/exchange/binance/streams.hpp"
#include "tools/exchange/site.hpp"

namespace jobber::exchange::binance {

struct StreamPeerConfig {
  Product product = Product::kSpot;
  Category category = Category::kAll;
  bool wrapped = false;
  TimeUnit unit = kMilliseconds;
  std::vector<std::string> names;       // subscribed from the start
  std::vector<std::string> listen_keys; // likewise, on /private
  std::string events;                   // of the listen keys, "" = all
};

class StreamPeer : public WsPeer {
 public:
  static constexpr std::size_t kStreamsMax = 1024;
  static constexpr Nanos kLife = seconds(24 * 3600);
  static constexpr std::size_t kAnswersMax = 4096;  // unread: who asks on without reading is dropped

  StreamPeer(Instant now, const Floor& floor, const ListenKeys& keys, const StreamPeerConfig& config);

  void on_text(Instant now, std::string_view text) override;
  void on_timer(Instant now) override;
  bool next_text(Instant now, std::string& out) override;
  [[nodiscard]] bool was_market_data() const override { return was_market_data_; }
  [[nodiscard]] Instant next_deadline() const override;
  [[nodiscard]] bool wants_close() const override { return closing_ && answers_.empty(); }
  [[nodiscard]] std::uint16_t close_code() const override { return 1008; }
  void on_shutdown(Instant now) override;  // spot announces it, futures say nothing
  void on_closed(Instant) override {}

  [[nodiscard]] std::size_t streams() const noexcept { return streams_.size(); }

 private:
  [[nodiscard]] bool too_many(Instant now);
  void subscribe(Instant now, const std::string& name);
  void unsubscribe(std::string_view name);
  void answer_error(int code, std::string_view message, std::string_view id_json);
  [[nodiscard]] std::string wrap(std::string_view stream, std::string_view data) const;

  const Floor& floor_;
  const ListenKeys& keys_;
  Product product_;
  Category category_;
  bool wrapped_;
  TimeUnit unit_;
  std::string events_;
  std::vector<Stream> streams_;
  std::size_t turn_ = 0;  // whose turn it is to speak
  std::deque<std::string> answers_;
  Instant second_began_{};
  int in_second_ = 0;
  Instant ends_;
  bool closing_ = false;
  bool was_market_data_ = false;
};

}  // namespace jobber::exchange::binance
