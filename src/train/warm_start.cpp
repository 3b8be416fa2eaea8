#include "train/warm_start.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "train/check_stop.h"
#include "train/earlier_rows.h"
#include "train/initial_vectors.h"
#include "twhin/base/checksum.h"
#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/base/file_reader.h"
#include "twhin/base/threads.h"
#include "twhin/model/rows.h"
#include "twhin/storage/manifest.h"

namespace twhin::training {
namespace fs = std::filesystem;
using Json = nlohmann::json;
namespace {

constexpr std::size_t kRowsPerTask = 4096;
constexpr std::size_t kRowsPerRead = 256;
constexpr std::size_t kBytesPerRead = 1 << 18;

Error differs(const ModelVersion& version, std::string_view what, const std::string& found,
              const std::string& expected, std::string_view hint) {
  return ErrorBuilder(ErrorKind::invalid_argument, "train.warm_start_differs")
      .what(fmt::format("the version to begin with has another {}", what))
      .at(version.path().string())
      .found(found)
      .expected(expected)
      .hint(std::string(hint))
      .build();
}

// Compares a file's bytes with its checksums without mapping them: they would count as memory.
void verify_unmapped(const fs::path& path, std::string_view kind) {
  const Container container = Container::open(path, kind);
  const FileReader file(path);
  std::vector<std::byte> buffer(kBytesPerRead);
  for (const Section& section : container.sections()) {
    Checksum sum;
    for (std::uint64_t done = 0; done < section.num_bytes();) {
      const std::size_t n = std::min<std::uint64_t>(kBytesPerRead, section.num_bytes() - done);
      file.read_at(section.offset + done, buffer.data(), n);
      sum.update(buffer.data(), n);
      done += n;
    }
    container.verify(section, sum.value());
  }
}

// The state of some partitions of a type, by id.
class StateFiles {
 public:
  StateFiles(const fs::path& version, const EntityType& type, std::size_t width) : width_(width) {
    for (std::uint32_t p = 0; width > 0 && p < type.num_partitions(); ++p) {
      const fs::path path = version / optimizer_file(type.name, p);
      const Container container = Container::open(path, "optimizer");
      const Section& section = container.section("state");
      if (section.rows != type.partition_sizes[p] || section.cols != width) {
        throw ErrorBuilder(ErrorKind::corrupt_data, "train.wrong_shape")
            .what(fmt::format("{} does not fit its version", quote(path.string())))
            .found(fmt::format("[{}, {}]", section.rows, section.cols))
            .expected(fmt::format("[{}, {}]", type.partition_sizes[p], width))
            .build();
      }
      offsets_.push_back(section.offset);
      files_.push_back(std::make_unique<FileReader>(path));
    }
  }
  // State of rows one after the other. out [count, width]
  void read(EntityId first, std::size_t count, float* out) const {
    const std::size_t bytes = width_ * sizeof(float);
    files_[first.partition]->read_at(offsets_[first.partition] + first.row * bytes, out,
                                     count * bytes);
  }

 private:
  std::size_t width_;
  std::vector<std::uint64_t> offsets_;
  std::vector<std::unique_ptr<FileReader>> files_;
};

// The optimizer that a version was trained with, if its config says.
std::string optimizer_of(const ModelInfo& info) {
  const Json config = Json::parse(info.config_json);
  return config.value(Json::json_pointer("/train/optimizer"), std::string());
}

}  // namespace

WarmStart::WarmStart(const Graph& graph, const TrainingNetwork& network,
                     const TrainOptions& options, RelationTable& relations, std::size_t num_threads,
                     const fs::path& version)
    : graph_(graph),
      network_(network),
      options_(options),
      relations_(relations),
      num_threads_(num_threads),
      version_(ModelVersion::open(version)) {
  check_options();
  match_relations();
  if (options_.warm_start.factor() > 0.0f) check_state();
  if (network_.replay) check_base();
}

void WarmStart::check_options() const {
  const ModelInfo& info = version_.info();
  constexpr std::string_view kHint = "vectors mean nothing under another model: train anew";
  const auto flag = [](bool value) { return std::string(value ? "true" : "false"); };
  if (info.dim != options_.dim) {
    throw differs(version_, "train.dim", fmt::format("{}", info.dim),
                  fmt::format("{}", options_.dim), kHint);
  }
  const std::string comparator(enum_name(options_.comparator));
  if (info.comparator != comparator) {
    throw differs(version_, "train.comparator", info.comparator, comparator, kHint);
  }
  if (info.reciprocal != options_.reciprocal) {
    throw differs(version_, "train.reciprocal", flag(info.reciprocal), flag(options_.reciprocal),
                  kHint);
  }
  if (info.global_embedding != options_.global_embedding) {
    throw differs(version_, "train.global_embedding", flag(info.global_embedding),
                  flag(options_.global_embedding), kHint);
  }
}

void WarmStart::check_state() const {
  const std::string found = optimizer_of(version_.info());
  const std::string expected(enum_name(options_.optimizer));
  constexpr std::string_view kHint = "train.warm_start.state: reset goes without it";
  if (!found.empty() && found != expected) {
    throw differs(version_, "train.optimizer", found, expected, kHint);
  }
  if (optimizer_state_size(options_.optimizer, options_.dim) == 0) return;
  for (const std::uint32_t t : carried_types_) {
    const std::string file = optimizer_file(network_.types[t].name, 0);
    if (version_.manifest().files.count(file) > 0) continue;
    throw ErrorBuilder(ErrorKind::not_found, "train.no_state")
        .what("the version to begin with has no state of an optimizer")
        .at(version_.path().string())
        .expected(file)
        .hint(std::string(kHint))
        .build();
  }
}

void WarmStart::check_base() const {
  if (graph_.growth()->base_checksum == version_.info().graph_checksum) return;
  throw ErrorBuilder(ErrorKind::invalid_argument, "train.other_base")
      .what("the graph knows what is new since another graph than the one of the version")
      .at(graph_.path().string())
      .found(fmt::format("a base of checksum {}", to_hex(graph_.growth()->base_checksum)))
      .expected(fmt::format("checksum {} of {}", to_hex(version_.info().graph_checksum),
                            quote(version_.info().graph_path)))
      .hint("import on that graph (--base), begin with the version of the base, or train all edges")
      .build();
}

void WarmStart::match_relations() {
  const Schema& old = version_.schema();
  for (std::uint32_t t = 0; t < network_.types.size(); ++t) {
    if (old.find_entity(network_.types[t].name) && network_.types[t].vectors.empty()) {
      carried_types_.push_back(t);
    }
  }
  for (const EntityType& type : old.entities) {
    const bool there = std::any_of(network_.types.begin(), network_.types.end(),
                                   [&](const TrainedType& each) { return each.name == type.name; });
    if (!there) removed_types_.push_back(type.name);
  }
  for (std::uint32_t r = 0; r < network_.relations.size(); ++r) {
    const TrainedRelation& relation = network_.relations[r];
    const auto found = old.find_relation(relation.name);
    if (!found) {
      new_relations_.push_back(relation.name);
      continue;
    }
    const std::string before =
        fmt::format("{} from {} to {}", version_.info().operators[*found],
                    quote(old.lhs_type(*found).name), quote(old.rhs_type(*found).name));
    const std::string now = fmt::format("{} from {} to {}", enum_name(relation.options.op),
                                        quote(network_.types[relation.lhs].name),
                                        quote(network_.types[relation.rhs].name));
    if (before != now) {
      throw differs(version_, fmt::format("relations.{}", relation.name), before, now,
                    "give the relation another name, or train anew");
    }
    carried_relations_.push_back(r);
  }
  for (const RelationType& relation : old.relations) {
    const bool there =
        std::any_of(network_.relations.begin(), network_.relations.end(),
                    [&](const TrainedRelation& each) { return each.name == relation.name; });
    if (!there) removed_relations_.push_back(relation.name);
  }
}

// Rows and state of all rows that have one before; those of one run are read together.
void WarmStart::copy_rows(std::uint32_t earlier_type, const EntityMatch& match,
                          const Part& part) const {
  const EntityType& type = version_.schema().entities[earlier_type];
  const ModelInfo& info = version_.info();
  const float factor = options_.warm_start.factor();
  const std::size_t dim = options_.dim, width = factor > 0.0f ? part.format().state_floats() : 0;
  const auto rows = open_rows_unmapped(version_.path(), type, dim, info.row_type);
  const StateFiles state(version_.path(), type, width);
  const std::size_t num_tasks = (match.size() + kRowsPerTask - 1) / kRowsPerTask;
  parallel_for(num_tasks, num_threads_, [&](std::size_t task) {
    std::vector<float> values(kRowsPerRead * dim);
    std::vector<std::uint32_t> ids(kRowsPerRead);
    const std::size_t end = std::min(match.size(), (task + 1) * kRowsPerTask);
    for (std::size_t row = task * kRowsPerTask; row < end;) {
      if (!match.has(row)) {
        ++row;
        continue;
      }
      const EntityId first = match[row];
      const std::size_t n = match.run_length(row, std::min(kRowsPerRead, end - row));
      rows->read(first.partition, first.row, static_cast<std::uint32_t>(n), values.data());
      for (std::size_t k = 0; k < n; ++k) ids[k] = static_cast<std::uint32_t>(row + k);
      kernel::store(part.rows(), {ids.data(), n}, ConstMatrixView(values.data(), n, dim));
      if (width > 0) {
        float* to = part.state().row(row);
        state.read(first, n, to);
        if (factor != 1.0f) {
          for (std::size_t k = 0; k < n * width; ++k) to[k] *= factor;
        }
      }
      row += n;
    }
  });
}

RowBits WarmStart::carry_partition(std::uint32_t type, std::uint32_t partition, RowMemory& memory,
                                   const fs::path& working, TypeCounts& counts) {
  const TrainedType& trained = network_.types[type];
  const Vocabulary names = graph_.vocabulary(trained.graph_type);
  const Part part(memory, 0, trained.partition_sizes[partition]);
  RowBits known(part.num_rows());
  const bool is_carried =
      std::find(carried_types_.begin(), carried_types_.end(), type) != carried_types_.end();
  if (is_carried) {
    const std::uint32_t earlier = version_.schema().entity(trained.name);
    const EntityMatch match(names, partition, version_.vocabulary(earlier));
    part.init(names, partition, options_.init_scale, options_.seed, num_threads_, &match);
    copy_rows(earlier, match, part);
    for (std::size_t row = 0; row < match.size(); ++row) {
      if (match.has(row)) known.set(row);
    }
    counts.carried += match.count();
  } else {
    part.init(names, partition, options_.init_scale, options_.seed, num_threads_);
    if (!trained.vectors.empty()) {
      known = place_vectors(names, trained.vectors, partition, part);
      counts.from_file += known.count();
    }
  }
  part.save(working, trained.name, partition);
  return known;
}

void WarmStart::write_before(const fs::path& working, const fs::path& before,
                             const KnownRows& carried) const {
  for (const char* folder : {"embeddings", "carried"}) make_directories(before / folder);
  Manifest manifest;
  manifest.format = EarlierRows::kFormat;
  std::vector<std::string> files = {ModelVersion::kRelationsFile};
  for (std::uint32_t t = 0; t < network_.types.size(); ++t) {
    const TrainedType& type = network_.types[t];
    for (std::uint32_t p = 0; type.pull > 0.0f && p < type.partition_sizes.size(); ++p) {
      const std::string rows = embeddings_file(type.name, p, options_.row_type);
      link_or_copy(working / rows, before / rows);
      EarlierRows::write_carried(before, type.name, p, carried[t][p]);
      files.push_back(rows);
      files.push_back(EarlierRows::carried_file(type.name, p));
    }
  }
  relations_.save(before);
  if (relations_.has_globals()) files.emplace_back(ModelVersion::kTypesFile);
  Json relations = Json::array(), types = Json::array();
  for (const std::uint32_t r : carried_relations_) relations.push_back(network_.relations[r].name);
  for (const std::uint32_t t : carried_types_) types.push_back(network_.types[t].name);
  manifest.meta_json = Json{{"relations", relations}, {"types", types}}.dump();
  for (const std::string& file : files) {
    sync_file(before / file);
    manifest.add(before, file);
  }
  for (const char* folder : {"embeddings", "carried"}) sync_directory(before / folder);
  manifest.write(before);
  sync_directory(before.parent_path());  // a checkpoint that lasts needs a `before` that does
}

std::string WarmStart::run(const fs::path& working, const fs::path& before,
                           const Observer& observer, const StopFlag& stop) {
  for (const char* folder : {"embeddings", "optimizer"}) make_directories(working / folder);
  relations_.carry(version_.path(), carried_relations_, carried_types_,
                   options_.warm_start.factor());
  std::uint64_t total = 0, done = 0;
  for (const TrainedType& type : network_.types) total += type.num_entities();
  KnownRows known;
  std::vector<TypeCounts> counts(network_.types.size());
  for (std::uint32_t t = 0; t < network_.types.size(); ++t) {
    const TrainedType& type = network_.types[t];
    known.emplace_back();
    const auto earlier = version_.schema().find_entity(type.name);
    for (std::uint32_t p = 0; earlier && p < version_.schema().entities[*earlier].num_partitions();
         ++p) {
      verify_unmapped(version_.path() / embeddings_file(type.name, p, version_.info().row_type),
                      "embeddings");
      const fs::path state = version_.path() / optimizer_file(type.name, p);
      if (options_.warm_start.factor() > 0.0f && fs::exists(state)) {
        verify_unmapped(state, "optimizer");
      }
    }
    RowMemory memory(RowFormat::of(options_), type.largest_partition());
    for (std::uint32_t p = 0; p < type.partition_sizes.size(); ++p) {
      check_stop_before_epochs(stop);
      Progress progress;
      progress.stage = fmt::format("carrying over {}", type.name);
      progress.done = done;
      progress.total = total;
      progress.unit = "entities";
      observer.report(progress);
      known[t].push_back(carry_partition(t, p, memory, working, counts[t]));
      done += type.partition_sizes[p];
    }
    if (earlier) {
      counts[t].dropped = version_.schema().entities[*earlier].num_entities() - counts[t].carried;
      if (!type.vectors.empty()) counts[t].dropped = 0;
    }
  }

  // What was carried, before means are counted as known, too.
  if (network_.pulls()) write_before(working, before, known);
  NeighborMeansResult means;
  means.placed.resize(network_.types.size());
  if (options_.warm_start.new_entities != NewEntities::random) {
    NeighborMeans neighbors(graph_, network_, options_, relations_, working, num_threads_);
    means = neighbors.run(known, observer, stop);
  }
  if (network_.pulls()) remember_before(before, network_, relations_);

  Json types = Json::object();
  for (std::uint32_t t = 0; t < network_.types.size(); ++t) {
    const TrainedType& type = network_.types[t];
    TypeCounts& c = counts[t];
    c.random = type.num_entities() - c.carried - c.from_file - means.placed[t];
    types[type.name] = {{"carried", c.carried},     {"neighbors", means.placed[t]},
                        {"random", c.random},       {"dropped", c.dropped},
                        {"from_file", c.from_file}, {"entities", type.num_entities()}};
    const bool has_vectors = !type.vectors.empty();
    observer.say(
        fmt::format("{}: {} of {} entities {}, {} begin with the mean of their neighbours, {} at "
                    "random; {} are "
                    "no longer there",
                    type.name, has_vectors ? c.from_file : c.carried, type.num_entities(),
                    has_vectors ? "begin with their file's vectors" : "carried over",
                    means.placed[t], c.random, c.dropped));
  }
  Json relations = {
      {"carried", Json::array()}, {"new", new_relations_}, {"removed", removed_relations_}};
  for (const std::uint32_t r : carried_relations_) {
    relations["carried"].push_back(network_.relations[r].name);
  }
  if (!new_relations_.empty()) observer.say("new relations: " + list(new_relations_));
  if (!removed_relations_.empty()) {
    observer.say("relations that are no longer trained: " + list(removed_relations_));
  }
  for (const std::uint32_t r : means.without_inverse) {
    observer.say(
        fmt::format("the operator of relation {} has no inverse: its edges say nothing of "
                    "a new lhs",
                    quote(network_.relations[r].name)));
  }
  const Json json = {{"path", fs::absolute(version_.path()).lexically_normal().string()},
                     {"version", version_.info().version},
                     {"checksum", to_hex(version_.checksum())},
                     {"state", enum_name(options_.warm_start.state)},
                     {"state_factor", options_.warm_start.factor()},
                     {"new_entities", enum_name(options_.warm_start.new_entities)},
                     {"rounds", means.rounds},
                     {"types", types},
                     {"removed_types", removed_types_},
                     {"relations", relations}};
  return json.dump();
}

void remember_before(const fs::path& before, const TrainingNetwork& network,
                     RelationTable& relations) {
  const Manifest manifest = Manifest::read(before, EarlierRows::kFormat);
  manifest.verify(before, /*all_bytes=*/false);  // rows are read, and checked, with their partition
  const Json meta = Json::parse(manifest.meta_json);
  const auto numbers = [](const Json& names, const auto& all) {
    std::vector<std::uint32_t> out;
    for (std::uint32_t k = 0; k < all.size(); ++k) {
      if (std::find(names.begin(), names.end(), all[k].name) != names.end()) out.push_back(k);
    }
    return out;
  };
  relations.remember(before, numbers(meta.at("relations"), network.relations),
                     numbers(meta.at("types"), network.types));
}

}  // namespace twhin::training
