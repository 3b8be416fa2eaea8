#include "twhin/evaluate/scoring_view.h"

#include <fmt/format.h>

#include "twhin/base/error.h"

namespace twhin {
namespace {

void require(const std::string& what, std::size_t found, std::size_t expected) {
  if (found == expected) return;
  throw ErrorBuilder(ErrorKind::invalid_argument, "evaluate.wrong_shape")
      .what(what + " do not fit the model")
      .found(fmt::format("{}", found))
      .expected(fmt::format("{}", expected))
      .build();
}

}  // namespace

void ScoringView::validate() const {
  require("entity types with rows", rows.size(), schema->entities.size());
  require("relations with score functions", relations.size(), schema->relations.size());
  if (relations.empty()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "evaluate.wrong_shape")
        .what("the model has no relation to rank edges of")
        .build();
  }
  for (std::size_t t = 0; t < rows.size(); ++t) {
    const EntityType& type = schema->entities[t];
    require("columns of the rows of " + quote(type.name), rows[t]->dim(), dim());
    require("partitions of " + quote(type.name), rows[t]->num_partitions(), type.num_partitions());
    for (std::uint32_t p = 0; p < type.num_partitions(); ++p) {
      require(fmt::format("rows in partition {} of {}", p, quote(type.name)), rows[t]->size(p),
              type.partition_sizes[p]);
    }
  }
  for (std::size_t r = 0; r < relations.size(); ++r) {
    const std::string& name = schema->relations[r].name;
    require("columns of relation " + quote(name), relations[r].dim(), dim());
    require("the comparator of relation " + quote(name),
            static_cast<std::size_t>(relations[r].comparator()),
            static_cast<std::size_t>(comparator()));
  }
}

OpenModel::OpenModel(const ModelVersion& version) {
  view_.schema = &version.schema();
  for (std::uint32_t t = 0; t < version.schema().entities.size(); ++t) {
    rows_.push_back(version.rows(t));
    view_.rows.push_back(rows_.back().get());
  }
  for (std::uint32_t r = 0; r < version.schema().relations.size(); ++r) {
    view_.relations.push_back(ScoreFunction::of(version, r));
  }
  view_.validate();
}

}  // namespace twhin
