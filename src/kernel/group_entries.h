// kernel/group_entries.h -- what the losses of kernel/group.h check and mask before they start.
#pragma once

#include <span>
#include <string_view>

#include "kernel/group.h"
#include "twhin/base/matrix_view.h"

namespace twhin::kernel {

/// Errors    invalid_argument "kernel.shape", "kernel.mask".
void check_entries(std::string_view function, const GroupShape& shape, ConstMatrixView scores,
                   std::span<const float> edges, std::span<const MaskedEntry> masked);

/// Sets masked scores to -infinity: no loss and no coefficient, whatever the loss.
void mask_entries(std::span<const MaskedEntry> masked, MatrixView scores);

}  // namespace twhin::kernel
