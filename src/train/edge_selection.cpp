#include "train/edge_selection.h"

#include <utility>

namespace twhin::training {

EdgeSelection::EdgeSelection(std::vector<std::uint64_t> new_places, std::uint64_t num_edges,
                             std::uint64_t size, float old_weight, const Rng& sample)
    : new_(std::move(new_places)),
      size_(size),
      old_weight_(old_weight),
      old_(num_edges - new_.size(), sample) {}

std::uint64_t EdgeSelection::edge(std::uint64_t k) const {
  if (k < new_.size()) return new_[k];
  const std::uint64_t old = old_(k - new_.size());
  // Behind the first t new edges stand new_[t] - t old ones before the next new one.
  std::size_t low = 0, high = new_.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (new_[middle] - middle <= old) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return old + low;
}

}  // namespace twhin::training
