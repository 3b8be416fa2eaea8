#include "twhin/config/describe.h"

#include <fmt/format.h>

#include <algorithm>

namespace twhin::config {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kWidestName = 24;

// Appends the words at `indent`, breaking lines before kWidth.
void append_wrapped(std::string& out, std::string_view text, std::size_t indent) {
  std::size_t column = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (column > 0 && column + 1 + end > kWidth) {
      out += '\n';
      column = 0;
    }
    if (column == 0) {
      out.append(indent, ' ');
      column = indent;
    } else {
      out += ' ';
      ++column;
    }
    out += text.substr(0, end);
    column += end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  out += '\n';
}

void append_help(std::string& out, const std::vector<Field>& fields, std::size_t indent) {
  std::size_t widest = 0;
  for (const Field& field : fields) widest = std::max(widest, field.name.size());
  const std::size_t column = indent + std::min(widest, kWidestName) + 2;
  for (const Field& field : fields) {
    std::string first;
    append_wrapped(first, facts(field), column);
    const std::string name = std::string(indent, ' ') + field.name;
    // The name takes the place of the first line's indentation, or a line of its own.
    if (name.size() + 2 <= column) {
      first.replace(0, name.size(), name);
      out += first;
    } else {
      out += fmt::format("{}\n{}", name, first);
    }
    append_wrapped(out, field.sentence, column);
    for (const auto& [value, sentence] : field.type.values) {
      if (!sentence.empty())
        append_wrapped(out, fmt::format("{}: {}", value, sentence), column + 2);
    }
    append_help(out, field.type.fields, indent + 2);
  }
}

// A "|" would end the cell of a table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string value_names(const Type& type) {
  std::string names;
  for (const auto& [name, sentence] : type.values) names += (names.empty() ? "" : ", ") + name;
  return names;
}

std::string type_text(const Type& type) {
  return type.values.empty() ? type.name : fmt::format("{}: {}", type.name, value_names(type));
}

std::string joined(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, ", "));
}

void append_table(std::string& out, const std::vector<Field>& fields) {
  out += "| key | type | default | limits | meaning |\n|---|---|---|---|---|\n";
  for (const Field& field : fields) {
    std::string meaning = field.sentence;
    for (const auto& [value, sentence] : field.type.values) {
      if (!sentence.empty()) meaning += fmt::format(" `{}`: {}", value, sentence);
    }
    const std::string standard = field.required              ? "**required**"
                                 : field.type.fields.empty() ? '`' + field.default_text + '`'
                                                             : "see below";
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", field.name, cell(type_text(field.type)),
                       cell(standard), cell(joined(field.limits)), cell(meaning));
  }
}

void append_markdown(std::string& out, const std::string& path, const std::vector<Field>& fields,
                     int level) {
  append_table(out, fields);
  for (const Field& field : fields) {
    if (field.type.fields.empty()) continue;
    const std::string inner = join_path(path, field.name) + field.type.element;
    out += fmt::format("\n{} `{}`\n\n{}\n\n", std::string(static_cast<std::size_t>(level), '#'),
                       inner, field.sentence);
    append_markdown(out, inner, field.type.fields, level);
  }
}

}  // namespace

std::string plural(std::string_view type_name) {
  for (const std::string_view noun : {"number", "map", "name", "path", "size", "time"}) {
    if (type_name.ends_with(noun)) return fmt::format("{}s", type_name);
  }
  return std::string(type_name);
}

std::string facts(const Field& field) {
  std::string text = type_text(field.type);
  if (field.required) {
    text += ", required";
  } else if (field.type.fields.empty()) {
    text += ", default " + field.default_text;
  }
  if (!field.limits.empty()) text += ", " + joined(field.limits);
  return text;
}

std::string help_text(const std::vector<Field>& fields) {
  std::string out;
  append_help(out, fields, 0);
  return out;
}

std::string markdown(const std::vector<Field>& fields, int level) {
  std::string out;
  append_markdown(out, "", fields, level);
  return out;
}

}  // namespace twhin::config
