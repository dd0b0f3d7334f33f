// Why something of the network could not be had, in words for people. Values, any thread; cold.
#pragma once

#include <string>

namespace jobber::os {

struct Problem {
  std::string text;
};

}  // namespace jobber::os
