#include "twhin/config/node.h"

#include <fmt/format.h>

#include <algorithm>

namespace twhin::config {
namespace {

std::string found_text(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return node.quoted ? "the text " + quote(node.text) : node.text;
    case Node::Kind::list:
      return fmt::format("a list of {}", node.nodes.size());
    case Node::Kind::map:
      return fmt::format("a map with {}", list(node.keys(), 4));
  }
  return {};
}

std::string last_key(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return std::string(dot == std::string_view::npos ? path : path.substr(dot + 1));
}

}  // namespace

Node Node::scalar(std::string text, bool quoted) {
  Node node = of(Kind::scalar);
  node.text = std::move(text);
  node.quoted = quoted;
  return node;
}

Node Node::of(Kind kind) {
  Node node;
  node.kind = kind;
  return node;
}

void Node::add(std::string name, Node value) {
  value.key = std::move(name);
  nodes.push_back(std::move(value));
}

const Node* Node::find(std::string_view name) const {
  if (kind != Kind::map) return nullptr;
  const auto found =
      std::find_if(nodes.begin(), nodes.end(), [&](const Node& node) { return node.key == name; });
  return found == nodes.end() ? nullptr : &*found;
}

Node* Node::find(std::string_view name) {
  return const_cast<Node*>(static_cast<const Node*>(this)->find(name));
}

std::vector<std::string> Node::keys() const {
  std::vector<std::string> keys;
  for (const Node& node : nodes) keys.push_back(node.key);
  return keys;
}

std::optional<Place> Place::find(std::string_view key) const {
  const Node* found = node_->find(key);
  if (!found) return std::nullopt;
  return Place(*found, join_path(path_, key));
}

std::vector<Place> Place::children() const {
  std::vector<Place> children;
  for (std::size_t i = 0; i < node_->nodes.size(); ++i) {
    const Node& child = node_->nodes[i];
    children.emplace_back(child, node_->kind == Node::Kind::map ? join_path(path_, child.key)
                                                                : fmt::format("{}[{}]", path_, i));
  }
  return children;
}

std::string Place::at_line(int line) const {
  const Source* source = node_->source.get();
  if (!source || source->name.empty()) return path_;
  std::string text = source->name;
  if (line > 0) text += fmt::format(":{}", line);
  if (!path_.empty() && path_ != source->whole) text += ", " + path_;
  return text;
}

std::string join_path(std::string_view path, std::string_view key) {
  const bool plain = !key.empty() && key.find_first_of(".[]\"=") == std::string_view::npos;
  return fmt::format("{}{}{}", path, path.empty() ? "" : ".",
                     plain ? std::string(key) : quote(key));
}

Error wrong_type(const Place& at, std::string_view expected, std::string_view hint) {
  const std::string name = at.path().empty() ? "the config" : quote(last_key(at.path()));
  return ErrorBuilder(ErrorKind::invalid_argument, "config.wrong_type")
      .what(fmt::format("{} has a value of the wrong type", name))
      .at(at.text())
      .found(found_text(at.node()))
      .expected(expected)
      .hint(hint)
      .build();
}

Error unknown_key(const Place& at, const std::vector<std::string>& names) {
  return ErrorBuilder(ErrorKind::invalid_argument, "config.unknown_key")
      .what(fmt::format("unknown key {}", quote(at.node().key)))
      .at(at.key_text())
      .expected("one of " + list(names, 40))
      .hint(did_you_mean(at.node().key, names))
      .build();
}

Error missing_key(const Place& at, std::string_view key) {
  return ErrorBuilder(ErrorKind::invalid_argument, "config.missing_key")
      .what(fmt::format("required key {} is missing", quote(key)))
      .at(at.text())
      .found(at.node().nodes.empty() ? "" : "keys " + list(at.node().keys()))
      .hint(fmt::format("add {}", join_path(at.path(), key)))
      .build();
}

Error unknown_value(const std::string& at, std::string_view path, std::string_view found,
                    const std::vector<std::string>& names) {
  return ErrorBuilder(ErrorKind::invalid_argument, "config.unknown_value")
      .what(fmt::format("{} has no value {}", quote(last_key(path)), quote(found)))
      .at(at)
      .expected("one of " + list(names, 40))
      .hint(did_you_mean(found, names))
      .build();
}

Error out_of_range(const std::string& at, std::string_view path, std::string_view found,
                   std::string_view expected) {
  return ErrorBuilder(ErrorKind::invalid_argument, "config.out_of_range")
      .what(fmt::format("the value of {} is out of range", quote(last_key(path))))
      .at(at)
      .found(found)
      .expected(expected)
      .build();
}

}  // namespace twhin::config
