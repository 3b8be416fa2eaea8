// cli/signals.h -- what SIGINT, SIGTERM and SIGPIPE do to the program.
#pragma once

#include "twhin/base/stop.h"

namespace twhin::cli {

/// SIGINT and SIGTERM end the program with status 130; writes to a closed pipe fail with EPIPE
/// instead of killing it.
void install_signal_handlers();

/// From now on the first SIGINT or SIGTERM sets the flag and says so on stderr; the second ends the
/// program with status 130.
const StopFlag& stop_on_signals();

}  // namespace twhin::cli
