// Measures one order message through the matching engine in process: four mixes of new, cancel, modify and taking
// orders over a book of some 10,000 resting orders, events hashed. Cancels and modifies strike orders of log-uniform
// age, as orders live. Leaves out decoding and any transport.
// Peers: the textbook (std::map + std::list + std::unordered_map) and the best parts glued together
// (absl::btree_map + absl::flat_hash_map + intrusive lists over a pool). All sides get the same messages and must
// give the same event hash. Budget: 25 ns a message; at least 3x the better peer on the normal mix,
// 2.5x on the others.
#include <absl/container/btree_map.h>
#include <absl/container/flat_hash_map.h>
#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/contest.hpp"
#include "engine/check.hpp"
#include "engine/rng.hpp"
#include "gateway/matching/engine.hpp"

namespace jobber::gateway {
namespace {

namespace m = matching;

struct Message {
  m::Request request;
  m::NewOrder order;  // modify: id, account, price and qty = the new total; cancel: id and account
};

// Folds what matters of every event; the order of events matters.
struct HashSink {
  std::uint64_t hash = 0;
  void add(std::uint64_t word) noexcept { hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL; }
  static std::uint64_t u(std::int64_t x) noexcept { return static_cast<std::uint64_t>(x); }
  void on(const m::Accepted& e) noexcept { add(e.id.n + u(e.qty.n)); }
  void on(const m::Refused& e) noexcept { add(e.id.n << 8 | static_cast<std::uint64_t>(e.why)); }
  void on(const m::Fill& e) noexcept { add(e.maker.n + (e.taker.n << 20) + (u(e.qty.n) << 40) + u(e.price.grid)); }
  void on(const m::Cancelled& e) noexcept { add(e.id.n + (u(e.left.n) << 32)); }
  void on(const m::Replaced& e) noexcept { add(e.id.n + (u(e.left.n) << 32) + e.kept_place); }
  void on(const m::LevelChange& e) noexcept { add(u(e.price.grid) + (u(e.qty.n) << 24)); }
};

// ---- the peers: the same rules for limit and immediate-or-cancel orders of many accounts, no more

// Side-generic matching over any ordered map of levels; `Policy` says how queues and ids are kept.
template <class Policy>
class PeerEngine {
 public:
  template <class Sink>
  void submit(const m::NewOrder& o, Sink& sink) {
    if (policy_.find(o.id.n) != nullptr) return sink.on(m::Refused{o.id, o.account, o.client, m::Request::kNew, m::Refusal::kDuplicateId});
    sink.on(m::Accepted{o.id, o.account, o.client, o.side, o.price, o.qty});
    m::NewOrder rest = o;
    take(rest, sink);
    if (rest.qty.n == 0) return;
    if (o.tif == TimeInForce::kImmediateOrCancel) {
      sink.on(m::Cancelled{o.id, o.account, o.client, o.side, o.price, rest.qty, m::CancelCause::kUnfilled});
    } else {
      enqueue(rest, o.qty.n, sink);
    }
  }
  template <class Sink>
  void cancel(m::OrderId id, m::AccountId account, Sink& sink) {
    auto* o = policy_.find(id.n);
    if (o == nullptr) return sink.on(m::Refused{id, account, 0, m::Request::kCancel, m::Refusal::kUnknownOrder});
    const m::NewOrder copy = o->order;
    dequeue(o, sink, [&] { sink.on(m::Cancelled{id, account, copy.client, copy.side, copy.price, copy.qty, m::CancelCause::kRequested}); });
  }
  template <class Sink>
  void modify(const m::Modify& c, Sink& sink) {
    auto* o = policy_.find(c.id.n);
    if (o == nullptr) return sink.on(m::Refused{c.id, c.account, 0, m::Request::kModify, m::Refusal::kUnknownOrder});
    const m::NewOrder copy = o->order;
    const std::int64_t left = c.total.n - (o->total - copy.qty.n);
    if (left <= 0) return cancel(c.id, c.account, sink);
    if (c.price == copy.price && left <= copy.qty.n) {
      o->order.qty.n = left;
      o->total = c.total.n;
      auto& level = policy_.level_of(o);
      level.qty += left - copy.qty.n;
      sink.on(m::Replaced{c.id, c.account, copy.client, copy.side, c.price, c.total, {left}, true});
      if (left != copy.qty.n) sink.on(m::LevelChange{resting_side(copy.side), c.price, {level.qty}});
      return;
    }
    m::NewOrder moved = copy;
    moved.price = c.price;
    moved.qty.n = left;
    const auto replaced = [&] { sink.on(m::Replaced{c.id, c.account, copy.client, copy.side, c.price, c.total, {left}, false}); };
    if (c.price == copy.price) {
      HashSink none;
      dequeue(o, none, [] {});
      replaced();
    } else {
      dequeue(o, sink, replaced);
      take(moved, sink);
    }
    if (moved.qty.n != 0) enqueue(moved, c.total.n, sink);
  }

 private:
  template <class Sink>
  void take(m::NewOrder& t, Sink& sink) {
    if (t.side == Side::kBuy) {
      take_from(policy_.asks, t, sink, [&](Price p) { return p <= t.price; });
    } else {
      take_from(policy_.bids, t, sink, [&](Price p) { return p >= t.price; });
    }
  }
  template <class Levels, class Sink, class Reaches>
  void take_from(Levels& levels, m::NewOrder& t, Sink& sink, Reaches&& reaches) {
    while (t.qty.n != 0 && !levels.empty() && reaches(levels.begin()->first)) {
      const Price price = levels.begin()->first;
      auto& level = levels.begin()->second;
      while (t.qty.n != 0 && !policy_.queue_empty(level)) {
        auto& maker = policy_.front(level);
        const Lots qty = std::min(t.qty, maker.order.qty);
        t.qty -= qty;
        maker.order.qty -= qty;
        level.qty -= qty.n;
        sink.on(m::Fill{maker.order.id, t.id, maker.order.account, t.account, maker.order.client, t.client, trade_++, t.side, price, qty, maker.order.qty, t.qty});
        if (maker.order.qty.n == 0) policy_.pop_front(level);
      }
      sink.on(m::LevelChange{resting_side(opposite(t.side)), price, {level.qty}});
      if (policy_.queue_empty(level)) levels.erase(levels.begin());
    }
  }
  template <class Sink>
  void enqueue(const m::NewOrder& o, std::int64_t total, Sink& sink) {
    auto& level = o.side == Side::kBuy ? policy_.bids[o.price] : policy_.asks[o.price];
    level.qty += o.qty.n;
    policy_.push_back(level, o, total);
    sink.on(m::LevelChange{resting_side(o.side), o.price, {level.qty}});
  }
  template <class Order, class Sink, class Announce>
  void dequeue(Order* o, Sink& sink, Announce&& announce) {
    const m::NewOrder copy = o->order;
    auto& level = policy_.level_of(o);
    level.qty -= copy.qty.n;
    const std::int64_t qty = level.qty;
    policy_.erase(level, o);
    announce();
    sink.on(m::LevelChange{resting_side(copy.side), copy.price, {qty}});
    if (!policy_.queue_empty(level)) return;
    copy.side == Side::kBuy ? policy_.bids.erase(copy.price) : policy_.asks.erase(copy.price);
  }

  Policy policy_;
  std::uint64_t trade_ = 1;
};

struct Textbook {
  struct Order {
    m::NewOrder order;
    std::int64_t total;
  };
  struct Level {
    std::list<Order> queue;
    std::int64_t qty = 0;
  };
  std::map<Price, Level, std::greater<>> bids;
  std::map<Price, Level> asks;
  std::unordered_map<std::uint64_t, std::list<Order>::iterator> ids;

  Order* find(std::uint64_t id) {
    const auto it = ids.find(id);
    return it == ids.end() ? nullptr : &*it->second;
  }
  Level& level_of(const Order* o) { return o->order.side == Side::kBuy ? bids.find(o->order.price)->second : asks.find(o->order.price)->second; }
  static bool queue_empty(const Level& l) { return l.queue.empty(); }
  static Order& front(Level& l) { return l.queue.front(); }
  void pop_front(Level& l) {
    ids.erase(l.queue.front().order.id.n);
    l.queue.pop_front();
  }
  void push_back(Level& l, const m::NewOrder& o, std::int64_t total) { ids[o.id.n] = l.queue.insert(l.queue.end(), {o, total}); }
  void erase(Level& l, const Order* o) {
    const auto it = ids.find(o->order.id.n);
    l.queue.erase(it->second);
    ids.erase(it);
  }
};

struct GluedParts {
  struct Level;
  struct Order {
    m::NewOrder order;
    std::int64_t total;
    Order *prev, *next;
  };
  struct Level {
    Order* head = nullptr;
    Order* tail = nullptr;
    std::int64_t qty = 0;
  };
  absl::btree_map<Price, Level, std::greater<>> bids;
  absl::btree_map<Price, Level> asks;
  absl::flat_hash_map<std::uint64_t, Order*> ids;
  std::vector<std::unique_ptr<Order[]>> blocks;
  std::vector<Order*> free;

  GluedParts() { ids.reserve(1 << 15); }
  Order* find(std::uint64_t id) {
    const auto it = ids.find(id);
    return it == ids.end() ? nullptr : it->second;
  }
  Level& level_of(const Order* o) { return o->order.side == Side::kBuy ? bids.find(o->order.price)->second : asks.find(o->order.price)->second; }
  static bool queue_empty(const Level& l) { return l.head == nullptr; }
  static Order& front(Level& l) { return *l.head; }
  void pop_front(Level& l) { erase(l, l.head); }
  void push_back(Level& l, const m::NewOrder& o, std::int64_t total) {
    Order* at = take_slot();
    *at = {o, total, l.tail, nullptr};
    (l.tail != nullptr ? l.tail->next : l.head) = at;
    l.tail = at;
    ids.emplace(o.id.n, at);
  }
  void erase(Level& l, Order* o) {
    (o->prev != nullptr ? o->prev->next : l.head) = o->next;
    (o->next != nullptr ? o->next->prev : l.tail) = o->prev;
    ids.erase(o->order.id.n);
    free.push_back(o);
  }
  Order* take_slot() {
    if (free.empty()) {
      blocks.push_back(std::make_unique<Order[]>(4096));
      for (std::size_t i = 4096; i-- > 0;) free.push_back(&blocks.back()[i]);
    }
    Order* at = free.back();
    free.pop_back();
    return at;
  }
};

struct Ours {
  MatchingEngine engine{{.window_ticks = 1u << 16, .max_orders = 1u << 14, .accounts = 64}};
  template <class Sink>
  void submit(const m::NewOrder& o, Sink& s) noexcept { engine.submit(o, s); }
  template <class Sink>
  void cancel(m::OrderId id, m::AccountId a, Sink& s) noexcept { engine.cancel(id, a, s); }
  template <class Sink>
  void modify(const m::Modify& c, Sink& s) noexcept { engine.modify(c, s); }
};

// ---- the mixes

struct Scenario {
  const char* name;
  double add, cancel, modify;                    // shares of the messages; the rest takes
  double mean_distance;                          // of new orders from the centre, ticks
  std::function<double(int)> centre;             // where the market stands at message i, ticks
  std::function<std::int64_t(Rng&, int)> taken;  // size of a taking order
};

constexpr int kResting = 10'000;
constexpr int kMessages = 200'000;
constexpr double kStart = 100'000.0;

const Scenario& scenario(int n) {
  static const auto small = [](Rng& rng, int) { return rng.between(1, 20); };
  static const Scenario all[] = {
      {"normal", 0.45, 0.41, 0.08, 40.0, [](int i) { return kStart + 60.0 * std::sin(i / 3000.0) + 25.0 * std::sin(i / 170.0); }, small},
      {"static", 0.47, 0.45, 0.07, 40.0, [](int) { return kStart; }, small},
      {"swing", 0.48, 0.36, 0.08, 60.0, [](int i) { return kStart + 3000.0 * std::sin(i / 4000.0); }, small},
      {"flash_crash", 0.48, 0.34, 0.06, 60.0,
       [](int i) { const int phase = i % 50'000; return kStart - (phase < 4000 ? phase * 1.5 : 6000.0 * std::exp((4000 - phase) / 9000.0)); },
       [](Rng& rng, int i) { return i % 50'000 < 4000 ? rng.between(50, 1500) : rng.between(1, 20); }},
  };
  return all[n];
}

// Builds the messages by running the engine, so that cancels and modifies name living orders: the first
// kResting fill the book, kMessages follow.
std::vector<Message> make_messages(const Scenario& s) {
  Rng rng(42);
  Ours ours;
  HashSink sink;
  std::vector<Message> out;
  std::vector<m::NewOrder> alive;
  std::uint64_t next_id = 1;
  const auto apply = [&](const Message& msg) {
    if (msg.request == m::Request::kNew) ours.submit(msg.order, sink);
    if (msg.request == m::Request::kCancel) ours.cancel(msg.order.id, msg.order.account, sink);
    if (msg.request == m::Request::kModify) ours.modify({msg.order.id, msg.order.account, msg.order.price, msg.order.qty}, sink);
    out.push_back(msg);
  };
  const auto passive_price = [&](Side side, int i) {
    const double away = 1.0 + rng.exponential(s.mean_distance);
    return Price{static_cast<std::int64_t>(s.centre(i) - static_cast<double>(sign(side)) * away)};
  };
  const auto new_order = [&](int i, bool takes) {
    m::NewOrder o;
    o.id = {next_id++}, o.account = {static_cast<std::uint32_t>(rng.below(64))}, o.client = o.id.n;
    o.side = rng.chance(0.5) ? Side::kBuy : Side::kSell;
    o.self_trade = m::SelfTrade::kAllow;
    o.tif = takes ? TimeInForce::kImmediateOrCancel : TimeInForce::kGoodTillCancel;
    o.qty = {takes ? s.taken(rng, i) : rng.between(1, 20)};
    const bool crash = takes && o.qty.n > 50;
    if (crash) o.side = Side::kSell;
    const std::int64_t reach = crash ? 500 : 30;
    o.price = takes ? Price{static_cast<std::int64_t>(s.centre(i)) + sign(o.side) * reach} : passive_price(o.side, i);
    return o;
  };
  // A living order; the dead are dropped on the way. Ages are log-uniform: most orders that go, go young.
  const auto pick = [&](m::NewOrder& found) {
    while (!alive.empty()) {
      const auto age = static_cast<std::size_t>(std::exp(rng.uniform() * std::log(static_cast<double>(alive.size()))));
      const std::size_t n = alive.size() - std::min(age, alive.size());
      MatchingEngine::Resting r{};
      if (ours.engine.find(alive[n].id, r)) {
        found = alive[n], found.price = r.price, found.qty = r.total;
        return true;
      }
      alive.erase(alive.begin() + static_cast<std::ptrdiff_t>(n));
    }
    return false;
  };
  for (int i = -kResting; i < kMessages; ++i) {
    const double dice = rng.uniform();
    const bool filling = i < 0;
    const bool crowded = ours.engine.live_orders() > 3 * kResting / 2;
    m::NewOrder o;
    if (filling || (dice < s.add && !crowded)) {
      apply({m::Request::kNew, o = new_order(std::max(i, 0), false)});
      alive.push_back(o);
    } else if (dice < s.add + s.cancel) {
      if (pick(o)) apply({m::Request::kCancel, o});
    } else if (dice < s.add + s.cancel + s.modify) {
      if (!pick(o)) continue;
      if (rng.chance(0.5)) {
        o.qty = {std::max<std::int64_t>(1, o.qty.n / 2)};
      } else {
        o.price = passive_price(o.side, i);
      }
      apply({m::Request::kModify, o});
    } else {
      apply({m::Request::kNew, new_order(i, true)});
    }
  }
  return out;
}

const std::vector<Message>& messages(int n) {
  static std::vector<Message> all[4];
  if (all[n].empty()) all[n] = make_messages(scenario(n));
  return all[n];
}

template <class Book, class Sink>
void feed(Book& book, const Message& msg, Sink& sink) {
  switch (msg.request) {
    case m::Request::kNew: book.submit(msg.order, sink); break;
    case m::Request::kCancel: book.cancel(msg.order.id, msg.order.account, sink); break;
    case m::Request::kModify: book.modify({msg.order.id, msg.order.account, msg.order.price, msg.order.qty}, sink); break;
  }
}

// This thread's processor time: the work is one thread's, so a busy neighbour should not count.
double thread_ns() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

struct Run {
  double ns_per_message;
  std::uint64_t hash;
};

// One pass over the scenario with a new book: filling it is not timed.
template <class Book>
Run run(int n) {
  const std::vector<Message>& all = messages(n);
  auto book = std::make_unique<Book>();
  HashSink sink;
  for (std::size_t i = 0; i < kResting; ++i) feed(*book, all[i], sink);
  const double start = thread_ns();
  for (std::size_t i = kResting; i < all.size(); ++i) feed(*book, all[i], sink);
  return {(thread_ns() - start) / static_cast<double>(all.size() - kResting), sink.hash};
}

std::uint64_t our_hash(int n) {
  static std::uint64_t known[4] = {};
  if (known[n] == 0) known[n] = run<Ours>(n).hash;
  return known[n];
}

template <class Peer>
void add_contests(const char* peer) {
  for (int n = 0; n < 4; ++n) {
    bench::add_contest({.name = std::string("matching.") + scenario(n).name,
                        .peer = peer,
                        .target = n == 0 ? 3.0 : 2.5,
                        .unit = "ns/message",
                        .ours = [n] { return run<Ours>(n).ns_per_message; },
                        .theirs = [n] {
                          const Run theirs = run<PeerEngine<Peer>>(n);
                          JOBBER_CHECK(theirs.hash == our_hash(n));
                          return theirs.ns_per_message;
                        }});
  }
}

const bool registered = (add_contests<Textbook>("std map+list+unordered_map"), add_contests<GluedParts>("absl btree+hash+intrusive"), true);

template <class Book>
void BM_Matching(benchmark::State& state) {
  const int n = static_cast<int>(state.range(0));
  state.SetLabel(scenario(n).name);
  Run last{};
  double total = 0.0;
  const double count = static_cast<double>(messages(n).size() - kResting);
  for (auto _ : state) {
    last = run<Book>(n);
    total += last.ns_per_message;
    state.SetIterationTime(last.ns_per_message * count * 1e-9);
  }
  state.counters["ns_per_message"] = total / static_cast<double>(state.iterations());
  state.counters["hash"] = static_cast<double>(last.hash % 9973);
}
BENCHMARK(BM_Matching<Ours>)->Name("BM_Matching_Ours")->DenseRange(0, 3)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Matching<PeerEngine<Textbook>>)->Name("BM_Matching_Textbook")->DenseRange(0, 3)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Matching<PeerEngine<GluedParts>>)->Name("BM_Matching_GluedParts")->DenseRange(0, 3)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace jobber::gateway
