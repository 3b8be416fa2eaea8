#include "twhin/graph/estimate.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>

#include "graph/estimate_sizes.h"
#include "graph/growth.h"
#include "graph/sample.h"
#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/base/memory.h"

namespace twhin {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

std::uint64_t rounded(double x) { return static_cast<std::uint64_t>(std::llround(x)); }

// Bad rows are counted, not fatal; rare entities stay, so that sizes are upper bounds; networks may
// name relations that the sample does not meet.
ImportOptions options_of_sample(const ImportOptions& options) {
  ImportOptions sample = options;
  sample.import.on_bad_row = BadRowPolicy::skip;
  sample.networks.clear();
  for (auto& [name, entity] : sample.entities) entity.min_degree = 1;
  return sample;
}

/// Seconds of each stage on the sample.
struct StageTimes {
  double read = 0.0, names = 0.0, sort = 0.0, write = 0.0, complete = 0.0, sync = 0.0;
};

double seconds_of(const std::function<void()>& stage) {
  const auto begin = Clock::now();
  stage();
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double measure_disk(const fs::path& directory) {
  const std::vector<char> bytes(std::size_t{32} << 20, 1);
  const double seconds = seconds_of([&] {
    AtomicFile file(directory / "calibration");
    file.write(bytes.data(), bytes.size());
    file.commit();
  });
  return static_cast<double>(bytes.size()) / seconds;
}

/// How the distinct things of the whole input follow from the sample's.
struct Growths {
  std::vector<Growth> types;  // names, by entity type
  Growth merged;              // pairs of relations whose duplicates are merged
  double kept_rows = 0.0;     // of the sample, of the other relations
  double taken_rows = 0.0;    // of the sample, of all
};

Growths find_growths(const ImportRun& run, const Sample& sample) {
  std::vector<std::uint64_t> ends(run.names.size());
  std::uint64_t num_merged = 0;
  Growths growths;
  const auto merges = [&](const TakenRow& row) {
    return run.relations[row.relation].duplicates != DuplicatePolicy::keep;
  };
  const auto for_each = [&](const auto& body) {
    for (const auto& rows : sample.taken) {
      for (const TakenRow& row : rows) body(row);
    }
  };
  for_each([&](const TakenRow& row) {
    ++ends[run.relations[row.relation].lhs_type];
    ++ends[run.relations[row.relation].rhs_type];
    if (merges(row)) {
      ++num_merged;
    } else {
      ++growths.kept_rows;
    }
    ++growths.taken_rows;
  });
  for (std::uint32_t t = 0; t < ends.size(); ++t) {
    Meetings names(ends[t]);
    for_each([&](const TakenRow& row) {
      const RelationRegistry::Entry& relation = run.relations[row.relation];
      if (relation.lhs_type == t) names.add(row.lhs, row.piece);
      if (relation.rhs_type == t) names.add(row.rhs, row.piece);
    });
    growths.types.push_back(names.growth(sample.share(), sample.pieces));
    growths.types.back().raise_to(sample.named[t]);
  }
  Meetings pairs(num_merged);
  for_each([&](const TakenRow& row) {
    if (merges(row)) pairs.add(mix64(mix64(row.lhs) ^ row.rhs) + row.relation, row.piece);
  });
  growths.merged = pairs.growth(sample.share(), sample.pieces);
  return growths;
}

void add_warnings(const ImportOptions& options, const ImportSummary& sample,
                  ImportEstimate& estimate) {
  const auto warn = [&](std::string line) { estimate.warnings.push_back(std::move(line)); };
  if (estimate.rejected > 0) {
    const std::string first = sample.rejected.empty() ? ""
                                                      : ", e.g. " + sample.rejected[0].place +
                                                            ": " + sample.rejected[0].reason;
    warn((estimate.ends_at_bad_row ? "the import will end at a bad row"
                                   : "bad rows will be left out") +
         first);
  }
  if (estimate.front_only) {
    warn(
        "sampled from their beginning only: files of compressed text, text with quotes, Arrow "
        "streams and HDF5");
  }
  if (estimate.sampled_share < 0.02) {
    warn("entities and edges are extrapolated from less than 2 % of the rows");
  }
  for (const auto& [name, entity] : options.entities) {
    if (entity.min_degree > 1) {
      warn("entities of type " + quote(name) + " below their least degree are counted as well");
    }
  }
}

}  // namespace

ImportEstimate estimate_import(const ImportOptions& options, const fs::path& graph_dir,
                               const Observer& observer, const StopFlag& stop) {
  check_import(options);
  const std::uint64_t program_bytes = resident_bytes();
  const ImportOptions sampled = options_of_sample(options);
  const SampleLimits limits;
  fs::path beside = fs::absolute(graph_dir).lexically_normal();
  if (!beside.has_filename()) beside = beside.parent_path();
  beside += ".estimate";
  Reporter report(observer, stop);
  ImportRun run(sampled, beside, observer, stop, nullptr,
                sample_share(find_inputs(sampled, report).files, limits));

  const Sample sample = read_sample(run, limits);
  StageTimes times;
  times.read = sample.seconds;
  times.names = seconds_of([&] { write_names(run); });
  times.sort = seconds_of([&] { sort_edges(run); });
  times.write = seconds_of([&] { write_edges(run); });
  times.complete = seconds_of([&] { complete(run); });
  times.sync = seconds_of([&] {
    run.partial.sync();
    run.manifest.write(run.partial.path());
  });
  const double disk_bytes_per_s = measure_disk(run.partial.path());

  const Growths growths = find_growths(run, sample);
  const double factor = 1.0 / sample.share();
  ImportEstimate estimate;
  estimate.num_files = run.files.size();
  estimate.sampled_files = sample.num_files;
  for (const InputFile& file : run.files) estimate.input_bytes += file.num_bytes;
  estimate.sampled_bytes = sample.bytes_read;
  estimate.sampled_rows = sample.rows_read;
  estimate.sampled_share = sample.share();
  estimate.front_only = sample.front_only;
  estimate.rows = rounded(sample.whole ? static_cast<double>(sample.rows_read) : sample.rows);
  estimate.edges = rounded(growths.merged.total() + growths.kept_rows * factor);
  estimate.rejected = rounded(static_cast<double>(run.summary.num_rejected()) * factor);
  estimate.ends_at_bad_row =
      estimate.rejected > 0 && options.import.on_bad_row == BadRowPolicy::fail;
  double entities = 0.0, sampled_entities = 0.0;
  for (std::uint32_t t = 0; t < run.names.size(); ++t) {
    const Vocabulary names =
        Vocabulary::open(run.partial.path(), run.names[t].type(), run.names[t].num_partitions());
    double bytes = 0.0;
    for (std::uint32_t p = 0; p < names.num_partitions(); ++p) {
      const std::string file = Vocabulary::file_name(run.names[t].type(), p);
      bytes += static_cast<double>(run.manifest.files.at(file).num_bytes) - 16.0 * names.size(p);
    }
    const auto met = static_cast<double>(std::max<std::uint64_t>(1, names.size()));
    const double total = growths.types[t].total();
    estimate.types.push_back(
        {run.names[t].type(), rounded(total), rounded(total * std::max(1.0, bytes / met))});
    entities += total;
    sampled_entities += met;
  }

  Sizes sizes;
  sizes.plan = make_plan(options.import, most_rows(run.files), run.names.size(), run.edges.layout(),
                         run.inputs.held_bytes());
  sizes.program_bytes = program_bytes + run.inputs.held_bytes();
  sizes.reads_parquet = std::any_of(run.files.begin(), run.files.end(), [](const InputFile& file) {
    return file.format == TableFormat::parquet || file.format == TableFormat::arrow;
  });
  sizes.layout = run.edges.layout();
  sizes.rows = growths.taken_rows * factor;
  sizes.edges = static_cast<double>(estimate.edges);
  // What an edge takes on disk is that of the sample's, whose weights may all be 1.
  double sampled_edges = 0.0, edge_bytes = 0.0;
  for (const auto& [file, record] : run.manifest.files) {
    if (file.rfind("edges/", 0) != 0 && file.rfind("splits/", 0) != 0) continue;
    edge_bytes += static_cast<double>(record.num_bytes);
  }
  for (const auto& [file, size] : run.meta.bucket_sizes) sampled_edges += static_cast<double>(size);
  sizes.edge_bytes = sampled_edges > 0 ? edge_bytes / sampled_edges : 8.0;
  for (std::uint32_t t = 0; t < run.names.size(); ++t) {
    sizes.types.push_back({growths.types[t], static_cast<double>(estimate.types[t].names_bytes),
                           run.names[t].num_partitions()});
  }
  find_sizes(sizes, estimate);
  estimate.available_memory_bytes = available_memory_bytes() + program_bytes;
  fs::path existing = beside.parent_path();
  while (!fs::exists(existing) && existing.has_relative_path()) existing = existing.parent_path();
  estimate.available_disk_bytes = fs::space(existing).available;

  // Early rows bring new names, later ones hardly any. Small files are synced in the time of one.
  double met = 0.0;
  for (const Growth& names : growths.types) met += names.num_met();
  const double read_factor = (static_cast<double>(estimate.rows) + kRowsPerNewName * entities) /
                             (static_cast<double>(sample.rows_read) + kRowsPerNewName * met);
  const double names_factor = entities / std::max(1.0, sampled_entities);
  const double edges_factor = sizes.edges / std::max(1.0, sampled_edges);
  const auto more_bytes =
      static_cast<double>(estimate.graph_bytes) - static_cast<double>(run.summary.graph_bytes);
  estimate.seconds = times.read * read_factor + times.names * names_factor + times.sort * factor +
                     (times.write + times.complete) * edges_factor + times.sync +
                     std::max(0.0, more_bytes) / disk_bytes_per_s +
                     static_cast<double>(estimate.spilled_bytes) / kSpillBytesPerSecond;
  add_warnings(options, run.summary, estimate);
  return estimate;
}

}  // namespace twhin
