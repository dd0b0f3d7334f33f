// Runs a program as a person would and says what came of it: standard output and error, exit code or
// signal. Bounded: past its time limit a program is killed with its whole group and the run says so.
//
// Cold; for tests that judge the binary itself. The environment is PATH and what the test gives, the
// working directory is the test's, so no configuration of the machine leaks in. Output goes to memory
// files, never to pipes: a silent reader cannot block the program.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace jobber::test {

struct ProgramOptions {
  std::chrono::milliseconds limit = std::chrono::seconds(120);
  std::filesystem::path directory = "/";
  std::vector<std::string> environment = {};  // "NAME=value"
  std::string output = {};                    // standard output goes there; empty = captured
  std::size_t file_size_max = 0;              // bytes no file may grow beyond; 0 = no limit
};

struct ProgramRun {
  int exit_code = -1;  // -1: it did not exit by itself
  int signal = 0;      // what ended it, 0 = it exited
  bool timed_out = false;
  std::string out = {};
  std::string err = {};
};

// A program that runs beside the test. Destroyed while it runs, it is killed.
class RunningProgram {
 public:
  RunningProgram(const std::string& path, const std::vector<std::string>& args, ProgramOptions options = {})
      : options_(std::move(options)), out_(memory_file("out")), err_(memory_file("err")) {
    std::vector<std::string> words{path};
    words.insert(words.end(), args.begin(), args.end());
    const char* search = std::getenv("PATH");
    std::vector<std::string> environment = options_.environment;
    environment.push_back(std::string("PATH=") + (search != nullptr ? search : "/usr/bin:/bin"));
    const std::vector<char*> argv = pointers(words), envp = pointers(environment);
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork failed");
    if (pid_ == 0) become(argv.data(), envp.data());
    ::setpgid(pid_, pid_);  // both sides, so that neither is too late
    exited_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    if (exited_ < 0) throw std::runtime_error("pidfd_open failed");
  }
  ~RunningProgram() {
    if (pid_ > 0) kill_group(), reap();
    for (const int fd : {out_, err_, exited_}) ::close(fd);
  }
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  void send(int signal) const noexcept {
    if (pid_ > 0) ::kill(pid_, signal);
  }
  [[nodiscard]] bool running() const noexcept { return pid_ > 0 && !ends_within(std::chrono::milliseconds(0)); }

  // What it has printed so far.
  [[nodiscard]] std::string output() const { return contents(out_); }
  [[nodiscard]] std::string errors() const { return contents(err_); }

  // Waits for the end. Once.
  ProgramRun wait() {
    ProgramRun run;
    run.timed_out = !ends_within(options_.limit);
    if (run.timed_out) kill_group();
    const int status = reap();
    if (WIFEXITED(status)) run.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) run.signal = WTERMSIG(status);
    run.out = contents(out_);
    run.err = contents(err_);
    return run;
  }

 private:
  static int memory_file(const char* name) {
    const int fd = ::memfd_create(name, MFD_CLOEXEC);
    if (fd < 0) throw std::runtime_error("memfd_create failed");
    return fd;
  }
  static std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> out;
    for (std::string& word : words) out.push_back(word.data());
    out.push_back(nullptr);
    return out;
  }
  // In the child: nothing here allocates.
  [[noreturn]] void become(char* const* argv, char* const* envp) const noexcept {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nothing = ::open("/dev/null", O_RDONLY);
    const int out = options_.output.empty() ? out_ : ::open(options_.output.c_str(), O_WRONLY);
    const rlimit sizes{options_.file_size_max, options_.file_size_max};
    if (options_.file_size_max != 0) ::setrlimit(RLIMIT_FSIZE, &sizes);
    const bool ready = ::dup2(nothing, 0) >= 0 && ::dup2(out, 1) >= 0 && ::dup2(err_, 2) >= 0 &&
                       ::chdir(options_.directory.c_str()) == 0;
    if (ready) ::execve(argv[0], argv, envp);
    ::_exit(127);
  }
  [[nodiscard]] bool ends_within(std::chrono::milliseconds limit) const noexcept {
    pollfd end{exited_, POLLIN, 0};
    return ::poll(&end, 1, static_cast<int>(limit.count())) == 1;
  }
  void kill_group() const noexcept { ::kill(-pid_, SIGKILL); }
  int reap() noexcept {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }
  static std::string contents(int fd) {
    std::string text;
    char piece[4096];
    for (ssize_t n; (n = ::pread(fd, piece, sizeof piece, static_cast<off_t>(text.size()))) > 0;) {
      text.append(piece, static_cast<std::size_t>(n));
    }
    return text;
  }

  ProgramOptions options_;
  int out_;
  int err_;
  int exited_ = -1;
  pid_t pid_ = -1;
};

inline ProgramRun run_program(const std::string& path, const std::vector<std::string>& args, ProgramOptions options = {}) {
  return RunningProgram(path, args, std::move(options)).wait();
}

// A folder of one test's own, gone with it.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "jobber-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace jobber::test
