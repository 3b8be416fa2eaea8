#include "twhin/index/index.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "index/directory.h"
#include "index/graph_search.h"
#include "index/inverted_lists.h"
#include "model/comparator_scores.h"
#include "twhin/base/error.h"
#include "twhin/base/threads.h"
#include "twhin/storage/manifest.h"

namespace twhin {
namespace fs = std::filesystem;

struct Index::State {
  IndexInfo info;
  SearchTarget target;
};

namespace {

Error wrong_version(const fs::path& directory, const IndexInfo& info, const ModelVersion& version) {
  return ErrorBuilder(ErrorKind::invalid_argument, "index.wrong_version")
      .what(fmt::format("{} was made from another version", quote(directory.string())))
      .found("a version with checksum " + to_hex(info.model_checksum))
      .expected(fmt::format("{}, {}", to_hex(version.checksum()), version.path().string()))
      .hint(fmt::format("build it anew: twhin index {} --type {} --kind {}",
                        version.path().string(), info.type, enum_name(info.options.kind)))
      .build();
}

std::vector<std::string> names_of_indexes(const ModelVersion& version) {
  std::vector<std::string> out;
  if (!fs::is_directory(indexes_directory(version))) return out;
  for (const auto& entry : fs::directory_iterator(indexes_directory(version))) {
    if (entry.path().extension() == ".partial") continue;
    if (fs::exists(entry.path() / Manifest::kFileName)) {
      out.push_back(entry.path().filename().string());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::shared_ptr<const Searcher> read_searcher(const fs::path& directory, const IndexInfo& info,
                                              const SearchTarget& target) {
  if (info.kind == IndexKind::exact) return nullptr;
  ItemSpaceParams params{info.comparator, GraphSpace::plain, {}, 0.0f};
  const auto num_rows = static_cast<std::uint32_t>(info.num_entities);
  if (info.kind != IndexKind::hnsw) {
    return InvertedLists::read(directory, num_rows, info.dim, params);
  }
  GraphLinks links = GraphLinks::read(directory, num_rows, info.dim, params);
  return std::make_shared<GraphSearch>(ItemSpace(*target.rows, target.type, std::move(params)),
                                       std::move(links), num_hardware_threads(), StopFlag{});
}

}  // namespace

Index::Index(std::unique_ptr<State> state) : state_(std::move(state)) {}
Index::Index(Index&&) noexcept = default;
Index& Index::operator=(Index&&) noexcept = default;
Index::~Index() = default;

Index Index::exact(const ModelVersion& version, std::uint32_t type) {
  auto state = std::make_unique<State>();
  IndexInfo& info = state->info;
  info.type = version.schema().entities[type].name;
  info.comparator = comparator_of(version);
  info.options.kind = IndexKind::exact;
  info.model_checksum = version.checksum();
  info.num_entities = version.schema().entities[type].num_entities();
  info.dim = version.info().dim;
  state->target = target_of(version, type, info);
  return Index(std::move(state));
}

Index Index::open(const ModelVersion& version, std::uint32_t type, IndexKind kind,
                  std::optional<Comparator> comparator) {
  const std::string name =
      index_name(version, type, kind, comparator.value_or(comparator_of(version)));
  const fs::path directory = indexes_directory(version) / name;
  if (!fs::exists(directory / Manifest::kFileName)) {
    throw ErrorBuilder(ErrorKind::not_found, "index.not_found")
        .what(fmt::format("{} has no index {}", quote(version.path().string()), quote(name)))
        .found(list(names_of_indexes(version)))
        .hint(fmt::format("build it: twhin index {} --type {} --kind {}", version.path().string(),
                          version.schema().entities[type].name, enum_name(kind)))
        .build();
  }
  const Manifest manifest = Manifest::read(directory, kIndexFormat);
  auto state = std::make_unique<State>();
  state->info = IndexInfo::from_json(manifest.meta_json);
  if (state->info.model_checksum != version.checksum()) {
    throw wrong_version(directory, state->info, version);
  }
  manifest.verify(directory, false);
  state->target = target_of(version, type, state->info);
  state->target.searcher = read_searcher(directory, state->info, state->target);
  return Index(std::move(state));
}

Index Index::open_best(const ModelVersion& version, std::uint32_t type,
                       std::optional<Comparator> comparator) {
  const Comparator wanted = comparator.value_or(comparator_of(version));
  for (const IndexKind kind : {IndexKind::hnsw, IndexKind::ivf_opq, IndexKind::ivf_pq}) {
    const fs::path directory = indexes_directory(version) / index_name(version, type, kind, wanted);
    if (fs::exists(directory / Manifest::kFileName)) return open(version, type, kind, wanted);
  }
  Index out = exact(version, type);
  out.state_->info.comparator = wanted;
  return out;
}

const IndexInfo& Index::info() const { return state_->info; }

std::uint64_t Index::memory_bytes() const {
  return state_->target.searcher == nullptr ? 0 : state_->target.searcher->memory_bytes();
}

bool Index::answers(const ScoreFunction& function, Side wanted) const {
  if (state_->target.searcher == nullptr) return true;
  const bool same = function.comparator() == state_->info.comparator ||
                    (is_distance(function.comparator()) && is_distance(state_->info.comparator));
  return same && !function.transforms_candidates(wanted);
}

Hits Index::search(const ScoreFunction& function, const Queries& queries,
                   const SearchOptions& options, const Observer& observer,
                   const StopFlag& stop) const {
  if (!answers(function, queries.wanted())) {
    if (function.transforms_candidates(queries.wanted())) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "index.transformed_candidates")
          .what(
              "the relation's operator transforms the entities that are looked for, which an "
              "index has as they are")
          .hint("search exactly; or train with train.reciprocal")
          .build();
    }
    throw ErrorBuilder(ErrorKind::invalid_argument, "index.wrong_comparator")
        .what("the index is for another comparator")
        .found(std::string(enum_name(function.comparator())))
        .expected(std::string(enum_name(state_->info.comparator)))
        .hint(fmt::format("build one: twhin index MODEL --type {} --comparator {}",
                          state_->info.type, enum_name(function.comparator())))
        .build();
  }
  return search_target(state_->target, function, queries, options, observer, stop);
}

std::vector<IndexInfo> indexes_of(const ModelVersion& version) {
  std::vector<IndexInfo> out;
  for (const std::string& name : names_of_indexes(version)) {
    const Manifest manifest = Manifest::read(indexes_directory(version) / name, kIndexFormat);
    IndexInfo info = IndexInfo::from_json(manifest.meta_json);
    if (info.model_checksum == version.checksum()) out.push_back(std::move(info));
  }
  std::sort(out.begin(), out.end(), [](const IndexInfo& a, const IndexInfo& b) {
    return std::tie(a.type, a.options.kind, a.comparator) <
           std::tie(b.type, b.options.kind, b.comparator);
  });
  return out;
}

}  // namespace twhin
