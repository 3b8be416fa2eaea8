#include "cli/model_page.h"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/eval_page.h"
#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/base/version.h"
#include "twhin/report/page.h"

namespace twhin::cli {
namespace fs = std::filesystem;
using Json = nlohmann::json;
using namespace report;

namespace {

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t tab = line.find('\t');
    fields.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return fields;
    line.remove_prefix(tab + 1);
  }
}

void add_headlines(Page& page, const ModelPage& m) {
  const ProtocolResult& q = m.quality.main();
  std::uint64_t num_entities = 0, num_edges = 0;
  for (const EntityType& type : m.model.schema().entities) num_entities += type.num_entities();
  for (const RelationType& r : m.model.schema().relations) {
    num_edges += m.graph.num_edges(m.graph.schema().relation(r.name));
  }
  std::vector<Headline> headlines = {
      {"MRR", format_number(q.micro.mrr, fixed(3)), "filtered, exact"},
      {"Hits@10", format_number(q.micro.hits[2], percent()), "held-out ends among the first ten"}};
  if (q.popularity) {
    headlines[0].detail = fmt::format("popularity: {}", format_number(q.popularity->mrr, fixed(3)));
    headlines[1].detail =
        fmt::format("popularity: {}", format_number(q.popularity->hits[2], percent()));
  }
  headlines.push_back({"entities", format_number(static_cast<std::int64_t>(num_entities)),
                       fmt::format("{} types", m.model.schema().entities.size())});
  headlines.push_back({"training edges", format_number(static_cast<std::int64_t>(num_edges)),
                       fmt::format("{} relations", m.model.schema().relations.size())});
  page.headlines(headlines);
}

void add_network(Page& page, const ModelPage& m) {
  page.section("The network");
  Table types{
      "Entity types", {{"type"}, {"entities", integer()}, {"partitions", integer()}}, {}, ""};
  for (const EntityType& type : m.model.schema().entities) {
    types.rows.push_back({{type.name, type.num_entities(), type.num_partitions()}});
  }
  page.table(types);
  constexpr std::size_t kMostRelations = 40;
  Table relations{"Relations",
                  {{"relation"},
                   {"from"},
                   {"to"},
                   {"operator"},
                   {"training edges", integer()},
                   {"held out", integer()}},
                  {},
                  ""};
  const Schema& schema = m.model.schema();
  for (std::uint32_t r = 0; r < std::min(schema.relations.size(), kMostRelations); ++r) {
    const std::uint32_t in_graph = m.graph.schema().relation(schema.relations[r].name);
    std::uint64_t held_out = 0;
    for (const std::string& split : m.graph.splits()) {
      if (split != kTrainSplit) held_out += m.graph.num_edges(in_graph, split);
    }
    relations.rows.push_back(
        {{schema.relations[r].name, schema.lhs_type(r).name, schema.rhs_type(r).name,
          m.model.info().operators[r], m.graph.num_edges(in_graph), held_out}});
  }
  if (schema.relations.size() > kMostRelations) {
    relations.note = fmt::format("{} more relations are left out here.",
                                 schema.relations.size() - kMostRelations);
  }
  page.table(relations);
}

void add_training(Page& page, const TrainingCurve& curve) {
  if (curve.loss.empty()) return;
  page.section("Training");
  LineChart loss;
  loss.text = {"Loss", "Mean over the edges of an epoch."};
  loss.text.width = Width::half;
  loss.x = {"epoch", integer()};
  loss.series = {{"loss", curve.loss_epochs, curve.loss}};
  page.chart(loss);
  if (curve.mrr.empty()) return;
  LineChart mrr;
  mrr.text = {"MRR on held-out edges", "Of a sample of split valid, after each epoch."};
  mrr.text.width = Width::half;
  mrr.x = {"epoch", integer()};
  mrr.y.from_zero = true;
  mrr.series = {{"MRR", curve.mrr_epochs, curve.mrr}};
  page.chart(mrr);
}

void add_quality(Page& page, const EvalResult& result) {
  page.section(
      "Quality",
      fmt::format("{} held-out edges of split `{}`, each end ranked against all entities of "
                  "its type; other known edges do not compete; ties take the mean rank.",
                  format_number(static_cast<std::int64_t>(result.num_edges)),
                  result.options.split));
  add_ranking(page, result);
  add_breakdowns(page, result);
}

void add_map(Page& page, const VectorMap& map, const std::string& type) {
  page.section("A map of the vectors");
  ScatterChart chart;
  chart.text.title =
      fmt::format("{} of type {}", format_number(static_cast<std::int64_t>(map.x.size())), type);
  chart.text.subtitle =
      fmt::format("Near are those with similar vectors (t-SNE of cosine); colour: {}.", map.colour);
  chart.points_x = map.x;
  chart.points_y = map.y;
  chart.square = chart.hide_ticks = true;
  if (map.colour == "community") {
    std::set<double> known(map.value.begin(), map.value.end());
    const std::vector<double> names(known.begin(), known.end());
    for (const double value : map.value) {
      chart.category.push_back(static_cast<std::uint32_t>(
          std::lower_bound(names.begin(), names.end(), value) - names.begin()));
    }
    for (const double name : names)
      chart.category_names.push_back(fmt::format("community {:.0f}", name));
  } else {
    chart.value = map.value;
    chart.value_axis = {map.colour, integer()};
    chart.value_axis.logarithmic = true;
  }
  page.chart(chart);
}

void add_neighbors(Page& page, const NeighborSamples& n) {
  if (n.samples.empty()) return;
  page.section(
      "Who is near whom",
      fmt::format("The {} nearest of type `{}` by cosine. A neighbour counts as sensible if "
                  "something has training edges of `{}` to both it and the query.",
                  n.k, n.type, n.relation));
  Table means{fmt::format("Of {}, how many share a lhs of {} with the query", n.k, n.relation),
              {{"entities"}, {"mean", fixed(2), Best::largest}},
              {},
              fmt::format("Mean over {} queries drawn from those with at least five edges. Popular "
                          "entities share with many by their number of edges alone.",
                          n.samples.size())};
  means.rows = {{{"nearest by vector", n.mean(&NeighborSample::num_sharing)}, true},
                {{"random", n.mean(&NeighborSample::num_sharing_random)}},
                {{"most popular", n.mean(&NeighborSample::num_sharing_popular)}}};
  page.table(means);

  Table examples{
      "Examples", {{"query"}, {"edges", integer()}, {"sharing", integer()}, {"nearest"}}, {}, ""};
  constexpr std::size_t kExamples = 8;
  for (std::size_t i = 0; i < std::min(kExamples, n.samples.size()); ++i) {
    const NeighborSample& s = n.samples[i];
    examples.rows.push_back({{s.query, s.degree, s.num_sharing, list(s.neighbors)}});
  }
  page.table(examples);
}

}  // namespace

TrainingCurve TrainingCurve::read(const fs::path& metrics_jsonl) {
  TrainingCurve curve;
  std::ifstream in(metrics_jsonl);
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    try {
      const Json json = Json::parse(line);
      const std::string event = json.at("event").get<std::string>();
      if (event == "epoch") {
        curve.loss_epochs.push_back(json.at("epoch").get<double>());
        curve.loss.push_back(json.at("loss").get<double>());
      } else if (event == "validation") {
        curve.mrr_epochs.push_back(json.at("epoch").get<double>());
        curve.mrr.push_back(json.at("mrr").get<double>());
      }
    } catch (const Json::exception&) {
      throw ErrorBuilder(ErrorKind::corrupt_data, "report.bad_metrics")
          .what("a line of the training log cannot be read")
          .at(fmt::format("{}:{}", metrics_jsonl.string(), number))
          .found(quote(line))
          .build();
    }
  }
  return curve;
}

VectorMap VectorMap::read(const fs::path& tsv) {
  VectorMap map;
  const std::string text = read_text(tsv, 1 << 28);
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = std::string_view(text).substr(at, end - at);
    at = end + 1;
    ++number;
    const auto bad = [&] {
      return ErrorBuilder(ErrorKind::invalid_argument, "report.bad_map")
          .what("a line of the map cannot be read")
          .at(fmt::format("{}:{}", tsv.string(), number))
          .found(quote(line))
          .expected("name, x, y and a number, divided by tabs, below a header line")
          .hint("experiments/map writes such a file")
          .build();
    };
    const auto fields = fields_of(line);
    if (fields.size() != 4) throw bad();
    if (number == 1) {
      map.colour = fields[3];
      continue;
    }
    double values[3];
    for (std::size_t i = 0; i < 3; ++i) {
      const std::string_view field = fields[i + 1];
      const auto [stop, failed] =
          std::from_chars(field.data(), field.data() + field.size(), values[i]);
      if (failed != std::errc() || stop != field.data() + field.size()) throw bad();
    }
    map.x.push_back(static_cast<float>(values[0]));
    map.y.push_back(static_cast<float>(values[1]));
    map.value.push_back(values[2]);
  }
  return map;
}

std::string ModelPage::html() const {
  const ModelInfo& info = model.info();
  Page page(fmt::format("{} v{}", info.network, info.version),
            fmt::format("{} dimensions, {} epochs, comparator {}", info.dim, info.epochs,
                        info.comparator));
  add_headlines(page, *this);
  add_network(page, *this);
  add_training(page, curve);
  add_quality(page, quality);
  if (map) add_map(page, *map, map_type);
  add_neighbors(page, neighbors);
  page.footer(fmt::format("twhin {} · {}", kVersion, model.path().string()));
  return page.html();
}

}  // namespace twhin::cli
