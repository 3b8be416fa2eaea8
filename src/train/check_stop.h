// train/check_stop.h -- how a run ends that is told to before it has trained anything.
#pragma once

#include "twhin/base/error.h"
#include "twhin/base/stop.h"

namespace twhin::training {

/// Throws cancelled "train.interrupted" once the flag is set.
inline void check_stop_before_epochs(const StopFlag& stop) {
  if (!stop.requested()) return;
  throw ErrorBuilder(ErrorKind::cancelled, "train.interrupted")
      .what("training was interrupted before its first epoch")
      .hint("nothing was trained; start it again, or go on with --resume")
      .build();
}

}  // namespace twhin::training
