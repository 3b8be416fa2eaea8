#include "mixture/shares.h"

#include <algorithm>

namespace twhin {

std::vector<Component> shares_of(std::span<const EngagementRecord> records) {
  std::vector<std::pair<std::uint32_t, double>> counts;
  double total = 0.0;
  for (const EngagementRecord& each : records) {
    if (counts.empty() || counts.back().first != each.cluster) counts.push_back({each.cluster, 0});
    counts.back().second += each.weight;
    total += each.weight;
  }
  std::vector<Component> out;
  out.reserve(counts.size());
  for (const auto& [cluster, count] : counts) {
    out.push_back({cluster, static_cast<float>(count / total)});
  }
  return out;
}

std::vector<Component> heaviest(std::vector<Component> components, std::size_t m) {
  const auto before = [](const Component& a, const Component& b) {
    return a.weight > b.weight || (a.weight == b.weight && a.cluster < b.cluster);
  };
  const std::size_t kept = std::min(m, components.size());
  std::partial_sort(components.begin(), components.begin() + static_cast<std::ptrdiff_t>(kept),
                    components.end(), before);
  components.resize(kept);
  return components;
}

void own_vectors(std::span<const EngagementRecord> records, std::span<const Component> kept,
                 std::size_t dim, const std::function<void(FlatId, float*)>& read_row,
                 const std::function<void(std::uint32_t, float*)>& otherwise, float* out) {
  std::vector<float> row(dim);
  std::vector<double> sum(dim);
  for (std::size_t c = 0; c < kept.size(); ++c, out += dim) {
    const auto first = std::partition_point(
        records.begin(), records.end(),
        [&](const EngagementRecord& each) { return each.cluster < kept[c].cluster; });
    std::fill(sum.begin(), sum.end(), 0.0);
    double total = 0.0;
    for (auto at = first; at != records.end() && at->cluster == kept[c].cluster; ++at) {
      read_row(at->target, row.data());
      for (std::size_t d = 0; d < dim; ++d) sum[d] += double{at->weight} * row[d];
      total += at->weight;
    }
    if (total > 0.0) {
      for (std::size_t d = 0; d < dim; ++d) out[d] = static_cast<float>(sum[d] / total);
    } else {
      otherwise(kept[c].cluster, out);
    }
  }
}

}  // namespace twhin
