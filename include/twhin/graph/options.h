// twhin/graph/options.h -- what `import` is told: entity types, relations, sources, split.
//
//     entities:  {user: {partitions: 4}, tweet: {}}
//     relations: {follow: {lhs: user, rhs: user}, "*": {lhs: user, rhs: tweet}}
//     sources:
//       - {path: "follows/*.parquet", relation: follow, lhs: src, rhs: dst, weight: w, timestamp:
//       ts}
//       - {path: activity.txt.gz, lhs: 0, rhs: 1, timestamp: 2, relation: {column: 3, RT: retweet}}
//       - {path: FB15k-237/, format: openke}     # the folder of another program: files, names,
//       splits
//     split: {valid: 0.05, test: 0.1, by: random}
//
// The relation named "*" is a template: it stands for every relation whose name is met in a column
// and declared nowhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "twhin/config/field.h"
#include "twhin/config/types.h"
#include "twhin/config/value.h"

namespace twhin {

/// Name of the template relation.
inline constexpr const char* kTemplateRelation = "*";

/// A column of a table by its name, or by its number from 0. Written `lhs: src` or `lhs: 0`; a
/// quoted number is a name.
struct ColumnRef {
  std::string name;  ///< empty: by number
  std::uint32_t number = 0;

  ColumnRef() = default;
  ColumnRef(std::string column_name) : name(std::move(column_name)) {}
  ColumnRef(const char* column_name) : name(column_name) {}
  ColumnRef(std::uint32_t column_number) : number(column_number) {}

  bool by_name() const { return !name.empty(); }
  /// `column "src"`, `column 0`.
  std::string text() const;
  friend bool operator==(const ColumnRef&, const ColumnRef&) = default;
};

enum class TableFormat {
  automatic,
  csv,
  tsv,
  text,
  lists,
  parquet,
  arrow,
  openke,
  udd,
  raw_udd,
  pbg
};

template <>
struct EnumNames<TableFormat> {
  static constexpr EnumName<TableFormat> values[] = {
      {"auto", TableFormat::automatic,
       "By the ending, without .gz or .zst: .csv; .tsv; .txt, .dat, .edgelist, .edges and .data as "
       "text; .parquet; .arrow, .feather and .ipc."},
      {"csv", TableFormat::csv, "Commas, fields in double quotes allowed."},
      {"tsv", TableFormat::tsv, "Tabs; a double quote is a character like any other."},
      {"text", TableFormat::text,
       "Lines; the first one that holds a tab, a comma, or else a space decides the delimiter."},
      {"lists", TableFormat::lists,
       "One lhs a line and after it any number of rhs, an edge to each: `user item item ...`."},
      {"parquet", TableFormat::parquet},
      {"arrow", TableFormat::arrow, "Arrow IPC, file or stream."},
      {"openke", TableFormat::openke,
       "A folder of OpenKE: train2id.txt, valid2id.txt, test2id.txt with ids of head, tail and "
       "relation, named by entity2id.txt and relation2id.txt."},
      {"udd", TableFormat::udd,
       "A folder of DGL-KE with ids: two dictionaries, then train, valid, test; see `files`, "
       "`order`."},
      {"raw_udd", TableFormat::raw_udd, "A folder of DGL-KE with names: train, valid, test."},
      {"pbg", TableFormat::pbg,
       "A folder of PyTorch-BigGraph: edges_I_J.h5, named by entity_names_*.json; see `names`."}};
};

/// Whether a source of that format is a folder that another program keeps: its files tell
/// relations, names and (but for pbg) splits.
constexpr bool is_folder_format(TableFormat format) { return format >= TableFormat::openke; }

enum class WeightTransform { none, log1p };

template <>
struct EnumNames<WeightTransform> {
  static constexpr EnumName<WeightTransform> values[] = {
      {"none", WeightTransform::none, "The number itself."},
      {"log1p", WeightTransform::log1p, "ln(1 + number)."}};
};

/// Where the weight of an edge comes from. Written as a column (`weight: w`), or as a map
/// (`weight: {column: plays, transform: log1p}`, `weight: {constant: 2}`). Default: 1.
struct WeightOptions {
  std::optional<ColumnRef> column;
  float constant = 1.0f;  ///< where there is no column
  WeightTransform transform = WeightTransform::none;
};

/// The relation of a source's rows. Written `relation: follow`, or with a column and what its
/// values stand for: `{column: 3, RT: retweet, RE: reply, MT: null}`; rows of a value that stands
/// for null are left out and counted as filtered. A value that is not listed names the relation
/// itself.
struct RelationChoice {
  std::string name;                 ///< of all rows, or empty:
  std::optional<ColumnRef> column;  ///< the column that decides
  Named<std::optional<std::string>> values;
};

namespace config {

template <>
struct Value<ColumnRef> {
  static void read(const Place& at, ColumnRef& out);
  static Node write(const ColumnRef& column);
  static Type type();
};
template <>
struct Value<WeightOptions> {
  static void read(const Place& at, WeightOptions& out);
  static Node write(const WeightOptions& weight);
  static Type type();
};
template <>
struct Value<RelationChoice> {
  static void read(const Place& at, RelationChoice& out);
  static Node write(const RelationChoice& relation);
  static Type type();
};

}  // namespace config

/// One type of entities.
struct EntityOptions {
  std::uint32_t partitions = 1;
  std::uint32_t min_degree = 1;
  std::string producers;
  std::optional<Path> names;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("partitions", &EntityOptions::partitions,
      "Slices of the type that training loads as a whole. Fixed by the first import.",
      between(1u, 4096u));
    f("min_degree", &EntityOptions::min_degree,
      "An entity that fewer rows than this name, as lhs or rhs, is left out with its rows, which "
      "count as filtered. Rows are counted once, before any is left out.",
      at_least(1u));
    f("producers", &EntityOptions::producers,
      "Name of a second type: entities of this one that stand on the rhs of a relation go there. "
      "So a user has two vectors, as a consumer (lhs) and as a producer (rhs). Empty: one type.");
    f("names", &EntityOptions::names,
      "Tables whose first column (without a header line, if they are text) names entities that the "
      "graph has even where no row of a source names them. Null: none.");
  }
};

enum class DuplicatePolicy { keep, drop, sum };

template <>
struct EnumNames<DuplicatePolicy> {
  static constexpr EnumName<DuplicatePolicy> values[] = {
      {"keep", DuplicatePolicy::keep, "Each row is an edge."},
      {"drop", DuplicatePolicy::drop,
       "One edge a pair: the earliest row, of those the one of least weight."},
      {"sum", DuplicatePolicy::sum,
       "One edge a pair, with the sum of the weights and the earliest timestamp."}};
};

enum class SelfLoopPolicy { keep, drop };

template <>
struct EnumNames<SelfLoopPolicy> {
  static constexpr EnumName<SelfLoopPolicy> values[] = {
      {"keep", SelfLoopPolicy::keep, "An edge like any other."},
      {"drop", SelfLoopPolicy::drop, "Left out and counted."}};
};

/// What import needs to know of a relation; the options of training extend it.
struct RelationEnds {
  std::string lhs;
  std::string rhs;
  DuplicatePolicy duplicates = DuplicatePolicy::drop;
  SelfLoopPolicy self_loops = SelfLoopPolicy::keep;
  std::optional<Seconds> half_life;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("lhs", &RelationEnds::lhs, "Entity type of the left-hand side.", required, not_empty);
    f("rhs", &RelationEnds::rhs, "Entity type of the right-hand side.", required, not_empty);
    f("duplicates", &RelationEnds::duplicates,
      "What becomes of several rows with the same lhs and rhs in one split.");
    f("self_loops", &RelationEnds::self_loops,
      "What becomes of rows whose lhs and rhs are one entity.");
    f("half_life", &RelationEnds::half_life,
      "Weights are multiplied by 2^-(age / half_life); age is the time from the timestamp to "
      "`import.now`. Null: they do not age.",
      greater_than(Seconds{0.0}));
  }
};

/// Which rows of a source are wanted: those whose cell is `equals`, is one of `in` and lies between
/// `min` and `max`, as far as these are given. The others count as filtered.
struct FilterOptions {
  ColumnRef column;
  std::optional<std::string> equals;
  std::vector<std::string> in;
  std::optional<double> min, max;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("column", &FilterOptions::column, "The column to look at.", required);
    f("equals", &FilterOptions::equals, "The text of the cell; numbers by their decimals.");
    f("in", &FilterOptions::in, "Several such texts. Empty: any.");
    f("min", &FilterOptions::min, "The least number, which is itself wanted.");
    f("max", &FilterOptions::max, "The greatest number, which is itself wanted.");
  }
};

/// Files that are read alike.
struct SourceOptions {
  Path path;
  TableFormat format = TableFormat::automatic;
  std::string delimiter;
  std::optional<bool> header;
  std::optional<bool> quotes;
  std::string comment;
  std::uint32_t skip_lines = 0;
  ColumnRef lhs{0u};
  ColumnRef rhs{1u};
  RelationChoice relation;
  WeightOptions weight;
  std::optional<ColumnRef> timestamp;
  std::vector<FilterOptions> filters;
  std::string split;
  std::vector<std::string> files;
  std::string order;
  std::optional<Path> names;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("path", &SourceOptions::path,
      "File, directory (all files in it, not in those below) or pattern with * and ?.", required,
      not_empty);
    f("format", &SourceOptions::format, "How the files are written.");
    f("delimiter", &SourceOptions::delimiter,
      "One character, or whitespace for any run of spaces and tabs. Empty: by the format.");
    f("header", &SourceOptions::header,
      "Whether the first line names the columns. Null: it does if any column is given by name.");
    f("quotes", &SourceOptions::quotes,
      "Whether a field may stand in double quotes. Null: in csv only.");
    f("comment", &SourceOptions::comment, "Lines that begin with this are left out. Empty: none.");
    f("skip_lines", &SourceOptions::skip_lines,
      "Lines at the beginning of each file that are left out, before the header.");
    f("lhs", &SourceOptions::lhs, "Column of the lhs.");
    f("rhs", &SourceOptions::rhs, "Column of the rhs; of format lists, the first of them.");
    f("relation", &SourceOptions::relation,
      "The relation of all rows, or the column that decides and what its values stand for. "
      "Required, "
      "but for the folder of another program, which tells it.");
    f("weight", &SourceOptions::weight, "Column of the weight; without it all edges weigh 1.");
    f("timestamp", &SourceOptions::timestamp, "Column of the time, a whole number.");
    f("filters", &SourceOptions::filters, "Only rows that pass all of these are read.");
    f("split", &SourceOptions::split,
      "The split that all rows belong to. Empty: they are divided as `split` says.");
    f("files", &SourceOptions::files,
      "Of format udd the dictionaries of entities and relations, then train and perhaps valid and "
      "test; of raw_udd the last three: as DGL-KE's --data_files. Empty: entities.dict, "
      "relations.dict or the same as .tsv, and train, valid, test as .txt or .tsv.");
    f("order", &SourceOptions::order,
      "Of format udd and raw_udd: the columns head, relation, tail, by their first letters. Empty: "
      "hrt.");
    f("names", &SourceOptions::names,
      "Of format pbg: the folder of entity_count_*, entity_names_* and dynamic_rel_* "
      "(PyTorch-BigGraph's "
      "entity_path). Null: `path`.");
  }
  void validate(const std::string& at) const;

 private:
  void validate_folder(const std::string& at) const;
};

enum class SplitBy { random, lhs, time };

template <>
struct EnumNames<SplitBy> {
  static constexpr EnumName<SplitBy> values[] = {
      {"random", SplitBy::random, "Each edge by a hash of (seed, relation, lhs, rhs)."},
      {"lhs", SplitBy::lhs,
       "Of each lhs and relation the given share of its edges, or so many of them, chosen by the "
       "same hash; at least one edge stays in train."},
      {"time", SplitBy::time,
       "The latest edges, by one cut for all relations; relations without timestamps stay in "
       "train."}};
};

enum class HeldOutPairs { keep, remove, remove_reversed };

template <>
struct EnumNames<HeldOutPairs> {
  static constexpr EnumName<HeldOutPairs> values[] = {
      {"keep", HeldOutPairs::keep, "Edges of train may join the two ends of a held-out edge."},
      {"remove", HeldOutPairs::remove,
       "No edge of train joins them, in either direction, but for the reversed edge of the same "
       "relation."},
      {"remove_reversed", HeldOutPairs::remove_reversed, "No edge of train joins them."}};
};

/// Which edges are held out of training.
struct SplitOptions {
  double valid = 0.0;
  double test = 0.0;
  SplitBy by = SplitBy::random;
  std::uint64_t seed = 1;
  std::vector<std::string> relations;
  std::uint32_t min_edges = 2;
  HeldOutPairs held_out_pairs = HeldOutPairs::keep;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("valid", &SplitOptions::valid,
      "Share of the edges that goes to split valid; by lhs also a whole number, the count.",
      at_least(0.0));
    f("test", &SplitOptions::test, "The same for split test.", at_least(0.0));
    f("by", &SplitOptions::by, "How they are chosen.");
    f("seed", &SplitOptions::seed, "Another seed, another choice by hash.");
    f("relations", &SplitOptions::relations,
      "Only edges of these are held out. Empty: of all relations.");
    f("min_edges", &SplitOptions::min_edges,
      "By lhs: an lhs with fewer edges of the relation keeps all of them in train.", at_least(2u));
    f("held_out_pairs", &SplitOptions::held_out_pairs,
      "What becomes of edges of train that give held-out ones away. Those removed count as "
      "filtered.");
  }
  void validate(const std::string& at) const;

  bool any() const { return valid > 0.0 || test > 0.0; }
};

enum class BadRowPolicy { fail, skip };

template <>
struct EnumNames<BadRowPolicy> {
  static constexpr EnumName<BadRowPolicy> values[] = {
      {"fail", BadRowPolicy::fail, "The first one ends the import."},
      {"skip", BadRowPolicy::skip, "They are left out, counted, and the first few shown."}};
};

enum class TimeUnit { s, ms, us, ns };

template <>
struct EnumNames<TimeUnit> {
  static constexpr EnumName<TimeUnit> values[] = {{"s", TimeUnit::s, "Seconds."},
                                                  {"ms", TimeUnit::ms, "Thousandths of them."},
                                                  {"us", TimeUnit::us, "Millionths."},
                                                  {"ns", TimeUnit::ns, "Milliardths."}};
};

/// How the import runs. `threads` and `memory` do not change the result.
struct ImportSettings {
  BadRowPolicy on_bad_row = BadRowPolicy::fail;
  std::optional<std::int64_t> since, until, now;
  TimeUnit timestamp_unit = TimeUnit::s;
  std::string core_type;
  double high_coverage = 0.5;
  std::uint64_t hash_seed = 0;
  std::uint32_t threads = 0;
  std::optional<Bytes> memory;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("on_bad_row", &ImportSettings::on_bad_row,
      "What becomes of a row that cannot be read: too few columns, no number, no name.");
    f("since", &ImportSettings::since,
      "Rows with an earlier timestamp are left out and count as filtered.");
    f("until", &ImportSettings::until, "Rows with this timestamp or a later one likewise.");
    f("now", &ImportSettings::now,
      "The timestamp that ages are counted from. Null: the latest of all rows.");
    f("timestamp_unit", &ImportSettings::timestamp_unit,
      "What a timestamp counts; for half-lives. Types of Parquet with a unit of their own become "
      "this one.");
    f("core_type", &ImportSettings::core_type,
      "The entity type whose participation is a relation's coverage. Empty: the type with the most "
      "ends of edges.");
    f("high_coverage", &ImportSettings::high_coverage,
      "A relation is of high coverage if it touches at least this share of the core type.",
      between(0.0, 1.0));
    f("hash_seed", &ImportSettings::hash_seed,
      "Of the hash that orders and places the entities. Fixed by the first import.");
    f("threads", &ImportSettings::threads, "Worker threads. 0: one for each processor.",
      at_most(1024u));
    f("memory", &ImportSettings::memory,
      "Memory that the process may have resident; what does not fit goes to temporary files beside "
      "the graph. At least 56 MiB, and for each thread 12 MiB and 2 MiB a type of entities; while "
      "edges are sorted, 2/5 of what is above that hold 8.5 bytes an entity. Null: half of what is "
      "available.",
      at_least(Bytes{std::uint64_t{64} << 20}));
  }
};

/// All of the above.
struct ImportOptions {
  Named<EntityOptions> entities;
  Named<RelationEnds> relations;
  std::vector<SourceOptions> sources;
  SplitOptions split;
  Named<std::vector<std::string>> networks;
  ImportSettings import;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("entities", &ImportOptions::entities, "Types of entities.", required, not_empty);
    f("relations", &ImportOptions::relations, "Kinds of edges.", required, not_empty);
    f("sources", &ImportOptions::sources, "Files that the edges are read from.", required,
      not_empty);
    f("split", &ImportOptions::split, "Edges that are held out of training.");
    f("networks", &ImportOptions::networks, "Named lists of relations that are trained together.");
    f("import", &ImportOptions::import, "How the import runs.");
  }
};

/// The entry of `name`, or of the template "*", or null. Works on any map of relations.
template <class T>
const T* find_relation_options(const Named<T>& relations, std::string_view name) {
  const T* fallback = nullptr;
  for (const auto& [key, value] : relations) {
    if (key == name) return &value;
    if (key == kTemplateRelation) fallback = &value;
  }
  return fallback;
}

}  // namespace twhin
