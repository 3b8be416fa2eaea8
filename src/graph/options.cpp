#include "twhin/graph/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "twhin/base/error.h"
#include "twhin/config/declared.h"

namespace twhin {
namespace {

Error bad_option(const std::string& at, std::string_view id, std::string_view what) {
  return ErrorBuilder(ErrorKind::invalid_argument, id).what(what).at(at).build();
}

// The map form of `weight`.
struct WeightMap : WeightOptions {
  template <class Visitor>
  static void fields(Visitor& f) {
    f("column", &WeightMap::column, "Column of a number that is not negative.");
    f("constant", &WeightMap::constant, "The weight of all rows, where there is no column.",
      at_least(0.0f));
    f("transform", &WeightMap::transform, "What is done to the number.");
  }
};

constexpr std::uint32_t kMostColumns = 65536;

}  // namespace

std::string ColumnRef::text() const {
  return by_name() ? "column " + quote(name) : fmt::format("column {}", number);
}

void SourceOptions::validate(const std::string& at) const {
  if (delimiter.size() > 1 && delimiter != "whitespace") {
    throw ErrorBuilder(ErrorKind::invalid_argument, "graph.bad_delimiter")
        .what(fmt::format("{} is no delimiter", quote(delimiter)))
        .at(at)
        .expected("one character, or whitespace")
        .build();
  }
  if (delimiter == "\n" || delimiter == "\r" || (delimiter == "\"" && quotes.value_or(true))) {
    throw bad_option(at, "graph.bad_delimiter", quote(delimiter) + " cannot be a delimiter");
  }
  for (const FilterOptions& filter : filters) {
    if (format == TableFormat::lists) {
      throw bad_option(at, "graph.bad_filter", "a source of lists has no columns to filter by");
    }
    if (!filter.equals && filter.in.empty() && !filter.min && !filter.max) {
      throw bad_option(
          at, "graph.bad_filter",
          "a filter on " + filter.column.text() + " says nothing: it needs equals, in, min or max");
    }
  }
  if (split.size() > 64) {
    throw bad_option(at, "graph.bad_split", "the name of a split has at most 64 characters");
  }
  if (is_folder_format(format)) return validate_folder(at);
  if (relation.name.empty() && !relation.column) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "config.missing_key")
        .what("required key \"relation\" is missing")
        .at(at)
        .hint("name the relation of the rows, or the column that tells it")
        .build();
  }
  if (!files.empty() || !order.empty() || names) {
    throw bad_option(at, "graph.bad_folder",
                     "files, order and names are options of the folders of other programs");
  }
}

void SourceOptions::validate_folder(const std::string& at) const {
  const std::string name(enum_name(format));
  const auto refuse = [&](const char* option) {
    throw bad_option(at, "graph.bad_folder",
                     fmt::format("a source of format {} tells its {} itself: leave that option out",
                                 name, option));
  };
  if (lhs != ColumnRef(0u)) refuse("lhs");
  if (rhs != ColumnRef(1u)) refuse("rhs");
  if (!relation.name.empty() || relation.column) refuse("relation");
  if (header) refuse("header");
  if (skip_lines != 0) refuse("skip_lines");
  if (format != TableFormat::pbg && !split.empty()) refuse("split");
  const bool is_udd = format == TableFormat::udd || format == TableFormat::raw_udd;
  if (!is_udd && !(files.empty() && order.empty() && delimiter.empty())) {
    refuse("files, order and delimiter");
  }
  if (format != TableFormat::pbg && names) refuse("names");
  const bool has_columns = weight.column || timestamp || !filters.empty();
  if (!is_udd && has_columns) {
    throw bad_option(at, "graph.bad_folder",
                     fmt::format("the files of format {} have no columns for weight, timestamp or "
                                 "filters",
                                 name));
  }
  std::string letters = order;
  std::sort(letters.begin(), letters.end());
  if (!order.empty() && letters != "hrt") {
    throw ErrorBuilder(ErrorKind::invalid_argument, "graph.bad_folder")
        .what(fmt::format("{} is no order of columns", quote(order)))
        .at(at)
        .expected("the letters h, r and t, each once")
        .build();
  }
  const std::size_t dictionaries = format == TableFormat::udd ? 2 : 0;
  if (files.empty() || files.size() == dictionaries + 1 || files.size() == dictionaries + 3) return;
  throw ErrorBuilder(ErrorKind::invalid_argument, "graph.bad_folder")
      .what(fmt::format("format {} does not come in so many files", name))
      .at(at)
      .found(fmt::format("{}: {}", files.size(), list(files)))
      .expected(dictionaries == 0 ? "train; or train, valid, test"
                                  : "entities, relations, train; or these and valid, test")
      .build();
}

void SplitOptions::validate(const std::string& at) const {
  const auto refuse = [&](std::string_view what, std::string_view expected) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "graph.bad_split")
        .what(what)
        .at(at)
        .found(fmt::format("valid {}, test {}", valid, test))
        .expected(expected)
        .build();
  };
  const double shares = (valid < 1.0 ? valid : 0.0) + (test < 1.0 ? test : 0.0);
  if (by != SplitBy::lhs && valid + test >= 1.0) {
    refuse("the split leaves no edges to train on", "a sum below 1");
  }
  if (shares >= 1.0) refuse("the split leaves no edges to train on", "shares of a sum below 1");
  for (const double amount : {valid, test}) {
    if (amount < 1.0 || amount == std::floor(amount)) continue;
    refuse("a split holds out neither a share nor a count", "less than 1, or a whole number");
  }
}

namespace config {

void Value<ColumnRef>::read(const Place& at, ColumnRef& out) {
  const Node& node = at.node();
  const bool is_number = node.kind == Node::Kind::scalar && !node.quoted && !node.text.empty() &&
                         node.text.find_first_not_of("0123456789") == std::string::npos;
  if (is_number) {
    out = ColumnRef(static_cast<std::uint32_t>(read_unsigned(at, kMostColumns - 1)));
    return;
  }
  const std::string name = read_text(at);
  if (name.empty()) throw wrong_type(at, "the name or the number of a column");
  out = ColumnRef(name);
}
Node Value<ColumnRef>::write(const ColumnRef& column) {
  return column.by_name() ? Node::scalar(column.name, true)
                          : Node::scalar(to_text(column.number), false);
}
Type Value<ColumnRef>::type() { return {"column name or number", {}}; }

void Value<WeightOptions>::read(const Place& at, WeightOptions& out) {
  WeightMap map;
  if (at.node().kind == Node::Kind::map) {
    Value<WeightMap>::read(at, map);
  } else if (at.node().kind != Node::Kind::null) {
    Value<ColumnRef>::read(at, map.column.emplace());
  }
  out = map;
}
Node Value<WeightOptions>::write(const WeightOptions& weight) {
  WeightMap map;
  static_cast<WeightOptions&>(map) = weight;
  return Value<WeightMap>::write(map);
}
Type Value<WeightOptions>::type() {
  Type type = Value<WeightMap>::type();
  type.name = "column, or map";
  return type;
}

void Value<RelationChoice>::read(const Place& at, RelationChoice& out) {
  out = {};
  if (at.node().kind != Node::Kind::map) {
    out.name = read_text(at);
    return;
  }
  for (const Place& entry : read_map(at)) {
    if (entry.node().key == "column") {
      Value<ColumnRef>::read(entry, out.column.emplace());
    } else {
      std::optional<std::string> name;
      Value<std::optional<std::string>>::read(entry, name);
      out.values.emplace_back(entry.node().key, std::move(name));
    }
  }
  if (!out.column) throw missing_key(at, "column");
}
Node Value<RelationChoice>::write(const RelationChoice& relation) {
  if (!relation.column) return Node::scalar(relation.name, true);
  Node node = Node::map();
  node.add("column", Value<ColumnRef>::write(*relation.column));
  for (const auto& [value, name] : relation.values) {
    node.add(value, Value<std::optional<std::string>>::write(name));
  }
  return node;
}
Type Value<RelationChoice>::type() { return {"relation, or map of a column and its values", {}}; }

}  // namespace config
}  // namespace twhin
