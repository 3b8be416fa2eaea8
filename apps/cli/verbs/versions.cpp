// twhin versions, promote, rollback, prune -- the versions of a network, and which one is CURRENT.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "twhin/base/memory.h"
#include "twhin/versions/version_list.h"

namespace twhin::cli {
namespace {

const Argument kNetwork = {"model", "MODEL", "a network's directory, models/<network>"};

std::string name_of(std::uint32_t number) { return fmt::format("v{}", number); }

std::string mrr_of(const ModelInfo& info) {
  const nlohmann::json mrr =
      nlohmann::json::parse(info.metrics_json).value("mrr", nlohmann::json());
  return mrr.is_number() ? fmt::format("{:.4f}", mrr.get<double>()) : "-";
}

std::string to_text(const VersionList& list) {
  Table table({"", "version", "parent", "made (UTC)", "data from", "to", "entities", "epochs",
               "valid MRR", "own bytes", "shared bytes"});
  std::string problems;
  for (const ListedVersion& v : list.versions) {
    std::vector<std::string> row{v.current ? "*" : " ",
                                 name_of(v.number),
                                 "-",
                                 "-",
                                 "-",
                                 "-",
                                 "-",
                                 "-",
                                 "-",
                                 format_bytes(v.unique_bytes),
                                 format_bytes(v.shared_bytes)};
    if (v.made_at > 0) row[3] = fmt::format("{:%Y-%m-%d %H:%M}", fmt::gmtime(v.made_at));
    if (v.info) {
      if (v.info->parent) row[2] = name_of(*v.info->parent);
      if (const auto& window = v.info->data_window) {
        row[4] = fmt::format("{}", window->first);
        row[5] = fmt::format("{}", window->last);
      }
      std::uint64_t entities = 0;
      for (const EntityType& type : v.info->schema.entities) entities += type.num_entities();
      row[6] = grouped(entities);
      row[7] = grouped(v.info->epochs);
      row[8] = mrr_of(*v.info);
    } else {
      problems += fmt::format("{} cannot be read: {}\n", name_of(v.number), v.problem);
    }
    table.row(std::move(row));
  }
  std::string text = table.text();
  if (list.current) {
    text += fmt::format("* CURRENT; before it, the latest first: {}\n", [&] {
      std::string past;
      for (std::size_t i = list.history.size(); i-- > 1;) {
        past += (past.empty() ? "" : ", ") + name_of(list.history[i - 1]);
      }
      return past.empty() ? std::string("none") : past;
    }());
  } else {
    text += "no version is CURRENT: twhin promote MODEL vN\n";
  }
  if (list.under_way) text += fmt::format("under way: {}\n", name_of(*list.under_way));
  return text + problems;
}

int run_versions(const Args& args, std::ostream& out) {
  const VersionList list = list_versions(args.text("model"));

  out << (args.flag("json") ? list.to_json() + "\n" : to_text(list));
  return kExitOk;
}

int run_promote(const Args& args, std::ostream& out) {
  std::filesystem::path network = args.text("model");
  std::string version = args.text("version");
  if (version.empty()) {  // models/all/v3 or models/all@v3
    std::string text = network.string();
    if (!network.has_filename()) text = network.parent_path().string();
    const std::size_t at = text.find_last_of("@/");
    version = at == std::string::npos ? text : text.substr(at + 1);
    network = at == std::string::npos ? "." : text.substr(0, at);
  }
  const std::uint32_t number = version_number(version);

  promote(network, number);

  out << name_of(number) << '\n';
  return kExitOk;
}

int run_rollback(const Args& args, std::ostream& out) {
  std::optional<std::uint32_t> number;
  if (args.given("version")) number = version_number(args.text("version"));

  out << name_of(roll_back(args.text("model"), number)) << '\n';
  return kExitOk;
}

int run_prune(const Args& args, std::ostream& out) {
  const std::optional<std::uint64_t> keep = args.count("keep");
  if (!keep) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "cli.missing_option")
        .what("how many versions are to stay is not said")
        .expected("--keep N")
        .build();
  }
  const bool dry_run = args.flag("dry-run");

  const PruneResult result = prune(
      args.text("model"), static_cast<std::uint32_t>(std::min<std::uint64_t>(*keep, ~0u)), dry_run);

  if (args.flag("json")) {
    out << result.to_json() << '\n';
    return kExitOk;
  }
  const auto names = [](const std::vector<std::uint32_t>& numbers) {
    std::string text;
    for (const std::uint32_t number : numbers) text += (text.empty() ? "" : ", ") + name_of(number);
    return text.empty() ? std::string("none") : text;
  };
  out << fmt::format(
      "{}: {}\n{}: {}{}\nkept: {}\n", dry_run ? "would remove" : "removed", names(result.removed),
      dry_run ? "would free" : "freed", format_bytes(result.freed_bytes),
      result.still_shared_bytes > 0 ? fmt::format(" ({} more are shared with others and stay)",
                                                  format_bytes(result.still_shared_bytes))
                                    : "",
      names(result.kept));
  return kExitOk;
}

}  // namespace

const Command kVersions = {
    .name = "versions",
    .group = Group::versions,
    .summary = "list a network's versions: parent, data, quality, size, which one is CURRENT",
    .arguments = {kNetwork},
    .extra_options = {json_option()},
    .run = &run_versions,
};

const Command kPromote = {
    .name = "promote",
    .group = Group::versions,
    .summary = "move CURRENT to a version",
    .arguments = {{"model", "MODEL", "a network's directory, or that of a version"},
                  {"version", "VERSION", "v3; left out if MODEL is a version", true}},
    .run = &run_promote,
};

const Command kRollback = {
    .name = "rollback",
    .group = Group::versions,
    .summary = "move CURRENT back to the version that it named before, or to the one given",
    .arguments = {kNetwork, {"version", "VERSION", "v3; without it the one before", true}},
    .run = &run_rollback,
};

const Command kPrune = {
    .name = "prune",
    .group = Group::versions,
    .summary = "remove old versions; CURRENT always stays",
    .arguments = {kNetwork},
    .extra_options = {{"keep", "N", "how many of the newest stay"},
                      {"dry-run", "", "say what would go, and remove nothing"},
                      json_option()},
    .run = &run_prune,
};

}  // namespace twhin::cli
