#include "twhin/config/write.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace twhin::config {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

constexpr std::string_view kLetters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-";

// Text that every reader of YAML takes for that text when it stands without quotes.
bool is_safe(std::string_view text) {
  constexpr std::string_view kFirst =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/";
  if (text.empty() || kFirst.find(text[0]) == std::string_view::npos) return false;
  const auto allowed = [&](char c) {
    return kFirst.find(c) != std::string_view::npos || c == '.' || c == '-' || c == '*';
  };
  if (!std::all_of(text.begin(), text.end(), allowed)) return false;
  // Numbers, dates and the like: 17, 1e5, 0x1F, 1_000, 2020-01-01.
  const bool has_prefix = text.size() > 1 && text[0] == '0' && text.find_first_of("xXoObB") == 1;
  const bool begins_with_digit = text.find_first_of("0123456789") == 0;
  const bool number_like = text.find_first_not_of("0123456789_.-eE") == std::string_view::npos;
  if (has_prefix || (begins_with_digit && number_like)) return false;
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  constexpr std::string_view kReserved[] = {"true", "false", "null", "yes", "no", "on",
                                            "off",  "y",     "n",    "nan", "inf"};
  return std::find(std::begin(kReserved), std::end(kReserved), lower) == std::end(kReserved);
}

// Means the same wherever it stands without quotes: a number, true, a name. Other plain text of a
// file may run over lines or hold what ends it inside brackets.
bool is_word(std::string_view text) {
  return !text.empty() && text.find_first_not_of(kLetters) == std::string_view::npos &&
         text != "-" && text.substr(0, 2) != "--";
}

std::string yaml_text(std::string_view text) {
  return is_safe(text) ? std::string(text) : in_quotes(text);
}

bool is_leaf(const Node& node) {
  return node.kind == Node::Kind::null || node.kind == Node::Kind::scalar;
}

// A list of scalars reads better on one line; so does anything empty.
bool stays_on_line(const Node& node) {
  const bool leaves = std::all_of(node.nodes.begin(), node.nodes.end(), is_leaf);
  return is_leaf(node) || node.nodes.empty() || (node.kind == Node::Kind::list && leaves);
}

void write_block(const Node& node, std::size_t indent, std::string& out) {
  bool first = true;
  for (const Node& child : node.nodes) {
    // The first line of a list's element follows "- ", which has put it at its column.
    if (!first || out.empty() || out.back() == '\n') out.append(indent, ' ');
    first = false;
    out += node.kind == Node::Kind::list ? "-" : yaml_text(child.key) + ":";
    if (stays_on_line(child)) {
      out += ' ' + inline_text(child) + '\n';
    } else if (node.kind == Node::Kind::list) {
      out += ' ';
      write_block(child, indent + 2, out);
    } else {
      out += '\n';
      write_block(child, indent + 2, out);
    }
  }
}

// What JSON takes without quotes; plain text of a YAML file may be anything.
bool is_json_literal(std::string_view text) {
  if (text == "true" || text == "false") return true;
  const auto skip_digits = [&] {
    const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count > 0;
  };
  const auto skip = [&](std::string_view any) {
    const bool found = !text.empty() && any.find(text[0]) != std::string_view::npos;
    if (found) text.remove_prefix(1);
    return found;
  };
  skip("-");
  if (!skip("0") && !skip_digits()) return false;
  if (skip(".") && !skip_digits()) return false;
  if (skip("eE")) {
    skip("+-");
    if (!skip_digits()) return false;
  }
  return text.empty();
}

void write_json(const Node& node, std::size_t indent, std::string& out) {
  switch (node.kind) {
    case Node::Kind::null:
      out += "null";
      return;
    case Node::Kind::scalar:
      out += !node.quoted && is_json_literal(node.text) ? node.text : in_quotes(node.text);
      return;
    default:
      break;
  }
  const bool is_map = node.kind == Node::Kind::map;
  const bool on_line = stays_on_line(node);
  out += is_map ? '{' : '[';
  for (std::size_t i = 0; i < node.nodes.size(); ++i) {
    if (i > 0) out += on_line ? ", " : ",";
    if (!on_line) out += '\n' + std::string(indent + 2, ' ');
    if (is_map) out += in_quotes(node.nodes[i].key) + ": ";
    write_json(node.nodes[i], indent + 2, out);
  }
  if (!on_line) out += '\n' + std::string(indent, ' ');
  out += is_map ? '}' : ']';
}

}  // namespace

std::string inline_text(const Node& node) {
  if (node.kind == Node::Kind::null) return "null";
  if (node.kind == Node::Kind::scalar) {
    return !node.quoted && is_word(node.text) ? node.text : yaml_text(node.text);
  }
  const bool is_map = node.kind == Node::Kind::map;
  std::string out(1, is_map ? '{' : '[');
  for (const Node& child : node.nodes) {
    if (out.size() > 1) out += ", ";
    if (is_map) out += yaml_text(child.key) + ": ";
    out += inline_text(child);
  }
  return out + (is_map ? '}' : ']');
}

std::string to_yaml(const Node& node) {
  if (stays_on_line(node)) return inline_text(node) + '\n';
  std::string out;
  write_block(node, 0, out);
  return out;
}

std::string to_json(const Node& node) {
  std::string out;
  write_json(node, 0, out);
  return out + '\n';
}

}  // namespace twhin::config
