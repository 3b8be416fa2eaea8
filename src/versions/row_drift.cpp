#include "versions/row_drift.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "kernel/elementwise.h"
#include "kernel/products.h"
#include "twhin/base/error.h"
#include "twhin/base/threads.h"
#include "twhin/metrics/spread.h"
#include "twhin/storage/edge_stream.h"
#include "versions/procrustes.h"

namespace twhin {
namespace {

enum Figure { kL2, kCosine, kAlignedL2, kAlignedCosine, kRatio, kFigures };

SpreadFigures figures_of(const metrics::Spread& spread) {
  if (spread.count() == 0) return {};
  return {spread.mean(),        spread.quantile(0.1),  spread.quantile(0.5),
          spread.quantile(0.9), spread.quantile(0.99), spread.largest()};
}

/// What is summed up over some entities.
struct Tally {
  std::uint64_t num_entities = 0, num_zero = 0;
  double old_norms = 0.0, new_norms = 0.0;
  std::array<metrics::Spread, kFigures> spreads;

  RowDrift result() const {
    RowDrift out;
    out.num_entities = num_entities;
    out.num_zero = num_zero;
    if (num_entities > 0) {
      out.mean_norm_old = old_norms / static_cast<double>(num_entities);
      out.mean_norm_new = new_norms / static_cast<double>(num_entities);
    }
    out.l2 = figures_of(spreads[kL2]);
    out.cosine = figures_of(spreads[kCosine]);
    out.aligned_l2 = figures_of(spreads[kAlignedL2]);
    out.aligned_cosine = figures_of(spreads[kAlignedCosine]);
    out.norm_ratio = figures_of(spreads[kRatio]);
    return out;
  }
};

/// Degree groups by equation (1) of metrics/groups.h, from how often each degree occurs.
std::map<std::uint32_t, std::uint32_t> groups_of(
    const std::map<std::uint32_t, std::uint64_t>& degrees, std::uint32_t num_groups) {
  std::uint64_t total = 0, below = 0;
  for (const auto& [degree, count] : degrees) total += count;
  std::map<std::uint32_t, std::uint32_t> groups;
  for (const auto& [degree, count] : degrees) {
    const auto doubled = static_cast<unsigned __int128>(2 * below + count) * num_groups;
    groups[degree] = static_cast<std::uint32_t>(doubled / (2 * total));
    below += count;
  }
  return groups;
}

}  // namespace

struct RowComparison::Type {
  Type(const ModelVersion& older, const ModelVersion& newer, std::uint32_t old_index,
       std::uint32_t new_index)
      : old_type(old_index),
        new_type(new_index),
        old_entities(older.schema().entities[old_index]),
        new_entities(newer.schema().entities[new_index]),
        old_names(older.vocabulary(old_index)),
        new_names(newer.vocabulary(new_index)),
        old_rows(older.rows(old_index)),
        new_rows(newer.rows(new_index)),
        old_layout(old_entities),
        new_layout(new_entities),
        match(old_names, new_names) {}

  std::uint32_t old_type, new_type;
  const EntityType& old_entities;
  const EntityType& new_entities;
  Vocabulary old_names, new_names;
  std::unique_ptr<Rows> old_rows, new_rows;
  TypeLayout old_layout, new_layout;
  NameMatch match;
  std::vector<std::uint32_t> degrees;                    // by flat id of the newer version
  std::map<std::uint32_t, std::uint64_t> degree_counts;  // of common entities
};

/// Entities [first, first + count) of a partition of the older version; those of both lie packed.
struct RowComparison::Block {
  std::uint32_t partition = 0, first = 0, count = 0;
  std::vector<CommonEntity> common;
  std::vector<float> x, y, z;  // old, new, turned new rows
  std::vector<float> product;  // sum y' x
  std::vector<std::uint64_t> keys;
  std::array<std::vector<float>, kFigures> values;
  std::vector<float> old_norms, new_norms;
};

RowComparison::RowComparison(const ModelVersion& older, const ModelVersion& newer,
                             const Graph* graph, const DriftOptions& options, std::size_t threads,
                             const Observer& observer, const StopFlag& stop)
    : older_(older),
      newer_(newer),
      graph_(graph),
      options_(options),
      threads_(threads),
      dim_(newer.info().dim),
      observer_(observer),
      stop_(stop) {
  open_types();
}

RowComparison::~RowComparison() = default;

void RowComparison::open_types() {
  const auto is_wanted = [&](const std::string& name) {
    return options_.types.empty() ||
           std::find(options_.types.begin(), options_.types.end(), name) != options_.types.end();
  };
  for (std::uint32_t t = 0; t < newer_.schema().entities.size(); ++t) {
    const std::string& name = newer_.schema().entities[t].name;
    const auto before = older_.schema().find_entity(name);
    if (before && is_wanted(name)) {
      types_.push_back(std::make_unique<Type>(older_, newer_, *before, t));
    }
  }
}

template <class Compute, class Add>
void RowComparison::for_each_block(const Type& type, const char* stage, const Compute& compute,
                                   const Add& add) {
  const auto most =
      static_cast<std::uint32_t>(std::clamp<std::size_t>((std::size_t{1} << 20) / dim_, 64, 8192));
  std::vector<Block> wave(threads_);
  std::size_t filled = 0;
  Progress progress{fmt::format("{} of {}", stage, type.old_entities.name),
                    0,
                    type.old_entities.num_entities(),
                    "rows",
                    {}};
  const auto finish = [&] {
    if (stop_.requested()) {
      throw ErrorBuilder(ErrorKind::cancelled, "drift.cancelled")
          .what("the comparison was interrupted")
          .build();
    }
    parallel_for(filled, threads_, [&](std::size_t i) {
      kernel::single_threaded_products();
      compute(wave[i]);
    });
    for (std::size_t i = 0; i < filled; ++i) {
      add(wave[i]);
      progress.done += wave[i].count;
    }
    filled = 0;
    observer_.report(progress);
  };
  for (std::uint32_t p = 0; p < type.old_entities.num_partitions(); ++p) {
    const std::uint32_t size = type.old_entities.partition_sizes[p];
    for (std::uint32_t first = 0; first < size; first += most) {
      Block& block = wave[filled++];
      block.partition = p;
      block.first = first;
      block.count = std::min(most, size - first);
      if (filled == wave.size()) finish();
    }
  }
  if (filled > 0) finish();
}

namespace {

// Reads the old rows of a block, packs those of common entities, and reads their new rows.
template <class Type, class Block>
void read_block(const Type& type, std::size_t dim, Block& block) {
  block.common.clear();
  block.x.resize(std::size_t{block.count} * dim);
  type.old_rows->read(block.partition, block.first, block.count, block.x.data());
  for (std::uint32_t i = 0; i < block.count; ++i) {
    const EntityId older{block.partition, block.first + i};
    const auto newer = type.match(older);
    if (!newer) continue;
    const std::size_t place = block.common.size();
    if (place < i) std::copy_n(block.x.data() + i * dim, dim, block.x.data() + place * dim);
    block.common.push_back({older, *newer});
  }
  block.y.resize(block.common.size() * dim);
  for (std::size_t i = 0; i < block.common.size(); ++i) {
    type.new_rows->read(block.common[i].newer, block.y.data() + i * dim);
  }
}

template <class Type, class Block>
void check_finite(const Type& type, const Block& block) {
  for (std::size_t i = 0; i < block.common.size(); ++i) {
    if (std::isfinite(block.old_norms[i]) && std::isfinite(block.new_norms[i])) continue;
    throw ErrorBuilder(ErrorKind::invalid_argument, "drift.not_finite")
        .what(fmt::format("a row of the {} version is not finite, or too large",
                          std::isfinite(block.old_norms[i]) ? "newer" : "older"))
        .at(fmt::format("{}:{}", type.old_entities.name,
                        type.old_names.name(block.common[i].older)))
        .build();
  }
}

}  // namespace

void RowComparison::find_degrees(Type& type) const {
  if (graph_ == nullptr || options_.degree_groups == 0) return;
  type.degrees.assign(type.new_layout.size(), 0);
  const Schema& schema = graph_->schema();
  const std::uint32_t t = schema.entity(type.new_entities.name);
  for (const RelationType& trained : newer_.schema().relations) {
    const std::uint32_t r = schema.relation(trained.name);
    const RelationType& relation = schema.relations[r];
    if (relation.lhs != t && relation.rhs != t) continue;
    for (std::uint32_t i = 0; i < schema.lhs_type(r).num_partitions(); ++i) {
      for (std::uint32_t j = 0; j < schema.rhs_type(r).num_partitions(); ++j) {
        if (graph_->bucket_size(r, i, j) == 0) continue;
        EdgeStream stream(graph_->path() / Graph::bucket_file(kTrainSplit, relation.name, i, j),
                          schema.lhs_type(r).partition_sizes[i],
                          schema.rhs_type(r).partition_sizes[j]);
        for (EdgeSpan edges; stream.next(edges);) {
          for (std::size_t e = 0; e < edges.size(); ++e) {
            if (relation.lhs == t) ++type.degrees[type.new_layout.flat({i, edges.lhs[e]})];
            if (relation.rhs == t) ++type.degrees[type.new_layout.flat({j, edges.rhs[e]})];
          }
        }
      }
    }
  }
}

void RowComparison::match(Type& type, DriftSample& sample, std::vector<double>& product) {
  struct Drawn {
    std::uint64_t key;
    CommonEntity entity;
    bool operator<(const Drawn& other) const { return key < other.key; }
  };
  std::vector<Drawn> drawn;  // a heap, the largest key on top
  sample.old_type = type.old_type;
  sample.new_type = type.new_type;
  const std::uint64_t salt = mix64(options_.seed + Rng::kGolden);
  for_each_block(
      type, "matching rows",
      [&](Block& block) {
        read_block(type, dim_, block);
        const std::size_t n = block.common.size();
        block.product.assign(dim_ * dim_, 0.0f);
        kernel::multiply_add_atb(ConstMatrixView(block.y.data(), n, dim_),
                                 ConstMatrixView(block.x.data(), n, dim_),
                                 MatrixView(block.product.data(), dim_, dim_));
        block.old_norms.resize(n);
        block.new_norms.resize(n);
        kernel::sums_of_squares(ConstMatrixView(block.x.data(), n, dim_), block.old_norms.data());
        kernel::sums_of_squares(ConstMatrixView(block.y.data(), n, dim_), block.new_norms.data());
        check_finite(type, block);
        block.keys.clear();
        for (const CommonEntity& each : block.common) {
          block.keys.push_back(mix64(name_hash(type.old_names.name(each.older)).low ^ salt));
        }
      },
      [&](const Block& block) {
        for (std::size_t i = 0; i < product.size(); ++i) product[i] += block.product[i];
        for (std::size_t i = 0; i < block.common.size(); ++i) {
          const CommonEntity& entity = block.common[i];
          sample.old_common.push_back(type.old_layout.flat(entity.older));
          sample.new_common.push_back(type.new_layout.flat(entity.newer));
          if (!type.degrees.empty()) ++type.degree_counts[type.degrees[sample.new_common.back()]];
          if (drawn.size() == options_.sample && !(block.keys[i] < drawn.front().key)) continue;
          drawn.push_back({block.keys[i], entity});
          std::push_heap(drawn.begin(), drawn.end());
          if (drawn.size() > options_.sample) {
            std::pop_heap(drawn.begin(), drawn.end());
            drawn.pop_back();
          }
        }
      });
  std::sort(drawn.begin(), drawn.end());
  for (const Drawn& each : drawn) sample.entities.push_back(each.entity);
  std::sort(sample.new_common.begin(), sample.new_common.end());
  sample.all_old = sample.old_common.size() == type.old_layout.size();
  sample.all_new = sample.new_common.size() == type.new_layout.size();
  if (sample.all_old) sample.old_common = {};
  if (sample.all_new) sample.new_common = {};
}

void RowComparison::measure(Type& type, TypeDrift& out) {
  Tally all;
  const auto group_of = groups_of(type.degree_counts, std::max(options_.degree_groups, 1u));
  std::map<std::uint32_t, Tally> groups;
  for_each_block(
      type, "comparing rows",
      [&](Block& block) {
        read_block(type, dim_, block);
        const std::size_t n = block.common.size();
        const ConstMatrixView x(block.x.data(), n, dim_), y(block.y.data(), n, dim_);
        block.z.resize(n * dim_);
        kernel::Scratch scratch;
        kernel::multiply_abt(y, ConstMatrixView(turned_columns_.data(), dim_, dim_),
                             MatrixView(block.z.data(), n, dim_), scratch);
        const ConstMatrixView z(block.z.data(), n, dim_);
        for (auto& values : block.values) values.resize(n);
        block.old_norms.resize(n);
        block.new_norms.resize(n);
        kernel::sums_of_squares(x, block.old_norms.data());
        kernel::sums_of_squares(y, block.new_norms.data());
        kernel::squared_distances(x, y, block.values[kL2].data());
        kernel::squared_distances(x, z, block.values[kAlignedL2].data());
        kernel::dot_rows(x, y, block.values[kCosine].data());
        kernel::dot_rows(x, z, block.values[kAlignedCosine].data());
        for (std::size_t i = 0; i < n; ++i) {
          const float old_norm = std::sqrt(block.old_norms[i]);
          const float new_norm = std::sqrt(block.new_norms[i]);
          block.old_norms[i] = old_norm;
          block.new_norms[i] = new_norm;
          for (const Figure l2 : {kL2, kAlignedL2}) {
            block.values[l2][i] = std::sqrt(block.values[l2][i]);
          }
          if (old_norm == 0.0f || new_norm == 0.0f) continue;
          for (const Figure cosine : {kCosine, kAlignedCosine}) {
            const float of_angle = block.values[cosine][i] / old_norm / new_norm;
            block.values[cosine][i] = 1.0f - std::clamp(of_angle, -1.0f, 1.0f);
          }
          block.values[kRatio][i] = new_norm / old_norm;
        }
      },
      [&](const Block& block) {
        for (std::size_t i = 0; i < block.common.size(); ++i) {
          const double l2 = block.values[kL2][i], aligned = block.values[kAlignedL2][i];
          old_squares_ += double{block.old_norms[i]} * block.old_norms[i];
          change_squares_ += l2 * l2;
          aligned_squares_ += aligned * aligned;
          const bool has_angle = block.old_norms[i] > 0.0f && block.new_norms[i] > 0.0f;
          const auto add = [&](Tally& tally) {
            ++tally.num_entities;
            tally.num_zero += has_angle ? 0 : 1;
            tally.old_norms += block.old_norms[i];
            tally.new_norms += block.new_norms[i];
            for (std::size_t f = 0; f < kFigures; ++f) {
              if (has_angle || f == kL2 || f == kAlignedL2)
                tally.spreads[f].add(block.values[f][i]);
            }
          };
          add(all);
          if (type.degrees.empty()) continue;
          add(groups[group_of.at(type.degrees[type.new_layout.flat(block.common[i].newer)])]);
        }
      });
  out.rows = all.result();
  for (const auto& [group, tally] : groups) {
    DegreeGroupDrift& each = out.by_degree.emplace_back();
    each.smallest = ~0u;
    for (const auto& [degree, its_group] : group_of) {
      if (its_group != group) continue;
      each.smallest = std::min(each.smallest, degree);
      each.largest = std::max(each.largest, degree);
    }
    each.rows = tally.result();
  }
}

void RowComparison::run(DriftResult& result) {
  std::vector<double> product(dim_ * dim_, 0.0);
  std::uint64_t num_common = 0;
  for (const auto& type : types_) {
    find_degrees(*type);
    match(*type, samples_.emplace_back(), product);
    const DriftSample& sample = samples_.back();
    TypeDrift& out = result.types.emplace_back();
    out.name = type->new_entities.name;
    out.num_old = type->old_layout.size();
    out.num_new = type->new_layout.size();
    out.num_common = sample.all_old ? out.num_old : sample.old_common.size();
    num_common += out.num_common;
  }
  if (num_common == 0) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "drift.nothing_in_common")
        .what("the two versions have no entity in common")
        .at(fmt::format("{}, {}", older_.path().string(), newer_.path().string()))
        .build();
  }
  observer_.report({"aligning", 0, 0, "columns", {}});
  rotation_ = nearest_rotation(dim_, product);
  turned_columns_.resize(dim_ * dim_);
  for (std::size_t i = 0; i < dim_; ++i) {
    for (std::size_t j = 0; j < dim_; ++j) {
      turned_columns_[j * dim_ + i] = static_cast<float>(rotation_[i * dim_ + j]);
    }
  }
  for (std::size_t t = 0; t < types_.size(); ++t) measure(*types_[t], result.types[t]);
  result.relative_change = std::sqrt(change_squares_ / old_squares_);
  result.relative_aligned_change = std::sqrt(aligned_squares_ / old_squares_);
}

}  // namespace twhin
