// index/check_stop.h -- how a job of this folder ends when it is told to.
#pragma once

#include "twhin/base/error.h"
#include "twhin/base/stop.h"

namespace twhin {

/// Throws cancelled "index.cancelled" once the flag is set.
inline void check_index_stop(const StopFlag& stop) {
  if (!stop.requested()) return;
  throw ErrorBuilder(ErrorKind::cancelled, "index.cancelled")
      .what("the work on an index was interrupted")
      .build();
}

}  // namespace twhin
