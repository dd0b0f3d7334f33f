#include "tools/exchange/tls_state.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tools/exchange/certificate.hpp"

namespace jobber::exchange {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kAuthorityDays = 3'650, kServerDays = 90;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Written beside and renamed, so that nobody ever reads half of it.
os::Problem write_file(const std::filesystem::path& path, const std::string& text, mode_t mode) {
  const std::string beside = path.string() + ".new";
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) return {fmt::format("{}: {}", beside, std::strerror(errno))};
  bool ok = ::fchmod(fd, mode) == 0;
  for (std::size_t done = 0; ok && done != text.size();) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    ok = n > 0;
    done += ok ? static_cast<std::size_t>(n) : 0;
  }
  const int wrong = errno;
  ::close(fd);
  if (!ok) return {fmt::format("{}: {}", beside, std::strerror(wrong))};
  if (::rename(beside.c_str(), path.c_str()) != 0) return {fmt::format("{}: {}", path.string(), std::strerror(errno))};
  return {};
}

// Two processes that start at once agree on one CA: the key is made under a lock of the folder.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& dir) : fd_(::open((dir / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    struct flock whole {};
    whole.l_type = F_WRLCK;
    if (fd_ >= 0) static_cast<void>(::fcntl(fd_, F_SETLKW, &whole));
  }
  ~FolderLock() {
    if (fd_ >= 0) ::close(fd_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_;
};

}  // namespace

std::string default_tls_dir() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/') return std::string(state) + "/jobber/exchange";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') return std::string(home) + "/.local/state/jobber/exchange";
  return {};
}

Result<TlsState, os::Problem> load_tls_state(const std::string& dir, Instant now, const std::vector<std::string>& names) {
  const std::filesystem::path folder = std::filesystem::absolute(dir);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return os::Problem{fmt::format("{}: {}", folder.string(), error.message())};
  const FolderLock lock(folder);
  const std::filesystem::path cert_file = folder / "ca.pem", key_file = folder / "ca.key";
  const std::int64_t today = now.ns / 1'000'000'000;
  Certificate authority{read_file(cert_file), read_file(key_file)};
  if (authority.cert_pem.empty() != authority.key_pem.empty()) {
    return os::Problem{fmt::format("{}: ca.pem and ca.key belong together, and one of them is missing", folder.string())};
  }
  if (authority.cert_pem.empty()) {
    const auto made = make_authority("Jobber local exchange", today - kDay, today + kAuthorityDays * kDay);
    if (!made) return made.error();
    authority = made.value();
    os::Problem p = write_file(key_file, authority.key_pem, 0600);
    if (p.text.empty()) p = write_file(cert_file, authority.cert_pem, 0644);
    if (!p.text.empty()) return p;
  }
  CertificateSpec spec;
  spec.names.insert(spec.names.end(), names.begin(), names.end());
  spec.not_before = today - kDay;
  spec.not_after = today + kServerDays * kDay;
  const auto server = issue(authority, spec);
  if (!server) return os::Problem{fmt::format("{}: {}", cert_file.string(), server.error().text)};
  auto context = os::TlsServerContext::make(server.value().cert_pem + authority.cert_pem, server.value().key_pem);
  if (!context) return context.error();
  return TlsState{std::move(context.value()), cert_file.string()};
}

}  // namespace jobber::exchange
