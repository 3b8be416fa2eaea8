// versions/row_drift.h -- the rows of two versions side by side, a block at a time.
//
// Three times through the common entities: once to match names, sum y' x and draw the sample, once
// more to measure every row, and once through the edges for degrees. Blocks are computed by several
// threads and added up in their order, so that no figure depends on threads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "model/layout.h"
#include "twhin/versions/drift.h"
#include "versions/name_match.h"

namespace twhin {

/// An entity of both versions.
struct CommonEntity {
  EntityId older, newer;
};

/// The sampled entities of a type, and which can be neighbours.
struct DriftSample {
  std::uint32_t old_type = 0, new_type = 0;  ///< index in each version's schema
  std::vector<CommonEntity> entities;        ///< by hash
  /// Flat ids of all common entities, ascending, in each version; empty where all are common.
  std::vector<FlatId> old_common, new_common;
  bool all_old = true, all_new = true;
};

class RowComparison {
 public:
  RowComparison(const ModelVersion& older, const ModelVersion& newer, const Graph* graph,
                const DriftOptions& options, std::size_t threads, const Observer& observer,
                const StopFlag& stop);

  /// Fills result.types, without overlap, and the relative changes.
  void run(DriftResult& result);

  /// R, [dim, dim] row-major.
  const std::vector<double>& rotation() const { return rotation_; }
  /// Aligned with result.types.
  const std::vector<DriftSample>& samples() const { return samples_; }

 private:
  struct Type;
  struct Block;

  void open_types();
  void find_degrees(Type& type) const;
  void match(Type& type, DriftSample& sample, std::vector<double>& product);
  void measure(Type& type, TypeDrift& out);
  /// Calls compute(block) on several threads and add(block) in order on one.
  template <class Compute, class Add>
  void for_each_block(const Type& type, const char* stage, const Compute& compute, const Add& add);

  const ModelVersion& older_;
  const ModelVersion& newer_;
  const Graph* graph_;
  const DriftOptions& options_;
  std::size_t threads_, dim_;
  const Observer& observer_;
  const StopFlag& stop_;
  std::vector<std::unique_ptr<Type>> types_;
  std::vector<DriftSample> samples_;
  std::vector<double> rotation_;
  std::vector<float> turned_columns_;  // row j is column j of R
  double old_squares_ = 0.0, change_squares_ = 0.0, aligned_squares_ = 0.0;

 public:
  ~RowComparison();
};

}  // namespace twhin
