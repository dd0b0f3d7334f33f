// jobber check: is the configuration good, and where did each value come from?
//
// Cold. Reads files and the environment, starts nothing.
#pragma once

#include <string>

#include "engine/config_load.hpp"

namespace CLI {
class App;
}

namespace jobber::tools {

void add_check(CLI::App& app, int& exit_code);

// What the verb prints; apart so that tests read it. Secrets are never part of it.
std::string explain_text(const LoadedConfig& loaded);
// The table of keys in Markdown: part of docs/configuration.md.
std::string keys_markdown();
std::string check_json(const LoadedConfig& loaded, bool explain);

}  // namespace jobber::tools
