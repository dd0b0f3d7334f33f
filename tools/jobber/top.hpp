// jobber top: a running engine on one screen, redrawn twice a second, from shared memory alone.
#pragma once

#include <cstddef>
#include <string>

namespace CLI {
class App;
}

namespace jobber::tools {

struct EngineView;

void add_top(CLI::App& app, int& exit_code);

// The screen as lines separated by '\n', each at most `columns` wide, at most `rows` of them. No escape
// sequences, so tests can read it.
std::string render_top(const EngineView& view, std::size_t columns, std::size_t rows);

}  // namespace jobber::tools
