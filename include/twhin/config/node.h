// twhin/config/node.h -- a parsed config: text, lists and maps that know where they stand.
//
// Scalars stay text until a type asks for them, so nothing is guessed: `no` is the text "no" for a
// name, and no value at all for a bool.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "twhin/base/error.h"

namespace twhin::config {

/// Where a node was written.
struct Source {
  std::string name;              ///< "run.yaml", or "--set train.dim=64"
  std::filesystem::path folder;  ///< where relative paths start
  std::string whole;             ///< path of the node that `name` already says in full, or empty
};

struct Node {
  enum class Kind { null, scalar, list, map };

  Kind kind = Kind::null;
  std::string text;         ///< of a scalar
  bool quoted = false;      ///< written in quotes: text even if it looks like a number
  std::string key;          ///< if it is an entry of a map
  int key_line = 0;         ///< 1 is the first line; 0 if it was not read from a file
  int line = 0;             ///< of the value
  std::vector<Node> nodes;  ///< elements of a list, entries of a map in their order
  std::shared_ptr<const Source> source;

  static Node scalar(std::string text, bool quoted);
  static Node list() { return of(Kind::list); }
  static Node map() { return of(Kind::map); }
  /// Appends an entry to a map.
  void add(std::string name, Node value);

  const Node* find(std::string_view name) const;
  Node* find(std::string_view name);
  std::vector<std::string> keys() const;

 private:
  static Node of(Kind kind);
};

/// A node with the path that leads to it; what a value is read from. Borrows the node.
class Place {
 public:
  Place(const Node& node, std::string path) : node_(&node), path_(std::move(path)) {}

  const Node& node() const { return *node_; }
  /// "relations.follow.lhs", "sources[2].path"; empty for the root.
  const std::string& path() const { return path_; }
  /// "run.yaml:31, relations.follow.lhs".
  std::string text() const { return at_line(node_->line); }
  /// The same with the line of the key.
  std::string key_text() const { return at_line(node_->key_line); }

  /// The entry of that name, if the node is a map that has it.
  std::optional<Place> find(std::string_view key) const;
  /// All elements of a list or entries of a map.
  std::vector<Place> children() const;

 private:
  std::string at_line(int line) const;

  const Node* node_;
  std::string path_;
};

/// "relations" and "follow" to "relations.follow"; a key with a dot or a bracket is quoted.
std::string join_path(std::string_view path, std::string_view key);

/// config.wrong_type: the node is not what the option takes.
Error wrong_type(const Place& at, std::string_view expected, std::string_view hint = {});
/// config.unknown_key, with the nearest of `names` as the hint.
Error unknown_key(const Place& at, const std::vector<std::string>& names);
/// config.missing_key: the map `at` has no `key`.
Error missing_key(const Place& at, std::string_view key);
/// config.unknown_value: a name that is none of `names`; the nearest of them is the hint.
Error unknown_value(const std::string& at, std::string_view path, std::string_view found,
                    const std::vector<std::string>& names);
/// config.out_of_range: of the right type, but beyond a limit.
Error out_of_range(const std::string& at, std::string_view path, std::string_view found,
                   std::string_view expected);

}  // namespace twhin::config
