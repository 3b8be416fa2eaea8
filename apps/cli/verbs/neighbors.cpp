// twhin neighbors -- the entities that a model holds nearest to one.
#include "twhin/evaluate/neighbors.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/model_graph.h"
#include "cli/table.h"
#include "twhin/base/error.h"

namespace twhin::cli {
namespace {

Error conflict(std::string_view what, std::string_view hint) {
  return ErrorBuilder(ErrorKind::invalid_argument, "cli.conflicting_options")
      .what(what)
      .hint(hint)
      .build();
}

template <class E>
E enum_value(const Args& args, const std::string& option) {
  std::vector<std::string> names;
  for (const EnumName<E>& each : EnumNames<E>::values) {
    if (each.name == args.text(option)) return each.value;
    names.emplace_back(each.name);
  }
  throw config::unknown_value(fmt::format("--{} {}", option, args.text(option)), "--" + option,
                              args.text(option), names);
}

/// The end that is asked for: what the user says, else that which the asking type leaves.
Side wanted_side(const Args& args, const RelationType& relation, std::uint32_t asking_type) {
  const std::string side = args.text("side");
  if (side.empty()) {
    return asking_type != relation.lhs && asking_type == relation.rhs ? Side::lhs : Side::rhs;
  }
  if (side == "lhs") return Side::lhs;
  if (side == "rhs") return Side::rhs;
  throw config::unknown_value("--side " + side, "--side", side, {"lhs", "rhs"});
}

NeighborQuery query_of(const Args& args, const ModelVersion& version, const FoundEntity& asking) {
  const Schema& schema = version.schema();
  NeighborQuery query;
  query.type = query.wanted_type = asking.type;
  query.entity = asking.id;
  query.k = args.count("k").value_or(10);
  query.threads = args.threads();
  if (args.given("relation")) {
    if (args.given("type")) {
      throw conflict("a relation gives the type that is looked for",
                     "leave out --relation or --type");
    }
    if (args.given("comparator")) {
      throw conflict("with a relation, rows are compared as the model was trained",
                     "leave out --relation or --comparator");
    }
    query.relation = schema.relation(args.text("relation"));
    query.wanted = wanted_side(args, schema.relations[*query.relation], asking.type);
    return query;
  }
  if (args.given("side")) {
    throw conflict("a side is that of a relation", "give --relation, or leave out --side");
  }
  if (args.given("type")) query.wanted_type = schema.entity(args.text("type"));
  if (args.given("comparator")) query.comparator = enum_value<Comparator>(args, "comparator");
  return query;
}

int run_neighbors(const Args& args, std::ostream& out) {
  const ModelVersion version = open_model(args);
  const FoundEntity asking = find_entity(version, args.text("entity"));
  const NeighborQuery query = query_of(args, version, asking);
  const OpenModel model(version);

  const std::vector<Neighbor> found = neighbors(model.view(), query, args.stop());

  const Schema& schema = version.schema();
  std::uint32_t type = query.wanted_type;
  if (query.relation) {
    const RelationType& relation = schema.relations[*query.relation];
    type = query.wanted == Side::rhs ? relation.rhs : relation.lhs;
  }
  const Vocabulary names = version.vocabulary(type);
  const std::string prefix = schema.entities[type].name + ":";
  if (args.flag("json")) {
    nlohmann::ordered_json json = {{"entity", args.text("entity")}};
    if (query.relation) {
      json["relation"] = schema.relations[*query.relation].name;
      json["side"] = query.wanted == Side::rhs ? "rhs" : "lhs";
    }
    const std::string comparator(
        enum_name(query.relation ? model.view().comparator() : query.comparator));
    json["comparator"] = comparator;
    json["neighbors"] = nlohmann::ordered_json::array();
    for (const Neighbor& each : found) {
      json["neighbors"].push_back(
          {{"entity", prefix + std::string(names.name(each.id))}, {"score", each.score}});
    }
    out << json.dump(1) << '\n';
    return kExitOk;
  }
  Table table({"rank", "entity", "score"});
  for (std::size_t i = 0; i < found.size(); ++i) {
    table.row({grouped(i + 1), prefix + std::string(names.name(found[i].id)),
               fmt::format("{:.4f}", found[i].score)});
  }
  out << table.text();
  return kExitOk;
}

}  // namespace

const Command kNeighbors = {
    .name = "neighbors",
    .group = Group::use,
    .summary = "the entities that a model holds nearest to one, among all",
    .arguments = {{"model", "MODEL", "a version, or a network: then its CURRENT version"},
                  {"entity", "TYPE:NAME", "the entity that asks, as user:17"}},
    .extra_options =
        {{"relation", "NAME",
          "those that score highest in this relation with it, which gives their type; without it, "
          "those whose rows are alike"},
         {"side", "SIDE",
          "the end of the relation that is looked for, lhs or rhs; rhs, if the "
          "asking entity can be the lhs"},
         {"type", "NAME",
          "without a relation: the type that is looked for; that of the asking "
          "entity if left out"},
         {"comparator", "NAME", "without a relation: cos, dot, l2 or squared_l2", "cos"},
         {"k", "N", "how many", "10"},
         follow_option(),
         json_option()},
    .run = &run_neighbors,
};

}  // namespace twhin::cli
