// A queue whose room is fixed at construction. Owner: one thread. Hot: no allocation after that.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/check.hpp"

namespace jobber::gateway {

template <class T>
class FixedFifo {
 public:
  // `capacity` is a power of two.
  explicit FixedFifo(std::size_t capacity) : slots_(capacity) {
    JOBBER_CHECK(capacity != 0 && (capacity & (capacity - 1)) == 0);
  }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] bool full() const noexcept { return size_ == slots_.size(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] const T& front() const noexcept { return slots_[head_]; }
  void push(const T& value) noexcept {
    JOBBER_CHECK(!full());
    slots_[(head_ + size_) & (slots_.size() - 1)] = value;
    ++size_;
  }
  void pop() noexcept {
    head_ = (head_ + 1) & (slots_.size() - 1);
    --size_;
  }

 private:
  std::vector<T> slots_;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace jobber::gateway
