// twhin train -- one version of a network's embeddings, from the beginning or from a checkpoint.
#include "twhin/train/train.h"

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/root_config.h"
#include "twhin/config/write.h"
#include "twhin/train/defaults.h"
#include "twhin/train/plan.h"

namespace twhin::cli {
namespace {

/// Sets the options of `train` that the config leaves out and the network's size decides.
std::vector<SizedDefault> set_left_out(RootConfig& config, const Graph& graph, const Args& args) {
  const config::Document document = args.document();
  const NetworkSize size = network_size(graph, train_config(config, args.text("network")));
  const auto is_given = [&](const std::string& key) { return document.has("train." + key); };
  return set_sized_defaults(config.train, size, is_given);
}

void say_left_out(const std::vector<SizedDefault>& left_out, const Observer& observer) {
  if (left_out.empty()) return;
  std::string text;
  for (const auto& [key, value] : left_out) text += (text.empty() ? "" : ", ") + key + " " + value;
  observer.say("left out of the config, chosen for this network: " + text);
}

int run_train(const Args& args, std::ostream& out) {
  RootConfig config = args.config<RootConfig>();
  const Graph graph = Graph::open(config.graph.resolved);
  say_left_out(set_left_out(config, graph, args), args.observer());

  TrainRequest request;
  request.config = train_config(config, args.text("network"));
  request.models = config.models.resolved;
  request.resume = args.flag("resume");
  if (args.given("warm-start")) request.warm_start = args.text("warm-start");
  request.promote = !args.flag("no-promote");
  request.config_yaml = config::to_yaml(config);

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
    .extra_options =
        {{"network", "NAME", "train only this network's relations; without it all"},
         {"resume", "", "go on with the unfinished run of the network"},
         {"warm-start", "MODEL",
          "begin with the vectors of a version: a network (its CURRENT one), a version, or "
          "NETWORK@v3"},
         {"no-promote", "", "leave CURRENT where it is: twhin promote moves it"},
         {"dry-run", "", "print what the run will need, and train nothing"},
         {"json", "", "with --dry-run: print one JSON object"}},
    .reads_config = true,
    .run = &run_train,
};

}  // namespace twhin::cli
