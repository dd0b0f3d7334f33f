// One connection to Lighter's /stream: subscriptions, their frames, transactions.
//
//   open -> closing (silent for two minutes, 24 hours old, too many frames) -> closed by the server
//
// Owner: the server's thread. Cold; input is hostile. Source: lighter.md 5 with shapes/ws_*; recordings of 2026-07 for
// the error texts. Books go out every 50 ms, as the floor batches them; each frame names the nonce it builds upon.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tools/exchange/lighter/api.hpp"
#include "tools/exchange/site.hpp"

namespace jobber::exchange::lighter {

// What the conversations of a site share.
struct World {
  Floor& floor;
  const Directory& directory;
  Keys& keys;
  Desk& desk;
  Api& api;
};

class Peer : public WsPeer {
 public:
  static constexpr std::size_t kChannelsMax = 500;
  static constexpr std::uint64_t kFramesPerMinute = 200;  // of the client, transactions not counted
  static constexpr std::size_t kAnswersMax = 4096;        // unread: who asks on without reading is dropped
  static constexpr Nanos kPingEvery = seconds(60);
  static constexpr Nanos kSilentMax = seconds(120);
  static constexpr Nanos kLife = seconds(24 * 3600);

  Peer(Instant now, const World& world, bool read_only);

  void on_text(Instant now, std::string_view text) override;
  void on_timer(Instant now) override;
  bool next_text(Instant now, std::string& out) override;
  [[nodiscard]] bool was_market_data() const override { return was_market_data_; }
  [[nodiscard]] Instant next_deadline() const override;
  [[nodiscard]] bool wants_close() const override { return closing_ && answers_.empty(); }
  [[nodiscard]] std::uint16_t close_code() const override { return 1008; }
  void on_closed(Instant) override {}

 private:
  enum class Kind : std::uint8_t {
    kOrderBook, kTicker, kTrade, kMarketStats, kHeight,
    kAllOrders, kOrders, kAllTrades, kAllPositions, kAllAssets, kAll, kMarket, kUserStats, kTx, kNotification,
  };
  struct Channel {
    Kind kind;
    std::string name;                        // "order_book:1"
    const MarketConfig* market = nullptr;    // null: all of them
    const Accounts::Entry* account = nullptr;
    bool begun = false;                      // its first frame is out
    Cursor events{}, batches{};
    std::uint64_t nonce = 0;                 // of the book frame before
    Touch touch{};                           // ticker
    std::map<std::int64_t, Instant> marks{}; // statistics: of each market, when it was told
    std::uint64_t record = 0, stillborn = 0; // accounts: how far the desk was read
  };

  void on_frame(Instant now, const std::string& type, std::string_view text);
  void subscribe(Instant now, std::string_view channel, std::string_view auth);
  void unsubscribe(std::string_view channel);
  void send_tx(Instant now, std::string_view text, bool batch);
  void say_error(int code, std::string_view message);
  [[nodiscard]] int parse(Instant now, std::string_view channel, std::string_view auth, Channel& out, std::string& problem) const;

  // Each writes the channel's next frame; false: nothing new.
  bool speak(Instant now, Channel& c, std::string& out);
  void begin(Instant now, Channel& c, std::string& out);
  bool book_update(Channel& c, std::string& out);
  bool ticker_update(Channel& c, std::string& out);
  bool trade_update(Channel& c, std::string& out);
  bool stats_update(Channel& c, std::string& out);
  bool account_update(Instant now, Channel& c, std::string& out);
  bool tx_update(Channel& c, std::string& out);
  bool order_frame(Channel& c, const Order& order, std::string_view status, std::string& out);
  bool account_event(Instant now, Channel& c, const AccountEvent& event, std::string& out);
  void write_orders(JsonText& out, const Channel& c) const;
  void write_positions(JsonText& out, const Channel& c) const;
  void write_assets(JsonText& out, const Channel& c) const;
  [[nodiscard]] std::string book_frame(const Channel& c, std::string_view type, std::uint64_t begin, std::uint64_t nonce, std::uint64_t offset,
                                       Instant at, const std::vector<Level>& bids, const std::vector<Level>& asks) const;
  [[nodiscard]] std::string ticker_frame(const Channel& c, std::string_view type) const;
  [[nodiscard]] bool is_of(const Channel& c, InstrumentId market) const noexcept {
    return c.market == nullptr || c.market->instrument.id == market;
  }

  World world_;
  bool read_only_;
  std::vector<Channel> channels_;
  std::size_t turn_ = 0;  // whose turn it is to speak
  std::deque<std::string> answers_;
  WindowCounter frames_;
  Instant now_;
  Instant heard_at_;
  Instant ping_at_;
  Instant ends_;
  bool closing_ = false;
  bool was_market_data_ = false;
};

}  // namespace jobber::exchange::lighter
