// twhin train -- one version of a network's embeddings, from the beginning or from a checkpoint.
#include "twhin/train/train.h"

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/root_config.h"
#include "twhin/config/write.h"
#include "twhin/train/plan.h"

namespace twhin::cli {
namespace {

int run_train(const Args& args, std::ostream& out) {
  const RootConfig config = args.config<RootConfig>();
  TrainRequest request;
  request.config = train_config(config, args.text("network"));
  request.models = config.models.resolved;
  request.resume = args.flag("resume");
  request.config_yaml = config::to_yaml(config);

  const Graph graph = Graph::open(config.graph.resolved);
  if (args.flag("dry-run")) {
    const TrainPlan plan = plan_training(graph, request, true);
    out << (args.flag("json") ? plan.to_json() + "\n" : plan.to_table());
    plan.check_memory();
    plan.check_disk();
    return kExitOk;
  }
  const TrainSummary summary = train(graph, request, args.observer(), args.stop());

  out << summary.version.string() << '\n';
  return kExitOk;
}

}  // namespace

const Command kTrain = {
    .name = "train",
    .group = Group::training,
    .summary = "train one version of a network's embeddings",
    .arguments = {{"config", "CONFIG", "the config of all verbs"}},
    .extra_options = {{"network", "NAME", "train only this network's relations; without it all"},
                      {"resume", "", "go on with the unfinished run of the network"},
                      {"dry-run", "", "print what the run will need, and train nothing"},
                      {"json", "", "with --dry-run: print one JSON object"}},
    .reads_config = true,
    .run = &run_train,
};

}  // namespace twhin::cli
