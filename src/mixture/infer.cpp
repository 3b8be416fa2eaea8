#include "twhin/mixture/infer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "mixture/fold_in.h"
#include "mixture/mixture_files.h"
#include "mixture/shares.h"
#include "twhin/base/error.h"
#include "twhin/config/load.h"

namespace twhin {

struct MixtureInference::State {
  const ModelVersion& version;
  const Mixture& mixture;
  InferOptions options;
  FoldInModel fold_in;
  std::unique_ptr<Rows> target_rows;
  TypeLayout targets;
  std::vector<float> relation_weights;  // of the mixture, by relation of the version; < 0: not one

  State(const ModelVersion& v, const Mixture& m, const InferOptions& o)
      : version(v),
        mixture(m),
        options(o),
        fold_in(v, read_edge_sample(v, m.path() / mixture_files::kEdges), o.fold_in_negatives,
                o.seed),
        target_rows(v.rows(m.info().target_type)),
        targets(v.schema().entities[m.info().target_type]),
        relation_weights(v.schema().relations.size(), -1.0f) {
    for (const std::uint32_t r : m.info().relations) {
      relation_weights[r] = 1.0f;
      for (const auto& [name, weight] : m.info().options.relation_weights) {
        if (name == v.schema().relations[r].name) relation_weights[r] = weight;
      }
    }
  }

  Side user_side() const { return opposite(mixture.info().options.target_side); }

  // Those that count, with their weights by age.
  std::vector<Engagement> weighed(std::span<const Engagement> engagements) const {
    const auto half_life = mixture.info().options.half_life;
    std::int64_t latest = std::numeric_limits<std::int64_t>::min();
    for (const Engagement& each : engagements) {
      if (each.timestamp) latest = std::max(latest, *each.timestamp);
    }
    std::vector<Engagement> out;
    for (Engagement each : engagements) {
      if (half_life && each.timestamp) {
        const double age = static_cast<double>(latest) - static_cast<double>(*each.timestamp);
        each.weight = static_cast<float>(each.weight * std::exp2(-age / half_life->value));
      }
      if (each.weight > 0.0f && std::isfinite(each.weight)) out.push_back(each);
    }
    return out;
  }

  std::optional<NotInferred> too_few(std::size_t num) const {
    const std::uint32_t needed = std::max<std::uint32_t>(1, options.min_engagements);
    if (num >= needed) return std::nullopt;
    return NotInferred{"mixture.too_few_engagements",
                       fmt::format("{} known engagements, {} are needed", num, needed)};
  }

  std::vector<float> vector_of(Side own, std::span<const Engagement> engagements) const {
    return options.fold_in == FoldIn::mean
               ? fold_in.mean(own, engagements)
               : fold_in.fold_in(own, engagements, options.fold_in_steps);
  }

  /// All engagements must be of one type of entity at that end.
  void check_ends(Side own, std::span<const Engagement> engagements) const {
    const Schema& schema = version.schema();
    std::optional<std::uint32_t> type;
    for (const Engagement& each : engagements) {
      const RelationType& relation = schema.relations[each.relation];
      const std::uint32_t at_end = own == Side::lhs ? relation.lhs : relation.rhs;
      if (!type) type = at_end;
      if (*type == at_end) continue;
      throw ErrorBuilder(ErrorKind::invalid_argument, "mixture.wrong_end")
          .what("the engagements of one entity are of relations that begin with different types")
          .found(fmt::format("{} and {} at the {} of {}", schema.entities[*type].name,
                             schema.entities[at_end].name, own == Side::lhs ? "lhs" : "rhs",
                             quote(relation.name)))
          .build();
    }
  }

  void add_components(std::span<const Engagement> engagements, InferredEntity& out) const {
    std::vector<EngagementRecord> records;
    for (const Engagement& each : engagements) {
      const float weight = each.weight * relation_weights[each.relation];
      if (!(weight > 0.0f)) continue;
      records.push_back({mixture.cluster_of(each.other), targets.flat(each.other), weight});
    }
    std::sort(
        records.begin(), records.end(), [](const EngagementRecord& a, const EngagementRecord& b) {
          return std::tie(a.cluster, a.target, a.weight) < std::tie(b.cluster, b.target, b.weight);
        });
    const MixtureOptions& how = mixture.info().options;
    out.components = heaviest(shares_of(records), how.m);
    out.own_vectors.resize(out.components.size() * mixture.dim());
    own_vectors(
        records, out.components, mixture.dim(),
        [&](FlatId target, float* row) { target_rows->read(targets.id(target), row); },
        [](std::uint32_t, float*) {}, out.own_vectors.data());
    if (how.normalization == Normalization::kept) {
      double sum = 0.0;
      for (const Component& each : out.components) sum += each.weight;
      for (Component& each : out.components) each.weight = static_cast<float>(each.weight / sum);
    }
  }
};

MixtureInference::MixtureInference(const ModelVersion& version, const Mixture& mixture,
                                   InferOptions options) {
  config::check(options);
  const LossOptions loss = TrainedOptions::of(version).loss;
  if (options.fold_in == FoldIn::steps && !can_fold_in(loss)) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "mixture.fold_in_loss")
        .what("steps of folding in know the losses logistic and softmax")
        .found(fmt::format("{}{}", enum_name(loss.loss),
                           loss.self_adversarial ? ", self-adversarial" : ""))
        .hint("--fold-in mean works with every loss")
        .build();
  }
  state_ = std::make_unique<const State>(version, mixture, options);
}

MixtureInference::~MixtureInference() = default;

InferredEntity MixtureInference::user(std::span<const Engagement> engagements) const {
  const Side own = state_->user_side();
  state_->check_ends(own, engagements);
  const std::vector<Engagement> weighed = state_->weighed(engagements);
  InferredEntity out;
  out.num_engagements = static_cast<std::uint32_t>(weighed.size());
  out.refused = state_->too_few(weighed.size());
  if (out.refused) return out;
  out.vector = state_->vector_of(own, weighed);
  state_->add_components(weighed, out);
  return out;
}

InferredEntity MixtureInference::target(std::span<const Engagement> engagements) const {
  const Side own = opposite(state_->user_side());
  state_->check_ends(own, engagements);
  const std::vector<Engagement> weighed = state_->weighed(engagements);
  InferredEntity out;
  out.num_engagements = static_cast<std::uint32_t>(weighed.size());
  out.refused = state_->too_few(weighed.size());
  if (!out.refused) out.vector = state_->vector_of(own, weighed);
  return out;
}

void MixtureInference::vectors(const InferredEntity& user, Representation representation,
                               MatrixView out) const {
  const std::size_t dim = state_->mixture.dim();
  for (std::size_t c = 0; c < user.components.size(); ++c) {
    const std::uint32_t cluster = user.components[c].cluster;
    const float* row = representation == Representation::own ? user.own_vectors.data() + c * dim
                       : representation == Representation::medoid
                           ? state_->mixture.medoids().row(cluster)
                           : state_->mixture.centroids().row(cluster);
    std::copy_n(row, dim, out.row(c));
  }
}

}  // namespace twhin
