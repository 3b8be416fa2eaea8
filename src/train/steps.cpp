#include "train/steps.h"

#include <utility>

namespace twhin::training {

std::uint64_t Step::num_edges() const {
  std::uint64_t sum = 0;
  for (const EdgeShare& share : shares) sum += share.last - share.first;
  return sum;
}

std::vector<Step> epoch_steps(const Graph& graph, const TrainingNetwork& network,
                              const TrainOptions& options, std::uint32_t epoch) {
  std::vector<Bucket> order =
      bucket_order(options.bucket_order, network.num_partitions, options.buffer,
                   Rng(options.seed, RngPurpose::bucket_order, epoch));
  if (epoch == 0) {
    connect(order, [&](const Bucket& bucket) {
      std::vector<std::uint32_t> parts;
      for (const PartId& part : network.parts_of(bucket)) {
        // Small types are in every bucket and would connect all of them.
        if (network.types[part.type].is_partitioned()) {
          parts.push_back(part.type * network.num_partitions + part.partition);
        }
      }
      return parts;
    });
  }
  std::vector<Step> steps;
  for (std::uint32_t chunk = 0; chunk < options.edge_chunks; ++chunk) {
    for (const Bucket& bucket : order) {
      Step step{bucket, chunk, network.shares(graph, bucket, chunk, options.edge_chunks)};
      if (!step.shares.empty()) steps.push_back(std::move(step));
    }
  }
  return steps;
}

}  // namespace twhin::training
