#include "evaluate/candidate_sample.h"

#include <fmt/format.h>

#include <algorithm>

#include "twhin/base/error.h"
#include "twhin/base/rng.h"

namespace twhin {
namespace {

constexpr std::uint64_t kCandidateStream = 1;  // of RngPurpose::sample; 0 draws edges

Rng stream(const EvalOptions& options, std::uint32_t relation, Side side) {
  return Rng(options.seed, RngPurpose::sample, kCandidateStream, relation,
             static_cast<std::uint64_t>(side));
}

std::vector<FlatId> uniform(FlatId num_entities, std::uint32_t wanted, Rng rng) {
  std::vector<FlatId> ids;
  const Permutation shuffle(num_entities, rng);
  for (FlatId i = 0; i < std::min<FlatId>(wanted, num_entities); ++i) {
    ids.push_back(static_cast<FlatId>(shuffle(i)));
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace

std::vector<FlatId> sample_candidates(const EdgeSource& source, std::uint32_t relation, Side side,
                                      const EvalOptions& options) {
  Rng rng = stream(options, relation, side);
  const bool rhs = side == Side::rhs;
  if (options.candidates == CandidateSet::uniform) {
    const TypeLayout& layout = rhs ? source.rhs_layout(relation) : source.lhs_layout(relation);
    return uniform(layout.size(), options.num_candidates, rng);
  }
  const std::uint64_t num_edges = source.num_edges(relation, kTrainSplit);
  if (num_edges == 0) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "evaluate.no_prevalence")
        .what(fmt::format("relation {} has no training edges to draw candidates from",
                          quote(source.schema().relations[relation].name)))
        .hint("candidates: all or uniform")
        .build();
  }
  std::vector<std::uint64_t> places;
  for (std::uint32_t i = 0; i < options.num_candidates; ++i) places.push_back(rng.below(num_edges));
  std::sort(places.begin(), places.end());
  std::vector<FlatId> ids;
  std::uint64_t place = 0;
  std::size_t next = 0;
  source.scan(relation, kTrainSplit, [&](const EdgeSource::Edge& edge) {
    const FlatId end = rhs ? edge.rhs : edge.lhs;
    for (; next < places.size() && places[next] == place; ++next) {
      if (end != kNoEntity) ids.push_back(end);
    }
    ++place;
  });
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace twhin
