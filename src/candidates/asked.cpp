#include "candidates/asked.h"

#include <fmt/format.h>

#include <algorithm>

#include "twhin/base/error.h"

namespace twhin {

Asker::Asker(const ModelVersion& version, const CandidateOptions& options, const Ends& ends,
             const Mixture* mixture)
    : options_(options),
      ends_(ends),
      mixture_(mixture),
      version_(version),
      rows_(version.rows(ends.asking)) {}

void Asker::accept_engagements(const Mixture& mixture, const InferOptions& options) {
  inference_ = std::make_unique<MixtureInference>(version_, mixture, options);
}

std::size_t Asker::most_components() const {
  if (mixture_ == nullptr) return 1;
  const std::size_t kept = mixture_->info().options.m;
  return std::min<std::size_t>(kept, options_.max_components.value_or(kept));
}

Asked Asker::asked(const CandidateQuery& query) const {
  if (query.entity) return by_entity(*query.entity);
  return query.vector.empty() ? by_engagements(query) : by_vector(query);
}

Asked Asker::by_entity(EntityId entity) const {
  Asked out;
  if (mixture_ != nullptr) {
    out.components = mixture_->components(ends_.asking, entity);
    out.rows.resize(out.components.size() * rows_->dim());
    mixture_->vectors(ends_.asking, entity, options_.representation,
                      MatrixView(out.rows.data(), out.components.size(), rows_->dim()));
    keep_heaviest(out);
    out.without_mixture = out.components.empty();
  }
  if (needs_own(out)) {
    out.own.resize(rows_->dim());
    rows_->read(entity, out.own.data());
  }
  return out;
}

Asked Asker::by_vector(const CandidateQuery& query) const {
  if (mixture_ != nullptr) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "candidates.no_components")
        .what("a vector has no components to ask by")
        .at(query.name)
        .hint("ask with it as it is (--query unimodal), or with a list of engagements")
        .build();
  }
  if (query.vector.size() != rows_->dim()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "candidates.vector_size")
        .what("a vector is not as long as the model's")
        .at(query.name)
        .found(fmt::format("{} numbers", query.vector.size()))
        .expected(fmt::format("{}", rows_->dim()))
        .build();
  }
  Asked out;
  out.own = query.vector;
  return out;
}

Asked Asker::by_engagements(const CandidateQuery& query) const {
  if (inference_ == nullptr) {
    throw ErrorBuilder(ErrorKind::internal, "candidates.no_inference")
        .what("a query is a list of engagements, which nothing has been prepared for")
        .at(query.name)
        .build();
  }
  InferredEntity inferred = inference_->user(query.engagements);
  Asked out;
  if (inferred.refused) {
    out.refused = inferred.refused->reason;
    return out;
  }
  if (mixture_ != nullptr) {
    out.rows.resize(inferred.components.size() * rows_->dim());
    inference_->vectors(inferred, options_.representation,
                        MatrixView(out.rows.data(), inferred.components.size(), rows_->dim()));
    out.components = std::move(inferred.components);
    keep_heaviest(out);
    out.without_mixture = out.components.empty();
  }
  if (needs_own(out)) out.own = std::move(inferred.vector);
  return out;
}

void Asker::keep_heaviest(Asked& asked) const {
  const std::size_t most = options_.max_components.value_or(asked.components.size());
  if (asked.components.size() <= most) return;
  asked.components.resize(most);
  asked.rows.resize(most * rows_->dim());
}

}  // namespace twhin
