#include "kernel/group_entries.h"

#include <limits>
#include <string>

#include "kernel/shapes.h"
#include "twhin/base/error.h"

namespace twhin::kernel {

void check_entries(std::string_view function, const GroupShape& shape, ConstMatrixView scores,
                   std::span<const float> edges, std::span<const MaskedEntry> masked) {
  check_shape(function, "rows of scores", "columns of scores", scores, shape.num_sources(),
              shape.num_targets());
  if (!edges.empty()) check_size(function, "weights.edges", edges.size(), shape.num_positives);
  const std::size_t p = shape.num_positives;
  for (const MaskedEntry& m : masked) {
    const bool batch = m.source < p && m.target < p;
    const bool corner = m.source >= p && m.target >= p;
    if (m.source < scores.rows && m.target < scores.cols && !corner &&
        (!batch || (shape.batch_negatives && m.source != m.target))) {
      continue;
    }
    throw ErrorBuilder(ErrorKind::invalid_argument, "kernel.mask")
        .what(std::string(function) + " was given a mask for an entry that is no negative")
        .found("source " + std::to_string(m.source) + ", target " + std::to_string(m.target))
        .build();
  }
}

void mask_entries(std::span<const MaskedEntry> masked, MatrixView scores) {
  for (const MaskedEntry& m : masked) {
    scores(m.source, m.target) = -std::numeric_limits<float>::infinity();
  }
}

}  // namespace twhin::kernel
