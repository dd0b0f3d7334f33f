// LMEX's sockets on the local exchange: the order-book host (OSS) and the host of topics, public and private.
//
//   /ws/oss/futures /ws/oss/spot   update:SYMBOL_G, snapshotL1:SYMBOL_G
//   /ws/futures /ws/spot           tradeHistoryApi[V2|V3][:SYMBOL]; after authKeyExpires also notificationApiV4 and
//                                  V3, fillsV2, positionsV3, allPositionV4 (futures), notificationApiV3, fills (spot)
//
//   open -> closing (60 s without a word, too many mistakes) -> closed by the server
//
// Common: {"op":"subscribe","args":[..]} is answered by {"event":"subscribe","channel":[what was accepted]}; text
// `ping` by `pong`, {"op":"ping"} by {"event":"pong"}. A private topic without authentication yields silence.
//
// Owner: the server's thread. Cold. Wire facts: docs/venues/lmex.md.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "tools/exchange/floor.hpp"
#include "tools/exchange/lmex/access.hpp"
#include "tools/exchange/lmex/texts.hpp"
#include "tools/exchange/site.hpp"

namespace jobber::exchange::lmex {

// What both hosts share: operations, heartbeat, answers in order.
class Peer : public WsPeer {
 public:
  static constexpr Nanos kIdle = seconds(60);
  static constexpr std::size_t kTopicsMax = 256;
  static constexpr std::size_t kAnswersMax = 4096;  // unread: who asks on without reading is dropped
  static constexpr int kFailuresMax = 50;

  Peer(Instant now, Floor& floor, Product product) : floor_(floor), product_(product), heard_at_(now) {}

  void on_text(Instant now, std::string_view text) override;
  void on_timer(Instant now) override;
  bool next_text(Instant now, std::string& out) override;
  [[nodiscard]] bool was_market_data() const override { return was_market_data_; }
  [[nodiscard]] Instant next_deadline() const override;
  [[nodiscard]] bool wants_close() const override { return closing_ && answers_.empty(); }
  [[nodiscard]] std::uint16_t close_code() const override { return 1008; }
  void on_closed(Instant) override {}

 protected:
  enum class Verdict : std::uint8_t { kAccepted, kUnknownTopic, kUnknownMarket, kSilent };
  virtual Verdict subscribe(Instant now, std::string_view topic) = 0;
  virtual void unsubscribe(std::string_view topic) = 0;
  virtual void login(Instant /*now*/, const std::vector<std::string>& /*args*/) {}
  // Data of the topics, after all answers are out.
  virtual bool next_data(Instant now, std::string& out) = 0;
  [[nodiscard]] virtual Instant next_data_at() const = 0;
  // Whether an operation that fails says so (OSS) or only lists nothing.
  [[nodiscard]] virtual bool tells_errors() const = 0;

  void answer(std::string text);
  void error(int code, std::string_view message);
  void end() noexcept { closing_ = true; }

  Floor& floor_;
  Product product_;
  bool was_market_data_ = false;

 private:
  void on_operation(Instant now, std::string_view op, const std::vector<std::string>& args);

  std::deque<std::string> answers_;
  Instant heard_at_;
  int failures_ = 0;
  bool closing_ = false;
};

class BookPeer : public Peer {
 public:
  static constexpr std::size_t kDepth = 50;

  using Peer::Peer;

 protected:
  Verdict subscribe(Instant now, std::string_view topic) override;
  void unsubscribe(std::string_view topic) override;
  bool next_data(Instant now, std::string& out) override;
  [[nodiscard]] Instant next_data_at() const override;
  [[nodiscard]] bool tells_errors() const override { return true; }

 private:
  // One subscription and what its reader knows.
  struct Book {
    std::string topic;           // as subscribed, with its grouping
    std::string bare;            // update:SYMBOL: deltas come under this name
    InstrumentId market{};
    std::int64_t step = 1;       // ticks merged into one level
    bool top_only = false;       // snapshotL1
    bool begun = false;          // the snapshot is out
    std::uint64_t update = 0;    // of the floor, at the last message
    std::uint64_t seq = 0;
    Instant sent_at{};
    std::vector<Level> sides[2];
  };
  [[nodiscard]] bool due(const Book& book, Instant now) const;
  bool write(Book& book, Instant now, std::string& out);

  std::vector<Book> books_;
  std::size_t turn_ = 0;  // whose turn it is to speak
};

class TopicPeer : public Peer {
 public:
  TopicPeer(Instant now, Floor& floor, Access& access, Product product, std::string path)
      : Peer(now, floor, product), access_(access), path_(std::move(path)) {}

 protected:
  Verdict subscribe(Instant now, std::string_view topic) override;
  void unsubscribe(std::string_view topic) override;
  void login(Instant now, const std::vector<std::string>& args) override;
  bool next_data(Instant now, std::string& out) override;
  [[nodiscard]] Instant next_data_at() const override { return Instant::never(); }
  [[nodiscard]] bool tells_errors() const override { return false; }

 private:
  struct Trades {
    std::string topic;
    InstrumentId market{};
    Cursor cursor{};
  };
  [[nodiscard]] bool wants(std::string_view topic) const noexcept;
  [[nodiscard]] Verdict subscribe_trades(std::string_view topic);
  bool next_trades(std::string& out);
  bool next_event(std::string& out);
  // Everything one account event says on the subscribed topics, in order.
  void tell(const AccountEvent& event);
  void tell_positions();

  Access& access_;
  std::string path_;
  std::vector<Trades> trades_;
  std::vector<std::string> topics_;  // private ones
  bool logged_in_ = false;
  AccountId account_{};
  Cursor cursor_{};
  std::deque<std::string> said_;
};

}  // namespace jobber::exchange::lmex
