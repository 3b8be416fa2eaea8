#include "twhin/candidates/options.h"

#include "twhin/base/error.h"

namespace twhin {

void CandidateOptions::validate(const std::string& at) const {
  const auto refuse = [&](bool wrong, std::string_view what, std::string_view hint) {
    if (!wrong) return;
    throw ErrorBuilder(ErrorKind::invalid_argument, "candidates.conflicting_options")
        .what(what)
        .at(at)
        .hint(hint)
        .build();
  };
  refuse(relation && type, "a relation gives the type of the candidates",
         "leave out relation or type");
  refuse(side && !relation, "a side is that of a relation", "name the relation, or leave out side");
  refuse(relation && comparator && (!asks_mixture() || transform_components),
         "what a relation's operator gave is compared as the model was trained",
         "leave out relation or comparator");
  refuse(transform_components && !relation, "an operator is that of a relation",
         "name the relation, or leave out transform_components");
  refuse(transform_components && !asks_mixture(), "a whole vector has no components to transform",
         "ask by mixture, or leave out transform_components: the operator is applied to whole "
         "vectors anyway");
  refuse(rescore && !asks_mixture(), "what a whole vector found is scored by it already",
         "ask by mixture, or leave out rescore");
  refuse(effort && backend == Backend::exact, "exact search has no effort to set",
         "leave out effort");
}

}  // namespace twhin
