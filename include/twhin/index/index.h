// twhin/index/index.h -- the nearest rows of one entity type, found without looking at all of them.
//
// An index belongs to one entity type of one version and to a comparator c. Asked with the rows of
// `Queries` (twhin/model/score_function.h) it gives, for each, the k entities t with the largest
//
//     score(q, t) = c(q, x[t]) + bias(q)
//
// exactly (kind exact) or nearly (the others: docs/index.md). Whatever the kind, the scores that
// come back are computed from the version's rows by one function (exact_scores), so they mean the
// same, and equal scores are ordered by entity: partition, then row.
//
// Recall against exact search is measured when the index is built, on queries like those that it
// will get, and stored in its manifest with the effort (ef, nprobe) that reached it.
//
//   v3/indexes/TYPE.KIND/              of the model's own comparator
//   v3/indexes/TYPE.KIND.COMPARATOR/   of another one
//
// Adding an index does not touch the version's own manifest; its manifest records the version's
// checksum, and no other version opens it.
//
// Sources: Malkov and Yashunin, TPAMI 2020 (HNSW); Jegou et al., TPAMI 2011 (IVF-PQ); Ge et al.,
// CVPR 2013 (OPQ); Bachrach et al., RecSys 2014 (inner products as distances, one dimension more).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "twhin/base/matrix_view.h"
#include "twhin/base/progress.h"
#include "twhin/base/stop.h"
#include "twhin/index/options.h"
#include "twhin/model/score_function.h"
#include "twhin/model/version.h"

namespace twhin {

/// Some entities of one type, a bit each. Candidates may be limited to such a set.
class EntitySet {
 public:
  explicit EntitySet(const EntityType& type);

  void insert(EntityId id);
  bool contains(EntityId id) const;
  std::uint64_t size() const { return size_; }
  /// Entities that the type has.
  std::uint64_t num_entities() const { return first_.back(); }

 private:
  std::uint64_t place(EntityId id) const { return first_[id.partition] + id.row; }

  std::vector<std::uint64_t> first_;  // of each partition, then the number of all
  std::vector<std::uint64_t> bits_;
  std::uint64_t size_ = 0;
};

struct SearchOptions {
  /// Entities for each query; more than there are give all there are.
  std::size_t k = 10;
  /// ef of hnsw, nprobe of ivf_pq and ivf_opq; nothing: what reached the wanted recall at build.
  std::optional<std::uint32_t> effort;
  /// What query i must not get, in any order; empty function: nothing.
  std::function<std::span<const EntityId>(std::size_t query)> excluded;
  /// Only these; nullptr: all.
  const EntitySet* allowed = nullptr;
  std::size_t threads = 1;  ///< 0: as many as the machine has. No result depends on it.
};

/// One found entity.
struct Hit {
  EntityId id;
  float score = 0.0f;
  friend bool operator==(const Hit&, const Hit&) = default;
};

/// What each query got, the best first.
class Hits {
 public:
  std::size_t size() const { return first_.size() - 1; }
  std::span<const Hit> operator[](std::size_t query) const {
    return std::span(hits_).subspan(first_[query], first_[query + 1] - first_[query]);
  }
  void push_back(std::span<const Hit> hits);

  /// Queries that were asked again with more effort, since exclusions had left fewer than k, and
  /// those that exact search answered in the end.
  std::uint64_t num_refilled = 0, num_exact = 0;

 private:
  std::vector<Hit> hits_;
  std::vector<std::size_t> first_ = {0};
};

/// What the manifest of an index says.
struct IndexInfo {
  std::string type;
  IndexKind kind = IndexKind::exact;
  Comparator comparator = Comparator::dot;
  std::uint64_t model_checksum = 0;
  std::uint64_t num_entities = 0;
  std::uint32_t dim = 0;
  IndexOptions options;      ///< that it was built with
  std::uint32_t effort = 0;  ///< ef or nprobe that search uses; 0 for exact
  /// Recall of the k = options.recall_k nearest, for each kind of query that was tried.
  struct Recall {
    std::string queries;  ///< "rows of user", "follow, rhs wanted"
    std::uint64_t num_queries = 0;
    double value = 1.0;
  };
  std::vector<Recall> recall;
  /// Not of this kind since that one missed the wanted recall; empty: as asked for.
  std::string replaced;
  double build_seconds = 0.0;
  std::uint64_t num_bytes = 0;  ///< of its files

  std::string to_json() const;
  /// Errors    corrupt_data "index.bad_meta".
  static IndexInfo from_json(std::string_view json);
};

/// An open index. Holds what it needs of the version; movable.
/// Threads   search may be called concurrently.
class Index {
 public:
  /// All of `type`, by exact search; needs no files beside the version's own.
  static Index exact(const ModelVersion& version, std::uint32_t type);

  /// The index of that kind and comparator (nothing: the model's own) that was built for the type.
  ///
  /// Errors    not_found "index.not_found", with those that are there; invalid_argument
  ///           "index.wrong_version" if it was made from another version; corrupt_data
  ///           "storage.checksum_mismatch" and the like, naming the file, before any library has
  ///           seen a byte of it.
  static Index open(const ModelVersion& version, std::uint32_t type, IndexKind kind,
                    std::optional<Comparator> comparator = {});

  /// The fastest index there is for the type and comparator: hnsw, ivf_opq, ivf_pq, exact.
  static Index open_best(const ModelVersion& version, std::uint32_t type,
                         std::optional<Comparator> comparator = {});

  Index(Index&&) noexcept;
  Index& operator=(Index&&) noexcept;
  ~Index();

  const IndexInfo& info() const;
  /// What it takes of memory beside the version's mapped rows.
  std::uint64_t memory_bytes() const;

  /// Whether it can answer: its comparator is the function's (l2 and squared_l2 have one order),
  /// and the function leaves candidates of that side as they are. Exact search answers everything.
  bool answers(const ScoreFunction& function, Side wanted) const;

  /// The k best of each query, which `function` has prepared. Exclusions never shorten a list while
  /// there are other entities: kinds that find too few are asked for more, and in the end replaced
  /// by exact search for that query.
  ///
  /// Errors    invalid_argument "index.wrong_comparator", "index.transformed_candidates" unless
  ///           answers(); "index.not_finite" for a query that is NaN or infinite; "model.shape";
  ///           cancelled "index.cancelled".
  Hits search(const ScoreFunction& function, const Queries& queries, const SearchOptions& options,
              const Observer& observer = {}, const StopFlag& stop = {}) const;

 private:
  struct State;
  explicit Index(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// out[i] = score of query `query` with ids[i], as all kinds report it: from the rows, one by one,
/// so that its bits depend on the two rows alone. Distances come from differences. For any relation
/// and side.
/// Errors    invalid_argument "model.shape".
void exact_scores(const ScoreFunction& function, const Queries& queries, std::size_t query,
                  const Rows& rows, std::span<const EntityId> ids, std::span<float> out);

/// What building would take; printed before it begins.
struct IndexEstimate {
  std::uint64_t memory_bytes = 0;  ///< at the peak of the build
  std::uint64_t disk_bytes = 0;
  double seconds = 0.0;  ///< on the given threads

  /// Errors    unavailable "index.not_enough_memory", io "index.not_enough_disk", of the machine as
  ///           it is now.
  void check(const ModelVersion& version) const;
};
IndexEstimate estimate_index(const ModelVersion& version, std::uint32_t type,
                             const IndexOptions& options, std::size_t threads);

/// What build_index() refuses without a look at the rows: so that of many types none is built in
/// vain.
/// Errors    not_found "schema.unknown_relation"; invalid_argument "index.foreign_relation",
///           "index.transformed_candidates" for a relation of options.relations whose queries an
///           index of the type does not get, "index.too_few_entities", "index.too_many_entities",
///           "index.options".
void check_index(const ModelVersion& version, std::uint32_t type, const IndexOptions& options);

/// Builds an index, measures its recall, raises the effort until options.min_recall is met, and
/// puts it in its place. One that is there is replaced.
///
/// Errors    invalid_argument "index.low_recall" if no effort meets it and options.on_low_recall is
///           refuse; "index.not_finite"; those of check_index(); cancelled "index.cancelled". Then
///           nothing has been changed.
IndexInfo build_index(const ModelVersion& version, std::uint32_t type, const IndexOptions& options,
                      std::size_t threads, const Observer& observer = {},
                      const StopFlag& stop = {});

/// Those of a version, by type, kind and comparator; ones made from another version are left out.
/// Errors    of damaged manifests.
std::vector<IndexInfo> indexes_of(const ModelVersion& version);

}  // namespace twhin
