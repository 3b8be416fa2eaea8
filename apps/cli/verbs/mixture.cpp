// twhin mixture -- users as distributions over clusters; mixtures and vectors of unseen entities.
#include "twhin/mixture/mixture.h"

#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/infer_lines.h"
#include "cli/json_text.h"
#include "cli/model_graph.h"
#include "cli/table.h"
#include "twhin/base/error.h"
#include "twhin/mixture/build.h"

namespace twhin::cli {
namespace {

void refuse(const Args& args, std::initializer_list<const char*> names, const char* belong_to) {
  for (const char* name : names) {
    if (!args.given(name)) continue;
    throw ErrorBuilder(ErrorKind::invalid_argument, "cli.conflicting_options")
        .what(fmt::format("option \"--{}\" belongs to {}", name, belong_to))
        .hint("twhin help mixture explains it")
        .build();
  }
}

struct RepresentationOption {
  Representation representation = Representation::own;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("representation", &RepresentationOption::representation,
      "With --infer: the vector of each component.");
  }
};

int run_infer(const Args& args, const ModelVersion& version, std::ostream& out) {
  args.refuse_options_of<MixtureOptions, InferOptions>(
      "the making of a mixture: leave --infer out");
  refuse(args, {"config", "dry-run", "json", "graph"}, "the making of a mixture");
  const Mixture mixture = Mixture::open(version, args.text("name"));
  std::ifstream file;
  if (args.given("input")) {
    file.open(args.text("input"));
    if (!file) {
      throw ErrorBuilder(ErrorKind::not_found, "file.not_found")
          .what(fmt::format("{} cannot be read", quote(args.text("input"))))
          .at("--input")
          .build();
    }
  }

  const InferCounts counts =
      infer_lines(version, mixture, args.fields<InferOptions>(),
                  args.fields<RepresentationOption>().representation, args.threads(),
                  args.given("input") ? file : std::cin, out, args.observer(), args.stop());

  args.observer().say(fmt::format(
      "{} lists: {} inferred, {} refused; {} engagements, {} with names that the model does not "
      "have",
      grouped(counts.lines), grouped(counts.inferred), grouped(counts.refused),
      grouped(counts.engagements), grouped(counts.unknown)));
  return kExitOk;
}

MixtureOptions options_of_build(const Args& args) {
  if (!args.given("config")) return args.fields<MixtureOptions>();
  return args.fields<MixtureOptions>(config::Document::read(args.text("config")), "mixture");
}

int run_build(const Args& args, const ModelVersion& version, std::ostream& out) {
  args.refuse_options_of<InferOptions, MixtureOptions>("unseen entities: give --infer too");
  refuse(args, {"input", "representation"}, "unseen entities: give --infer too");
  const Graph graph = open_graph_of(version, args.text("graph"));
  const MixtureOptions options = options_of_build(args);
  const MixturePlan plan = plan_mixture(version, graph, options, args.threads());
  if (args.flag("dry-run")) {
    out << (args.flag("json") ? plan.to_json() + "\n" : plan.to_table());
    plan.check_memory();
    return kExitOk;
  }
  args.observer().say(plan.to_table());

  const std::string name = args.given("name") ? args.text("name") : options.type;
  const Mixture mixture =
      build_mixture(version, graph, name, options, args.threads(), args.observer(), args.stop());

  const nlohmann::ordered_json description = describe(mixture.path());
  out << (args.flag("json") ? description.dump(1) + "\n" : to_text(description));
  return kExitOk;
}

int run_mixture(const Args& args, std::ostream& out) {
  const ModelVersion version = ModelVersion::open(args.text("model"));
  return args.flag("infer") ? run_infer(args, version, out) : run_build(args, version, out);
}

}  // namespace

const Command kMixture = {
    .name = "mixture",
    .group = Group::use,
    .summary = "cluster what users engage with, and make users mixtures of the clusters",
    .arguments = {{"model", "MODEL", "a version, or a network: then its CURRENT version"}},
    .options = options_of<MixtureOptions, InferOptions, RepresentationOption>(),
    .extra_options =
        {{"name", "NAME",
          "of the mixture; that of the type if left out, with --infer the only one"},
         {"config", "FILE", "take what is not given here from section `mixture` of this config"},
         {"graph", "DIR", "the graph; the one that the version was trained on if left out"},
         {"dry-run", "", "print what making it will cost, and make nothing"},
         {"infer", "",
          "read lists of engagements of unseen users and targets as lines of JSON from stdin, and "
          "write their mixtures and vectors as lines of JSON"},
         {"input", "FILE", "with --infer: read the lists from a file instead"},
         json_option()},
    .run = &run_mixture,
};

}  // namespace twhin::cli
