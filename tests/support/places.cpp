#include "tests/support/places.hpp"

namespace jobber::test {

const std::filesystem::path& source_dir() {
  static const std::filesystem::path dir = JOBBER_SOURCE_DIR;
  return dir;
}

const std::string& jobber_binary() {
  static const std::string path = JOBBER_BINARY;
  return path;
}

const std::string& clock_step_library() {
  static const std::string path = JOBBER_CLOCK_STEP_LIBRARY;
  return path;
}

}  // namespace jobber::test
