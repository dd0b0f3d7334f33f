// Where the project and the program under test are. Known to one file only, so that the compiled
// tests are the same in every checkout and a compiler cache serves them all.
#pragma once

#include <filesystem>
#include <string>

namespace jobber::test {

const std::filesystem::path& source_dir();
const std::string& jobber_binary();
// Preloaded, it moves a program's wall clock (tests/support/clock_step.cpp).
const std::string& clock_step_library();

}  // namespace jobber::test
