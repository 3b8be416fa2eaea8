// train/id_ranges.h -- the rows of one type that negatives are drawn from.
//
// Of several partitions that are trained together, each is drawn from as often as edges end in it:
//
//     P(partition q) = edges of the step that end in q / edges of the step
//
// and evenly within. So, in every step, the rows of a partition are pushed away as often as they
// are pulled near; drawn evenly from all, a partition that has just come, which half of the step's
// edges end in, would be pulled near by twice as many as push it away.
#pragma once

#include <cstdint>
#include <vector>

#include "twhin/base/rng.h"

namespace twhin::training {

/// Rows [first, first + count) of a type's memory.
struct IdRange {
  std::uint32_t first = 0, count = 0;
  friend bool operator==(const IdRange&, const IdRange&) = default;
};

class IdRanges {
 public:
  void add(IdRange range, std::uint64_t weight) {
    if (range.count == 0 || weight == 0) return;
    ranges_.push_back({range, weight});
    weight_ += weight;
  }
  bool empty() const { return ranges_.empty(); }
  friend bool operator==(const IdRanges&, const IdRanges&) = default;

  /// Requires that there is a range.
  std::uint32_t draw(Rng& rng) const {
    std::size_t r = 0;
    if (ranges_.size() > 1) {
      std::uint64_t place = rng.below(weight_);
      while (place >= ranges_[r].weight) place -= ranges_[r++].weight;
    }
    const IdRange& range = ranges_[r].range;
    return range.first + static_cast<std::uint32_t>(rng.below(range.count));
  }

 private:
  struct Weighted {
    IdRange range;
    std::uint64_t weight;
    friend bool operator==(const Weighted&, const Weighted&) = default;
  };
  std::vector<Weighted> ranges_;
  std::uint64_t weight_ = 0;
};

}  // namespace twhin::training
