// jobber inspect of a Lighter recording: one file may hold many markets, and private channels beside them.
//
// Cold; the main thread. One pass to learn the decimals of each market, one pass to read, by the codec and session
// that quote. A file of single frames (`.frames`: a label in place of the receive time) is a tape as well.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "engine/instrument.hpp"
#include "feed/gap.hpp"
#include "tools/jobber/inspect.hpp"

namespace jobber::tools {

struct LighterBookReport {
  std::int32_t market = -1;
  Instrument instrument;            // decimals as seen in this file
  std::string chain;                // "nonce", "offset", "none"
  std::uint64_t messages = 0;       // book frames from the first snapshot on, as the file has them
  std::uint64_t before_snapshot = 0;
  std::uint64_t snapshots = 0, applied = 0, dropped = 0;
  std::uint64_t offset_jumps = 0;   // neighbours whose offsets do not follow each other: a gap only in 2025
  std::uint64_t nonce_breaks = 0;   // neighbours whose nonces do not connect
  std::uint64_t crossed = 0, unknown_deletes = 0, refused_levels = 0;
  std::vector<feed::Gap> gaps;      // ordinal = line; the first of them
  std::uint64_t gaps_total = 0;
  std::uint64_t quotable_from_line = 0;
  std::uint64_t pulls_total = 0;
  std::string state, reason;        // after the last line
  std::optional<BookPoint> final;   // `u` is the nonce, in 2025 the offset; `n` counts the snapshot as 1
  std::vector<BookPoint> checkpoints;
};

struct LighterTradesReport {
  std::uint64_t prints = 0, liquidations = 0, off_market = 0, old = 0;
  std::string buy_taker_qty = "0", sell_taker_qty = "0";  // of prints
};

struct LighterReport {
  std::uint64_t lines = 0;
  std::map<std::string, std::uint64_t, std::less<>> frames;  // "update/order_book order_book:1"
  std::map<std::int32_t, LighterBookReport> books;
  std::map<std::int32_t, LighterTradesReport> trades;
  std::map<std::int32_t, std::uint64_t> tickers, mark_prices;
  std::uint64_t account_frames = 0;   // of private channels
  std::uint64_t account_orders = 0, account_trades = 0, account_txs = 0;
  std::uint64_t others = 0;
  std::string fault;
  std::uint64_t fault_line = 0;
};

// Whether the first messages of the file are Lighter's.
[[nodiscard]] bool is_lighter_tape(const std::string& path);
// options.at: nonces or offsets of frames after which the book is wanted, of whatever market.
[[nodiscard]] LighterReport inspect_lighter(const std::string& path, const InspectOptions& options = {});
[[nodiscard]] nlohmann::ordered_json to_json(const LighterReport& report);
[[nodiscard]] std::string to_text(const LighterReport& report, const std::string& path);

}  // namespace jobber::tools
