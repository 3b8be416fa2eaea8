// cli/program.h -- from the arguments of main to the status it returns.
#pragma once

#include "cli/command.h"

namespace twhin::cli {

/// Runs the verb that the words name; catches and prints everything, and only here.
int run(const Commands& commands, int argc, const char* const* argv);

}  // namespace twhin::cli
