// twhin help -- the verbs, one verb, or the config.
#include "cli/help.h"

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/root_config.h"

namespace twhin::cli {
namespace {

int run_help(const Args& args, std::ostream& out) {
  const std::string about = args.text("verb");
  if (about.empty()) {
    out << overview(args.commands());
  } else if (about == "config") {
    out << config::help_text(root_config_fields());
  } else {
    out << help(find_command(args.commands(), about));
  }
  return kExitOk;
}

}  // namespace

const Command kHelp = {
    .name = "help",
    .group = Group::about,
    .summary = "explain a verb, or the keys of the config",
    .arguments = {{"verb", "VERB", "a verb, or the word config; without it all verbs are listed",
                   true}},
    .run = &run_help,
};

}  // namespace twhin::cli
