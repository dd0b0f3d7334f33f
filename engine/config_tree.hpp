// Walks a parsed config.json: which node belongs to which key, which names nobody knows.
//
// Owner: cold start-up code; internal to the loader. Knows the reference bots' alternative spellings.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/config_keys.hpp"
#include "engine/located_json.hpp"

namespace jobber {

struct ConfigTree {
  struct Found {
    const JsonNode* node;
    TextPosition at;  // of the name
  };
  struct Remark {
    TextPosition at;
    std::string message;
    bool unknown_key;  // false: the file is fine, the key just has no effect
  };
  struct Fault {
    TextPosition at;
    std::string message;
  };
  std::map<const ConfigKey*, Found> found;
  std::vector<Remark> remarks;
  std::vector<Fault> faults;
};

// `root` must outlive the result.
ConfigTree read_config_tree(const JsonNode& root);

}  // namespace jobber
