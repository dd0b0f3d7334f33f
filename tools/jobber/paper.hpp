// jobber paper: quotes on paper, on threads and in (paced) time: a recording, or the built-in market.
#pragma once

namespace CLI {
class App;
}

namespace jobber::tools {

void add_paper(CLI::App& app, int& exit_code);

}  // namespace jobber::tools
