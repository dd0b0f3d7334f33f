#include "tools/exchange/tape_background.hpp"

#include <algorithm>
#include <cstdlib>

#include "engine/check.hpp"

namespace jobber::exchange {
namespace {

constexpr std::size_t kOrdersOfLevel = 8;  // then the youngest grows, and loses its place
constexpr Nanos kPauseBetweenLoops = milliseconds(100);

constexpr std::size_t index(BookSide s) noexcept { return static_cast<std::size_t>(s); }
constexpr Side side_of(BookSide s) noexcept { return s == BookSide::kBid ? Side::kBuy : Side::kSell; }

}  // namespace

TapeBackground::TapeBackground(const BackgroundConfig& config, Instant start, std::uint32_t window_ticks)
    : config_(config), reader_(*config.tape), start_(start), next_at_(start), reach_(window_ticks / 4) {
  JOBBER_CHECK(config.speed > 0.0);
  state_.kind = BackgroundConfig::Kind::kTape;
  if (reader_.next(event_)) {
    tape_start_ = event_.at;
  } else {
    next_at_ = Instant::never();
    state_.ended = true;
  }
}

void TapeBackground::act(BackgroundDesk& desk) {
  if (anew_) {
    forget_book();
    anew_ = false;
    ++state_.loops;
  }
  for (bool ended = false; !ended && next_at_ != Instant::never();) {
    const Instant at = next_at_;
    ended = event_.end != 0;
    switch (event_.kind) {
      case world::LogEvent::Kind::kLevel: on_level(event_.book_side(), event_.price, event_.qty); break;
      case world::LogEvent::Kind::kTrade:
        desk.place(event_.aggressor(), event_.price, {std::min(event_.qty.n, gateway::matching::kMaxQty)},
                   TimeInForce::kImmediateOrCancel, SelfTrade::kAllow);
        break;
      case world::LogEvent::Kind::kRebuild: forget_book(), rebuilding_ = true; break;
      case world::LogEvent::Kind::kRebuilt: rebuilding_ = false; restate(desk); break;
      case world::LogEvent::Kind::kStatus: break;
    }
    const bool depth = event_.kind == world::LogEvent::Kind::kLevel;
    ++state_.events;
    fetch();
    if (depth && ended && !rebuilding_) restate(desk);
    if (next_at_ > at) break;  // whatever the end marks say: nothing of the future happens now
  }
}

// The next event and its time, beginning anew at the end.
void TapeBackground::fetch() {
  if (!reader_.next(event_)) {
    if (!config_.loop) {
      next_at_ = Instant::never();
      state_.ended = true;
      return;
    }
    reader_.rewind();
    JOBBER_CHECK(reader_.next(event_));
    start_ = next_at_ + kPauseBetweenLoops;
    anew_ = true;
  }
  const Nanos into = event_.at - tape_start_;
  const Instant due = start_ + Nanos{config_.speed == 1.0 ? into.n : static_cast<std::int64_t>(static_cast<double>(into.n) / config_.speed)};
  next_at_ = std::max(next_at_, due);
}

void TapeBackground::on_level(BookSide side, Price price, Lots qty) {
  Recorded& level = sides_[index(side)][price.grid];
  level.qty = {std::clamp<std::int64_t>(qty.n, 0, gateway::matching::kMaxQty)};
  touch(side, price.grid, level);
}

void TapeBackground::on_hit(BookSide side, Price price) {
  const auto found = sides_[index(side)].find(price.grid);
  if (found != sides_[index(side)].end()) touch(side, price.grid, found->second);
}

void TapeBackground::touch(BookSide side, std::int64_t price, Recorded& level) {
  if (level.dirty) return;
  level.dirty = true;
  dirty_.push_back({side, price});
}

void TapeBackground::forget_book() {
  for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
    for (auto& [price, level] : sides_[index(side)]) level.qty = {}, touch(side, price, level);
  }
}

bool TapeBackground::offered(std::int64_t price) const noexcept { return std::abs(price - anchor_) <= reach_; }

// Where the recorded market is. When it has gone some way, every level is judged anew.
void TapeBackground::follow_mid() {
  const auto stands = [](const auto& entry) { return entry.second.qty.n != 0; };
  const auto bid = std::find_if(sides_[0].rbegin(), sides_[0].rend(), stands);
  const auto ask = std::find_if(sides_[1].begin(), sides_[1].end(), stands);
  if (bid == sides_[0].rend() || ask == sides_[1].end()) return;
  const std::int64_t mid = (bid->first + ask->first) / 2;
  if (anchor_ != 0 && std::abs(mid - anchor_) < reach_ / 4) return;
  anchor_ = mid;
  for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
    for (auto& [price, level] : sides_[index(side)]) touch(side, price, level);
  }
}

// The engine's book as recorded: first everything that becomes smaller, then what becomes larger, so that
// the background never meets itself.
void TapeBackground::restate(BackgroundDesk& desk) {
  follow_mid();
  std::vector<Dirty> now;
  now.swap(dirty_);
  for (const Dirty& d : now) {
    Recorded& level = sides_[index(d.side)].find(d.price)->second;
    level.dirty = false;
    shrink(desk, d.price, level);
  }
  for (const Dirty& d : now) {
    const auto found = sides_[index(d.side)].find(d.price);
    grow(desk, d.side, d.price, found->second);
    Recorded& level = found->second;
    if (level.qty.n == 0 && level.orders.empty() && !level.dirty) sides_[index(d.side)].erase(found);
  }
}

Lots TapeBackground::standing(const BackgroundDesk& desk, Recorded& level) const {
  Lots sum, left, total;
  std::erase_if(level.orders, [&](OrderId id) {
    const bool alive = desk.find(id, left, total);
    if (alive) sum += left;
    return !alive;
  });
  return sum;
}

void TapeBackground::shrink(BackgroundDesk& desk, std::int64_t price, Recorded& level) {
  const Lots target = offered(price) ? level.qty : Lots{};
  Lots surplus = standing(desk, level) - target;
  while (surplus.n > 0) {
    const OrderId youngest = level.orders.back();
    Lots left, total;
    JOBBER_CHECK(desk.find(youngest, left, total));
    if (left <= surplus) {
      level.orders.pop_back();
      desk.cancel(youngest);
      surplus -= left;
    } else {
      desk.resize(youngest, {price}, total - surplus);
      surplus = {};
    }
  }
}

void TapeBackground::grow(BackgroundDesk& desk, BookSide side, std::int64_t price, Recorded& level) {
  const Lots target = offered(price) ? level.qty : Lots{};
  const Lots missing = target - standing(desk, level);
  if (missing.n <= 0) return;
  Lots left, total;
  const bool extend = !level.orders.empty() &&
                      (level.orders.size() >= kOrdersOfLevel || desk.is_last(level.orders.back(), side, {price}));
  if (extend && desk.find(level.orders.back(), left, total)) {
    desk.resize(level.orders.back(), {price}, total + missing);
    return;
  }
  // A recorded book that crosses itself replaces its older half: expire the maker.
  const OrderId id = desk.place(side_of(side), {price}, missing, TimeInForce::kGoodTillCancel, SelfTrade::kExpireMaker);
  if (desk.find(id, left, total)) {
    level.orders.push_back(id);
    if (left < missing) touch(side, price, level);
  } else {
    touch(side, price, level);
  }
}

BackgroundState TapeBackground::state() const {
  BackgroundState out = state_;
  for (const Side2& side : sides_) {
    for (const auto& [price, level] : side) out.outside += level.qty.n != 0 && !offered(price) ? 1U : 0U;
  }
  return out;
}

}  // namespace jobber::exchange
