#include "train/validation.h"

#include <nlohmann/json.hpp>

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
  const OpenModel open(model);
  const EvalResult result = evaluation_->run(open.view(), {}, stop);
  const metrics::RankingMetrics& m = result.main().micro;
  const nlohmann::json json = {{"split", kValidSplit},   {"edges", result.num_edges},
                               {"mrr", m.mrr},           {"mr", m.mr},
                               {"hits_at_1", m.hits[0]}, {"hits_at_10", m.hits[2]}};
  return {m.mrr, json.dump()};
}

}  // namespace twhin::training
