// cli/parse.h -- the words after the verb, sorted into arguments and options.
#pragma once

#include <string>
#include <vector>

#include "cli/args.h"

namespace twhin::cli {

/// Errors    invalid_argument "cli.unknown_option" (with the nearest), "cli.unexpected_argument",
///           "cli.missing_argument", "cli.missing_value", "cli.repeated_option", "cli.wrong_value".
Args::Values parse(const Command& command, const std::vector<std::string>& words);

}  // namespace twhin::cli
