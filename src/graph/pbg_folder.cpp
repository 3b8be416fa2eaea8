// The folders of PyTorch-BigGraph.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>

#include "graph/pbg_edges.h"
#include "graph/source_folders.h"
#include "twhin/base/error.h"

namespace twhin {
namespace {

namespace fs = std::filesystem;

struct Bucket {
  std::uint32_t lhs_partition = 0, rhs_partition = 0;
  std::string file;
};

// "edges_3_0.h5"
std::optional<Bucket> bucket_of(const std::string& file) {
  constexpr std::string_view kBegin = "edges_", kEnd = ".h5";
  if (file.size() < kBegin.size() + kEnd.size() || file.compare(0, kBegin.size(), kBegin) != 0 ||
      file.compare(file.size() - kEnd.size(), kEnd.size(), kEnd) != 0) {
    return std::nullopt;
  }
  Bucket bucket;
  bucket.file = file;
  const char* p = file.data() + kBegin.size();
  const char* end = file.data() + file.size() - kEnd.size();
  const auto lhs = std::from_chars(p, end, bucket.lhs_partition);
  if (lhs.ec != std::errc() || lhs.ptr == end || *lhs.ptr != '_') return std::nullopt;
  const auto rhs = std::from_chars(lhs.ptr + 1, end, bucket.rhs_partition);
  if (rhs.ec != std::errc() || rhs.ptr != end) return std::nullopt;
  return bucket;
}

class PbgFolder {
 public:
  PbgFolder(const ImportOptions& options, std::size_t index, DictionaryReading& reading)
      : reading_(reading),
        options_(options),
        source_(options.sources[index]),
        at_(fmt::format("sources[{}]", index)),
        names_(source_.names.value_or(source_.path)) {}

  void add_to(Inputs& inputs) {
    const std::vector<Bucket> buckets = find_buckets();
    read_relations();
    warn_of_gaps(buckets, inputs);
    for (const auto& [type, partitions] : types_) add_entities(type, partitions, inputs);
    for (const Bucket& bucket : buckets) add_bucket(bucket, inputs);
  }

 private:
  using Partitions = std::vector<std::shared_ptr<const Dictionary>>;

  std::vector<Bucket> find_buckets() const {
    std::vector<Bucket> buckets;
    if (fs::is_directory(source_.path.resolved)) {
      for (const fs::directory_entry& entry : fs::directory_iterator(source_.path.resolved)) {
        if (auto bucket = bucket_of(entry.path().filename().string())) {
          buckets.push_back(std::move(*bucket));
        }
      }
    }
    if (buckets.empty()) {
      throw ErrorBuilder(ErrorKind::not_found, "graph.no_such_file")
          .what(fmt::format("there are no edges in {}", quote(source_.path.text)))
          .at(at_ + ".path")
          .expected("edges_0_0.h5 and so on")
          .hint("the path is one of PyTorch-BigGraph's edge_paths")
          .build();
    }
    std::sort(buckets.begin(), buckets.end(), [](const Bucket& a, const Bucket& b) {
      return std::pair(a.lhs_partition, a.rhs_partition) <
             std::pair(b.lhs_partition, b.rhs_partition);
    });
    return buckets;
  }

  // Relation ids, and the types that they join with all their partitions.
  void read_relations() {
    if (has("dynamic_rel_count.txt")) {
      relations_ = std::make_shared<const Dictionary>(
          read("dynamic_rel_names.json", "dynamic_rel_count.txt"));
    } else {
      std::vector<std::string> declared;
      for (const auto& [name, ends] : options_.relations) {
        if (name != kTemplateRelation) declared.push_back(name);
      }
      if (declared.empty()) {
        throw ErrorBuilder(ErrorKind::not_found, "graph.no_such_file")
            .what(
                fmt::format("{} has no dynamic_rel_count.txt, and the config declares no relation "
                            "by name",
                            quote(names_.text)))
            .at(at_)
            .expected("relations in the order of PyTorch-BigGraph's config, or its dynamic ones")
            .hint(names_hint())
            .build();
      }
      relations_ = std::make_shared<const Dictionary>(
          Dictionary::of(declared, "the relations of the config"));
    }
    for (const std::string_view relation : relations_->names()) {
      ends_.push_back(&ends_of(options_, relation, *relations_, at_));
      for (const std::string* type : {&ends_.back()->lhs, &ends_.back()->rhs}) {
        if (types_.count(*type) == 0) types_[*type] = read_type(*type);
      }
    }
  }

  Partitions read_type(const std::string& type) const {
    Partitions partitions;
    std::vector<const Dictionary*> all;
    for (std::size_t p = 0;; ++p) {
      const std::string count = fmt::format("entity_count_{}_{}.txt", type, p);
      if (p > 0 && !has(count)) break;
      partitions.push_back(std::make_shared<const Dictionary>(
          read(fmt::format("entity_names_{}_{}.json", type, p), count)));
      all.push_back(partitions.back().get());
    }
    Dictionary::check_distinct(all, reading_);
    return partitions;
  }

  bool has(const std::string& file) const { return fs::exists(names_.resolved / file); }

  Dictionary read(const std::string& names, const std::string& count) const {
    for (const std::string& file : {count, names}) {
      if (has(file)) continue;
      throw ErrorBuilder(ErrorKind::not_found, "graph.no_such_file")
          .what(fmt::format("there is no {}", quote(in_folder(names_, file).text)))
          .at(at_)
          .hint(names_hint())
          .build();
    }
    return Dictionary::read_json(names_.resolved / names, names_.resolved / count,
                                 in_folder(names_, names).text, reading_);
  }

  const char* names_hint() const {
    return source_.names ? "types are named as in PyTorch-BigGraph's config"
                         : "the option `names` is PyTorch-BigGraph's entity_path";
  }

  void add_entities(const std::string& type, const Partitions& partitions, Inputs& inputs) const {
    const std::uint32_t index = type_index(options_, type);
    for (const auto& names : partitions) inputs.entities.push_back({index, names});
  }

  // PyTorch-BigGraph leaves out buckets that are empty, and a copy those that it did not get to.
  void warn_of_gaps(const std::vector<Bucket>& buckets, Inputs& inputs) const {
    std::uint64_t num_lhs = 1, num_rhs = 1;
    for (const RelationEnds* ends : ends_) {
      num_lhs = std::max<std::uint64_t>(num_lhs, types_.at(ends->lhs).size());
      num_rhs = std::max<std::uint64_t>(num_rhs, types_.at(ends->rhs).size());
    }
    std::set<std::pair<std::uint64_t, std::uint64_t>> present;
    for (const Bucket& bucket : buckets) {
      num_lhs = std::max<std::uint64_t>(num_lhs, bucket.lhs_partition + std::uint64_t{1});
      num_rhs = std::max<std::uint64_t>(num_rhs, bucket.rhs_partition + std::uint64_t{1});
      present.emplace(bucket.lhs_partition, bucket.rhs_partition);
    }
    constexpr std::size_t kShown = 4;
    std::string missing;
    std::size_t num_missing = 0;
    for (std::uint64_t i = 0; i < num_lhs && num_missing <= kShown; ++i) {
      for (std::uint64_t j = 0; j < num_rhs && num_missing <= kShown; ++j) {
        if (present.count({i, j}) > 0 || ++num_missing > kShown) continue;
        missing += fmt::format("{}edges_{}_{}.h5", num_missing > 1 ? ", " : "", i, j);
      }
    }
    if (num_missing == 0) return;
    inputs.warnings.push_back(fmt::format(
        "{} of {} buckets are there; missing: {}{} in {}: were they empty, or the copy cut short?",
        present.size(), num_lhs * num_rhs, missing, num_missing > kShown ? ", …" : "",
        quote(source_.path.text)));
  }

  // A type of one partition has all its entities in every bucket.
  std::shared_ptr<const Dictionary> partition(const std::string& type, std::uint32_t index,
                                              const Bucket& bucket) const {
    const Partitions& partitions = types_.at(type);
    if (partitions.size() == 1) return partitions[0];
    if (index < partitions.size()) return partitions[index];
    throw ErrorBuilder(ErrorKind::invalid_argument, "graph.bad_folder")
        .what(fmt::format("{} is of a partition that type {} has not", quote(bucket.file),
                          quote(type)))
        .at(at_)
        .found(fmt::format("partition {}", index))
        .expected(
            fmt::format("0 to {}, by the files entity_count_{}_*.txt", partitions.size() - 1, type))
        .build();
  }

  void add_bucket(const Bucket& bucket, Inputs& inputs) const {
    auto ids = std::make_shared<IdNames>();
    ids->relations = relations_;
    for (const RelationEnds* ends : ends_) {
      ids->lhs.push_back(partition(ends->lhs, bucket.lhs_partition, bucket));
      ids->rhs.push_back(partition(ends->rhs, bucket.rhs_partition, bucket));
    }
    SourceOptions table = source_;
    table.path = in_folder(source_.path, bucket.file);
    table.relation.column = ColumnRef("rel");
    table.lhs = ColumnRef("lhs");
    table.rhs = ColumnRef("rhs");
    for (InputFile& file : find_input_files(table, inputs.options.sources.size(), at_)) {
      file.ids = ids;
      if (pbg_has_weights(file)) table.weight.column = ColumnRef("weight");
      inputs.files.push_back(std::move(file));
    }
    inputs.options.sources.push_back(std::move(table));
  }

  DictionaryReading& reading_;
  const ImportOptions& options_;
  const SourceOptions& source_;
  std::string at_;
  Path names_;
  std::shared_ptr<const Dictionary> relations_;
  std::vector<const RelationEnds*> ends_;  // by relation id
  std::map<std::string, Partitions> types_;
};

}  // namespace

void add_pbg_folder(const ImportOptions& options, std::size_t index, DictionaryReading& reading,
                    Inputs& inputs) {
  PbgFolder(options, index, reading).add_to(inputs);
}

}  // namespace twhin
