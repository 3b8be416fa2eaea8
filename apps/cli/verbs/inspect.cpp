// twhin inspect -- what a directory or file of ours holds.
#include <nlohmann/json.hpp>

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/json_text.h"

namespace twhin::cli {
namespace {

int run_inspect(const Args& args, std::ostream& out) {
  const nlohmann::ordered_json description = describe(args.text("path"));
  if (args.flag("config")) {
    out << description.value("config", nlohmann::ordered_json::object()).dump(1) << '\n';
  } else if (args.flag("json")) {
    out << description.dump(1) << '\n';
  } else {
    out << to_text(description);
  }
  return kExitOk;
}

}  // namespace

const Command kInspect = {
    .name = "inspect",
    .group = Group::files,
    .summary = "tell what a graph, a model, or one of their files holds",
    .arguments = {{"path", "PATH",
                   "a graph, a version, a network's directory, or any binary file of theirs"}},
    .extra_options = {{"config", "", "print the effective config that made it, as JSON"},
                      json_option()},
    .run = &run_inspect,
};

}  // namespace twhin::cli
