#include "twhin/versions/drift.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "twhin/base/error.h"
#include "twhin/base/threads.h"
#include "twhin/config/declared.h"
#include "versions/answer_drift.h"
#include "versions/row_drift.h"

namespace twhin {
namespace {

void check_comparable(const ModelVersion& older, const ModelVersion& newer, const Graph* graph) {
  if (older.info().dim != newer.info().dim) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "drift.other_dim")
        .what("versions of different dimensions cannot be compared")
        .at(newer.path().string())
        .found(fmt::format("dim {}", newer.info().dim))
        .expected(fmt::format("dim {} of {}", older.info().dim, older.path().string()))
        .build();
  }
  if (graph != nullptr && graph->checksum() != newer.info().graph_checksum) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "drift.other_graph")
        .what("degrees are asked of a graph that the newer version was not trained on")
        .at(graph->path().string())
        .found("checksum " + to_hex(graph->checksum()))
        .expected(fmt::format("checksum {} of {}", to_hex(newer.info().graph_checksum),
                              quote(newer.info().graph_path)))
        .build();
  }
}

template <class Items>
void add_missing(const Items& here, const Items& there, const std::string& kind,
                 std::vector<std::string>& names) {
  for (const auto& each : here) {
    const bool is_there = std::any_of(there.begin(), there.end(),
                                      [&](const auto& other) { return other.name == each.name; });
    if (!is_there) names.push_back(kind + " " + each.name);
  }
}

double cosine_change(double dot, double norm_a, double norm_b) {
  if (norm_a == 0.0 || norm_b == 0.0) return std::numeric_limits<double>::quiet_NaN();
  return 1.0 - std::clamp(dot / (norm_a * norm_b), -1.0, 1.0);
}

// One of the operator's vectors, before and after.
RelationDrift compare_vectors(std::span<const float> before, std::span<const float> after,
                              const std::vector<double>* rotation) {
  const std::size_t n = before.size();
  RelationDrift out;
  const auto against = [&](const std::vector<double>& now, double& l2, double& cosine) {
    double squares = 0.0, dot = 0.0, old_square = 0.0, new_square = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      squares += (now[i] - before[i]) * (now[i] - before[i]);
      dot += now[i] * before[i];
      old_square += double{before[i]} * before[i];
      new_square += now[i] * now[i];
    }
    l2 = std::sqrt(squares);
    out.norm_old = std::sqrt(old_square);
    out.norm_new = std::sqrt(new_square);
    cosine = cosine_change(dot, out.norm_old, out.norm_new);
  };
  against({after.begin(), after.end()}, out.l2, out.cosine);
  if (rotation == nullptr) return out;
  std::vector<double> turned(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) turned[j] += after[i] * (*rotation)[i * n + j];
  }
  double l2 = 0.0, cosine = 0.0;
  against(turned, l2, cosine);
  out.aligned_l2 = l2;
  out.aligned_cosine = cosine;
  return out;
}

void compare_relations(const ModelVersion& older, const ModelVersion& newer,
                       const std::vector<double>& rotation, DriftResult& result) {
  for (std::uint32_t r = 0; r < newer.schema().relations.size(); ++r) {
    const std::string& name = newer.schema().relations[r].name;
    const auto before = older.schema().find_relation(name);
    if (!before) continue;
    const std::string& op = newer.info().operators[r];
    const std::span<const float> then = older.relation(*before), now = newer.relation(r);
    const bool is_alike = older.info().operators[*before] == op && then.size() == now.size() &&
                          older.info().reciprocal == newer.info().reciprocal;
    if (!is_alike) {
      result.only_new.push_back("operator of relation " + name);
      continue;
    }
    if (then.empty()) continue;
    const std::size_t parts = newer.info().reciprocal ? 2 : 1, n = then.size() / parts;
    for (std::size_t part = 0; part < parts; ++part) {
      RelationDrift drift = compare_vectors(then.subspan(part * n, n), now.subspan(part * n, n),
                                            op == "translation" ? &rotation : nullptr);
      drift.name = name;
      drift.op = op;
      drift.reciprocal = part == 1;
      result.relations.push_back(std::move(drift));
    }
  }
}

}  // namespace

DriftResult drift(const ModelVersion& older, const ModelVersion& newer, const Graph* graph,
                  const DriftOptions& options, const Observer& observer, const StopFlag& stop) {
  const auto start = std::chrono::steady_clock::now();
  config::Checker<DriftOptions>::check(options, "drift");
  check_comparable(older, newer, graph);
  for (const std::string& type : options.types) newer.schema().entity(type);
  for (const std::string& relation : options.relations) newer.schema().relation(relation);
  const std::size_t threads = options.threads == 0 ? num_hardware_threads() : options.threads;

  DriftResult result;
  result.options = options;
  result.old_path = older.path().string();
  result.new_path = newer.path().string();
  result.old_version = older.info().version;
  result.new_version = newer.info().version;
  result.old_checksum = older.checksum();
  result.new_checksum = newer.checksum();
  if (graph != nullptr) result.graph = graph->path().string();
  result.dim = newer.info().dim;
  add_missing(older.schema().entities, newer.schema().entities, "entity type", result.only_old);
  add_missing(newer.schema().entities, older.schema().entities, "entity type", result.only_new);
  add_missing(older.schema().relations, newer.schema().relations, "relation", result.only_old);
  add_missing(newer.schema().relations, older.schema().relations, "relation", result.only_new);

  RowComparison rows(older, newer, graph, options, threads, observer, stop);
  rows.run(result);
  compare_relations(older, newer, rows.rotation(), result);
  AnswerComparison answers(older, newer, options, threads, observer, stop);
  for (std::size_t t = 0; t < result.types.size(); ++t) {
    answers.compare_neighbors(rows.samples()[t], result.types[t]);
  }
  answers.compare_candidates(rows.samples(), result);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace twhin
