// twhin drift -- how far the vectors of two versions lie apart; a gate for releases.
#include "twhin/versions/drift.h"

#include <fmt/format.h>

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/drift_text.h"
#include "cli/model_graph.h"
#include "cli/page_file.h"
#include "cli/threshold.h"
#include "twhin/base/file.h"
#include "twhin/storage/version_directory.h"
#include "twhin/versions/version_list.h"

namespace twhin::cli {
namespace {

namespace fs = std::filesystem;

struct Pair {
  fs::path older, newer;
};

/// MODEL v1 v2; or two paths; or MODEL v4: from CURRENT to v4.
Pair versions_of(const Args& args) {
  const fs::path model = args.text("model");
  const VersionDirectory network(model);
  if (args.given("second")) {
    return {network.version_path(version_number(args.text("first"))),
            network.version_path(version_number(args.text("second")))};
  }
  const std::string first = args.text("first");
  const bool is_number =
      first.find_first_not_of("0123456789", first[0] == 'v' ? 1 : 0) == std::string::npos;
  if (is_number && !fs::exists(first)) return {model, network.version_path(version_number(first))};
  return {model, first};
}

/// The graph that degrees are of. One that the user does not name may be gone: then there are none.
std::optional<Graph> graph_of(const Args& args, const ModelVersion& newer,
                              const DriftOptions& options) {
  if (options.degree_groups == 0) return std::nullopt;
  try {
    return open_graph_of(newer, args.text("graph"));
  } catch (const Error& error) {
    if (args.given("graph")) throw;
    args.observer().say("no groups by degree: the graph of the newer version is not where it was");
    return std::nullopt;
  }
}

/// Exit status: whether all types and relations are within what the user wants.
int judge(const Args& args, const DriftResult& result) {
  std::vector<Threshold> all = {{"max-l2", "mean L2 change"},
                                {"max-aligned-l2", "mean aligned L2 change"},
                                {"max-cosine", "mean cosine change"},
                                {"max-aligned-cosine", "mean aligned cosine change"},
                                {"min-overlap", "mean overlap of the nearest", 0.0, {}, true},
                                {"max-candidates-changed", "mean share of changed candidates"}};
  for (const TypeDrift& type : result.types) {
    if (type.num_common == 0) continue;
    all[0].take(type.rows.l2.mean, type.name);
    all[1].take(type.rows.aligned_l2.mean, type.name);
    all[2].take(type.rows.cosine.mean, type.name);
    all[3].take(type.rows.aligned_cosine.mean, type.name);
    if (type.overlap) all[4].take(type.overlap->mean, type.name);
  }
  for (const CandidateDrift& each : result.candidates) {
    all[5].take(each.changed.mean, each.relation);
  }
  int status = kExitOk;
  for (const Threshold& each : all) {
    const std::optional<double> wanted = args.number(each.option);
    if (!wanted) continue;
    if (each.of.empty()) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "cli.nothing_to_judge")
          .what(fmt::format("--{} has nothing to judge", each.option))
          .found("no " + each.name + " was measured")
          .hint("twhin help drift explains it")
          .build();
    }
    if (each.holds(*wanted)) continue;
    args.observer().warn(fmt::format("{} of {}, {:.4f}, is {} {}", each.name, each.of, each.worst,
                                     each.at_least ? "below" : "above", *wanted));
    status = kExitBelowThreshold;
  }
  return status;
}

// Of one version CURRENT may long be that version, and then a gate would always be passed.
void refuse_itself(const Args& args, const Pair& pair, const ModelVersion& newer) {
  if (args.given("second")) return;
  const fs::path older = VersionDirectory::resolve(pair.older);
  std::error_code none;
  if (!fs::equivalent(older, newer.path(), none)) return;
  throw ErrorBuilder(ErrorKind::invalid_argument, "drift.same_version")
      .what(fmt::format("{} would be compared with itself", newer.path().filename().string()))
      .found("it is CURRENT")
      .expected("another version to compare it with")
      .hint(fmt::format("name the older one, too: twhin drift {} v1 {}", args.text("model"),
                        newer.path().filename().string()))
      .build();
}

int run_drift(const Args& args, std::ostream& out) {
  if (args.given("html")) check_folder(args.text("html"));
  const Pair pair = versions_of(args);
  const ModelVersion older = ModelVersion::open(pair.older);
  const ModelVersion newer = ModelVersion::open(pair.newer);
  refuse_itself(args, pair, newer);
  DriftOptions options = args.fields<DriftOptions>();
  options.threads = args.threads();
  const std::optional<Graph> graph = graph_of(args, newer, options);

  const DriftResult result =
      drift(older, newer, graph ? &*graph : nullptr, options, args.observer(), args.stop());

  if (args.given("html")) write_text(args.text("html"), drift_page(result));
  out << (args.flag("json") ? result.to_json() + "\n" : to_text(result));
  return judge(args, result);
}

}  // namespace

const Command kDrift = {
    .name = "drift",
    .group = Group::versions,
    .summary = "compare the vectors of two versions: how far they moved, and what consumers see",
    .arguments = {{"model", "MODEL", "a network's directory, or the older version"},
                  {"first", "VERSION",
                   "the older version, v3; or, alone, the newer one, compared with CURRENT; or its "
                   "directory"},
                  {"second", "VERSION", "the newer version, v4", true}},
    .options = options_of<DriftOptions>(),
    .extra_options =
        {{"graph", "DIR",
          "the newer version's graph, for degrees; where it was trained if left out"},
         {"max-l2", "X", "exit with status 3 if the mean L2 change of a type is above X"},
         {"max-aligned-l2", "X", "the same after alignment"},
         {"max-cosine", "X", "exit with status 3 if the mean of 1 - cosine of a type is above X"},
         {"max-aligned-cosine", "X", "the same after alignment"},
         {"min-overlap", "X", "exit with status 3 if the mean overlap of a type is below X"},
         {"max-candidates-changed", "X",
          "exit with status 3 if the mean share of changed candidates of a relation is above X"},
         {"html", "FILE", "also write a page with plots"},
         json_option()},
    .run = &run_drift,
};

}  // namespace twhin::cli
