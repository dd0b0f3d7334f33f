// Subscriptions of one stream connection: what a stream name means, and the next message of each.
//
// Owner: one peer, the server's thread. Cold. Readers of the floor's logs: nothing is pushed to them, a slow one falls
// behind by itself and its chain of update ids shows it. Source: binance.md sections 3.2 to 3.4, 4; clients.md 8.4, 8.7.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "tools/exchange/binance/listen_keys.hpp"
#include "tools/exchange/binance/market_text.hpp"
#include "tools/exchange/binance/words.hpp"
#include "tools/exchange/floor.hpp"

namespace jobber::exchange::binance {

// Where a futures stream lives since the paths were split; spot has one place for all.
enum class Category : std::uint8_t { kAll = 0, kPublic = 1, kMarket = 2, kPrivate = 3 };

enum class StreamKind : std::uint8_t {
  kSilent = 0,       // a name that means nothing here: accepted, as the venue does, and never heard of
  kDepth = 1,
  kPartialDepth = 2,
  kBookTicker = 3,
  kTrade = 4,
  kAggregateTrade = 5,
  kMarkPrice = 6,
  kAllMarkPrices = 7,
  kTicker = 8,
  kMiniTicker = 9,
  kUser = 10,        // a listen key
};

struct StreamName {
  StreamKind kind = StreamKind::kSilent;
  InstrumentId market{};
  Nanos interval{};        // kDepth: 0 = each change as it comes
  std::size_t levels = 0;  // kPartialDepth
  Category category = Category::kAll;
};
[[nodiscard]] StreamName parse_stream_name(Product p, const Floor& floor, std::string_view name);

class Stream {
 public:
  Stream(Product p, const Floor& floor, std::string_view name, const StreamName& what, TimeUnit unit, Instant now);
  // A listen key. `events`: names separated by slashes, "" = all.
  Stream(const Floor& floor, const ListenKeys& keys, std::string_view listen_key, AccountId account, std::string_view events);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] StreamKind kind() const noexcept { return what_.kind; }
  // A user stream whose reader was so slow that events are gone: to be ended, which the client notices, unlike a hole.
  [[nodiscard]] bool lost() const noexcept { return lost_; }
  // The next message's data, if there is one now.
  bool next(Instant now, std::string& out);
  [[nodiscard]] Instant next_deadline() const noexcept { return due_; }

 private:
  bool next_depth(Instant now, std::string& out);
  bool next_partial(Instant now, std::string& out);
  bool next_touch(Instant now, std::string& out);
  bool next_trade(Instant now, std::string& out);
  bool next_aggregate(Instant now, std::string& out);
  bool next_timed(Instant now, std::string& out);
  bool next_user(Instant now, std::string& out);
  void fold_changes(Instant now);
  void fold(std::uint64_t first, std::uint64_t last, Instant at);
  void take_fold(DepthEvent& out);
  [[nodiscard]] Instant after(Instant now) const noexcept;  // the next multiple of the interval
  [[nodiscard]] const Instrument& instrument() const noexcept { return floor_->instrument(what_.market); }

  Product product_;
  const Floor* floor_;
  std::string name_;
  StreamName what_;
  TimeUnit unit_;
  bool lost_ = false;
  Cursor cursor_;
  Instant due_ = Instant::never();

  // kDepth: changes since the last message.
  std::map<std::int64_t, Lots> bids_, asks_;
  std::uint64_t first_ = 0, last_ = 0;
  Instant newest_{};

  std::uint64_t told_update_ = 0;  // kPartialDepth
  Touch told_;                     // kBookTicker
  AggregateTrade group_;           // kAggregateTrade; first 0 = none

  const ListenKeys* keys_ = nullptr;
  AccountId account_{};
  std::string events_;
  std::deque<std::string> pending_;
  bool expired_ = false;
};

}  // namespace jobber::exchange::binance
