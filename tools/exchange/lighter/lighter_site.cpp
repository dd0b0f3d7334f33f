#include "tools/exchange/lighter/lighter_site.hpp"

#include <utility>

namespace jobber::exchange::lighter {
namespace {

constexpr std::string_view kPrefix = "/lighter";
constexpr Nanos kGreetingAfter = milliseconds(300);

std::string_view path_of(std::string_view target) noexcept { return target.substr(0, target.find('?')); }
std::string_view query_of(std::string_view target) noexcept {
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
}

bool is_below(std::string_view path, std::string_view root) noexcept {
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}
// Without /lighter.
std::string_view own_path(std::string_view path) noexcept { return is_below(path, kPrefix) ? path.substr(kPrefix.size()) : path; }

bool has_param(std::string_view query, std::string_view name) {
  for (const http::Param& p : http::parse_query(query)) {
    if (p.name == name) return true;
  }
  return query == name || query.starts_with(std::string(name) + "=");
}

// A conversation on the shared /stream whose venue is not known yet.
class Undecided : public WsPeer {
 public:
  Undecided(Instant now, const World& world, std::unique_ptr<WsPeer> other) : world_(world), other_(std::move(other)), greet_at_(now + kGreetingAfter) {}

  void on_text(Instant now, std::string_view text) override {
    // Binance's requests carry a method, ours a type.
    if (peer_ == nullptr && text.find("\"method\"") != std::string_view::npos) peer_ = std::move(other_);
    decide(now);
    peer_->on_text(now, text);
  }
  void on_timer(Instant now) override {
    if (peer_ == nullptr && now >= greet_at_) decide(now);
    if (peer_ != nullptr) peer_->on_timer(now);
  }
  bool next_text(Instant now, std::string& out) override { return peer_ != nullptr && peer_->next_text(now, out); }
  [[nodiscard]] bool was_market_data() const override { return peer_ != nullptr && peer_->was_market_data(); }
  [[nodiscard]] Instant next_deadline() const override { return peer_ != nullptr ? peer_->next_deadline() : greet_at_; }
  [[nodiscard]] bool wants_close() const override { return peer_ != nullptr && peer_->wants_close(); }
  [[nodiscard]] std::uint16_t close_code() const override { return peer_ != nullptr ? peer_->close_code() : std::uint16_t{1000}; }
  void on_closed(Instant now) override {
    if (peer_ != nullptr) peer_->on_closed(now);
  }

 private:
  void decide(Instant now) {
    if (peer_ == nullptr) peer_ = std::make_unique<Peer>(now, world_, false);
  }
  World world_;
  std::unique_ptr<WsPeer> other_;
  std::unique_ptr<WsPeer> peer_;
  Instant greet_at_;
};

}  // namespace

LighterSite::LighterSite(Floor& floor, const Accounts& accounts, Site* neighbour)
    : directory_(accounts),
      keys_(directory_),
      desk_(floor, directory_, keys_),
      api_(floor, directory_, keys_, desk_),
      world_{floor, directory_, keys_, desk_, api_},
      neighbour_(neighbour) {}

bool LighterSite::handles(const http::Request& request) const {
  const std::string_view path = path_of(request.target);
  if (is_below(path, kPrefix) || path == "/" || path == "/info" || is_below(path, "/api/v1")) return true;
  return path == "/stream" && !has_param(query_of(request.target), "streams");
}

http::Response LighterSite::on_request(Instant now, const http::Request& request) {
  return api_.on_request(now, request, own_path(path_of(request.target)), query_of(request.target));
}

std::unique_ptr<WsPeer> LighterSite::on_upgrade(Instant now, const http::Request& request) {
  const std::string_view path = path_of(request.target), query = query_of(request.target);
  if (own_path(path) != "/stream") return nullptr;
  const bool read_only = has_param(query, "readonly");
  if (is_below(path, kPrefix) || read_only) return std::make_unique<Peer>(now, world_, read_only);
  std::unique_ptr<WsPeer> other = neighbour_ == nullptr ? nullptr : neighbour_->on_upgrade(now, request);
  if (other == nullptr) return std::make_unique<Peer>(now, world_, false);
  return std::make_unique<Undecided>(now, world_, std::move(other));
}

}  // namespace jobber::exchange::lighter
