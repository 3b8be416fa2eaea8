#include <fmt/format.h>

#include <algorithm>

#include "config/parse.h"

namespace twhin::config {
namespace {

constexpr std::size_t kDeepest = 64;
constexpr std::size_t kMostNodes = 1'000'000;  // aliases multiply; a file of 1 MiB alone cannot

std::string at_line(const Source& source, int line) {
  return line > 0 ? fmt::format("{}:{}", source.name, line) : source.name;
}

}  // namespace

std::size_t line_begin(std::string_view text, int line) {
  std::size_t begin = 0;
  for (int skipped = 1; skipped < line && begin < text.size(); ++skipped) {
    begin = std::min(text.find('\n', begin), text.size() - 1) + 1;
  }
  return begin;
}

Error syntax_error(const Source& source, std::string_view text, int line, int column,
                   std::string_view sentence) {
  const std::string_view rest = text.substr(line_begin(text, line));
  std::string_view shown = rest.substr(0, rest.find_first_of("\r\n"));
  shown.remove_prefix(std::min(shown.find_first_not_of(" \t"), shown.size()));
  return ErrorBuilder(ErrorKind::invalid_argument, "config.syntax")
      .what(sentence)
      .at(fmt::format("{}:{}:{}", source.name, line, column))
      .found(shown.empty() ? "the end of the text" : quote(shown))
      .build();
}

bool TreeBuilder::wants_key() const {
  return !levels_.empty() && levels_.back().node.kind == Node::Kind::map && !levels_.back().has_key;
}

void TreeBuilder::key(std::string name, int line) {
  Level& level = levels_.back();
  const auto [earlier, is_new] = level.lines.emplace(name, line);
  if (!is_new) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "config.duplicate_key")
        .what(fmt::format("key {} is given twice", quote(name)))
        .at(at_line(*source_, line))
        .found(fmt::format("the same key in line {}", earlier->second))
        .hint("remove one of them")
        .build();
  }
  level.key = std::move(name);
  level.key_line = line;
  level.has_key = true;
}

const Node& TreeBuilder::add(Node node, int line) {
  node.line = line;
  node.source = source_;
  count(node, line);
  return attach(std::move(node));
}

void TreeBuilder::open(Node::Kind kind, int line) {
  if (levels_.size() == kDeepest) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "config.too_large")
        .what("lists and maps are nested too deeply")
        .at(at_line(*source_, line))
        .expected(fmt::format("at most {} levels", kDeepest))
        .build();
  }
  Level level;
  level.node.kind = kind;
  level.node.line = levels_.empty() ? 0 : line;  // the root is the file, not a line of it
  level.node.source = source_;
  count(level.node, line);
  levels_.push_back(std::move(level));
}

const Node& TreeBuilder::close() {
  Node node = std::move(levels_.back().node);
  levels_.pop_back();
  return attach(std::move(node));
}

const Node& TreeBuilder::attach(Node node) {
  if (levels_.empty()) return root_ = std::move(node);
  Level& level = levels_.back();
  if (level.node.kind == Node::Kind::map) {
    node.key = std::move(level.key);
    node.key_line = level.key_line;
    // What begins below its key is looked for at the key.
    if (node.kind != Node::Kind::scalar) node.line = level.key_line;
    level.has_key = false;
  }
  return level.node.nodes.emplace_back(std::move(node));
}

void TreeBuilder::count(const Node& node, int line) {
  if (++num_nodes_ > kMostNodes) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "config.too_large")
        .what("too many values, counting those that aliases repeat")
        .at(at_line(*source_, line))
        .expected(fmt::format("at most {}", kMostNodes))
        .build();
  }
  for (const Node& child : node.nodes) count(child, line);
}

}  // namespace twhin::config
