#include "twhin/mixture/build.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "mixture/check_stop.h"
#include "mixture/clusters.h"
#include "mixture/edge_sample.h"
#include "mixture/engagements.h"
#include "mixture/mixture_files.h"
#include "mixture/shares.h"
#include "mixture/smoothing.h"
#include "mixture/user_writer.h"
#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/base/memory.h"

namespace twhin {
namespace fs = std::filesystem;
namespace files = mixture_files;
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// What was counted of the users of all types.
struct UserCounts {
  std::uint64_t users = 0, with_components = 0, components = 0;
  double kept = 0.0;  // sum over users of the share of their engagements that is kept
};

class Builder {
 public:
  Builder(const ModelVersion& version, const Graph& graph, const MixtureOptions& options,
          std::size_t threads, const Observer& observer, const StopFlag& stop)
      : version_(version),
        graph_(graph),
        options_(options),
        threads_(threads),
        observer_(observer),
        stop_(stop),
        type_(version.schema().entity(options.type)),
        target_layout_(version.schema().entities[type_]),
        target_rows_(version.rows(type_)) {}

  /// Fills `directory`, without its manifest.
  MixtureInfo run(const fs::path& directory, bool has_own) {
    has_own_ = has_own;
    const Schema& schema = version_.schema();
    const auto relations = counted_relations(version_, graph_, type_, options_);
    make_directories(directory / "users");

    const auto start = Clock::now();
    clusters_ =
        cluster_rows(*target_rows_, schema.entities[type_], options_, threads_, observer_, stop_);
    const double clustering_s = seconds_since(start);
    write_clusters(directory);
    write_edge_sample(version_, graph_, options_.seed, directory / files::kEdges);

    const auto counting = Clock::now();
    const EngagementReader reader(graph_, schema, type_, options_, relations, observer_, stop_);
    for (const std::uint32_t user_type : reader.user_types()) {
      mix_users(reader, user_type, directory);
    }
    MixtureInfo info;
    info.options = options_;
    info.options.relations.clear();
    for (const CountedRelation& each : relations) {
      info.relations.push_back(each.relation);
      info.options.relations.push_back(schema.relations[each.relation].name);
    }
    info.version_checksum = version_.checksum();
    info.graph_checksum = graph_.checksum();
    info.target_type = type_;
    info.user_types = reader.user_types();
    info.num_clusters = options_.k;
    info.dim = version_.info().dim;
    info.num_targets = target_layout_.size();
    info.has_own_vectors = has_own;
    info.statistics_json = statistics(reader, clustering_s, seconds_since(counting)).dump();
    return info;
  }

 private:
  void write_clusters(const fs::path& directory) const {
    const Clusters& c = clusters_;
    std::vector<std::uint32_t> medoids;
    for (const FlatId flat : c.medoids) {
      const EntityId id = target_layout_.id(flat);
      medoids.insert(medoids.end(), {id.partition, id.row});
    }
    ContainerWriter file(directory / files::kClusters, files::kClustersKind);
    file.add("centroids", std::span<const float>(c.centroids), c.dim);
    file.add("centers", std::span<const float>(c.centers.data(), c.centers.size()), c.dim);
    file.add("medoid_rows", std::span<const float>(c.medoid_rows), c.dim);
    file.add("medoids", std::span<const std::uint32_t>(medoids), 2);
    file.add("sizes", std::span<const std::uint64_t>(c.sizes));
    file.commit();

    ContainerWriter assignments(directory / files::kAssignments, files::kAssignmentsKind);
    const EntityType& type = version_.schema().entities[type_];
    for (std::uint32_t p = 0; p < type.num_partitions(); ++p) {
      assignments.add(std::to_string(p),
                      std::span<const std::uint32_t>(c.assigned)
                          .subspan(target_layout_.first(p), type.partition_sizes[p]));
    }
    assignments.commit();
  }

  void read_target(FlatId target, float* row) const {
    target_rows_->read(target_layout_.id(target), row);
  }

  void mix_users(const EngagementReader& reader, std::uint32_t user_type,
                 const fs::path& directory) {
    const EntityType& type = version_.schema().entities[user_type];
    AllShares smoothed;
    if (options_.smoothing > 0.0f) smoothed = smoothed_shares(reader, user_type);
    const TypeLayout layout(type);
    for (std::uint32_t p = 0; p < type.num_partitions(); ++p) {
      UserWriter writer(directory / files::users_file(type.name, p),
                        directory / files::own_file(type.name, p), has_own_, clusters_.dim);
      const auto degrees = reader.degrees(user_type, p);
      std::uint32_t first = 0;
      for (const std::uint32_t last :
           reader.range_ends(user_type, p, options_.memory.value,
                             has_own_ ? clusters_.dim * sizeof(float) : 8, options_.m)) {
        Mixed mixed(last - first);
        reader.visit(user_type, p, first, last, clusters_.assigned, threads_,
                     [&](std::uint32_t u, std::span<const EngagementRecord> records) {
                       One& one = mixed[u - first];
                       one.components = smoothed.empty() ? heaviest(shares_of(records), options_.m)
                                                         : smoothed[layout.flat({p, u})];
                       if (has_own_) add_own_vectors(records, one);
                     });
        for (std::uint32_t u = first; u < last; ++u) {
          const One& one = mixed[u - first];
          writer.append(degrees[u], one.components, one.own);
          count(one.components);
        }
        first = last;
        Progress progress{"mixing users of type " + type.name,
                          layout.first(p) + last,
                          layout.size(),
                          "users",
                          {}};
        observer_.report(progress);
      }
      writer.commit();
    }
  }

  struct One {
    std::vector<Component> components;
    std::vector<float> own;
  };
  using Mixed = std::vector<One>;

  void add_own_vectors(std::span<const EngagementRecord> records, One& one) const {
    one.own.resize(one.components.size() * clusters_.dim);
    own_vectors(
        records, one.components, clusters_.dim,
        [&](FlatId target, float* row) { read_target(target, row); },
        [&](std::uint32_t cluster, float* row) {
          std::copy_n(clusters_.centroids.data() + std::size_t{cluster} * clusters_.dim,
                      clusters_.dim, row);
        },
        one.own.data());
  }

  AllShares smoothed_shares(const EngagementReader& reader, std::uint32_t user_type) const {
    const EntityType& type = version_.schema().entities[user_type];
    const TypeLayout layout(type);
    AllShares all(layout.size());
    for (std::uint32_t p = 0; p < type.num_partitions(); ++p) {
      std::uint32_t first = 0;
      for (const std::uint32_t last :
           reader.range_ends(user_type, p, options_.memory.value, 8, options_.m)) {
        reader.visit(user_type, p, first, last, clusters_.assigned, threads_,
                     [&](std::uint32_t u, std::span<const EngagementRecord> records) {
                       all[layout.flat({p, u})] = shares_of(records);
                     });
        first = last;
      }
    }
    const auto rows = version_.rows(user_type);
    return smooth(all, *rows, type,
                  {options_.smoothing, options_.smoothing_neighbors, options_.m, threads_},
                  observer_, stop_);
  }

  void count(std::span<const Component> components) {
    ++counts_.users;
    counts_.with_components += components.empty() ? 0 : 1;
    counts_.components += components.size();
    for (const Component& each : components) counts_.kept += each.weight;
  }

  Json statistics(const EngagementReader& reader, double clustering_s, double counting_s) const {
    const auto [least, most] = std::minmax_element(clusters_.sizes.begin(), clusters_.sizes.end());
    const auto mixed = static_cast<double>(std::max<std::uint64_t>(1, counts_.with_components));
    return {{"sampled_rows", clusters_.num_sampled},
            {"objective", clusters_.objective},
            {"refilled_clusters", clusters_.num_refilled},
            {"smallest_cluster", *least},
            {"largest_cluster", *most},
            {"users", counts_.users},
            {"users_with_mixture", counts_.with_components},
            {"components_per_user", static_cast<double>(counts_.components) / mixed},
            {"kept_share", counts_.kept / mixed},
            {"engagements", reader.num_engagements()},
            {"weightless_engagements", reader.num_weightless()},
            {"clustering_s", clustering_s},
            {"counting_s", counting_s}};
  }

  const ModelVersion& version_;
  const Graph& graph_;
  const MixtureOptions& options_;
  std::size_t threads_;
  const Observer& observer_;
  const StopFlag& stop_;
  std::uint32_t type_;
  TypeLayout target_layout_;
  std::unique_ptr<Rows> target_rows_;
  bool has_own_ = false;
  Clusters clusters_;
  UserCounts counts_;
};

/// A directory that is gone unless it was put in its place.
class PartialMixture {
 public:
  explicit PartialMixture(fs::path path) : path_(std::move(path)) {
    fs::remove_all(path_);
    make_directories(path_);
  }
  ~PartialMixture() {
    std::error_code ignored;
    if (!published_) fs::remove_all(path_, ignored);
  }
  PartialMixture(const PartialMixture&) = delete;
  PartialMixture& operator=(const PartialMixture&) = delete;

  const fs::path& path() const { return path_; }
  void publish(const fs::path& target) {
    replace_directory(path_, target);
    published_ = true;
  }

 private:
  fs::path path_;
  bool published_ = false;
};

}  // namespace

Mixture build_mixture(const ModelVersion& version, const Graph& graph, const std::string& name,
                      const MixtureOptions& options, std::size_t threads, const Observer& observer,
                      const StopFlag& stop) {
  files::check_name(name);
  const MixturePlan plan = plan_mixture(version, graph, options, threads);
  plan.check_memory();
  const fs::path target = Mixture::path_of(version, name);
  make_directories(target.parent_path());
  const DirectoryLock lock(target.parent_path(), "the making of a mixture");
  PartialMixture partial(target.string() + ".partial");

  MixtureInfo info = Builder(version, graph, options, threads, observer, stop)
                         .run(partial.path(), plan.own_vectors);
  info.name = name;
  check_mixture_stop(stop);

  Manifest manifest;
  manifest.format = Mixture::kFormat;
  manifest.meta_json = files::to_json(info, version.schema());
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(partial.path())) {
    if (!entry.is_regular_file()) continue;
    manifest.add(partial.path(), entry.path().lexically_relative(partial.path()).generic_string());
  }
  manifest.write(partial.path());
  partial.publish(target);
  return Mixture::open(version, name);
}

}  // namespace twhin
