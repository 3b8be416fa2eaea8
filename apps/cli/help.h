// cli/help.h -- help for the terminal and docs/cli.md, from the table of commands.
#pragma once

#include <string>

#include "cli/command.h"

namespace twhin::cli {

/// "twhin eval MODEL [OPTIONS]".
std::string usage(const Command& command);
/// All verbs in their chapters.
std::string overview(const Commands& commands);
/// One verb with its arguments and options.
std::string help(const Command& command);
/// docs/cli.md.
std::string markdown(const Commands& commands);

/// Throws not_found "cli.unknown_verb" with the nearest one.
const Command& find_command(const Commands& commands, const std::string& name);

}  // namespace twhin::cli
