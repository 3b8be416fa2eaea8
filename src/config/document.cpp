#include "twhin/config/document.h"

#include <fmt/format.h>

#include <charconv>

#include "config/parse.h"
#include "twhin/base/file.h"

namespace twhin::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargest = std::size_t{1} << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Length of the UTF-8 sequence that begins here; 0 if there is none (overlong, surrogate, cut off).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                     (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return wrong ? 0 : length;
}

void check_text(std::string_view text, const Source& source) {
  if (text.size() > kLargest) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "config.too_large")
        .what(fmt::format("{} is too large for a config", quote(source.name)))
        .found(fmt::format("{} bytes", text.size()))
        .expected(fmt::format("at most {} bytes", kLargest))
        .build();
  }
  int line = 1;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = sequence_length(text.substr(i));
    if (length == 0 || text[i] == '\0') {
      throw ErrorBuilder(ErrorKind::invalid_argument, "config.encoding")
          .what(fmt::format("{} is not UTF-8 text", quote(source.name)))
          .at(fmt::format("{}:{}", source.name, line))
          .found(fmt::format("byte 0x{:02x} at offset {}", static_cast<unsigned char>(text[i]), i))
          .hint("save the file as UTF-8")
          .build();
    }
    if (text[i] == '\n') ++line;
    i += length;
  }
}

template <class Parse>
Node parse_root(std::string_view text, std::string name, const fs::path& folder, Parse parse) {
  const auto source = std::make_shared<const Source>(Source{std::move(name), folder, {}});
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  check_text(text, *source);
  Node root = parse(text, source);
  if (root.kind == Node::Kind::null) root.kind = Node::Kind::map;  // an empty file
  root.source = source;
  root.line = 0;
  if (root.kind != Node::Kind::map) {
    throw wrong_type(Place(root, ""), "a map of sections, as \"train: {dim: 128}\"");
  }
  return root;
}

// One step of "sources[0].path": a key, or an index.
struct Step {
  std::string key;
  std::size_t index = 0;
  bool is_index = false;
};

// Empty if the text is no path.
std::vector<Step> split_path(std::string_view path) {
  std::vector<Step> steps;
  while (!path.empty()) {
    Step step;
    if (path.front() == '[') {
      const auto [end, failed] =
          std::from_chars(path.data() + 1, path.data() + path.size(), step.index);
      if (failed != std::errc() || end == path.data() + path.size() || *end != ']') return {};
      step.is_index = true;
      path.remove_prefix(static_cast<std::size_t>(end - path.data()) + 1);
    } else {
      if (!steps.empty()) {
        if (path.front() != '.') return {};
        path.remove_prefix(1);
      }
      const bool in_quotes = !path.empty() && path.front() == '"';
      if (in_quotes) path.remove_prefix(1);
      const std::size_t end = path.find_first_of(in_quotes ? "\"" : ".[");
      if (in_quotes && end == std::string_view::npos) return {};
      step.key = path.substr(0, end);
      if (step.key.empty()) return {};
      path.remove_prefix(std::min(path.size(), step.key.size() + (in_quotes ? 1 : 0)));
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

const Node* descend(const Node& node, const Step& step) {
  if (!step.is_index) return node.find(step.key);
  const bool exists = node.kind == Node::Kind::list && step.index < node.nodes.size();
  return exists ? &node.nodes[step.index] : nullptr;
}

std::string extend(const std::string& path, const Step& step) {
  return step.is_index ? fmt::format("{}[{}]", path, step.index) : join_path(path, step.key);
}

Error bad_override(const std::string& place, std::string_view sentence, std::string_view expected) {
  return ErrorBuilder(ErrorKind::invalid_argument, "config.bad_override")
      .what(sentence)
      .at(place)
      .expected(expected)
      .build();
}

}  // namespace

Document Document::read(const fs::path& file) {
  std::error_code ignored;
  const fs::file_status status = fs::status(file, ignored);
  if (status.type() == fs::file_type::not_found) {
    throw ErrorBuilder(ErrorKind::not_found, "config.not_found")
        .what(fmt::format("there is no config file {}", quote(file.string())))
        .build();
  }
  if (status.type() == fs::file_type::directory) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "config.not_found")
        .what(fmt::format("{} is a directory, not a config file", quote(file.string())))
        .build();
  }
  const fs::path folder = fs::absolute(file).parent_path();
  const std::string text = twhin::read_text(file, kLargest);
  return file.extension() == ".json" ? parse_json(text, file.string(), folder)
                                     : parse_yaml(text, file.string(), folder);
}

Document Document::parse_yaml(std::string_view text, std::string name, const fs::path& folder) {
  return of(parse_root(text, std::move(name), folder, &config::parse_yaml));
}

Document Document::parse_json(std::string_view text, std::string name, const fs::path& folder) {
  return of(parse_root(text, std::move(name), folder, &config::parse_json));
}

Document Document::of(Node root) {
  Document document;
  document.root_ = std::move(root);
  return document;
}

void Document::set(std::string_view assignment) {
  const std::string name = fmt::format("--set {}", assignment);
  // The first "=" that is not inside the quotes of a key.
  std::size_t equals = 0;
  for (bool in_quotes = false; equals < assignment.size(); ++equals) {
    if (assignment[equals] == '"') in_quotes = !in_quotes;
    if (assignment[equals] == '=' && !in_quotes) break;
  }
  const std::vector<Step> steps = split_path(assignment.substr(0, equals));
  if (equals == assignment.size() || steps.empty() || steps.front().is_index) {
    throw bad_override(name, "an override is not of the form PATH=VALUE", "as in train.dim=64");
  }

  Node* node = &root_;
  std::string path;
  for (const Step& step : steps) {
    const std::string above = path;
    path = extend(path, step);
    if (step.is_index) {
      if (!descend(*node, step)) {
        throw bad_override(name, fmt::format("there is no {} to override", path),
                           node->kind == Node::Kind::list
                               ? fmt::format("an element of the {}", node->nodes.size())
                               : fmt::format("{} to be a list", above));
      }
      node = &node->nodes[step.index];
      continue;
    }
    if (node->kind == Node::Kind::null) node->kind = Node::Kind::map;
    if (node->kind != Node::Kind::map) {
      throw bad_override(name, fmt::format("there is no {} to override", path),
                         fmt::format("{} to be a map", above));
    }
    if (!node->find(step.key)) {
      Node made = Node::map();
      made.source = std::make_shared<const Source>(Source{name, {}, {}});
      node->add(step.key, std::move(made));
    }
    node = node->find(step.key);
  }

  const fs::path folder = root_.source ? root_.source->folder : fs::path();
  const auto source = std::make_shared<const Source>(Source{name, folder, path});
  const std::string_view text = assignment.substr(equals + 1);
  check_text(text, *source);
  Node value = config::parse_yaml(text, source);
  value.source = source;
  value.key = node->key;
  const auto forget_lines = [](Node& each, const auto& self) -> void {
    each.line = each.key_line = 0;
    for (Node& child : each.nodes) self(child, self);
  };
  forget_lines(value, forget_lines);
  *node = std::move(value);
}

std::optional<Place> Document::find(std::string_view path) const {
  const Node* node = &root_;
  const std::vector<Step> steps = split_path(path);
  if (steps.empty() && !path.empty()) return std::nullopt;
  std::string walked;
  for (const Step& step : steps) {
    node = descend(*node, step);
    if (!node) return std::nullopt;
    walked = extend(walked, step);
  }
  return Place(*node, walked);
}

std::string Document::place(std::string_view path) const {
  const Node* node = &root_;
  for (const Step& step : split_path(path)) {
    const Node* next = descend(*node, step);
    if (!next) break;
    node = next;
  }
  return Place(*node, std::string(path)).text();
}

}  // namespace twhin::config
