#include "candidates/searcher.h"

#include <fmt/format.h>

#include "twhin/base/error.h"

namespace twhin {
namespace {

IndexKind kind_of(Backend backend) {
  switch (backend) {
    case Backend::hnsw:
      return IndexKind::hnsw;
    case Backend::ivf_pq:
      return IndexKind::ivf_pq;
    case Backend::ivf_opq:
      return IndexKind::ivf_opq;
    case Backend::best:
    case Backend::exact:
      break;
  }
  return IndexKind::exact;
}

Searcher searcher_of_rows(const ModelVersion& version, const CandidateOptions& options) {
  return {ScoreFunction::raw(options.comparator.value_or(Comparator::cos), version.info().dim),
          Side::rhs, nullptr};
}

}  // namespace

Searcher searcher_of_vectors(const ModelVersion& version, const CandidateOptions& options,
                             const Ends& ends) {
  if (!ends.relation) return searcher_of_rows(version, options);
  return {ScoreFunction::of(version, *ends.relation), ends.wanted, nullptr};
}

Searcher searcher_of_components(const ModelVersion& version, const CandidateOptions& options,
                                const Ends&, const Searcher& vectors) {
  return options.transform_components ? vectors : searcher_of_rows(version, options);
}

void open_index(const ModelVersion& version, const CandidateOptions& options, const Ends& ends,
                Searcher& searcher) {
  const Comparator comparator = searcher.function.comparator();
  const auto opened = [&]() -> Index {
    if (options.backend == Backend::exact) return Index::exact(version, ends.candidates);
    if (options.backend != Backend::best) {
      return Index::open(version, ends.candidates, kind_of(options.backend), comparator);
    }
    Index best = Index::open_best(version, ends.candidates, comparator);
    if (best.answers(searcher.function, searcher.wanted)) return best;
    return Index::exact(version, ends.candidates);
  };
  searcher.index = std::make_shared<const Index>(opened());
  if (searcher.index->answers(searcher.function, searcher.wanted)) return;
  throw ErrorBuilder(ErrorKind::invalid_argument, "candidates.cannot_answer")
      .what(fmt::format(
          "the {} index of {} cannot answer for the {} of {}", enum_name(options.backend),
          quote(version.schema().entities[ends.candidates].name),
          searcher.wanted == Side::rhs ? "rhs" : "lhs", quote(options.relation.value_or("rows"))))
      .found("the relation's operator transforms the candidates of that side")
      .hint("--backend exact compares all of them")
      .build();
}

}  // namespace twhin
