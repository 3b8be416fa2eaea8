#include "cli/candidates_text.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/table.h"
#include "twhin/base/memory.h"

namespace twhin::cli {
namespace {

using Json = nlohmann::ordered_json;

Json number(double x) { return std::isfinite(x) ? Json(x) : Json(); }

std::string number_text(double x, int digits) {
  return std::isfinite(x) ? fmt::format("{:.{}f}", x, digits) : "-";
}

std::string describe_index(const IndexInfo& info) {
  if (info.kind == IndexKind::exact) return "exact search";
  double recall = 1.0;
  for (const IndexInfo::Recall& each : info.recall) recall = std::min(recall, each.value);
  return fmt::format("{} index (recall@{} {:.3f})", enum_name(info.kind), info.options.recall_k,
                     recall);
}

std::string why_short(const CandidateOptions& options) {
  if (!options.min_score) return "lists shorter than k: nothing else is left for them";
  return fmt::format("lists shorter than k: nothing else that was found for them scores {} or more",
                     *options.min_score);
}

}  // namespace

std::string describe(const CandidateGenerator& generator, const CandidateNames& names) {
  const CandidateOptions& options = generator.options();
  std::string how = generator.mixture().empty() ? "whole vectors"
                                                : fmt::format("mixture {}, {}", generator.mixture(),
                                                              enum_name(options.representation));
  if (options.rescore) how += ", rescored";
  return fmt::format("{} by {}: {}; {}, {}; {}",
                     generator.version().schema().entities[generator.candidate_type()].name,
                     options.relation.value_or("similarity"), how,
                     describe_index(generator.index()), enum_name(generator.comparator()),
                     names.model_version());
}

std::string to_text(const CandidateNames& names, const CandidateQuery& query,
                    const CandidateList& list) {
  const std::string who = names.typed(query);
  if (!list.refused.empty()) return fmt::format("{}: no candidates: {}\n", who, list.refused);
  if (list.candidates.empty()) return fmt::format("{}: no candidates\n", who);
  const bool components = !list.components.empty();
  std::vector<std::string> header = {"rank", "entity", "score"};
  if (components) header.emplace_back("component");
  Table table(header);
  for (std::size_t i = 0; i < list.candidates.size(); ++i) {
    const Candidate& each = list.candidates[i];
    std::vector<std::string> cells = {grouped(i + 1), names.typed(each.id),
                                      fmt::format("{:.4f}", each.score)};
    if (components) cells.push_back(fmt::format("{}", each.component));
    table.row(std::move(cells));
  }
  std::string weights;
  for (const Component& each : list.components) {
    weights += fmt::format("{}{} ({:.1f} %)", weights.empty() ? ": components " : ", ",
                           each.cluster, 100.0 * each.weight);
  }
  return who + weights + '\n' + table.text();
}

std::string to_text(const CandidateSummary& summary, const CandidateOptions& options) {
  const CandidateCounts& counts = summary.counts;
  std::string out = fmt::format("{} lists, {} candidates", grouped(counts.num_lists),
                                grouped(counts.num_candidates));
  if (!summary.out.empty()) {
    out += fmt::format(" in {} ({})", summary.out, format_bytes(summary.num_bytes));
  }
  out += fmt::format(" in {:.2f} s: {} lists a second\n", summary.seconds,
                     grouped(static_cast<std::uint64_t>(static_cast<double>(counts.num_lists) /
                                                        std::max(summary.seconds, 1e-9))));
  const auto line = [&](std::uint64_t num, std::string_view what) {
    if (num > 0) out += fmt::format("{} {}\n", grouped(num), what);
  };
  line(counts.num_without_mixture, "without engagements: asked for with their own vectors");
  line(counts.num_refused, "lists refused: see their reasons in --json");
  line(counts.num_short, why_short(options));
  line(counts.num_exact, "searches answered by exact search, since the index found too few");
  if (summary.statistics) {
    const ListStatistics& s = *summary.statistics;
    Table table({"lists", "length", "coverage", "distance", "popularity", "components"});
    table.row({grouped(s.num_lists), number_text(s.length, 1), number_text(s.coverage, 4),
               number_text(s.distance, 4), s.popularity ? number_text(*s.popularity, 1) : "-",
               number_text(s.components, 2)});
    out += '\n' + table.text();
  }
  return out;
}

std::string to_json(const CandidateSummary& summary, const CandidateGenerator& generator,
                    const CandidateNames& names) {
  const CandidateCounts& counts = summary.counts;
  const CandidateOptions& options = generator.options();
  Json out = {{"model_version", names.model_version()},
              {"relation", options.relation ? Json(*options.relation) : Json()},
              {"mixture", generator.mixture().empty() ? Json() : Json(generator.mixture())},
              {"backend", enum_name(generator.index().kind)},
              {"comparator", enum_name(generator.comparator())},
              {"k", options.k},
              {"lists", counts.num_lists},
              {"candidates", counts.num_candidates},
              {"refused", counts.num_refused},
              {"short", counts.num_short},
              {"without_mixture", counts.num_without_mixture},
              {"searched_exactly", counts.num_exact},
              {"seconds", summary.seconds}};
  if (!summary.out.empty()) {
    out["out"] = summary.out;
    out["bytes"] = summary.num_bytes;
  }
  if (summary.statistics) {
    const ListStatistics& s = *summary.statistics;
    out["statistics"] = {{"lists", s.num_lists},
                         {"length", number(s.length)},
                         {"coverage", number(s.coverage)},
                         {"distance", number(s.distance)},
                         {"popularity", s.popularity ? number(*s.popularity) : Json()},
                         {"components", number(s.components)}};
  }
  return out.dump();
}

}  // namespace twhin::cli
