#include "tools/jobber/paper_run.hpp"

#include <unistd.h>

#include <chrono>

namespace jobber::tools {
namespace {

Instant wall_now() {
  using namespace std::chrono;
  return {duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count()};
}

}  // namespace

RunStats::RunStats(const std::string& name, const EngineStats::Shape& shape, std::string& problem) {
  const std::size_t bytes = EngineStats::bytes(shape);
  std::span<std::byte> memory;
  const auto path = os::shm_path(name);
  if (path.ok()) {
    auto owner = os::ShmOwner::create(path.value(), bytes);
    if (owner.ok()) {
      shared_ = std::move(owner.value());
      memory = shared_.memory();
    } else {
      problem = fmt::format("no statistics for `jobber stat`: {}: {}", path.value(), os::to_text(owner.error()));
    }
  } else {
    problem = fmt::format("no statistics for `jobber stat`: {}", os::to_text(path.error()));
  }
  if (memory.empty()) {
    own_.resize(bytes + 64);
    const auto at = reinterpret_cast<std::uintptr_t>(own_.data());
    memory = std::span(own_).subspan((64 - at % 64) % 64, bytes);
  }
  writer_ = std::make_unique<StatsWriter>(memory, static_cast<std::uint64_t>(::getpid()), wall_now(), EngineStats::cells(shape));
  cells_ = std::make_unique<EngineStats>(*writer_, shape);
  writer_->keep_last_words();
  writer_->beat(os::monotonic_ns());
  writer_->publish();
}

}  // namespace jobber::tools
