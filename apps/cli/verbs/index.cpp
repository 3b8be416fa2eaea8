// twhin index -- the nearest rows of an entity type, found without looking at all of them.
#include "twhin/index/index.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "twhin/base/memory.h"

namespace twhin::cli {
namespace {

using Json = nlohmann::ordered_json;

/// What was typed, over the section `index` of --config, or of the config that the version was
/// trained with.
IndexOptions options_for(const Args& args, const ModelVersion& version) {
  const std::filesystem::path trained_with = version.path() / "config.yaml";
  if (args.given("config")) {
    return args.fields<IndexOptions>(config::Document::read(args.text("config")), "index");
  }
  if (!std::filesystem::exists(trained_with)) return args.fields<IndexOptions>();
  return args.fields<IndexOptions>(config::Document::read(trained_with), "index");
}

struct Wanted {
  std::uint32_t type;
  IndexOptions options;
};

/// Of relations those that the type stands at an end of.
std::vector<std::string> relations_at(const Schema& schema, std::uint32_t type,
                                      const std::vector<std::string>& relations) {
  std::vector<std::string> out;
  for (const std::string& name : relations) {
    const RelationType& relation = schema.relations[schema.relation(name)];
    if (relation.lhs == type || relation.rhs == type) out.push_back(name);
  }
  return out;
}

/// Types that are named are built with the options as they are. Else each type that the wanted
/// relations lead to, for those of them that do.
std::vector<Wanted> wanted_of(const Args& args, const ModelVersion& version,
                              const IndexOptions& options) {
  const Schema& schema = version.schema();
  std::vector<Wanted> out;
  for (const std::string& name : args.texts("type")) out.push_back({schema.entity(name), options});
  const bool all = out.empty();
  for (std::uint32_t type = 0; all && type < schema.entities.size(); ++type) {
    IndexOptions own = options;
    own.relations = relations_at(schema, type, options.relations);
    if (own.relations.empty() && !options.relations.empty()) {
      args.observer().say(fmt::format("{}: no index, at no end of the wanted relations",
                                      schema.entities[type].name));
      continue;
    }
    out.push_back({type, std::move(own)});
  }
  // All of them before the first is built, which may take hours.
  for (const Wanted& each : out) check_index(version, each.type, each.options);
  return out;
}

void print_estimates(const Args& args, const ModelVersion& version,
                     const std::vector<Wanted>& wanted, std::ostream& out) {
  Json json = Json::array();
  Table table({"type", "kind", "entities", "memory", "disk", "seconds"});
  std::vector<IndexEstimate> estimates;
  for (const auto& [type, options] : wanted) {
    const EntityType& entities = version.schema().entities[type];
    const IndexEstimate estimate = estimate_index(version, type, options, args.threads());
    estimates.push_back(estimate);
    json.push_back({{"type", entities.name},
                    {"kind", enum_name(options.kind)},
                    {"entities", entities.num_entities()},
                    {"memory_bytes", estimate.memory_bytes},
                    {"disk_bytes", estimate.disk_bytes},
                    {"seconds", estimate.seconds}});
    table.row({entities.name, std::string(enum_name(options.kind)),
               grouped(entities.num_entities()), format_bytes(estimate.memory_bytes),
               format_bytes(estimate.disk_bytes), fmt::format("{:.1f}", estimate.seconds)});
  }
  out << (args.flag("json") ? json.dump(1) + "\n" : table.text());
  for (const IndexEstimate& estimate : estimates) estimate.check(version);
}

void print_built(const Args& args, const std::vector<IndexInfo>& built, std::ostream& out) {
  if (args.flag("json")) {
    Json json = Json::array();
    for (const IndexInfo& info : built) json.push_back(Json::parse(info.to_json()));
    out << json.dump(1) << '\n';
    return;
  }
  Table table(
      {"type", "kind", "comparator", "entities", "queries", "recall", "effort", "disk", "seconds"});
  for (const IndexInfo& info : built) {
    const std::vector<std::string> head = {info.type, std::string(enum_name(info.kind)),
                                           std::string(enum_name(info.comparator)),
                                           grouped(info.num_entities)};
    const auto row = [&](const std::string& queries, const std::string& recall) {
      std::vector<std::string> cells = head;
      for (const std::string& cell :
           {queries, recall, info.effort == 0 ? "-" : grouped(info.effort),
            format_bytes(info.num_bytes), fmt::format("{:.2f}", info.build_seconds)}) {
        cells.push_back(cell);
      }
      table.row(cells);
    };
    for (const IndexInfo::Recall& each : info.recall) {
      row(each.queries, fmt::format("{:.4f}", each.value));
    }
    if (info.recall.empty()) row("all", "1");
  }
  out << table.text();
}

int run_index(const Args& args, std::ostream& out) {
  const ModelVersion version = ModelVersion::open(args.text("model"));
  const std::vector<Wanted> wanted = wanted_of(args, version, options_for(args, version));
  if (args.flag("dry-run")) {
    print_estimates(args, version, wanted, out);
    return kExitOk;
  }
  std::vector<IndexInfo> built;
  try {
    for (const auto& [type, options] : wanted) {
      built.push_back(
          build_index(version, type, options, args.threads(), args.observer(), args.stop()));
    }
  } catch (...) {
    if (!built.empty()) print_built(args, built, out);  // they are there, whatever came after
    throw;
  }
  print_built(args, built, out);
  return kExitOk;
}

}  // namespace

const Command kIndex = {
    .name = "index",
    .group = Group::use,
    .summary = "build what finds the nearest entities of a type without comparing all",
    .arguments = {{"model", "MODEL", "a version, or a network: then its CURRENT version"}},
    .options = options_of<IndexOptions>(),
    .extra_options =
        {{.name = "type",
          .value = "NAME",
          .help = "the entity type that is looked for; without it each of the model, or that "
                  "--relations have an end at",
          .repeated = true},
         {"config", "FILE",
          "take what is not given here from section `index` of this config; without it, of the one "
          "that the version was trained with"},
         {"dry-run", "", "print memory, disk and time that building will take, and build nothing"},
         json_option()},
    .run = &run_index,
};

}  // namespace twhin::cli
