#include "evaluate/brute_force.h"

#include <cmath>
#include <stdexcept>

namespace twhin {
namespace {

std::vector<double> apply(const SmallRelation& relation, const float* x, std::size_t dim) {
  const std::vector<float>& p = relation.params;
  const std::size_t half = dim / 2;
  std::vector<double> out(x, x + dim);
  if (relation.op == "translation") {
    for (std::size_t d = 0; d < dim; ++d) out[d] += p[d];
  } else if (relation.op == "diagonal") {
    for (std::size_t d = 0; d < dim; ++d) out[d] *= p[d];
  } else if (relation.op == "complex_diagonal" || relation.op == "rotation") {
    for (std::size_t d = 0; d < half; ++d) {
      const bool turn = relation.op == "rotation";
      const double re = turn ? std::cos(double{p[d]}) : p[d];
      const double im = turn ? std::sin(double{p[d]}) : p[half + d];
      out[d] = re * x[d] - im * x[half + d];
      out[half + d] = re * x[half + d] + im * x[d];
    }
  } else if (relation.op == "linear" || relation.op == "affine") {
    for (std::size_t k = 0; k < dim; ++k) {
      out[k] = relation.op == "affine" ? p[dim * dim + k] : 0.0;
      for (std::size_t d = 0; d < dim; ++d) out[k] += double{p[k * dim + d]} * x[d];
    }
  } else if (relation.op != "none") {
    throw std::logic_error(relation.op);
  }
  return out;
}

double compare(const std::string& comparator, const std::vector<double>& a, const float* b) {
  double dot = 0.0, aa = 0.0, bb = 0.0, distance = 0.0;
  for (std::size_t d = 0; d < a.size(); ++d) {
    dot += a[d] * b[d];
    aa += a[d] * a[d];
    bb += double{b[d]} * b[d];
    distance += (a[d] - b[d]) * (a[d] - b[d]);
  }
  if (comparator == "dot") return dot;
  if (comparator == "cos") return dot / std::sqrt(aa) / std::sqrt(bb);
  if (comparator == "l2") return -std::sqrt(distance);
  if (comparator == "squared_l2") return -distance;
  throw std::logic_error(comparator);
}

}  // namespace

metrics::RankCounts BruteQuery::counts(bool filtered, double tolerance) const {
  metrics::RankCounts out;
  for (std::uint32_t e = 0; e < scores.size(); ++e) {
    if (e == target() || (filtered && is_known[e] != 0)) continue;
    ++out.candidates;
    const double above = scores[e] - scores[target()];
    if (std::abs(above) <= tolerance) {
      ++out.equal;
    } else if (above > 0) {
      ++out.greater;
    }
  }
  return out;
}

double brute_score(const SmallGraph& graph, const SmallRelation& relation, std::uint32_t lhs,
                   std::uint32_t rhs) {
  return compare(graph.comparator, apply(relation, graph.row(relation.lhs, lhs), graph.dim),
                 graph.row(relation.rhs, rhs));
}

std::vector<BruteQuery> brute_queries(const SmallGraph& graph, const std::string& split,
                                      Sides sides) {
  std::vector<BruteQuery> out;
  for (std::uint32_t r = 0; r < graph.relations.size(); ++r) {
    const SmallRelation& relation = graph.relations[r];
    const auto found = relation.edges.find(split);
    if (found == relation.edges.end()) continue;
    for (const SmallEdge& edge : found->second) {
      for (const Side side : {Side::lhs, Side::rhs}) {
        if (sides == Sides::lhs && side == Side::rhs) continue;
        if (sides == Sides::rhs && side == Side::lhs) continue;
        BruteQuery query{r, side, edge.lhs, edge.rhs, {}, {}};
        const bool rhs = side == Side::rhs;
        const std::uint32_t n = graph.type(rhs ? relation.rhs : relation.lhs).num_entities;
        for (std::uint32_t e = 0; e < n; ++e) {
          query.scores.push_back(
              brute_score(graph, relation, rhs ? edge.lhs : e, rhs ? e : edge.rhs));
        }
        query.is_known.assign(n, 0);
        for (const auto& [name, edges] : relation.edges) {
          for (const SmallEdge& other : edges) {
            if (rhs && other.lhs == edge.lhs) query.is_known[other.rhs] = 1;
            if (!rhs && other.rhs == edge.rhs) query.is_known[other.lhs] = 1;
          }
        }
        out.push_back(std::move(query));
      }
    }
  }
  return out;
}

}  // namespace twhin
