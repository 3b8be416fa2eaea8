// config/parse.h -- text to nodes; what Document is made of.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "twhin/config/node.h"

namespace twhin::config {

/// Null for a text without content. Errors as document.h.
Node parse_yaml(std::string_view text, const std::shared_ptr<const Source>& source);
Node parse_json(std::string_view text, const std::shared_ptr<const Source>& source);

/// Where a line begins (the first is 1); the end of the text if there are fewer.
std::size_t line_begin(std::string_view text, int line);

/// config.syntax at line and column (from 1), which are looked up in `text` to show what stands
/// there.
Error syntax_error(const Source& source, std::string_view text, int line, int column,
                   std::string_view sentence);

/// Puts a tree together from a parser's events; finds keys that are given twice and absurd sizes.
class TreeBuilder {
 public:
  explicit TreeBuilder(std::shared_ptr<const Source> source) : source_(std::move(source)) {}

  /// The next thing must be the key of a map.
  bool wants_key() const;
  void key(std::string name, int line);
  /// A scalar, a null, or a tree that is complete. Its line is set here.
  const Node& add(Node node, int line);
  void open(Node::Kind kind, int line);
  const Node& close();
  Node take() { return std::move(root_); }

 private:
  struct Level {
    Node node;
    std::string key;  // of the entry that comes next
    int key_line = 0;
    bool has_key = false;
    std::unordered_map<std::string, int> lines;  // of the keys so far
  };

  const Node& attach(Node node);
  void count(const Node& node, int line);

  std::shared_ptr<const Source> source_;
  std::vector<Level> levels_;
  Node root_;
  std::size_t num_nodes_ = 0;
};

}  // namespace twhin::config
