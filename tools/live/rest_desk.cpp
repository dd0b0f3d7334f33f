#include "tools/live/rest_desk.hpp"

#include <cstring>
#include <utility>

namespace jobber::live {

os::Url below(const os::Url& base, std::string_view target) {
  os::Url url = base;
  while (url.target.ends_with('/')) url.target.pop_back();
  url.target += target;
  if (url.target.empty()) url.target = "/";
  return url;
}

RestPort::RestPort(os::Url base, std::size_t answer_bytes) : base_(std::move(base)), wishes_(std::size_t{1} << 16), answers_(answer_bytes) {}

bool RestPort::peek(Answer& out) noexcept {
  if (!answers_.peek(out.record)) return false;
  Head head;
  std::memcpy(&head, out.record.bytes.data(), sizeof head);
  out.tag = out.record.tag;
  out.status = static_cast<int>(head.status);
  out.retry_after = {head.retry_after_ns};
  out.body = out.record.bytes.subspan(sizeof head);
  return true;
}

int RestDesk::poll(Instant now) {
  int work = 0;
  std::uint64_t doubts = 0;
  for (const RestPort* port : ports_) doubts += port->doubts_.load(std::memory_order_relaxed);
  if (doubts != doubts_seen_) https_.close();
  doubts_seen_ = doubts;
  for (RestPort* port : ports_) {
    for (ByteRing::Record wish; port->wishes_.peek(wish); ++work) {
      asked_[https_.get(below(port->base_, {wish.bytes.data(), wish.bytes.size()}))] = {port, wish.tag};
      port->wishes_.pop(wish);
    }
  }
  work += https_.poll(now) ? 1 : 0;
  for (os::HttpAnswer answer; https_.next(answer); ++work) {
    const auto asked = asked_.extract(answer.id);
    if (asked.empty()) continue;
    const RestPort::Head head{answer.status, answer.retry_after.n};
    std::string bytes(sizeof head, '\0');
    std::memcpy(bytes.data(), &head, sizeof head);
    if (answer.status == 200) bytes += answer.body;
    waiting_.push_back({asked.mapped(), std::move(bytes)});
  }
  hand_over(now);
  return work;
}

void RestDesk::hand_over(Instant now) {
  while (!waiting_.empty()) {
    Waiting& w = waiting_.front();
    ByteRing& ring = w.asked.port->answers_;
    if (w.bytes.size() > ring.record_max()) {  // it will never fit: as if nothing had come
      w.bytes.resize(sizeof(RestPort::Head));
      std::memset(w.bytes.data(), 0, w.bytes.size());
    }
    if (!ring.try_push(now, w.bytes, w.asked.tag)) return;
    waiting_.pop_front();
  }
}

}  // namespace jobber::live
