// twhin candidates -- a few entities out of all, for whoever asks: one, many, or all.
#include "twhin/candidates/candidates.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "cli/args.h"
#include "cli/candidates_text.h"
#include "cli/commands.h"
#include "cli/model_graph.h"
#include "cli/query_files.h"
#include "twhin/base/error.h"
#include "twhin/evaluate/neighbors.h"

namespace twhin::cli {
namespace {

constexpr const char* kSources[] = {"entity", "entities", "all",        "in-split",
                                    "vector", "vectors",  "engagements"};

/// The one option that says who asks.
std::string source_of(const Args& args) {
  std::vector<std::string> given;
  for (const char* name : kSources) {
    if (args.given(name)) given.push_back(fmt::format("--{}", name));
  }
  if (given.size() == 1) return given.front().substr(2);
  if (given.empty()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "cli.missing_option")
        .what("nothing says who asks")
        .expected(
            "--entity TYPE:NAME, --entities FILE, --all, --in-split SPLIT, --vector JSON, "
            "--vectors FILE or --engagements FILE")
        .build();
  }
  throw ErrorBuilder(ErrorKind::invalid_argument, "cli.conflicting_options")
      .what("who asks is said more than once")
      .found(list(given))
      .expected("one of them")
      .build();
}

bool asks_entities(const std::string& source) {
  return source == "entity" || source == "entities" || source == "all" || source == "in-split";
}

/// The entities of --entity; sets the type that they have.
std::vector<EntityId> named_entities(const Args& args, const ModelVersion& version,
                                     CandidateOptions& options) {
  std::vector<EntityId> out;
  for (const std::string& text : args.texts("entity")) {
    const FoundEntity found = find_entity(version, text);
    const std::string& type = version.schema().entities[found.type].name;
    if (options.from && *options.from != type) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "cli.conflicting_options")
          .what("those who ask are of several types")
          .found(fmt::format("{} beside {}", quote(text), quote(*options.from)))
          .expected("one type in a call")
          .build();
    }
    options.from = type;
    out.push_back(found.id);
  }
  return out;
}

std::vector<EntityId> all_entities(const EntityType& type) {
  std::vector<EntityId> out;
  for (std::uint32_t p = 0; p < type.num_partitions(); ++p) {
    for (std::uint32_t row = 0; row < type.partition_sizes[p]; ++row) out.push_back({p, row});
  }
  return out;
}

/// Everything that a call of the verb has opened.
struct Job {
  std::optional<Graph> graph;
  std::optional<CandidateGenerator> generator;
  std::vector<EntityId> entities;
  std::vector<CandidateQuery> others;  ///< that are no entities of the model

  QuerySource queries() const {
    if (entities.empty()) return {others.size(), [this](std::size_t i) { return others[i]; }};
    return {entities.size(), [this](std::size_t i) {
              CandidateQuery query;
              query.entity = entities[i];
              return query;
            }};
  }
};

void open_graph(const Args& args, const ModelVersion& version, Job& job) {
  if (job.graph) return;
  job.graph = open_graph_of(version, args.text("graph"),
                            "--exclude-relations \"\" does without: what they have already is then "
                            "among the candidates");
}

/// Who may be found, by --items, --only and --without; empty: all.
std::optional<EntitySet> allowed_entities(const Args& args, Job& job) {
  const CandidateGenerator& generator = *job.generator;
  const bool by_edges = generator.options().items != ItemSet::all;
  if (!by_edges && !args.given("only") && !args.given("without")) return std::nullopt;
  const ModelVersion& version = generator.version();
  const EntityType& type = version.schema().entities[generator.candidate_type()];
  const Vocabulary names = version.vocabulary(generator.candidate_type());
  std::optional<EntitySet> competing;
  if (by_edges) {
    open_graph(args, version, job);
    competing = generator.competing(*job.graph, args.observer(), args.stop());
  }
  EntitySet unwanted(type), out(type);
  if (args.given("without")) {
    for (const EntityId id : read_entities(args.text("without"), names, args.observer())) {
      unwanted.insert(id);
    }
  }
  const std::vector<EntityId> wanted =
      args.given("only") ? read_entities(args.text("only"), names, args.observer())
                         : all_entities(type);
  for (const EntityId id : wanted) {
    if (!unwanted.contains(id) && (!competing || competing->contains(id))) out.insert(id);
  }
  if (out.size() == 0) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "cli.no_candidates")
        .what(fmt::format("no {} is left that could be a candidate", type.name))
        .at("--items, --only, --without")
        .build();
  }
  return out;
}

void ask_entities(const Args& args, const std::string& source, CandidateOptions options,
                  const ModelVersion& version, Job& job) {
  if (source == "entity") job.entities = named_entities(args, version, options);
  if (source == "in-split") {
    open_graph(args, version, job);
    if (!options.exclude_splits) {  // what is held out is to be found
      options.exclude_splits.emplace();
      for (const std::string& split : job.graph->splits()) {
        if (split != args.text("in-split")) options.exclude_splits->push_back(split);
      }
    }
  }
  job.generator.emplace(version, options);
  const std::uint32_t type = job.generator->asking_type();
  if (source == "entities") {
    job.entities = read_entities(args.text(source), version.vocabulary(type), args.observer());
  } else if (source == "all") {
    job.entities = all_entities(version.schema().entities[type]);
  } else if (source == "in-split") {
    job.entities =
        job.generator->asking_in(*job.graph, args.text(source), args.observer(), args.stop());
  }
  if (job.generator->excluded_relations().empty()) return;
  open_graph(args, version, job);
  job.generator->exclude_known(*job.graph, job.entities, args.observer(), args.stop());
}

void ask_others(const Args& args, const std::string& source, const CandidateOptions& options,
                const ModelVersion& version, Job& job) {
  job.generator.emplace(version, options);
  if (source == "vector") {
    job.others.push_back(parse_vector(args.text(source), "vector", "--vector"));
  } else if (source == "vectors") {
    job.others = read_vectors(args.text(source));
  } else {
    job.generator->accept_engagements(args.fields<InferOptions>());
    job.others = read_engagements(args.text(source), version, job.generator->inferring_mixture(),
                                  args.observer());
  }
}

CandidateSummary answer(const Args& args, const Job& job, const CandidateNames& names,
                        std::uint64_t num_allowed, std::ostream& out) {
  const auto begin = std::chrono::steady_clock::now();
  CandidateSummary summary;
  summary.out = args.text("out");
  std::optional<CandidateTable> table;
  if (!summary.out.empty()) table.emplace(summary.out, names);
  std::optional<ListStatisticsSum> statistics;
  if (args.flag("stats")) {
    statistics.emplace(*job.generator, num_allowed);
    if (job.graph) statistics->count_edges(*job.graph, args.observer(), args.stop());
  }
  const bool json = args.flag("json");
  bool first = true;
  const auto visit = [&](const CandidateQuery& query, const CandidateList& list) {
    if (statistics) statistics->add(list);
    if (table) return table->add(query, list);
    if (json) {
      out << to_json(names, query, list) << '\n';
    } else {
      out << (first ? "" : "\n") << to_text(names, query, list);
    }
    first = false;
  };
  summary.counts =
      for_each_list(*job.generator, job.queries(), visit, args.observer(), args.stop());
  if (table) {
    table->commit();
    summary.num_bytes = std::filesystem::file_size(summary.out);
  }
  if (statistics) summary.statistics = statistics->statistics();
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return summary;
}

int run_candidates(const Args& args, std::ostream& out) {
  const std::string source = source_of(args);
  if (source != "engagements") {
    args.refuse_options_of<InferOptions, CandidateOptions>(
        "somebody new: give --engagements too, and no other who asks");
  }
  const ModelVersion version = ModelVersion::open(args.text("model"));
  CandidateOptions options = args.fields<CandidateOptions>();
  options.threads = args.threads();
  Job job;
  if (asks_entities(source)) {
    ask_entities(args, source, options, version, job);
  } else {
    ask_others(args, source, options, version, job);
  }
  const std::optional<EntitySet> allowed = allowed_entities(args, job);
  if (allowed) job.generator->allow(&*allowed);
  const EntityType& type = version.schema().entities[job.generator->candidate_type()];

  const CandidateNames names(*job.generator);
  args.observer().say(describe(*job.generator, names));
  const CandidateSummary summary =
      answer(args, job, names, allowed ? allowed->size() : type.num_entities(), out);

  if (summary.out.empty() && !args.flag("stats")) return kExitOk;
  if (args.flag("json")) {
    out << to_json(summary, *job.generator, names) << '\n';
  } else {
    out << (summary.out.empty() ? "\n" : "") << to_text(summary, job.generator->options());
  }
  return kExitOk;
}

}  // namespace

const Command kCandidates = {
    .name = "candidates",
    .group = Group::use,
    .summary = "the best candidates out of all entities of a type, for one, many or all who ask",
    .arguments = {{"model", "MODEL", "a version, or a network: then its CURRENT version"}},
    .options = options_of<CandidateOptions, InferOptions>(),
    .extra_options =
        {{"entity", "TYPE:NAME", "who asks, as user:17; may be repeated", {}, true},
         {"entities", "FILE", "who asks: a name a line; - is standard input"},
         {"all", "", "all entities of the type ask"},
         {"in-split", "SPLIT",
          "those ask who have edges of the relation in this split, which are then not excluded"},
         {"vector", "JSON", "a vector asks: [0.1, ...]"},
         {"vectors", "FILE",
          "vectors ask: one a line, [0.1, ...] or {\"name\": \"x\", \"vector\": [...]}"},
         {"engagements", "FILE",
          "somebody new asks, by a list of engagements: a JSON object a line, as twhin mixture "
          "reads it"},
         {"only", "FILE", "only these are candidates: a name a line"},
         {"without", "FILE", "these are no candidates: a name a line"},
         {"graph", "DIR",
          "where what the asking have already is read; the graph that the version was trained on "
          "if left out"},
         {"out", "FILE", "a table of all lists: .parquet, .tsv or .csv"},
         {"stats", "", "also say how diverse the lists are"},
         {"json", "", "a JSON object a line instead of tables"}},
    .run = &run_candidates,
};

}  // namespace twhin::cli
