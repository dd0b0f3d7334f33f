// jobber inspect TAPE: what is in a recording. Counts, the id chain, every gap, and the book at chosen
// points, built by the same decoder and session that quote.
//
// Cold; the main thread. One pass to learn market and grids, one pass to read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/instrument.hpp"
#include "feed/binance/depth_session.hpp"

namespace CLI {
class App;
}

namespace jobber::tools {

// The book after one event. Decimals without trailing zeros, empty for a side without orders.
struct BookPoint {
  std::uint64_t n = 0;     // ordinal of the applied event, from 1
  std::uint64_t line = 0;  // where that event stands
  std::uint64_t u = 0;
  std::string bid, bid_qty, ask, ask_qty;
  std::size_t bid_levels = 0;
  std::size_t ask_levels = 0;
  std::string crc10;    // ten best levels a side, see book_crc.hpp
  std::string crc_all;  // all of them
};

// A stretch in which a book that had been live could not be quoted.
struct Pull {
  std::uint64_t from_line = 0;
  std::uint64_t until_line = 0;  // first line quotable again; 0 = not within the tape
  std::string reason;            // at the start of the stretch
};

struct TapeReport {
  std::uint64_t lines = 0;
  std::map<std::string, std::uint64_t, std::less<>> streams;
  std::uint64_t depth_events = 0;
  std::uint64_t depth_applied = 0;
  std::uint64_t depth_dropped = 0;
  std::uint64_t chain_breaks = 0;  // neighbours on the tape whose ids do not connect, whatever became of them
  std::uint64_t crossed = 0;
  std::uint64_t unknown_deletes = 0;
  std::uint64_t refused_levels = 0;
  struct {
    std::uint64_t count = 0, first_id = 0, last_id = 0, id_gaps = 0, off_market = 0;
  } trades;
  struct {
    std::uint64_t count = 0, agree = 0, differ = 0;
  } book_ticker;
  struct {
    std::uint64_t count = 0, ignored = 0, too_old = 0;
  } snapshots;
  std::uint64_t mark_prices = 0;
  std::uint64_t others = 0;
  std::optional<BookPoint> final;  // absent while no book is whole at the end
  std::vector<BookPoint> checkpoints;
  std::vector<std::uint64_t> checkpoints_not_found;
  std::vector<feed::Gap> gaps;     // ordinal = line; the first of them, all are in gaps_total
  std::uint64_t gaps_total = 0;
  std::uint64_t quotable_from_line = 0;  // 0 = never
  std::vector<Pull> pulls;         // the first of them
  std::uint64_t pulls_total = 0;
  std::string state, reason;       // of the session after the last line
  std::optional<Instrument> market;
  std::string market_problem;      // why market and grids could not be told
  // Why reading stopped before the end; empty when it did not.
  std::string fault;
  std::uint64_t fault_line = 0;
};

struct InspectOptions {
  std::vector<std::uint64_t> at;  // update ids of events after which the book is wanted
};

[[nodiscard]] TapeReport inspect_tape(const std::string& path, const InspectOptions& options = {});
[[nodiscard]] nlohmann::ordered_json to_json(const TapeReport& report);
[[nodiscard]] std::string to_text(const TapeReport& report, const std::string& path);

void add_inspect(CLI::App& app, int& exit_code);

}  // namespace jobber::tools
