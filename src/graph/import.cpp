#include "twhin/graph/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <set>

#include "graph/arrow_reader.h"
#include "graph/bucket_store.h"
#include "graph/edge_sorter.h"
#include "graph/edge_store.h"
#include "graph/input_files.h"
#include "graph/intake.h"
#include "graph/leak_guard.h"
#include "graph/partial_directory.h"
#include "graph/piece_queue.h"
#include "graph/relation_registry.h"
#include "graph/splitter.h"
#include "graph/vocabulary_writer.h"
#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/base/memory.h"
#include "twhin/base/threads.h"
#include "twhin/config/write.h"

namespace twhin {
namespace fs = std::filesystem;
namespace {

/// How an import is sized, before anything is read.
struct Plan {
  std::size_t num_threads = 1;
  std::uint64_t memory_bytes = 0;
  unsigned log2_ranges = 0;
  std::size_t page_bytes = 0;
};

// What the files hold at most, about: the division into ranges is made for it, and only costs time
// if it is wrong.
std::uint64_t most_rows(const std::vector<InputFile>& files) {
  std::uint64_t rows = 0;
  for (const InputFile& file : files) {
    const std::string ending = file.path.extension().string();
    const bool dense = file.format == TableFormat::parquet || file.format == TableFormat::arrow ||
                       ending == ".gz" || ending == ".zst";
    rows += file.num_bytes / (dense ? 3 : 10) + 1;
  }
  return rows;
}

Plan make_plan(const ImportSettings& settings, const std::vector<InputFile>& files) {
  constexpr std::uint64_t kRowBytesInSort = 120;    // a row's share of all arrays of a range
  constexpr std::uint64_t kRowsPerRange = 1 << 18;  // sorts within the cache
  constexpr unsigned kMostRanges = 12;              // 4096
  Plan plan;
  plan.num_threads = settings.threads == 0 ? num_hardware_threads() : settings.threads;
  plan.memory_bytes = settings.memory ? settings.memory->value : available_memory_bytes() / 2;
  const std::uint64_t rows = most_rows(files);
  const std::uint64_t in_flight = plan.num_threads * rows * kRowBytesInSort;
  const std::uint64_t ranges = std::max(rows / kRowsPerRange, in_flight * 8 / plan.memory_bytes);
  plan.log2_ranges = std::min(kMostRanges, static_cast<unsigned>(std::bit_width(ranges)));
  const std::uint64_t pages = plan.num_threads << plan.log2_ranges;
  plan.page_bytes = static_cast<std::size_t>(
      std::clamp<std::uint64_t>(plan.memory_bytes / 10 / pages, 2u << 10, 64u << 10));
  return plan;
}

/// Passes reports on, one at a time.
class Reporter {
 public:
  Reporter(const Observer& observer, const StopFlag& stop) : observer_(observer), stop_(stop) {}

  void report(Progress progress) {
    const std::lock_guard lock(mutex_);
    observer_.report(progress);
  }
  void warn(const std::string& line) {
    const std::lock_guard lock(mutex_);
    observer_.warn(line);
  }
  void check_stop() const {
    if (!stop_.requested()) return;
    throw ErrorBuilder(ErrorKind::cancelled, "graph.stopped")
        .what("the import was stopped")
        .hint("the graph is as it was before")
        .build();
  }

 private:
  const Observer& observer_;
  const StopFlag& stop_;
  std::mutex mutex_;
};

EdgeStore::Layout layout_of(const ImportOptions& options) {
  EdgeStore::Layout layout;
  for (const SourceOptions& source : options.sources) {
    layout.weights = layout.weights || source.weight.column || source.weight.constant != 1.0f ||
                     source.weight.transform != WeightTransform::none;
    layout.timestamps = layout.timestamps || source.timestamp;
  }
  return layout;
}

/// One import from its options to the published directory.
class Import {
 public:
  Import(const ImportOptions& options, const fs::path& graph_dir, const Observer& observer,
         const StopFlag& stop, const Graph* base)
      : options_(options),
        base_(base),
        files_(find_files(options)),
        plan_(make_plan(options.import, files_)),
        partial_(graph_dir),
        report_(observer, stop),
        stop_(stop),
        name_budget_(plan_.memory_bytes / 5 * 2),
        row_budget_(plan_.memory_bytes / 5 * 2),
        name_spill_(partial_.path(), name_budget_),
        row_spill_(partial_.path(), row_budget_),
        relations_(options),
        edges_(layout_of(options), plan_.log2_ranges, plan_.page_bytes, row_spill_),
        buckets_(row_spill_) {
    for (const auto& [name, entity] : entity_types(options)) {
      names_.emplace_back(name, entity.partitions, entity.min_degree, name_budget_, name_spill_);
    }
    name_splits();
    if (base_ != nullptr) check_base();
  }

  ImportSummary run() {
    read();
    write_names();
    sort();
    write_edges();
    publish();
    return std::move(summary_);
  }

 private:
  static std::vector<InputFile> find_files(const ImportOptions& options) {
    std::vector<InputFile> files;
    for (std::size_t s = 0; s < options.sources.size(); ++s) {
      for (InputFile& file : find_input_files(options.sources[s], s)) {
        files.push_back(std::move(file));
      }
    }
    return files;
  }

  // Numbers the splits: train, valid, test, then those that sources name.
  void name_splits() {
    split_names_ = {kTrainSplit, "valid", "test"};
    std::set<std::string> named;
    for (const SourceOptions& source : options_.sources) named.insert(source.split);
    for (const std::string& name : split_names_) named.erase(name);
    named.erase("");
    split_names_.insert(split_names_.end(), named.begin(), named.end());
    for (const SourceOptions& source : options_.sources) {
      const auto it = std::find(split_names_.begin(), split_names_.end(), source.split);
      split_of_source_.push_back(
          it == split_names_.end() ? 0u : static_cast<std::uint32_t>(it - split_names_.begin()));
    }
  }

  std::vector<std::unique_ptr<TableReader>> open(std::size_t index) const {
    const InputFile& file = files_[index];
    const SourceOptions& source = options_.sources[file.source];
    const WantedColumns wanted = wanted_columns(source);
    if (file.format == TableFormat::parquet) {
      return open_parquet(file, index, wanted, options_.import.timestamp_unit);
    }
    std::vector<std::unique_ptr<TableReader>> readers;
    readers.push_back(file.format == TableFormat::arrow
                          ? open_arrow(file, index, wanted, options_.import.timestamp_unit)
                          : open_text(file, index, source, wanted));
    return readers;
  }

  // Ids are kept only if types, partitions and hashes are the base's.
  void check_base() const {
    for (const EntityType& type : base_->schema().entities) {
      const auto names = std::find_if(names_.begin(), names_.end(), [&](const NameSet& each) {
        return each.type() == type.name;
      });
      if (names == names_.end()) {
        throw ErrorBuilder(ErrorKind::invalid_argument, "graph.base_type")
            .what(fmt::format("the base graph has entity type {}, the config has not",
                              quote(type.name)))
            .expected("one of " + list(base_->schema().entity_names()))
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
      const std::uint64_t seed = base_vocabulary(type.name)->seed();
      if (seed != options_.import.hash_seed) {
        throw ErrorBuilder(ErrorKind::invalid_argument, "graph.base_hash_seed")
            .what("the base graph was imported with another hash seed")
            .at("import.hash_seed")
            .found(fmt::format("{}", options_.import.hash_seed))
            .expected(fmt::format("{}", seed))
            .build();
      }
    }
  }

  // 1. Rows become hashes; distinct names are collected.
  void read() {
    std::uint64_t total_bytes = 0;
    for (const InputFile& file : files_) total_bytes += file.num_bytes;
    summary_.num_files = files_.size();
    summary_.input_bytes = total_bytes;
    const IntakeContext context{options_, files_, split_of_source_, relations_, names_, edges_};
    std::deque<Intake> intakes;
    for (std::size_t t = 0; t < plan_.num_threads; ++t) intakes.emplace_back(context);
    PieceQueue queue(files_.size(), [this](std::size_t file) { return open(file); });
    std::mutex mutex;
    std::optional<Rejected> first_bad;
    std::atomic<std::uint64_t> num_rows{0};
    run_threads(plan_.num_threads, [&](std::size_t thread) {
      try {
        Batch batch;
        while (const auto piece = queue.next()) {
          report_.check_stop();
          piece->parse(batch);
          intakes[thread].take(batch);
          num_rows += batch.num_rows;
          report_.report({"reading",
                          queue.position(),
                          total_bytes,
                          "bytes",
                          {{"rows", fmt::format("{}", num_rows.load())}}});
        }
        intakes[thread].finish();
      } catch (BadRowFound& bad) {
        queue.stop();
        const std::lock_guard lock(mutex);
        const auto place = [](const Rejected& row) { return std::pair(row.file, row.position); };
        if (!first_bad || place(bad.row) < place(*first_bad)) first_bad = std::move(bad.row);
      } catch (...) {
        queue.stop();
        throw;
      }
    });
    if (first_bad) throw to_error(*first_bad, files_);
    count(intakes);
  }

  void count(const std::deque<Intake>& intakes) {
    counts_.resize(relations_.size());
    IntakeCounts unassigned;
    std::vector<Rejected> rejected;
    for (const Intake& intake : intakes) {
      for (std::size_t r = 0; r < intake.counts().size(); ++r) counts_[r].add(intake.counts()[r]);
      unassigned.add(intake.unassigned());
      summary_.num_rows += intake.num_rows();
      rejected.insert(rejected.end(), intake.rejected().begin(), intake.rejected().end());
    }
    summary_.unassigned_rejected = unassigned.rejected;
    summary_.unassigned_filtered = unassigned.filtered;
    std::sort(rejected.begin(), rejected.end(), [](const Rejected& a, const Rejected& b) {
      return std::pair(a.file, a.position) < std::pair(b.file, b.position);
    });
    rejected.resize(std::min(rejected.size(), Intake::kShownRows));
    for (const Rejected& row : rejected) {
      summary_.rejected.push_back(
          {fmt::format("{}:{}", files_[row.file].name, row.position), one_line(row.problem)});
    }
    if (summary_.num_rows == 0) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "graph.no_rows")
          .what("the sources have no rows")
          .found(fmt::format("{} files, the first is {}", files_.size(), quote(files_[0].name)))
          .build();
    }
    for (std::uint32_t r = 0; r < relations_.size(); ++r) {
      const IntakeCounts& c = counts_[r];
      if (c.with_timestamp > 0 && c.without_timestamp > 0) {
        throw ErrorBuilder(ErrorKind::invalid_argument, "graph.mixed_timestamps")
            .what(fmt::format("some rows of relation {} have timestamps and some have none",
                              quote(relations_.name(r))))
            .found(fmt::format("{} with, {} without", c.with_timestamp, c.without_timestamp))
            .hint("name the timestamp column in all sources of the relation, or in none")
            .build();
      }
      if (c.rows == 0) {
        report_.warn(fmt::format("relation {} has no rows", quote(relations_.name(r))));
      }
    }
  }

  // 2. Each type's names in the order of their hashes.
  void write_names() {
    make_directories(partial_.path() / "vocabulary");
    for (NameSet& names : names_) {
      report_.check_stop();
      report_.report({fmt::format("writing the names of {}", names.type()), 0, 0, "names", {}});
      const std::optional<Vocabulary> base = base_vocabulary(names.type());
      const WrittenVocabulary written =
          write_vocabulary(partial_.path(), names, options_.import.hash_seed,
                           base ? &*base : nullptr, plan_.num_threads, name_spill_, manifest_);
      summary_.schema.entities.push_back({names.type(), written.partition_sizes});
      if (base_ != nullptr) {
        summary_.changes.push_back(
            {names.type(), written.num_kept, written.num_new, written.num_vanished});
      }
      indexes_.emplace_back(
          Vocabulary::open(partial_.path(), names.type(), names.num_partitions()));
    }
    describe_relations();
  }

  std::optional<Vocabulary> base_vocabulary(const std::string& type) const {
    if (base_ == nullptr) return std::nullopt;
    const auto found = base_->schema().find_entity(type);
    if (!found) return std::nullopt;
    return base_->vocabulary(*found);
  }

  // What the sorter must know of each relation.
  void describe_relations() {
    const std::vector<std::string>& split = options_.split.relations;
    std::int64_t now = std::numeric_limits<std::int64_t>::min();
    for (const IntakeCounts& c : counts_) now = std::max(now, c.latest);
    now = options_.import.now.value_or(now);
    for (std::uint32_t r = 0; r < relations_.size(); ++r) {
      const RelationRegistry::Entry& relation = relations_[r];
      SortedRelation sorted;
      sorted.lhs = &indexes_[relation.lhs_type];
      sorted.rhs = &indexes_[relation.rhs_type];
      sorted.duplicates = relation.duplicates;
      sorted.timestamps = counts_[r].with_timestamp > 0;
      sorted.incomplete = names_[relation.lhs_type].counts() || names_[relation.rhs_type].counts();
      sorted.is_split =
          split.empty() || std::find(split.begin(), split.end(), relations_.name(r)) != split.end();
      sorted.half_life = relation.half_life_s * units_per_second();
      sorted.now = now;
      if (sorted.half_life > 0.0 && counts_[r].without_timestamp > 0) {
        throw ErrorBuilder(ErrorKind::invalid_argument, "graph.no_timestamps")
            .what(fmt::format("relation {} has a half-life, and its rows have no timestamps",
                              quote(relations_.name(r))))
            .hint("name the timestamp column in its sources")
            .build();
      }
      sorted_.push_back(sorted);
    }
  }

  double units_per_second() const {
    switch (options_.import.timestamp_unit) {
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

  // 3. Ranges of the lhs hash: looked up, merged, split, divided over the buckets.
  void sort() {
    TimeCut cut;
    if (options_.split.by == SplitBy::time) cut = find_time_cut(edges_, sorted_, options_.split);
    const Splitter splitter(options_.split, cut);
    const auto split = [&](const SortedEdges& edges) {
      if (edges.split != 0) return std::vector<std::uint8_t>(edges.size());
      return splitter.assign(edges, relations_.name(edges.relation), sorted_[edges.relation]);
    };
    std::unique_ptr<LeakGuard> guard;
    if (options_.split.held_out_pairs != HeldOutPairs::keep) guard = collect_held_out(split);
    duplicates_.resize(relations_.size());
    std::mutex mutex;
    std::uint64_t num_done = 0;
    parallel_for(edges_.num_ranges(), plan_.num_threads, [&](std::size_t range) {
      report_.check_stop();
      std::vector<LeakGuard::Pair> pairs;
      if (guard) pairs = guard->pairs_of(range);
      sort_range(edges_.take(range), sorted_, [&](SortedEdges&& edges) {
        const SortedRelation& relation = sorted_[edges.relation];
        std::vector<std::uint8_t> splits = split(edges);
        const std::uint64_t num_rare = edges.num_filtered;
        if (guard) guard->remove_leaks(pairs, edges, splits, relation);
        buckets_.add(range, edges, splits, relation);
        const std::lock_guard lock(mutex);
        duplicates_[edges.relation] += edges.num_duplicates;
        counts_[edges.relation].filtered += edges.num_filtered;
        summary_.num_rare += num_rare;
        summary_.num_leaks += edges.num_filtered - num_rare;
      });
      const std::lock_guard lock(mutex);
      report_.report({"sorting", ++num_done, edges_.num_ranges(), "ranges", {}});
    });
  }

  // Goes through all rows once more, before any edge may leave train because of a held-out one.
  template <class Split>
  std::unique_ptr<LeakGuard> collect_held_out(const Split& split) {
    auto guard = std::make_unique<LeakGuard>(options_.split.held_out_pairs, relations_,
                                             plan_.log2_ranges, plan_.page_bytes, row_spill_);
    std::atomic<std::size_t> next{0};
    run_threads(plan_.num_threads, [&](std::size_t) {
      EdgeStore::Writer pairs(guard->pairs());
      for (std::size_t range; (range = next.fetch_add(1)) < edges_.num_ranges();) {
        report_.check_stop();
        report_.report({"finding what is held out", range, edges_.num_ranges(), "ranges", {}});
        sort_range(edges_.read(range), sorted_, [&](SortedEdges&& edges) {
          guard->collect(edges, split(edges), sorted_[edges.relation], pairs);
        });
      }
      pairs.flush();
    });
    return guard;
  }

  // 4. Buckets, and what the manifest says of them.
  void write_edges() {
    const std::vector<std::uint32_t> order = relations_.schema_order();
    const auto file_of = [&](const BucketId& id) {
      return Graph::bucket_file(split_names_[id.split], relations_.name(id.relation),
                                id.lhs_partition, id.rhs_partition);
    };
    std::vector<std::map<std::string, std::uint64_t>> edges(relations_.size());
    std::vector<bool> has_split(split_names_.size());
    for (const auto& [id, size] : buckets_.sizes()) {
      edges[id.relation][split_names_[id.split]] += size;
      has_split[id.split] = true;
      meta_.bucket_sizes[file_of(id)] = size;
    }
    for (std::size_t s = 0; s < split_names_.size(); ++s) {
      if (s == 0 || has_split[s]) summary_.splits.push_back(split_names_[s]);
    }
    for (const std::uint32_t r : order) {
      const IntakeCounts& c = counts_[r];
      summary_.schema.relations.push_back(
          {relations_.name(r), relations_[r].lhs_type, relations_[r].rhs_type});
      summary_.counts.push_back(
          {c.rows, duplicates_[r], c.self_loops, c.filtered, c.rejected, edges[r]});
      meta_.has_timestamps.push_back(c.with_timestamp > 0);
    }
    check_sums();
    report_.report({"writing the edges", 0, 0, "edges", {}});
    buckets_.write(partial_.path(), file_of, plan_.num_threads, stop_, manifest_);
    report_.check_stop();
  }

  // No row may be lost: rows = edges + duplicates + self_loops + filtered + rejected.
  void check_sums() const {
    std::uint64_t accounted = summary_.unassigned_rejected + summary_.unassigned_filtered;
    for (const RelationCounts& c : summary_.counts) {
      std::uint64_t of_relation = c.duplicates + c.self_loops + c.filtered + c.rejected;
      for (const auto& [split, edges] : c.edges) of_relation += edges;
      accounted += of_relation;
      if (of_relation != c.rows) accounted = ~std::uint64_t{0};
    }
    if (accounted == summary_.num_rows) return;
    throw ErrorBuilder(ErrorKind::internal, "graph.lost_rows")
        .what("the import lost or doubled rows")
        .found(fmt::format("{} accounted for", accounted))
        .expected(fmt::format("{} rows read", summary_.num_rows))
        .build();
  }

  void add_networks() {
    for (const auto& [name, relations] : options_.networks) {
      Network network{name, {}};
      for (const std::string& relation : relations) {
        const auto found = summary_.schema.find_relation(relation);
        if (!found) {
          throw ErrorBuilder(ErrorKind::not_found, "graph.unknown_relation")
              .what(fmt::format("network {} has relation {}, which no source has", quote(name),
                                quote(relation)))
              .hint(did_you_mean(relation, summary_.schema.relation_names()))
              .build();
        }
        network.relations.push_back(*found);
      }
      std::sort(network.relations.begin(), network.relations.end());
      const auto last = std::unique(network.relations.begin(), network.relations.end());
      network.relations.erase(last, network.relations.end());
      meta_.networks.push_back(std::move(network));
    }
  }

  // Who takes part in which relation; a network of low coverage alone is worth a warning.
  void find_coverage() {
    std::uint64_t largest = 1;
    for (const EntityType& type : meta_.schema.entities) {
      for (const std::uint32_t size : type.partition_sizes) {
        largest = std::max<std::uint64_t>(largest, size);
      }
    }
    const std::uint64_t threads_that_fit = plan_.memory_bytes / 4 / (8 * largest);
    const double high = options_.import.high_coverage;
    report_.report({"measuring coverage", 0, 0, "edges", {}});
    summary_.coverage = twhin::find_coverage(
        Graph::open(partial_.path(), manifest_), options_.import.core_type, high,
        std::clamp<std::uint64_t>(threads_that_fit, 1, plan_.num_threads));
    for (const std::string& network : summary_.coverage.low_networks) {
      report_.warn(fmt::format(
          "network {} has only relations of low coverage, each with less than {:.0f} % of type {}: "
          "its vectors will be poor unless a relation that most of them take part in joins it",
          quote(network), 100.0 * high,
          quote(meta_.schema.entities[summary_.coverage.core_type].name)));
    }
    write_text(partial_.path() / "stats.json", summary_.coverage.to_json(meta_.schema, high));
    manifest_.add(partial_.path(), "stats.json");
  }

  void publish() {
    add_networks();
    meta_.schema = summary_.schema;
    meta_.splits = summary_.splits;
    meta_.counts = summary_.counts;
    manifest_.format = Graph::kFormat;
    manifest_.meta_json = meta_.to_json();
    find_coverage();
    // The run's options, not part of the graph: other threads or file names, the same graph.
    write_text(partial_.path() / "config.yaml", config::to_yaml(options_));
    report_.report({"syncing", 0, 0, "bytes", {}});
    for (const auto& [file, record] : manifest_.files) summary_.graph_bytes += record.num_bytes;
    partial_.sync();
    report_.check_stop();
    manifest_.write(partial_.path());
    partial_.publish();
    summary_.spilled_bytes = name_spill_.spilled_bytes() + row_spill_.spilled_bytes();
  }

  const ImportOptions& options_;
  const Graph* base_;
  const std::vector<InputFile> files_;
  const Plan plan_;
  PartialDirectory partial_;
  Reporter report_;
  const StopFlag& stop_;
  MemoryBudget name_budget_, row_budget_;
  Spill name_spill_, row_spill_;
  std::vector<std::string> split_names_;
  std::vector<std::uint32_t> split_of_source_;
  RelationRegistry relations_;
  std::deque<NameSet> names_;
  EdgeStore edges_;
  std::vector<IntakeCounts> counts_;  // by relation as met, like the next two
  std::vector<SortedRelation> sorted_;
  std::vector<std::uint64_t> duplicates_;
  std::deque<HashIndex> indexes_;
  BucketStore buckets_;
  Manifest manifest_;
  GraphMeta meta_;
  ImportSummary summary_;
};

}  // namespace

ImportSummary import_graph(const ImportOptions& options, const fs::path& graph_dir,
                           const Observer& observer, const StopFlag& stop, const Graph* base) {
  const auto begin = std::chrono::steady_clock::now();
  check_import(options);
  ImportSummary summary = Import(options, graph_dir, observer, stop, base).run();
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  summary.peak_memory_bytes = peak_resident_bytes();
  return summary;
}

}  // namespace twhin
