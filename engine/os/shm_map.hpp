// Statistics in shared memory: the file one engine owns and any number of readers copy.
//
// The owner holds a lock on the file for as long as it lives; the kernel drops it with the process,
// however that ends. So "is it alive?" is a question to the kernel, not to a process id that may
// have been given away. Readers read(2) a copy: a file cut under them is a short read, not a SIGBUS.
// Cold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.hpp"

namespace jobber::os {

enum class ShmError : std::uint8_t {
  kNone, kBadName, kMissing, kAlreadyRunning, kNotAllowed, kNotAFile, kNoSpace, kTooLarge, kFailed,
};
std::string_view to_text(ShmError error) noexcept;

// /dev/shm/jobber-NAME; kBadName unless NAME is 1 to 64 letters, digits, '.', '_' or '-'.
Result<std::string, ShmError> shm_path(std::string_view name);

// The owner's side: a zeroed mapping, mode 0600. Removed from the file system on close.
class ShmOwner {
 public:
  static Result<ShmOwner, ShmError> create(const std::string& path, std::size_t bytes);
  ShmOwner() = default;
  ~ShmOwner() { close(); }
  ShmOwner(ShmOwner&& other) noexcept;
  ShmOwner& operator=(ShmOwner&& other) noexcept;

  [[nodiscard]] std::span<std::byte> memory() const noexcept { return memory_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  // Gives back what the layout did not use; the mapping beyond must not be touched any more.
  void shrink(std::size_t bytes) noexcept;
  void close() noexcept;

 private:
  std::string path_;
  std::span<std::byte> memory_;
  int fd_ = -1;
};

struct ShmCopy {
  std::vector<std::byte> bytes;
  bool owner_alive = false;  // some process holds the owner's lock
};
Result<ShmCopy, ShmError> shm_copy(const std::string& path, std::size_t bytes_max);

// Names of the segments in /dev/shm, sorted: what `stat` offers when none was named. A dead engine's
// segment stays until its successor takes it over.
struct ShmName {
  std::string name;
  bool owner_alive;
};
std::vector<ShmName> shm_names();

std::int64_t monotonic_ns() noexcept;

}  // namespace jobber::os
