#include "twhin/generate/generate.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <optional>
#include <unordered_set>

#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/config/load.h"
#include "twhin/config/write.h"
#include "twhin/generate/planted_network.h"
#include "twhin/graph/table_writer.h"
#include "twhin/storage/manifest.h"

namespace twhin {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t kFirstSecond = 1'640'995'200;  // 2022-01-01 00:00:00 UTC
constexpr std::int64_t kStepSeconds = 7 * 24 * 3600;  // a step is a week

// Streams of the generator beside those of the truth.
enum Draw : std::uint64_t { kEdges = 100, kAuthor = 110, kAdvertiser = 120, kTimes = 130 };

class Generator {
 public:
  Generator(const GenerateOptions& options, const fs::path& out, const Observer& observer,
            const StopFlag& stop)
      : options_(options), network_(options), out_(out), observer_(observer), stop_(stop) {}

  GenerateSummary run() {
    make_directories(out_ / "edges");
    make_directories(out_ / "truth");
    for (std::size_t t = 0; t < kPlantedTypes.size(); ++t) {
      summary_.entities[t] = network_.entities(static_cast<PlantedType>(t)).size();
    }
    write_text(out_ / "generate.yaml", config::to_yaml(options_));
    write_text(out_ / "config.yaml", config_text());
    write_engagements();
    write_origins(PlantedRelation::authors, kAuthor);
    write_origins(PlantedRelation::promotes, kAdvertiser);
    write_truth_of_users();
    for (const PlantedType type : {PlantedType::tweet, PlantedType::advertiser, PlantedType::ad}) {
      write_truth_of(type);
    }
    sync_directory(out_ / "edges");
    sync_directory(out_ / "truth");
    return summary_;
  }

 private:
  std::string file_of(const std::string& stem) const {
    return stem + (options_.format == GeneratedFormat::parquet ? ".parquet" : ".tsv");
  }
  static const PlantedRelationInfo& info(PlantedRelation r) {
    return kPlantedRelations[static_cast<std::size_t>(r)];
  }
  std::string edges_file(PlantedRelation r) const {
    return file_of(fmt::format("edges/{}", info(r).name));
  }
  const WeightedEntities& entities(PlantedType type) const { return network_.entities(type); }
  std::uint64_t num_users() const { return entities(PlantedType::user).size(); }

  std::string config_text() const {
    std::string text =
        "# A synthetic network, written by twhin generate (see generate.yaml).\n"
        "graph: graph\nmodels: models\n\nentities:\n";
    for (const char* type : kPlantedTypes) text += fmt::format("  {}: {{}}\n", type);
    text += "\nrelations:\n";
    for (const PlantedRelationInfo& r : kPlantedRelations) {
      text += fmt::format("  {}: {{lhs: {}, rhs: {}}}\n", r.name,
                          kPlantedTypes[static_cast<std::size_t>(r.lhs)],
                          kPlantedTypes[static_cast<std::size_t>(r.rhs)]);
    }
    text += "\nsources:\n";
    for (std::size_t r = 0; r < kPlantedRelations.size(); ++r) {
      text +=
          fmt::format("  - {{path: {}, relation: {}, lhs: lhs, rhs: rhs, timestamp: timestamp}}\n",
                      edges_file(static_cast<PlantedRelation>(r)), kPlantedRelations[r].name);
    }
    text +=
        "\nsplit: {valid: 0.02, test: 0.05}\n\n"
        "networks:\n"
        "  twhin_follow: [follows, promotes, clicks]\n"
        "  twhin_engagement: [authors, favorites, replies, retweets, promotes, clicks]\n\n"
        "# Chosen on split valid; experiments/results has the figures.\n"
        "train:\n"
        "  dim: 100\n  epochs: 5\n  loss: softmax\n  reciprocal: true\n"
        "  batch_negatives: 50\n  uniform_negatives: 1000\n"
        "  lhs_negatives: uniform\n  rhs_negatives: uniform\n"
        "  learning_rate: 0.1\n  schedule: {kind: linear}\n  l2: 0.04\n  init_scale: 0.03\n"
        "  validation_edges: 300\n";
    return text;
  }

  // One row of an edges table.
  void write_edge(TableWriter& table, PlantedRelation relation, std::uint64_t lhs,
                  std::uint64_t rhs, Rng& times) {
    table.integer(static_cast<std::int64_t>(lhs));
    table.integer(static_cast<std::int64_t>(rhs));
    table.integer(kFirstSecond + options_.step * kStepSeconds +
                  static_cast<std::int64_t>(times.below(kStepSeconds)));
    ++summary_.edges[static_cast<std::size_t>(relation)];
  }
  TableWriter open_edges(PlantedRelation relation) const {
    return TableWriter(out_ / edges_file(relation), {{"lhs"}, {"rhs"}, {"timestamp"}});
  }

  // Draws `count` different targets of (1); fewer where the user knows nearly all within reach.
  template <class Visit>
  void draw_targets(std::uint64_t user, const std::vector<Interest>& interests, PlantedType type,
                    double expected, Rng rng, Visit visit) {
    const double whole = std::floor(expected);
    const auto count = static_cast<std::uint64_t>(whole) + (rng.uniform() < expected - whole);
    const WeightedEntities& targets = entities(type);
    seen_.clear();
    if (type == PlantedType::user) seen_.insert(user);  // nobody follows himself
    std::uint64_t drawn = 0;
    for (std::uint64_t tries = 0; drawn < count && tries < 20 * count; ++tries) {
      std::uint64_t target = 0;
      if (rng.uniform() < options_.outside) {
        target = targets.draw_any(rng);
      } else {
        double left = rng.uniform();
        std::size_t k = 0;
        while (k + 1 < interests.size() && (left -= interests[k].share) >= 0.0) ++k;
        target = targets.draw(rng, interests[k].community);
      }
      if (!seen_.insert(target).second) continue;
      ++drawn;
      visit(target, rng);
    }
  }

  void write_engagements() {
    TableWriter follows = open_edges(PlantedRelation::follows);
    TableWriter favorites = open_edges(PlantedRelation::favorites);
    TableWriter replies = open_edges(PlantedRelation::replies);
    TableWriter retweets = open_edges(PlantedRelation::retweets);
    TableWriter clicks = open_edges(PlantedRelation::clicks);
    TableWriter exposures(out_ / file_of("exposures"),
                          {{"user"}, {"ad"}, {"clicked"}, {"probability", ColumnType::real}});
    const std::pair<PlantedRelation, TableWriter*> engagements[] = {
        {PlantedRelation::follows, &follows},
        {PlantedRelation::favorites, &favorites},
        {PlantedRelation::replies, &replies},
        {PlantedRelation::retweets, &retweets}};
    for (std::uint64_t user = 0; user < num_users(); ++user) {
      if (user % 1024 == 0) report(user);
      const std::vector<Interest> interests = network_.interests(user);
      Rng times = stream(kTimes, user);
      for (const auto& [relation, table] : engagements) {
        draw_targets(user, interests, info(relation).rhs, network_.expected_edges(relation, user),
                     stream(kEdges + static_cast<std::uint64_t>(relation), user),
                     [&, r = relation, t = table](std::uint64_t target, Rng&) {
                       write_edge(*t, r, user, target, times);
                     });
      }
      write_exposures(user, interests, times, clicks, exposures);
    }
    for (TableWriter* table : {&follows, &favorites, &replies, &retweets, &clicks, &exposures}) {
      table->commit();
    }
    summary_.exposures = exposures.num_rows();
  }

  // Shows ads until, on average, the expected number of them is clicked.
  void write_exposures(std::uint64_t user, const std::vector<Interest>& interests, Rng& times,
                       TableWriter& clicks, TableWriter& exposures) {
    double mean_probability = PlantedNetwork::click_probability(0.0);
    for (const Interest& i : interests) {
      mean_probability +=
          (1.0 - options_.outside) * i.share *
          (PlantedNetwork::click_probability(i.share) - PlantedNetwork::click_probability(0.0));
    }
    const double shown = network_.expected_edges(PlantedRelation::clicks, user) / mean_probability;
    const WeightedEntities& ads = entities(PlantedType::ad);
    draw_targets(user, interests, PlantedType::ad, shown,
                 stream(kEdges + static_cast<std::uint64_t>(PlantedRelation::clicks), user),
                 [&](std::uint64_t ad, Rng& rng) {
                   double share = 0.0;
                   for (const Interest& i : interests) {
                     if (i.community == ads.community(ad)) share = i.share;
                   }
                   const double probability = PlantedNetwork::click_probability(share);
                   const bool clicked = rng.uniform() < probability;
                   exposures.integer(static_cast<std::int64_t>(user));
                   exposures.integer(static_cast<std::int64_t>(ad));
                   exposures.integer(clicked ? 1 : 0);
                   exposures.real(probability);
                   if (clicked) write_edge(clicks, PlantedRelation::clicks, user, ad, times);
                 });
  }

  // One origin for each target: the author of a tweet, the advertiser of an ad. Older targets keep
  // theirs from step to step, and are written again only in the step that brought them.
  void write_origins(PlantedRelation relation, std::uint64_t draw) {
    TableWriter table = open_edges(relation);
    const WeightedEntities& targets = entities(info(relation).rhs);
    for (std::uint64_t t = first_new(info(relation).rhs); t < targets.size(); ++t) {
      Rng times = stream(kTimes + draw, t);
      write_edge(table, relation, origin(relation, draw, t), t, times);
    }
    table.commit();
  }
  std::uint64_t origin(PlantedRelation relation, std::uint64_t draw, std::uint64_t target) const {
    const WeightedEntities& origins = entities(info(relation).lhs);
    Rng rng(options_.seed, RngPurpose::generate, draw, target);
    if (rng.uniform() < options_.outside) return origins.draw_any(rng);
    return origins.draw(rng, entities(info(relation).rhs).community(target));
  }
  std::uint64_t first_new(PlantedType type) const {
    if (options_.step == 0) return 0;
    GenerateOptions before = options_;
    --before.step;
    return PlantedNetwork::num_entities(before, type);
  }

  void write_truth_of_users() {
    std::vector<ColumnSpec> columns = {{"id"},
                                       {"community"},
                                       {"weight", ColumnType::real},
                                       {"activity", ColumnType::real},
                                       {"offensive_probability", ColumnType::real},
                                       {"offensive"}};
    constexpr std::size_t kMostInterests = 5;
    for (std::size_t k = 1; k <= kMostInterests; ++k) {
      columns.push_back({fmt::format("interest_{}", k)});
      columns.push_back({fmt::format("share_{}", k), ColumnType::real});
    }
    TableWriter table(out_ / file_of("truth/user"), columns);
    const WeightedEntities& users = entities(PlantedType::user);
    for (std::uint64_t u = 0; u < users.size(); ++u) {
      table.integer(static_cast<std::int64_t>(u));
      table.integer(users.community(u));
      table.real(users.weight(u));
      table.real(network_.activity(u));
      table.real(network_.offensive_probability(u));
      table.integer(network_.is_offensive(u) ? 1 : 0);
      const std::vector<Interest> interests = network_.interests(u);
      for (std::size_t k = 0; k < kMostInterests; ++k) {
        table.integer(k < interests.size() ? std::int64_t{interests[k].community} : -1);
        table.real(k < interests.size() ? interests[k].share : 0.0);
      }
    }
    table.commit();
  }

  void write_truth_of(PlantedType type) {
    TableWriter table(
        out_ / file_of(fmt::format("truth/{}", kPlantedTypes[static_cast<std::size_t>(type)])),
        {{"id"}, {"community"}, {"weight", ColumnType::real}});
    const WeightedEntities& all = entities(type);
    for (std::uint64_t e = 0; e < all.size(); ++e) {
      table.integer(static_cast<std::int64_t>(e));
      table.integer(all.community(e));
      table.real(all.weight(e));
    }
    table.commit();
  }

  Rng stream(std::uint64_t draw, std::uint64_t entity) const {
    return Rng(options_.seed, RngPurpose::generate, draw, entity, options_.step);
  }

  void report(std::uint64_t user) const {
    if (stop_.requested()) {
      throw ErrorBuilder(ErrorKind::cancelled, "generate.cancelled")
          .what("interrupted; nothing was changed")
          .build();
    }
    observer_.report({"generating", user, num_users(), "users", {}});
  }

  const GenerateOptions options_;
  const PlantedNetwork network_;
  const fs::path out_;
  const Observer& observer_;
  const StopFlag& stop_;
  GenerateSummary summary_;
  std::unordered_set<std::uint64_t> seen_;
};

}  // namespace

GenerateSummary generate(const GenerateOptions& options, const fs::path& out,
                         const Observer& observer, const StopFlag& stop) {
  config::check(options, "generate");
  if (fs::exists(out) && !fs::is_empty(out) && !fs::exists(out / "generate.yaml")) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "generate.not_ours")
        .what(fmt::format("{} holds something else", quote(out.string())))
        .expected("a new directory, or one that twhin generate wrote")
        .build();
  }
  // Where the config that it writes puts them.
  for (const char* made : {"graph", "models"}) {
    if (!fs::exists(out / made)) continue;
    throw ErrorBuilder(ErrorKind::invalid_argument, "generate.in_use")
        .what(fmt::format("{} holds what was made of the network in it", quote(out.string())))
        .found(made)
        .expected("a new directory, or one that has nothing but a generated network")
        .hint("generate into another directory, or remove its graph and models first")
        .build();
  }
  fs::path partial = out;
  partial += fmt::format(".partial-{}", ::getpid());
  fs::remove_all(partial);
  try {
    const GenerateSummary summary = Generator(options, partial, observer, stop).run();
    replace_directory(partial, out);
    return summary;
  } catch (...) {
    std::error_code ignored;  // the first error is the one to tell
    fs::remove_all(partial, ignored);
    throw;
  }
}

GenerateOptions read_generated_options(const fs::path& generated) {
  const fs::path file = generated / "generate.yaml";
  if (!fs::exists(file)) {
    throw ErrorBuilder(ErrorKind::not_found, "generate.not_generated")
        .what(fmt::format("{} is not a generated network", quote(generated.string())))
        .expected("a directory with generate.yaml, as twhin generate writes it")
        .build();
  }
  return config::load<GenerateOptions>(config::Document::read(file));
}

}  // namespace twhin
