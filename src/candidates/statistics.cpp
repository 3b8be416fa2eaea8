#include "twhin/candidates/statistics.h"

#include <algorithm>

#include "candidates/known.h"
#include "model/layout.h"

namespace twhin {
namespace {

struct Mean {
  double sum = 0.0;
  std::uint64_t num = 0;
  void add(double x) {
    sum += x;
    ++num;
  }
  double value() const { return sum / static_cast<double>(num); }
};

std::uint64_t num_components(const CandidateList& list) {
  std::vector<std::int64_t> seen;
  for (const Candidate& each : list.candidates) {
    if (each.component != kNoComponent) seen.push_back(each.component);
  }
  std::sort(seen.begin(), seen.end());
  return static_cast<std::uint64_t>(std::unique(seen.begin(), seen.end()) - seen.begin());
}

}  // namespace

struct ListStatisticsSum::State {
  State(const CandidateGenerator& g, std::uint64_t n)
      : generator(g),
        layout(g.version().schema().entities[g.candidate_type()]),
        rows(g.version().rows(g.candidate_type())),
        num_candidates(n),
        use(layout.size()) {}

  const CandidateGenerator& generator;
  TypeLayout layout;
  std::unique_ptr<Rows> rows;
  std::uint64_t num_candidates;
  metrics::CatalogueUse use;
  std::vector<double> edges;  // of each candidate; empty: not counted
  Mean length, distance, popularity, components;
};

ListStatisticsSum::ListStatisticsSum(const CandidateGenerator& generator,
                                     std::uint64_t num_candidates)
    : state_(std::make_unique<State>(generator, num_candidates)) {}
ListStatisticsSum::~ListStatisticsSum() = default;

void ListStatisticsSum::count_edges(const Graph& graph, const Observer& observer,
                                    const StopFlag& stop) {
  const CandidateGenerator& generator = state_->generator;
  const Schema& schema = generator.version().schema();
  EdgeSource source = edges_for(graph, generator.version(), observer);
  std::uint64_t num_edges = 0;
  const auto relations = generator.excluded_relations();
  for (const std::string& name : relations) {
    num_edges += source.num_edges(schema.relation(name), kTrainSplit);
  }
  if (relations.empty()) return;
  const WatchedScans watched(source, num_edges, observer, stop);
  state_->edges.assign(state_->layout.size(), 0.0);
  for (const std::string& name : relations) {
    const std::uint32_t relation = schema.relation(name);
    const bool rhs = generator.candidates_at(relation) == Side::rhs;
    source.scan(relation, kTrainSplit, [&](const EdgeSource::Edge& edge) {
      const FlatId candidate = rhs ? edge.rhs : edge.lhs;
      if (candidate != kNoEntity) state_->edges[candidate] += 1.0;
    });
  }
}

void ListStatisticsSum::add(const CandidateList& list) {
  if (list.candidates.empty()) return;
  State& s = *state_;
  const std::size_t dim = s.rows->dim(), length = list.candidates.size();
  std::vector<std::uint64_t> items(length);
  std::vector<float> rows(length * dim);
  for (std::size_t i = 0; i < length; ++i) {
    items[i] = s.layout.flat(list.candidates[i].id);
    s.rows->read(list.candidates[i].id, rows.data() + i * dim);
  }
  s.use.add(items, length);
  s.length.add(static_cast<double>(length));
  if (const auto d = metrics::intra_list_diversity(rows, length, dim)) s.distance.add(*d);
  if (!s.edges.empty()) s.popularity.add(*metrics::mean_popularity(items, length, s.edges));
  s.components.add(static_cast<double>(num_components(list)));
}

ListStatistics ListStatisticsSum::statistics() const {
  const State& s = *state_;
  ListStatistics out;
  out.num_lists = s.length.num;
  out.length = s.length.value();
  const auto shown = s.use.shown();
  const auto num_shown =
      std::count_if(shown.begin(), shown.end(), [](std::uint64_t times) { return times > 0; });
  out.coverage = static_cast<double>(num_shown) / static_cast<double>(s.num_candidates);
  out.distance = s.distance.value();
  if (!s.edges.empty()) out.popularity = s.popularity.value();
  out.components = s.components.value();
  return out;
}

}  // namespace twhin
