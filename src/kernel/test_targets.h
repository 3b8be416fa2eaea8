// Runs a test once with the kernels of every vector width that this processor has.
#pragma once

#include <gtest/gtest.h>
#include <hwy/highway.h>

namespace twhin::kernel {

template <class Body>
void on_each_target(Body body) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    SCOPED_TRACE(hwy::TargetName(target));
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
}

}  // namespace twhin::kernel
