#include "engine/config_tree.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/config_load.hpp"

namespace jobber {
namespace {

bool is_section(std::string_view path) {
  return std::any_of(config_keys().begin(), config_keys().end(), [&](const ConfigKey& k) {
    return k.path.size() > path.size() && k.path.starts_with(path) && k.path[path.size()] == '.';
  });
}

bool is_retired(std::string_view path) {
  const auto all = retired_config_keys();
  return std::find(all.begin(), all.end(), path) != all.end();
}

std::string join(std::string_view section, std::string_view name) {
  return section.empty() ? std::string(name) : fmt::format("{}.{}", section, name);
}

// The canonical path of an alternative spelling; empty when it is none. A canonical name beside it wins.
std::string alias_of(std::string_view section, const JsonMember& m, const JsonNode& parent, const JsonNode& root) {
  if (section == "trading" && m.name == "quoteEngine" && parent.find("quote_engine") == nullptr)
    return "trading.quote_engine";
  if (section == "trading" && m.name == "cj" && parent.find("cartea_jaimungal") == nullptr)
    return "trading.cartea_jaimungal";
  if (section.empty() && m.name == "cj_estimator") {
    const JsonMember* trading = root.find("trading");
    return trading != nullptr && trading->value.find("cj_estimator") != nullptr ? "" : "trading.cj_estimator";
  }
  if (section == "trading.cartea_jaimungal" && m.name.starts_with("cj_") && parent.find(m.name.substr(3)) == nullptr) {
    const std::string plain = join(section, m.name.substr(3));
    return find_config_key(plain) != nullptr ? plain : "";
  }
  return "";
}

// An alternative spelling beside the name it stands for.
bool is_shadowed_alias(std::string_view section, std::string_view name) {
  return (section == "trading" && (name == "quoteEngine" || name == "cj")) ||
         (section.empty() && name == "cj_estimator") ||
         (section == "trading.cartea_jaimungal" && name.starts_with("cj_") &&
          find_config_key(join(section, name.substr(3))) != nullptr);
}

// Names that may stand in this section.
std::vector<std::string_view> names_in(std::string_view section) {
  std::vector<std::string_view> out;
  for (const ConfigKey& k : config_keys()) {
    if (k.environment_only()) continue;
    std::string_view rest = k.path;
    if (!section.empty()) {
      if (!rest.starts_with(section) || rest.size() <= section.size() || rest[section.size()] != '.') continue;
      rest.remove_prefix(section.size() + 1);
    }
    const std::string_view name = rest.substr(0, rest.find('.'));
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  }
  return out;
}

// The nearest name in the same section, else the nearest key anywhere.
std::string nearest_path(std::string_view section, std::string_view name) {
  const std::string_view sibling = nearest_name(name, names_in(section));
  if (!sibling.empty()) return join(section, sibling);
  std::vector<std::string_view> leaves;
  for (const ConfigKey& k : config_keys()) {
    if (!k.environment_only()) leaves.push_back(k.path.substr(k.path.rfind('.') + 1));
  }
  const std::string_view leaf = nearest_name(name, leaves);
  for (const ConfigKey& k : config_keys()) {
    if (!leaf.empty() && !k.environment_only() && k.path.ends_with(leaf) &&
        k.path.substr(k.path.rfind('.') + 1) == leaf) {
      return std::string(k.path);
    }
  }
  return "";
}

class Walker {
 public:
  Walker(const JsonNode& root, ConfigTree& out) : root_(root), out_(out) {}

  void section(std::string_view path, const JsonNode& node) {
    for (const JsonMember& m : node.members) member(path, m, node);
  }

 private:
  void member(std::string_view path, const JsonMember& m, const JsonNode& parent) {
    std::string full = join(path, m.name);
    if (find_config_key(full) == nullptr && !is_section(full)) {
      if (is_retired(full)) return remark(m.at, fmt::format("\"{}\" has no effect any more", full), false);
      const std::string canonical = alias_of(path, m, parent, root_);
      if (canonical.empty() && is_shadowed_alias(path, m.name)) {
        return remark(m.at, fmt::format("\"{}\" has no effect beside the name it stands for", full), false);
      }
      if (canonical.empty()) return unknown(path, m, full);
      full = canonical;
    }
    if (const ConfigKey* key = find_config_key(full)) {
      if (!key->environment_only())
        return static_cast<void>(out_.found.insert_or_assign(key, ConfigTree::Found{&m.value, m.at}));
      return remark(m.at, fmt::format("unknown key \"{}\": it is an environment variable", full), true);
    }
    if (m.value.kind == JsonNode::Kind::kObject) return section(full, m.value);
    out_.faults.push_back({m.value.at, fmt::format("\"{}\" is a section: an object in braces expected", full)});
  }

  void unknown(std::string_view path, const JsonMember& m, std::string_view full) {
    const std::string nearest = nearest_path(path, m.name);
    remark(m.at,
           nearest.empty() ? fmt::format("unknown key \"{}\"", full)
                           : fmt::format("unknown key \"{}\"; nearest known name: \"{}\"", full, nearest),
           true);
  }

  void remark(TextPosition at, std::string message, bool unknown_key) {
    out_.remarks.push_back({at, std::move(message), unknown_key});
  }

  const JsonNode& root_;
  ConfigTree& out_;
};

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t k = 0; k <= b.size(); ++k) row[k] = k;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t k = 1; k <= b.size(); ++k) {
      const std::size_t above = row[k];
      row[k] = std::min({above + 1, row[k - 1] + 1, diagonal + (a[i - 1] == b[k - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

constexpr std::size_t kNameMax = 64;  // longer names have no neighbour; keeps hostile files cheap

}  // namespace

std::string_view nearest_name(std::string_view name, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  if (name.size() > kNameMax) return best;
  std::size_t best_edits = std::max<std::size_t>(name.size() / 3, 1) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t edits = edit_distance(name, candidate);
    if (edits < best_edits) best = candidate, best_edits = edits;
  }
  return best;
}

ConfigTree read_config_tree(const JsonNode& root) {
  ConfigTree out;
  if (root.kind != JsonNode::Kind::kObject) {
    out.faults.push_back({root.at, "an object in braces expected"});
    return out;
  }
  Walker(root, out).section("", root);
  return out;
}

}  // namespace jobber
