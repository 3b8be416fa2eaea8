#include "cli/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/table.h"
#include "twhin/base/memory.h"

namespace twhin::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string spaced(std::string key) {
  std::replace(key.begin(), key.end(), '_', ' ');
  return key;
}

std::string cell(const std::string& key, const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_unsigned() || (value.is_number_integer() && value.get<std::int64_t>() >= 0)) {
    const auto number = value.get<std::uint64_t>();
    return key == "bytes" ? format_bytes(number) : grouped(number);
  }
  if (value.is_number_float()) return fmt::format("{:.4g}", value.get<double>());
  if (value.is_array()) {
    std::string text;
    for (const Json& each : value) text += (text.empty() ? "" : ", ") + cell(key, each);
    return text.empty() ? "-" : text;
  }
  return value.dump();
}

bool is_table(const Json& value) {
  return value.is_array() && !value.empty() && value.front().is_object();
}

}  // namespace

std::string to_text(const Json& object) {
  std::size_t width = 0;
  for (const auto& [key, value] : object.items()) {
    if (!value.is_object() && !is_table(value)) width = std::max(width, key.size());
  }
  std::string text;
  for (const auto& [key, value] : object.items()) {
    if (value.is_object() || is_table(value)) continue;
    text += fmt::format("{:<{}}  {}\n", spaced(key), width, cell(key, value));
  }
  for (const auto& [key, value] : object.items()) {
    if (!is_table(value)) continue;
    std::vector<std::string> header;
    for (const auto& [name, unused] : value.front().items()) header.push_back(spaced(name));
    Table table(header);
    for (const Json& row : value) {
      std::vector<std::string> cells;
      for (const auto& [name, each] : row.items()) cells.push_back(cell(name, each));
      table.row(std::move(cells));
    }
    text += fmt::format("\n{}\n{}", spaced(key), table.text());
  }
  return text;
}

}  // namespace twhin::cli
