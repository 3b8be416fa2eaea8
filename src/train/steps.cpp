#include "train/steps.h"

#include <algorithm>
#include <utility>

namespace twhin::training {

std::uint64_t Step::num_edges() const {
  std::uint64_t sum = 0;
  for (const EdgeShare& share : shares) sum += share.last - share.first;
  return sum;
}

namespace {

std::vector<PartId> joined(std::vector<PartId> a, const std::vector<PartId>& b) {
  a.insert(a.end(), b.begin(), b.end());
  std::sort(a.begin(), a.end());
  a.erase(std::unique(a.begin(), a.end()), a.end());
  return a;
}

// Ascending parts, at most `buffer` of each type; 0: any number.
bool fits(const std::vector<PartId>& parts, std::uint32_t buffer) {
  if (buffer == 0) return true;
  std::uint32_t count = 0, type = 0;
  for (const PartId& part : parts) {
    count = part.type == type ? count + 1 : 1;
    type = part.type;
    if (count > buffer) return false;
  }
  return true;
}

bool may_grow(const Step& step, std::size_t more_shares, const StepLimits& limits) {
  return (limits.buckets == 0 || step.buckets.size() < limits.buckets) &&
         step.shares.size() + more_shares <= limits.files;
}

}  // namespace

std::vector<Step> epoch_steps(const Graph& graph, const TrainingNetwork& network,
                              const TrainOptions& options, const StepLimits& limits,
                              std::uint32_t epoch) {
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
    const std::size_t first = steps.size();
    for (const Bucket& bucket : order) {
      std::vector<EdgeShare> shares =
          network.shares(graph, bucket, chunk, options.edge_chunks, epoch);
      if (shares.empty()) continue;
      std::vector<PartId> parts = joined({}, network.parts_of(bucket));
      bool grows = steps.size() > first && may_grow(steps.back(), shares.size(), limits);
      if (grows) {
        const std::vector<PartId> both = joined(steps.back().parts, parts);
        grows = fits(both, options.buffer);
        if (grows) parts = both;
      }
      Step& step = grows ? steps.back() : steps.emplace_back(Step{{}, chunk, {}, {}});
      step.buckets.push_back(bucket);
      step.shares.insert(step.shares.end(), shares.begin(), shares.end());
      step.parts = std::move(parts);
    }
  }
  return steps;
}

}  // namespace twhin::training
