// mixture/check_stop.h -- how a job of this folder ends when it is told to.
#pragma once

#include "twhin/base/error.h"
#include "twhin/base/stop.h"

namespace twhin {

/// Throws cancelled "mixture.cancelled" once the flag is set.
inline void check_mixture_stop(const StopFlag& stop) {
  if (!stop.requested()) return;
  throw ErrorBuilder(ErrorKind::cancelled, "mixture.cancelled")
      .what("the mixture was interrupted; nothing was changed")
      .build();
}

}  // namespace twhin
