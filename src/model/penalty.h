// model/penalty.h -- n3 and l2 of twhin/model/regularization.h, with gradients.
#pragma once

#include "model/group_step.h"

namespace twhin {

/// Adds the penalty's gradients to those of the group and returns its value.
double add_penalty(const RegularizationOptions& options, const Group& group,
                   const GroupGradients& gradients);

}  // namespace twhin
