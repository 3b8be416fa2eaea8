// twhin docs -- writes docs/cli.md or docs/config.md; a test holds the committed files against it.
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/root_config.h"

namespace twhin::cli {
namespace {

constexpr std::string_view kConfigHead =
    "# The config\n\n"
    "Made from the program by `twhin docs config`; do not edit. One YAML file (or JSON, if its "
    "name ends in\n"
    "`.json`) for all verbs. Paths are relative to the file. An unknown key is an error. Any value "
    "can be\n"
    "overridden on the command line: `--set train.dim=64`, `--set 'sources[0].path=a.tsv'`. Sizes "
    "are written\n"
    "`4096`, `512MB` or `4GiB`, times `90`, `250ms`, `30m`, `12h` or `7d`. Every output stores the "
    "config that\n"
    "made it, with all defaults filled in.\n\n";

int run_docs(const Args& args, std::ostream& out) {
  const std::string name = args.text("name");
  if (name == "cli") {
    out << markdown(args.commands());
  } else if (name == "config") {
    out << kConfigHead << config::markdown(root_config_fields());
  } else {
    throw ErrorBuilder(ErrorKind::invalid_argument, "cli.unknown_document")
        .what("there is no document " + quote(name))
        .expected("cli or config")
        .build();
  }
  return kExitOk;
}

}  // namespace

const Command kDocs = {
    .name = "docs",
    .group = Group::hidden,
    .summary = "print docs/cli.md or docs/config.md",
    .arguments = {{"name", "NAME", "cli or config"}},
    .run = &run_docs,
};

}  // namespace twhin::cli
