// twhin/evaluate/scoring_view.h -- a model as evaluation reads it: rows and score functions.
//
// A version on disk gives one, and so does a trainer, from the rows that it is training.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "twhin/model/rows.h"
#include "twhin/model/score_function.h"
#include "twhin/model/version.h"
#include "twhin/storage/schema.h"

namespace twhin {

/// Borrows schema and rows, which must outlive it.
struct ScoringView {
  const Schema* schema = nullptr;
  std::vector<const Rows*> rows;         ///< one for each entity type of the schema
  std::vector<ScoreFunction> relations;  ///< one for each relation; one comparator for all

  std::size_t dim() const { return rows.front()->dim(); }
  Comparator comparator() const { return relations.front().comparator(); }
  /// Errors    invalid_argument "evaluate.wrong_shape" if there is no relation, or if rows, sizes
  /// or
  ///           functions do not fit the schema or each other.
  void validate() const;
};

/// A version with the rows of all its types opened. Borrows the version. Movable.
class OpenModel {
 public:
  /// Errors    those of ModelVersion::rows and ScoreFunction::of.
  explicit OpenModel(const ModelVersion& version);

  const ScoringView& view() const { return view_; }

 private:
  std::vector<std::unique_ptr<Rows>> rows_;
  ScoringView view_;
};

}  // namespace twhin
