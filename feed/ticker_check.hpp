// Does the book's touch agree with the venue's own bookTicker? A live check that costs no request.
//
// Owner: one market agent, its thread; hot, fixed memory. The ticker usually runs ahead of the diff
// stream by tens of milliseconds, so tickers wait here until the book has reached their update id;
// then the newest one the book covers is compared, price and size of both sides. Tickers that come
// after the book passed them are compared with the next event, which can be wrong when the touch
// moved in between: a few disagreements prove nothing, a run of them does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/book.hpp"
#include "feed/events.hpp"

namespace jobber::feed {

// Both sides there and not locked or crossed: what may be compared, marked with or passed on.
[[nodiscard]] constexpr bool is_sound(const BookTicker& t) noexcept {
  return t.bid.grid > 0 && t.bid_qty.n > 0 && t.ask_qty.n > 0 && t.ask > t.bid;
}

class TickerCheck {
 public:
  void on_ticker(const BookTicker& ticker) noexcept {
    if (count_ == kKept) {  // the oldest goes; the newest that is covered decides anyway
      head_ = (head_ + 1) % kKept;
      --count_;
    }
    waiting_[(head_ + count_) % kKept] = ticker;
    ++count_;
  }

  // The book has just applied the event that ends with `update_id`.
  void on_applied(std::uint64_t update_id, const Book& book) noexcept {
    const BookTicker* latest = nullptr;
    while (count_ != 0 && waiting_[head_].update_id <= update_id) {
      latest = &waiting_[head_];
      head_ = (head_ + 1) % kKept;
      --count_;
    }
    if (latest == nullptr) return;
    if (same_touch(*latest, book)) {
      ++agree_;
      run_ = 0;
    } else {
      ++differ_;
      ++run_;
    }
  }

  void clear() noexcept { head_ = count_ = 0, run_ = 0; }

  [[nodiscard]] std::uint64_t agree() const noexcept { return agree_; }
  [[nodiscard]] std::uint64_t differ() const noexcept { return differ_; }
  [[nodiscard]] std::uint64_t differ_run() const noexcept { return run_; }  // in a row, up to now

  // A side without orders has price and size 0 in the ticker.
  [[nodiscard]] static bool same_touch(const BookTicker& ticker, const Book& book) noexcept {
    return same_side(book, BookSide::kBid, ticker.bid, ticker.bid_qty) &&
           same_side(book, BookSide::kAsk, ticker.ask, ticker.ask_qty);
  }

 private:
  static constexpr std::size_t kKept = 1024;  // some 5 s of the busiest recorded market

  static bool same_side(const Book& book, BookSide side, Price price, Lots qty) noexcept {
    if (book.empty(side)) return qty.n == 0;
    return book.best(side) == price && book.best_qty(side) == qty;
  }

  std::array<BookTicker, kKept> waiting_{};
  std::size_t head_ = 0;
  std::size_t count_ = 0;
  std::uint64_t agree_ = 0;
  std::uint64_t differ_ = 0;
  std::uint64_t run_ = 0;
};

}  // namespace jobber::feed
