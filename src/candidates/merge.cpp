#include "candidates/merge.h"

#include <algorithm>
#include <bit>

#include "candidates/quota.h"
#include "twhin/base/rng.h"

namespace twhin {
namespace {

/// Entities of a list that is being made. Open addressing, at most half full.
class Taken {
 public:
  explicit Taken(std::size_t most) : slots_(std::bit_ceil(2 * most + 2), kEmpty) {}

  /// False if it was there.
  bool insert(EntityId id) {
    const std::uint64_t key = std::uint64_t{id.partition} << 32 | id.row;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = mix64(key) & mask;; i = (i + 1) & mask) {
      if (slots_[i] == key) return false;
      if (slots_[i] != kEmpty) continue;
      slots_[i] = key;
      return true;
    }
  }

 private:
  static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};  // no row is 2^32 - 1
  std::vector<std::uint64_t> slots_;
};

class Merger {
 public:
  Merger(std::span<const ComponentHits> components, std::size_t k)
      : components_(components),
        k_(k),
        next_(components.size(), 0),
        taken_(std::min(k, num_hits(components))) {}

  std::vector<Candidate> run() {
    std::vector<double> weights;
    for (const ComponentHits& each : components_) weights.push_back(each.weight);
    while (out_.size() < k_) {
      const std::vector<std::size_t> quota = quotas(weights, k_ - out_.size());
      if (std::all_of(quota.begin(), quota.end(), [](std::size_t n) { return n == 0; })) break;
      share_out(quota);
      for (std::size_t c = 0; c < weights.size(); ++c) {
        if (next_[c] == components_[c].hits.size()) weights[c] = 0.0;
      }
    }
    return std::move(out_);
  }

 private:
  static std::size_t num_hits(std::span<const ComponentHits> components) {
    std::size_t sum = 0;
    for (const ComponentHits& each : components) sum += each.hits.size();
    return sum;
  }

  // Fills places by quota; a component that runs out leaves its own empty.
  void share_out(const std::vector<std::size_t>& quota) {
    std::size_t places = 0;
    for (const std::size_t each : quota) places += each;
    std::vector<std::size_t> given(quota.size(), 0);
    for (std::size_t place = 1; place <= places; ++place) {
      std::size_t best = quota.size();
      double furthest = 0.0;
      for (std::size_t c = 0; c < quota.size(); ++c) {
        if (given[c] == quota[c]) continue;
        const double behind = static_cast<double>(quota[c]) * static_cast<double>(place) /
                                  static_cast<double>(places) -
                              static_cast<double>(given[c]);
        if (best < quota.size() && behind <= furthest) continue;
        best = c;
        furthest = behind;
      }
      ++given[best];
      take_from(best);
    }
  }

  void take_from(std::size_t c) {
    for (const std::span<const Hit> hits = components_[c].hits; next_[c] < hits.size();) {
      const Hit& hit = hits[next_[c]++];
      if (!taken_.insert(hit.id)) continue;
      out_.push_back({hit.id, hit.score, components_[c].component});
      return;
    }
  }

  std::span<const ComponentHits> components_;
  std::size_t k_;
  std::vector<std::size_t> next_;  // of each component's hits
  Taken taken_;
  std::vector<Candidate> out_;
};

}  // namespace

std::vector<Candidate> merge(std::span<const ComponentHits> components, std::size_t k) {
  return Merger(components, k).run();
}

void sort_by_score(std::vector<Candidate>& list) {
  std::sort(list.begin(), list.end(), [](const Candidate& a, const Candidate& b) {
    if (a.score != b.score) return a.score > b.score;
    return a.id.partition != b.id.partition ? a.id.partition < b.id.partition : a.id.row < b.id.row;
  });
}

}  // namespace twhin
