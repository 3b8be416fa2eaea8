#include "graph/import_run.h"

#include <algorithm>
#include <set>

#include "twhin/base/error.h"

namespace twhin {
namespace {

// Of the rows that a thread sorts at once: two ranks and the share of a segment's index.
constexpr std::uint64_t kRunBytesPerRow = 16;

EdgeStore::Layout layout_of(const ImportOptions& options) {
  EdgeStore::Layout layout;
  for (const SourceOptions& source : options.sources) {
    layout.weights = layout.weights || source.weight.column || source.weight.constant != 1.0f ||
                     source.weight.transform != WeightTransform::none;
    layout.timestamps = layout.timestamps || source.timestamp;
  }
  return layout;
}

// Numbers the splits: train, valid, test, then those that sources name.
std::vector<std::string> name_splits(const ImportOptions& options) {
  std::vector<std::string> names = {kTrainSplit, "valid", "test"};
  std::set<std::string> named;
  for (const SourceOptions& source : options.sources) named.insert(source.split);
  for (const std::string& name : names) named.erase(name);
  named.erase("");
  names.insert(names.end(), named.begin(), named.end());
  return names;
}

std::vector<std::uint32_t> number_splits(const ImportOptions& options,
                                         const std::vector<std::string>& names) {
  std::vector<std::uint32_t> numbers;
  for (const SourceOptions& source : options.sources) {
    const auto it = std::find(names.begin(), names.end(), source.split);
    numbers.push_back(it == names.end() ? 0u : static_cast<std::uint32_t>(it - names.begin()));
  }
  return numbers;
}

}  // namespace

ImportRun::ImportRun(const ImportOptions& import_options, const std::filesystem::path& graph_dir,
                     const Observer& observer, const StopFlag& stop_flag, const Graph* base_graph,
                     double share)
    : config(import_options),
      base(base_graph),
      report(observer, stop_flag),
      inputs(find_inputs(config, report)),
      options(inputs.options),
      files(inputs.files),
      plan(make_plan(options.import,
                     static_cast<std::uint64_t>(share * static_cast<double>(most_rows(files))),
                     entity_types(options).size(), layout_of(options), inputs.held_bytes())),
      partial(graph_dir),
      stop(stop_flag),
      name_budget(plan.name_budget()),
      row_budget(plan.row_budget()),
      name_spill(partial.path(), name_budget),
      row_spill(partial.path(), row_budget),
      split_names(name_splits(options)),
      split_of_source(number_splits(options, split_names)),
      relations(options),
      edges(layout_of(options), plan.log2_ranges, plan.page_bytes, row_spill),
      buckets(row_spill, plan.rows_at_once * kRunBytesPerRow) {
  for (const auto& [name, entity] : entity_types(options)) {
    names.emplace_back(name, entity.partitions, plan.num_shards, entity.min_degree, name_budget,
                       name_spill);
  }
  for (const std::string& warning : inputs.warnings) report.warn(warning);
}

std::optional<Vocabulary> ImportRun::base_vocabulary(const std::string& type) const {
  if (base == nullptr) return std::nullopt;
  const auto found = base->schema().find_entity(type);
  if (!found) return std::nullopt;
  return base->vocabulary(*found);
}

}  // namespace twhin
