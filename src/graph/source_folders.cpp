// What the formats share, and those whose files are lines of head, relation and tail.
#include "graph/source_folders.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/graph/graph.h"

namespace twhin {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSplits[] = {kTrainSplit, "valid", "test"};

/// The files of a folder of triples.
struct Triples {
  std::string entities, relations;  ///< dictionaries; empty: the rows have names
  std::string splits[3];            ///< train, valid, test; empty: there is none
};

/// "sources[3]" and the folder, for messages.
class Folder {
 public:
  Folder(const SourceOptions& source, std::size_t index)
      : path_(source.path), at_(fmt::format("sources[{}]", index)) {
    if (fs::is_directory(path_.resolved)) return;
    throw ErrorBuilder(ErrorKind::not_found, "graph.no_such_file")
        .what(fmt::format("there is no folder {}", quote(path_.text)))
        .at(at_ + ".path")
        .hint(fmt::format("format {} is that of a folder", enum_name(source.format)))
        .build();
  }

  const std::string& at() const { return at_; }
  Path file(const std::string& name) const { return in_folder(path_, name); }
  bool has(const std::string& name) const { return fs::is_regular_file(path_.resolved / name); }

  /// The one of these that is there; empty if none is.
  std::string find(const std::vector<std::string>& names) const {
    std::vector<std::string> found;
    std::copy_if(names.begin(), names.end(), std::back_inserter(found),
                 [&](const std::string& name) { return has(name); });
    if (found.size() > 1) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "graph.bad_folder")
          .what(fmt::format("{} has several files for the same", quote(path_.text)))
          .at(at_)
          .found(list(found))
          .hint("name them in the option `files`")
          .build();
    }
    return found.empty() ? "" : found[0];
  }
  std::string require(const std::vector<std::string>& names) const {
    const std::string found = find(names);
    if (!found.empty()) return found;
    throw ErrorBuilder(ErrorKind::not_found, "graph.no_such_file")
        .what(fmt::format("{} lacks a file of its format", quote(path_.text)))
        .at(at_ + ".path")
        .expected(list(names))
        .build();
  }

 private:
  const Path& path_;
  std::string at_;
};

Triples openke_files(const Folder& folder) {
  return {folder.require({"entity2id.txt"}),
          folder.require({"relation2id.txt"}),
          {folder.require({"train2id.txt"}), folder.find({"valid2id.txt"}),
           folder.find({"test2id.txt"})}};
}

Triples udd_files(const Folder& folder, const SourceOptions& source) {
  Triples files;
  const bool has_ids = source.format == TableFormat::udd;
  if (source.files.empty()) {
    if (has_ids) {
      files.entities = folder.require({"entities.dict", "entities.tsv"});
      files.relations = folder.require({"relations.dict", "relations.tsv"});
    }
    files.splits[0] = folder.require({"train.txt", "train.tsv"});
    files.splits[1] = folder.find({"valid.txt", "valid.tsv"});
    files.splits[2] = folder.find({"test.txt", "test.tsv"});
    return files;
  }
  std::size_t next = 0;
  if (has_ids) {
    files.entities = folder.require({source.files[next++]});
    files.relations = folder.require({source.files[next++]});
  }
  for (std::size_t i = 0; next < source.files.size(); ++i) {
    files.splits[i] = folder.require({source.files[next++]});
  }
  return files;
}

// One set of ids for heads and tails means one type for them.
std::shared_ptr<const IdNames> one_type(const ImportOptions& options, const Folder& folder,
                                        std::shared_ptr<const Dictionary> entities,
                                        std::shared_ptr<const Dictionary> relations,
                                        Inputs& inputs) {
  const std::string* type = nullptr;
  for (const std::string_view relation : relations->names()) {
    const RelationEnds& ends = ends_of(options, relation, *relations, folder.at());
    if (type == nullptr) type = &ends.lhs;
    for (const std::string* end : {&ends.lhs, &ends.rhs}) {
      if (*end == *type) continue;
      throw ErrorBuilder(ErrorKind::invalid_argument, "graph.bad_folder")
          .what(fmt::format("{} has one set of ids for all entities, so all are of one type",
                            quote(entities->file())))
          .at(folder.at())
          .found(fmt::format("types {} and {} at the ends of relation {}", quote(*type),
                             quote(*end), quote(relation)))
          .expected("one and the same type on both sides of all relations of the folder")
          .build();
    }
  }
  if (type != nullptr) inputs.entities.push_back({type_index(options, *type), entities});
  auto names = std::make_shared<IdNames>();
  names->lhs.assign(relations->size(), entities);
  names->rhs = names->lhs;
  names->relations = std::move(relations);
  return names;
}

// The count in a file's first line.
std::uint64_t counted_rows(const Path& path) {
  std::ifstream file(path.resolved, std::ios::binary);
  char line[64] = {};
  file.read(line, sizeof(line) - 1);
  return read_count(line, path.text);
}

bool has_one_line(const Path& path) {
  std::ifstream file(path.resolved, std::ios::binary);
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) return false;
  }
  return true;
}

}  // namespace

const RelationEnds& ends_of(const ImportOptions& options, std::string_view relation,
                            const Dictionary& dictionary, const std::string& at) {
  if (const RelationEnds* ends = find_relation_options(options.relations, relation)) return *ends;
  std::vector<std::string> declared;
  for (const auto& [name, ends] : options.relations) declared.push_back(name);
  throw ErrorBuilder(ErrorKind::not_found, "graph.unknown_relation")
      .what(fmt::format("relation {} of {} is declared nowhere", quote(relation),
                        quote(dictionary.file())))
      .at(at)
      .expected("one of " + list(declared))
      .hint("the template relation \"*\" stands for all that are not declared")
      .build();
}

std::uint32_t type_index(const ImportOptions& options, std::string_view type) {
  const auto it = std::find_if(options.entities.begin(), options.entities.end(),
                               [&](const auto& each) { return each.first == type; });
  if (it != options.entities.end()) {
    return static_cast<std::uint32_t>(it - options.entities.begin());
  }
  throw ErrorBuilder(ErrorKind::invalid_argument, "graph.bad_folder")
      .what(fmt::format("the ids of a folder cannot be of type {}, which holds the producers of "
                        "another",
                        quote(type)))
      .hint("name the type itself at both ends")
      .build();
}

Path in_folder(const Path& folder, const std::string& file) {
  Path path;
  path.text = (fs::path(folder.text) / file).string();
  path.resolved = folder.resolved / file;
  return path;
}

void check_splits(const ImportOptions& options, const std::string& at) {
  if (!options.split.any()) return;
  throw ErrorBuilder(ErrorKind::invalid_argument, "graph.bad_split")
      .what("the files of a source and the option `split` both decide what is held out")
      .at(at)
      .hint("leave the shares of `split` at 0")
      .build();
}

void add_triple_folder(const ImportOptions& options, std::size_t index, DictionaryReading& reading,
                       Inputs& inputs) {
  const SourceOptions& source = options.sources[index];
  const Folder folder(source, index);
  const bool openke = source.format == TableFormat::openke;
  const Triples files = openke ? openke_files(folder) : udd_files(folder, source);
  const char delimiter = source.delimiter.empty() ? '\t' : source.delimiter[0];

  std::shared_ptr<const IdNames> ids;
  if (!files.entities.empty()) {
    const auto read = [&](const std::string& name) {
      const Path path = folder.file(name);
      return std::make_shared<const Dictionary>(
          openke ? Dictionary::read_openke(path.resolved, path.text, reading)
                 : Dictionary::read_pairs(path.resolved, path.text, delimiter, reading));
    };
    const auto entities = read(files.entities), relations = read(files.relations);
    ids = one_type(options, folder, entities, relations, inputs);
  }
  const bool has_splits = !files.splits[1].empty() || !files.splits[2].empty();
  if (has_splits) check_splits(options, folder.at());

  const std::string order = openke ? "htr" : source.order.empty() ? "hrt" : source.order;
  const auto column = [&](char letter) {
    return ColumnRef(static_cast<std::uint32_t>(order.find(letter)));
  };
  for (std::size_t s = 0; s < std::size(kSplits); ++s) {
    if (files.splits[s].empty()) continue;
    SourceOptions table = source;
    table.path = folder.file(files.splits[s]);
    table.format = openke ? TableFormat::text : TableFormat::tsv;
    table.delimiter = openke ? "whitespace" : source.delimiter;
    table.header = false;
    table.lhs = column('h');
    table.rhs = column('t');
    table.relation.column = column('r');
    table.split = has_splits ? kSplits[s] : "";
    std::optional<std::uint64_t> num_rows;
    if (openke) {
      table.skip_lines = 1;
      num_rows = counted_rows(table.path);
      if (*num_rows == 0 && has_one_line(table.path)) continue;
    }
    const std::size_t place = inputs.options.sources.size();
    for (InputFile& file : find_input_files(table, place, folder.at())) {
      file.ids = ids;
      file.num_rows = num_rows;
      inputs.files.push_back(std::move(file));
    }
    inputs.options.sources.push_back(std::move(table));
  }
}

}  // namespace twhin
