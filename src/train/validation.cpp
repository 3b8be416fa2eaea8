#include "train/validation.h"

#include <nlohmann/json.hpp>
#include <vector>

namespace twhin::training {

Validator::Result Validator::run(const ModelVersion& model, const StopFlag& stop) {
  if (!evaluation_) {
    EvalOptions options;
    options.split = kValidSplit;
    if (max_edges_ > 0) options.max_edges = max_edges_;
    options.baselines = false;
    options.degree_groups = 0;
    options.time_slices = 0;
    options.resamples = 0;
    options.threads = static_cast<std::uint32_t>(num_threads_);
    schema_ = model.schema();
    evaluation_ = std::make_unique<Evaluation>(graph_, schema_, options, stop);
  }
  // Not mapped: the checkpoint's rows would stand beside those in training, all partitions of them.
  std::vector<std::unique_ptr<Rows>> rows;
  ScoringView view;
  view.schema = &schema_;
  for (std::uint32_t t = 0; t < schema_.entities.size(); ++t) {
    rows.push_back(open_rows_unmapped(model.path(), schema_.entities[t], model.info().dim,
                                      model.info().row_type, model.global_embedding(t)));
    view.rows.push_back(rows.back().get());
  }
  for (std::uint32_t r = 0; r < schema_.relations.size(); ++r) {
    view.relations.push_back(ScoreFunction::of(model, r));
  }
  const EvalResult result = evaluation_->run(view, {}, stop);
  const metrics::RankingMetrics& m = result.main().micro;
  const nlohmann::json json = {{"split", kValidSplit},   {"edges", result.num_edges},
                               {"mrr", m.mrr},           {"mr", m.mr},
                               {"hits_at_1", m.hits[0]}, {"hits_at_10", m.hits[2]}};
  return {m.mrr, json.dump()};
}

}  // namespace twhin::training
