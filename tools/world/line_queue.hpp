// Lines of text with their receive times in one fixed buffer, first in, first out.
//
// Owner: one SimMarket. No allocation after construction. A line read stays valid, with kDecodePadding readable
// bytes behind it, until make_room() or the next line is begun.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "engine/check.hpp"
#include "engine/decimal.hpp"
#include "engine/units.hpp"
#include "feed/binance/decoded.hpp"

namespace jobber::world {

class LineQueue {
 public:
  LineQueue(std::size_t bytes, std::size_t lines) : text_(bytes + feed::kDecodePadding), lines_(lines) {}

  // Room for so much more? Moves unread text to the front first if that helps.
  [[nodiscard]] bool make_room(std::size_t bytes, std::size_t lines) noexcept {
    if (read_ == written_) begin_ = end_ = 0;
    if (end_ + bytes > capacity() && begin_ != 0) compact();
    return end_ + bytes <= capacity() && written_ - read_ + lines <= lines_.size();
  }

  // Writing one line: begin, any number of puts, finish.
  void begin() noexcept { start_ = end_; }
  void put(std::string_view s) noexcept {
    JOBBER_CHECK(end_ + s.size() <= capacity());
    std::memcpy(text_.data() + end_, s.data(), s.size());
    end_ += s.size();
  }
  void put(std::uint64_t n) noexcept {
    JOBBER_CHECK(end_ + 20 <= capacity());
    end_ = static_cast<std::size_t>(std::to_chars(text_.data() + end_, text_.data() + end_ + 20, n).ptr - text_.data());
  }
  void put_price(Price p, const Instrument& in) noexcept { end_ += format_price(p, in, rest()); }
  void put_qty(Lots q, const Instrument& in) noexcept { end_ += format_qty(q, in, rest()); }
  std::string_view finish(Instant recv) noexcept {
    JOBBER_CHECK(written_ - read_ < lines_.size());
    lines_[written_++ % lines_.size()] = {recv, start_, end_ - start_};
    return {text_.data() + start_, end_ - start_};
  }

  bool next(Instant& recv, std::string_view& text) noexcept {
    if (read_ == written_) return false;
    const Line& line = lines_[read_++ % lines_.size()];
    recv = line.recv;
    text = {text_.data() + line.offset, line.size};
    begin_ = line.offset + line.size;
    return true;
  }

 private:
  struct Line {
    Instant recv;
    std::size_t offset;
    std::size_t size;
  };
  [[nodiscard]] std::size_t capacity() const noexcept { return text_.size() - feed::kDecodePadding; }
  [[nodiscard]] std::span<char> rest() noexcept { return {text_.data() + end_, capacity() - end_}; }
  void compact() noexcept {
    std::memmove(text_.data(), text_.data() + begin_, end_ - begin_);
    for (std::uint64_t i = read_; i != written_; ++i) lines_[i % lines_.size()].offset -= begin_;
    end_ -= begin_;
    begin_ = 0;
  }

  std::vector<char> text_;
  std::vector<Line> lines_;   // ring
  std::uint64_t read_ = 0;
  std::uint64_t written_ = 0;
  std::size_t begin_ = 0;     // of the unread text
  std::size_t end_ = 0;
  std::size_t start_ = 0;     // of the line being written
};

}  // namespace jobber::world
