// What the fixtures do not show: recordings of real accounts, hostile bytes, memory.
#include "gateway/lighter/account_codec.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/os/file_tape.hpp"
#include "gateway/lighter/error_codes.hpp"
#include "tests/support/alloc_counter.hpp"
#include "tests/support/vectors.hpp"

namespace jobber::gateway::lighter {
namespace {

Result<MessageKind, JsonError> decode(AccountCodec& codec, std::string& text) {
  const std::size_t n = text.size();
  text.append(AccountCodec::kPadding, ' ');
  return codec.decode({text.data(), n});
}

std::string order(const char* extra = "") {
  return std::string(R"({"order_index":844424914280484,"client_order_index":7,"market_index":1,"is_ask":false,"price":"58300.0",)") +
         R"("initial_base_amount":"0.00100","remaining_base_amount":"0.00100","status":"open")" + extra + "}";
}

TEST(LighterAccountCodec, HostileBytesAreAnErrorValue) {
  AccountCodec codec;
  struct Row { std::string text; JsonError want; };
  const Row rows[] = {
      {"", JsonError::kBadJson},
      {"[]", JsonError::kWrongType},
      {"\x80\xff", JsonError::kBadJson},
      {R"({"channel":"account_all_orders:1","orders":)", JsonError::kBadJson},
      {R"({"type":"pong"}x)", JsonError::kBadJson},
      {R"({"channel":5})", JsonError::kWrongType},
      {R"({"channel":"a","channel":"b"})", JsonError::kDuplicate},
      {R"({"orders":5})", JsonError::kWrongType},
      {R"({"orders":{"1":[5]}})", JsonError::kWrongType},
      {R"({"orders":[{"order_index":1}]})", JsonError::kMissing},
      {R"({"orders":[)" + order(R"(,"status":"open","is_ask":true)") + "]}", JsonError::kDuplicate},
      {R"({"orders":[)" + order(R"(,"filled_base_amount":"1..2")") + "]}", JsonError::kBadNumber},
      {R"({"orders":[)" + order(R"(,"created_at":-5)") + "]}", JsonError::kBadNumber},
      {R"({"code":99999999999})", JsonError::kBadNumber},
      {R"({"code":200,"tx_hash":[1]})", JsonError::kWrongType},
      {R"({"positions":{"1":{"market_id":1,"sign":1,"position":"-2"}}})", JsonError::kBadNumber},
  };
  for (const Row& r : rows) {
    std::string text = r.text;
    const auto kind = decode(codec, text);
    ASSERT_FALSE(kind.ok()) << r.text;
    EXPECT_EQ(kind.error(), r.want) << r.text;
    EXPECT_TRUE(codec.message().orders.empty());
  }
}

TEST(LighterAccountCodec, MoreRowsThanAnAccountCanHaveAreRefused) {
  AccountCodec codec;
  std::string text = R"({"channel":"account_all_orders:1","type":"subscribed/account_all_orders","orders":[)";
  for (std::size_t i = 0; i != AccountCodec::kRowsMax + 1; ++i) text += (i == 0 ? "" : ",") + order();
  text += "]}";
  const auto kind = decode(codec, text);
  ASSERT_FALSE(kind.ok());
  EXPECT_EQ(kind.error(), JsonError::kTooMany);
}

TEST(LighterAccountCodec, NullsEmptyTextsAndUnknownWordsAreSurvived) {
  AccountCodec codec;
  std::string text = R"({"channel":"account_all_orders:1","type":"update/account_all_orders","orders":{"1":null,"2":[)" +
                     order(R"(,"type":"new-kind","time_in_force":"Unknown","trigger_price":"","filled_quote_amount":null,"side":"","x":[{}])") +
                     R"(],"3":[]},"positions":null,"trades":{},"assets":[]})";
  const auto kind = decode(codec, text);
  ASSERT_TRUE(kind.ok()) << to_text(kind.error());
  ASSERT_EQ(codec.message().orders.size(), 1u);
  EXPECT_EQ(codec.message().orders[0].type, OrderType::kUnknown);
  EXPECT_EQ(codec.message().orders[0].trigger_price, Decimal{});
  EXPECT_EQ(to_order_status("canceled-for-a-new-reason"), OrderStatus::kCanceled);
  EXPECT_EQ(to_order_status("something"), OrderStatus::kUnknown);
}

TEST(LighterAccountCodec, AnUnreadableEventIsFlaggedNotFatal) {
  AccountCodec codec;
  const auto tx = [](const std::string& event) {
    return R"({"channel":"account_tx:1","type":"update/account_tx","txs":[{"hash":"ab","status":2,"event_info":)" + event + "}]}";
  };
  const std::string events[] = {R"("{")", R"("[1,2]")", R"("{\"u\":\"x\"}")", R"("\u0041")", '"' + std::string(AccountCodec::kEventMax + 1, 'x') + '"'};
  for (const std::string& event : events) {
    std::string text = tx(event);
    ASSERT_TRUE(decode(codec, text).ok()) << event.substr(0, 40);
    ASSERT_EQ(codec.message().txs.size(), 1u);
    EXPECT_TRUE(codec.message().txs[0].event_unread) << event.substr(0, 40);
  }
  std::string text = tx(R"("{\"a\":5,\"i\":562951906220766,\"u\":1002,\"ae\":\"order not found\"}")");
  ASSERT_TRUE(decode(codec, text).ok());
  EXPECT_EQ(codec.message().txs[0].order, 562951906220766);
  EXPECT_TRUE(codec.message().txs[0].failed());
  EXPECT_FALSE(codec.message().txs[0].done());
  EXPECT_EQ(codec.message().txs[0].error_code, 0) << "text, not JSON";
}

TEST(LighterAccountCodec, DecodingDoesNotAllocate) {
  AccountCodec codec;
  std::string texts[] = {
      R"({"channel":"account_all_orders:1","type":"update/account_all_orders","orders":{"1":[)" + order() + "]}}",
      R"({"channel":"account_tx:1","type":"update/account_tx","txs":[{"hash":"ab","status":0,"event_info":"{\"ae\":\"{\\\"code\\\":21739}\"}"}]})",
      R"({"type":"jsonapi/sendtxbatch","code":200,"tx_hash":["a","b"]})",
      R"({"orders":[)",
  };
  std::vector<std::size_t> sizes;
  for (std::string& t : texts) sizes.push_back(t.size()), t.append(AccountCodec::kPadding, ' ');
  const test::AllocationScope scope;
  for (int round = 0; round != 50; ++round) {
    for (std::size_t i = 0; i != std::size(texts); ++i) (void)codec.decode({texts[i].data(), sizes[i]});
  }
  EXPECT_EQ(scope.count(), 0);
}

// ---------------------------------------------------------------- recordings

struct Recorded {
  std::size_t lines = 0, orders = 0, trades = 0, txs = 0, undecodable = 0;
  std::vector<OrderRow> last;  // of the newest frame with orders; texts are gone
  std::vector<std::string> seen;  // "open 424242424242", in order
};

bool read_tape(const char* name, Recorded& out) {
  auto tape = FileTape::open(test::data_dir() / name);
  if (!tape.ok()) return false;
  AccountCodec codec;
  TapeLine line;
  while (tape.value().next(line)) {
    ++out.lines;
    std::string text(line.json.data(), line.json.size());
    if (!decode(codec, text).ok()) {
      ++out.undecodable;
      continue;
    }
    const AccountMessage& m = codec.message();
    out.orders += m.orders.size();
    out.trades += m.trades.size();
    out.txs += m.txs.size();
    for (const OrderRow& o : m.orders) {
      EXPECT_NE(o.status, OrderStatus::kUnknown);
      EXPECT_EQ(o.is_ask, o.index < (std::int64_t{o.market} + 1) * (std::int64_t{1} << 48) + (std::int64_t{1} << 47)) << "asks count up, bids down";
      out.seen.push_back((o.status == OrderStatus::kOpen ? "open " : is_cancelled(o.status) ? "cancelled " : "filled ") + std::to_string(o.client_index));
    }
  }
  return tape.value().error().cause == TapeError::Cause::kNone;
}

TEST(LighterAccountRecordings, TwoMarketOrdersAndTheirFills) {
  Recorded r;
  if (!read_tape("lighter_account_2025-10-12/mainnet_account.log", r)) GTEST_SKIP() << "SKIPPED: no Lighter account recording";
  EXPECT_EQ(r.lines, 14u);
  EXPECT_EQ(r.undecodable, 0u);
  EXPECT_EQ(r.orders, 2u);
  EXPECT_EQ(r.seen, (std::vector<std::string>{"filled 0", "filled 0"}));
  EXPECT_EQ(r.trades, 2u);
  EXPECT_GE(r.txs, 2u);
}

TEST(LighterAccountRecordings, TestnetSessions) {
  struct Row { const char* file; std::size_t lines; std::vector<std::string> seen; };
  const Row rows[] = {
      {"1_create_replay_cancel.log", 8, {"open 424242424242", "cancelled 424242424242"}},
      {"2_duplicate_client_index.log", 5, {"open 424242424242", "open 424242424249"}},
      {"3_cancel_all_after_reconnect.log", 6, {"open 424242424249", "open 424242424242", "cancelled 424242424249", "cancelled 424242424242"}},
      {"4_nonce_gap_and_race.log", 5, {"open 900000000002", "open 900000000003", "cancelled 900000000002", "cancelled 900000000003"}},
  };
  for (const Row& row : rows) {
    Recorded r;
    if (!read_tape((std::string("lighter_testnet_account_2026-07-30/") + row.file).c_str(), r)) GTEST_SKIP() << "SKIPPED: no testnet recordings";
    EXPECT_EQ(r.lines, row.lines) << row.file;
    EXPECT_EQ(r.undecodable, 0u) << row.file;
    EXPECT_EQ(r.seen, row.seen) << row.file;
  }
}

TEST(LighterAccountRecordings, AnswersToTransactions) {
  std::ifstream in(test::data_dir() / "lighter_testnet_account_2026-07-30/send_tx.jsonl");
  if (!in) GTEST_SKIP() << "SKIPPED: no testnet recordings";
  AccountCodec codec;
  std::size_t accepted = 0, refused = 0;
  for (std::string line; std::getline(in, line);) {
    const nlohmann::json row = nlohmann::json::parse(line);
    std::string text = row["response"].dump();
    const auto kind = decode(codec, text);
    ASSERT_TRUE(kind.ok()) << line;
    const AccountMessage& m = codec.message();
    if (row["response"]["code"] == 200) {
      ++accepted;
      EXPECT_EQ(kind.value(), MessageKind::kTxAnswer);
      ASSERT_EQ(m.tx_hashes.size(), 1u);
      EXPECT_EQ(m.tx_hashes[0].size(), 80u);
      EXPECT_GT(m.executes_at, Instant{});
    } else {
      ++refused;
      EXPECT_EQ(kind.value(), MessageKind::kError);
      EXPECT_EQ(action_of(m.code), ErrorAction::kNonce);
    }
  }
  EXPECT_GT(accepted, 5u);
  EXPECT_GT(refused, 1u);
}

}  // namespace
}  // namespace jobber::gateway::lighter
