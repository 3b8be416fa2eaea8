// twhin version -- which release this is.
#include "twhin/base/version.h"

#include "cli/args.h"
#include "cli/commands.h"

namespace twhin::cli {
namespace {

int run_version(const Args&, std::ostream& out) {
  out << "twhin " << kVersion << '\n';
  return kExitOk;
}

}  // namespace

const Command kVersionCommand = {
    .name = "version",
    .group = Group::about,
    .summary = "print the release of twhin",
    .run = &run_version,
};

}  // namespace twhin::cli
