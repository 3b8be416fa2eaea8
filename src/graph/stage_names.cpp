// Stage 2 of an import: each type's names in the order of their hashes.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "graph/import_run.h"
#include "graph/vocabulary_writer.h"
#include "twhin/base/error.h"
#include "twhin/base/file.h"

namespace twhin {
namespace {

double units_per_second(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::s:
      return 1.0;
    case TimeUnit::ms:
      return 1e3;
    case TimeUnit::us:
      return 1e6;
    case TimeUnit::ns:
      return 1e9;
  }
  return 1.0;
}

// What the sorter must know of each relation.
void describe_relations(ImportRun& run) {
  const std::vector<std::string>& split = run.options.split.relations;
  std::int64_t now = std::numeric_limits<std::int64_t>::min();
  for (const IntakeCounts& c : run.counts) now = std::max(now, c.latest);
  now = run.options.import.now.value_or(now);
  for (std::uint32_t r = 0; r < run.relations.size(); ++r) {
    const RelationRegistry::Entry& relation = run.relations[r];
    SortedRelation sorted;
    sorted.lhs = &run.indexes[relation.lhs_type];
    sorted.rhs = &run.indexes[relation.rhs_type];
    sorted.duplicates = relation.duplicates;
    sorted.timestamps = run.counts[r].with_timestamp > 0;
    sorted.incomplete =
        run.names[relation.lhs_type].counts() || run.names[relation.rhs_type].counts();
    sorted.is_split = split.empty() ||
                      std::find(split.begin(), split.end(), run.relations.name(r)) != split.end();
    sorted.half_life = relation.half_life_s * units_per_second(run.options.import.timestamp_unit);
    sorted.now = now;
    if (sorted.half_life > 0.0 && run.counts[r].without_timestamp > 0) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "graph.no_timestamps")
          .what(fmt::format("relation {} has a half-life, and its rows have no timestamps",
                            quote(run.relations.name(r))))
          .hint("name the timestamp column in its sources")
          .build();
    }
    run.sorted.push_back(sorted);
  }
}

}  // namespace

void check_base(const ImportRun& run) {
  for (const EntityType& type : run.base->schema().entities) {
    const auto names = std::find_if(run.names.begin(), run.names.end(),
                                    [&](const NameSet& each) { return each.type() == type.name; });
    if (names == run.names.end()) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "graph.base_type")
          .what(fmt::format("the base graph has entity type {}, the config has not",
                            quote(type.name)))
          .expected("one of " + list(run.base->schema().entity_names()))
          .build();
    }
    if (names->num_partitions() != type.num_partitions()) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "graph.base_partitions")
          .what(fmt::format("type {} has another number of partitions than in the base graph",
                            quote(type.name)))
          .found(fmt::format("{}", names->num_partitions()))
          .expected(fmt::format("{}", type.num_partitions()))
          .hint("the first import decides; import without a base for another number")
          .build();
    }
    const std::uint64_t seed = run.base_vocabulary(type.name)->seed();
    if (seed != run.options.import.hash_seed) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "graph.base_hash_seed")
          .what("the base graph was imported with another hash seed")
          .at("import.hash_seed")
          .found(fmt::format("{}", run.options.import.hash_seed))
          .expected(fmt::format("{}", seed))
          .build();
    }
  }
}

void write_names(ImportRun& run) {
  make_directories(run.partial.path() / "vocabulary");
  for (NameSet& names : run.names) {
    run.report.check_stop();
    run.report.report({fmt::format("writing the names of {}", names.type()), 0, 0, "names", {}});
    const std::optional<Vocabulary> base = run.base_vocabulary(names.type());
    const WrittenVocabulary written = write_vocabulary(
        run.partial.path(), names, run.options.import.hash_seed, base ? &*base : nullptr,
        run.plan.num_threads, run.name_spill, run.manifest);
    run.summary.schema.entities.push_back({names.type(), written.partition_sizes});
    if (run.base != nullptr) {
      run.summary.changes.push_back(
          {names.type(), written.num_kept, written.num_new, written.num_vanished});
    }
    run.indexes.emplace_back(
        Vocabulary::open(run.partial.path(), names.type(), names.num_partitions()));
  }
  std::uint64_t num_entities = 0;
  for (const HashIndex& index : run.indexes) num_entities += index.size();
  check_index_memory(run.plan, num_entities);
  describe_relations(run);
}

}  // namespace twhin
