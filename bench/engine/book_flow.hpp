// What the book contests are fed: a built flow of depth messages and a captured one.
//
// The built one is shaped like captured USD-M BTCUSDT depth: half of the changes within 400 ticks of
// the touch, one in twenty far beyond, one in a hundred at 5000.00; sizes change more often than levels
// come and go. 900 to 1300 levels a side, 24 to 28 a message, seeded.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "engine/os/file_tape.hpp"
#include "engine/rng.hpp"
#include "engine/units.hpp"
#include "feed/binance/codec.hpp"

namespace jobber::bench {

struct LevelSet { Price price; Lots qty; };

// A depth message as a decoder hands it over; also the snapshot.
struct Message {
  std::vector<LevelSet> side[2];
  std::span<const LevelSet> bids() const { return side[0]; }
  std::span<const LevelSet> asks() const { return side[1]; }
  std::size_t levels() const { return side[0].size() + side[1].size(); }
};

struct Flow {
  Message snapshot;
  std::vector<Message> messages;
  std::size_t levels = 0;  // of all messages
};

constexpr std::size_t kFlowMessages = 1'000;

template <class Decoded>
Message to_message(const Decoded& decoded) {
  Message message;
  for (const auto& level : decoded.bids) message.side[0].push_back({level.price, level.qty});
  for (const auto& level : decoded.asks) message.side[1].push_back({level.price, level.qty});
  return message;
}

// Makes the flow; keeps its own book to know what stands where.
class FlowMaker {
 public:
  Flow make() {
    for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
      auto& out = flow_.snapshot.side[index(side)];
      while (book_[index(side)].size() < wanted_levels()) change(side, out, true);
      change_touch(side, out);
    }
    while (flow_.messages.size() != kFlowMessages) message();
    for (const Message& m : flow_.messages) flow_.levels += m.levels();
    return std::move(flow_);
  }

 private:
  static std::size_t index(BookSide side) { return static_cast<std::size_t>(side); }

  void message() {
    const std::int64_t before = touch_;
    if (rng_.chance(0.3)) touch_ += rng_.between(-8, 8);
    const auto count = static_cast<std::size_t>(rng_.between(12, 14));
    Message message;
    for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
      auto& out = message.side[index(side)];
      remove_crossed(side, before, out);
      change_touch(side, out);
      while (out.size() < count) change(side, out, false);
      // The venue sends each side in ascending order of price.
      std::sort(out.begin(), out.end(), [](const LevelSet& a, const LevelSet& b) { return a.price < b.price; });
    }
    flow_.messages.push_back(std::move(message));
  }

  // Levels the touch has run over.
  void remove_crossed(BookSide side, std::int64_t before, std::vector<LevelSet>& out) {
    for (std::int64_t p = std::min(before, touch_) - 1; p <= std::max(before, touch_) + 1; ++p) {
      const bool beyond = side == BookSide::kBid ? p > touch_ : p < touch_ + 1;
      if (beyond && book_[index(side)].contains(p)) put(side, p, 0, out);
    }
  }
  void change_touch(BookSide side, std::vector<LevelSet>& out) {
    put(side, side == BookSide::kBid ? touch_ : touch_ + 1, rng_.between(1, 90'000), out);
  }
  void change(BookSide side, std::vector<LevelSet>& out, bool grow) {
    const double where = rng_.uniform();
    const auto depth = static_cast<std::int64_t>(rng_.exponential(where < 0.95 ? 550.0 : 9'000.0));
    std::int64_t price = side == BookSide::kBid ? touch_ - depth : touch_ + 1 + depth;
    if (where > 0.99) price = side == BookSide::kBid ? 50'000 : 1'200'000;
    // The venue names a price once in a message.
    if (std::any_of(out.begin(), out.end(), [=](const LevelSet& l) { return l.price.grid == price; }) && !grow) return;
    const auto& levels = book_[index(side)];
    const bool there = levels.contains(price), many = levels.size() > wanted_levels();
    // Most picks of an empty place are turned away, so that most changes are of standing levels.
    if (!there && !grow && rng_.chance(many ? 0.85 : 0.55)) return;
    const bool remove = there ? rng_.chance(many ? 0.4 : 0.1) : rng_.chance(0.15);
    put(side, price, remove && !grow ? 0 : rng_.between(1, 90'000), out);
  }
  // Swings from 900 to 1300 and back, twice.
  std::size_t wanted_levels() const {
    const std::size_t at = flow_.messages.size() % (kFlowMessages / 2);
    return 900 + (at < kFlowMessages / 4 ? at : kFlowMessages / 2 - at) * 400 / (kFlowMessages / 4);
  }
  void put(BookSide side, std::int64_t price, std::int64_t qty, std::vector<LevelSet>& out) {
    auto& levels = book_[index(side)];
    if (qty == 0) levels.erase(price); else levels[price] = qty;
    out.push_back({{price}, {qty}});
  }

  Rng rng_{2024};
  Flow flow_;
  std::map<std::int64_t, std::int64_t> book_[2];
  std::int64_t touch_ = 618'000;
};

inline const Flow& built_flow() {
  static const Flow made = FlowMaker().make();
  return made;
}

// The first depth messages after the snapshot of the recorded USD-M BTCUSDT minutes; empty without them.
inline const Flow& captured_flow() {
  static const Flow read = [] {
    const char* dir = std::getenv("JOBBER_DATA");
    const std::filesystem::path data = dir != nullptr && *dir != '\0' ? dir : "../shared/data";
    Instrument in;
    in.price_decimals = 1, in.qty_decimals = 3;
    feed::Decoder decoder(in);
    Flow flow;
    auto tape = FileTape::open(data / "binance_usdm_2024-08-08/btcusdt.log.zst");
    TapeLine line;
    while (tape.ok() && flow.messages.size() < kFlowMessages && tape.value().next(line)) {
      const auto kind = decoder.decode(line.json);
      if (!kind.ok()) continue;
      if (kind.value() == feed::EventKind::kSnapshot) flow.snapshot = to_message(decoder.snapshot());
      if (kind.value() != feed::EventKind::kDepth || flow.snapshot.levels() == 0) continue;
      flow.messages.push_back(to_message(decoder.depth()));
      flow.levels += flow.messages.back().levels();
    }
    return flow;
  }();
  return read;
}

}  // namespace jobber::bench
