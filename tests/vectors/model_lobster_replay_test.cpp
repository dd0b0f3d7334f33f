// One hour of NASDAQ AAPL, order by order, through the matching engine: the touch sequence of the official
// file and the order that each visible execution hit.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/matching/engine.hpp"
#include "tests/support/vectors.hpp"

namespace jobber::gateway {
namespace {

namespace m = matching;
using nlohmann::json;

constexpr m::AccountId kMakers{0}, kTakers{1};
constexpr std::int64_t kGrid = 100;  // prices are dollars x 10000, resting orders stand on cents
constexpr EngineConfig kConfig{.window_ticks = 1u << 16, .max_orders = 1u << 16, .accounts = 2};

struct Message {
  int type;
  std::uint64_t id;
  std::int64_t size;
  std::int64_t price;
  Side side;
};

std::string unpack(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string packed{std::istreambuf_iterator<char>(in), {}};
  std::string out;
  ZSTD_DStream* stream = ZSTD_createDStream();
  ZSTD_inBuffer source{packed.data(), packed.size(), 0};
  std::string chunk(ZSTD_DStreamOutSize(), '\0');
  while (source.pos < source.size) {
    ZSTD_outBuffer sink{chunk.data(), chunk.size(), 0};
    if (ZSTD_isError(ZSTD_decompressStream(stream, &sink, &source)) != 0u) break;
    out.append(chunk.data(), sink.pos);
  }
  ZSTD_freeDStream(stream);
  return out;
}

// seconds,type,order id,size,price x 10000,side
std::vector<Message> parse(std::string_view text) {
  std::vector<Message> out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    std::int64_t field[5] = {};
    const char* p = line.data() + line.find(',') + 1;
    const char* const end = line.data() + line.size();
    for (std::int64_t& f : field) {
      p = std::from_chars(p, end, f).ptr;
      if (p != end) ++p;
    }
    out.push_back({static_cast<int>(field[0]), static_cast<std::uint64_t>(field[1]), field[2], field[3],
                   field[4] == 1 ? Side::kBuy : Side::kSell});
  }
  return out;
}

std::uint32_t crc32(std::uint32_t crc, std::string_view text) {
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
  }
  return crc;
}

struct Fills {
  std::vector<m::Fill> fills;
  std::uint64_t refused = 0;
  void on(const m::Fill& f) { fills.push_back(f); }
  void on(const m::Refused&) { ++refused; }
  template <class E>
  void on(const E&) {}
};

// The venue's messages as requests to our engine, with the vector's corrections.
class Replay {
 public:
  explicit Replay(const json& touch_case) {
    for (const json& o : touch_case["start_orders"]) add(start_order(o));
    for (const json& o : touch_case["appear_late"]) late_[o["before_message"].get<std::size_t>()].push_back(start_order(o));
    for (const json& o : touch_case["vanish"]) vanish_[o["before_message"].get<std::size_t>()] = o["id"].get<std::uint64_t>();
  }

  void before(std::size_t message) {
    if (const auto it = late_.find(message); it != late_.end())
      for (const Message& o : it->second) add(o);
    if (const auto it = vanish_.find(message); it != vanish_.end()) engine.cancel({it->second}, kMakers, sink);
  }
  void add(const Message& o) {
    ASSERT_EQ(o.price % kGrid, 0);
    m::NewOrder order;
    order.id = {o.id}, order.account = kMakers, order.side = o.side, order.price = {o.price / kGrid}, order.qty = {o.size};
    order.self_trade = m::SelfTrade::kAllow;
    engine.submit(order, sink);
  }
  void reduce(const Message& o) {
    MatchingEngine::Resting r{};
    ASSERT_TRUE(engine.find({o.id}, r)) << o.id;
    if (r.left.n == o.size) {
      engine.cancel({o.id}, kMakers, sink);
    } else {
      engine.modify({{o.id}, kMakers, r.price, {r.total.n - o.size}}, sink);
    }
  }
  // The aggressor behind a visible execution.
  void aggress(const Message& o) {
    m::NewOrder order;
    order.id = {taker_++}, order.account = kTakers, order.side = opposite(o.side), order.price = {o.price / kGrid}, order.qty = {o.size};
    order.tif = TimeInForce::kImmediateOrCancel;
    engine.submit(order, sink);
  }
  void apply_passively(const Message& o) {
    if (o.type == 1) add(o);
    if (o.type == 2 || o.type == 4) reduce(o);
    if (o.type == 3) engine.cancel({o.id}, kMakers, sink);
  }

  MatchingEngine engine{kConfig};
  Fills sink;

 private:
  static Message start_order(const json& o) {
    return {1, o["id"].get<std::uint64_t>(), o["size"].get<std::int64_t>(), o["price"].get<std::int64_t>(),
            o["side"].get<int>() == 1 ? Side::kBuy : Side::kSell};
  }
  std::map<std::size_t, std::vector<Message>> late_;
  std::map<std::size_t, std::uint64_t> vanish_;
  std::uint64_t taker_ = std::uint64_t{1} << 40;
};

const json& case_of(const json& file, std::string_view kind) {
  for (const json& c : file["cases"])
    if (c["kind"] == kind) return c;
  static const json none;
  return none;
}

// The message file a vector names, or empty.
std::vector<Message> messages_of(const json& touch_case) {
  const auto path = test::data_dir() / (touch_case["messages"]["path"].get<std::string>() + ".csv.zst");
  if (!std::filesystem::exists(path)) return {};
  return parse(unpack(path.string()));
}

TEST(ModelLobsterReplay, TheTouchIsTheOfficialOneThroughoutTheHour) {
  JOBBER_LOAD_VECTORS(files, "LOBSTER AAPL 2012-06-21 09:30-10:30: official touch and executions", "model_lobster_replay");
  for (const auto& file : files) {
    SCOPED_TRACE(file.path);
    const json& c = case_of(file.json, "touch_sequence");
    ASSERT_FALSE(c.is_null());
    const std::vector<Message> messages = messages_of(c);
    if (messages.empty()) GTEST_SKIP() << "SKIPPED: no LOBSTER recording in " << test::data_dir();
    ASSERT_EQ(messages.size(), c["messages"]["count"].get<std::size_t>());

    Replay replay(c);
    std::string last_row;
    std::vector<std::string> rows;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      replay.before(i);
      replay.apply_passively(messages[i]);
      const MatchingEngine& e = replay.engine;
      if (e.empty(BookSide::kBid) || e.empty(BookSide::kAsk)) continue;
      const auto best = [&](BookSide s) { return fmt::format("{},{}", e.best(s).grid * kGrid, e.best_qty(s).n); };
      const std::string row = best(BookSide::kAsk) + "," + best(BookSide::kBid);
      if (row != last_row) rows.push_back(row), last_row = row;
    }
    EXPECT_EQ(replay.engine.broken_invariant(), nullptr);
    EXPECT_EQ(replay.sink.fills.size(), 0u) << "resting orders never cross in this file";
    EXPECT_EQ(replay.sink.refused, 0u);

    EXPECT_EQ(rows.size(), c["distinct_rows"].get<std::size_t>());
    std::uint32_t crc = ~0u;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      crc = crc32(crc, rows[i] + "\n");
      if (i + 1 == 10'000) {
        EXPECT_EQ(~crc, c["crc32_first_10000"].get<std::uint32_t>());
      }
    }
    EXPECT_EQ(~crc, c["crc32_all"].get<std::uint32_t>());
    for (const json& s : c["samples"]) {
      const auto n = s[0].get<std::size_t>();
      ASSERT_LT(n, rows.size());
      EXPECT_EQ(rows[n], fmt::format("{},{},{},{}", s[1].get<std::int64_t>(), s[2].get<std::int64_t>(),
                                     s[3].get<std::int64_t>(), s[4].get<std::int64_t>()));
    }
  }
}

TEST(ModelLobsterReplay, AMarketableOrderExecutesTheOrderTheVenueNamed) {
  JOBBER_LOAD_VECTORS(files, "LOBSTER AAPL 2012-06-21 09:30-10:30: official touch and executions", "model_lobster_replay");
  for (const auto& file : files) {
    SCOPED_TRACE(file.path);
    const json& touch = case_of(file.json, "touch_sequence");
    const json& c = case_of(file.json, "price_time_priority");
    ASSERT_FALSE(touch.is_null() || c.is_null());
    const std::vector<Message> messages = messages_of(touch);
    if (messages.empty()) GTEST_SKIP() << "SKIPPED: no LOBSTER recording in " << test::data_dir();

    const auto exceptions = c["exceptions_message_indices"].get<std::set<std::size_t>>();
    Replay replay(touch);
    std::size_t visible = 0, at_head = 0, not_head = 0, other_price = 0;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      const Message& o = messages[i];
      replay.before(i);
      if (o.type != 4) {
        replay.apply_passively(o);
        continue;
      }
      ++visible;
      std::uint64_t head = 0;
      const BookSide side = resting_side(o.side);
      other_price += replay.engine.best(side).grid * kGrid != o.price;
      replay.engine.for_each_order_at(side, {o.price / kGrid}, [&](const MatchingEngine::Resting& r) {
        if (head == 0) head = r.id.n;
      });
      head == o.id ? ++at_head : ++not_head;
      if (exceptions.contains(i)) {
        EXPECT_NE(head, o.id) << "message " << i;
        replay.reduce(o);
        continue;
      }
      replay.sink.fills.clear();
      replay.aggress(o);
      ASSERT_EQ(replay.sink.fills.size(), 1u) << "message " << i;
      EXPECT_EQ(replay.sink.fills[0].maker.n, o.id) << "message " << i;
      EXPECT_EQ(replay.sink.fills[0].qty.n, o.size);
      EXPECT_EQ(replay.sink.fills[0].price.grid * kGrid, o.price);
      EXPECT_EQ(replay.sink.fills[0].taker_left.n, 0);
    }
    EXPECT_EQ(visible, c["executions_visible"].get<std::size_t>());
    EXPECT_EQ(at_head, c["head_of_best_level"].get<std::size_t>());
    EXPECT_EQ(not_head, c["not_head"].get<std::size_t>());
    EXPECT_EQ(other_price, c["other_price"].get<std::size_t>());
    EXPECT_EQ(replay.sink.refused, 0u);
    EXPECT_EQ(replay.engine.broken_invariant(), nullptr);
  }
}

}  // namespace
}  // namespace jobber::gateway
