// twhin/mixture/infer.h -- mixtures and vectors of entities that were not there in training.
//
// A user (not in the model) is known by a list of engagements with targets and others that are:
//
//   mixture   Eq. 3 of the list, as for the users of the mixture (twhin/mixture/mixture.h)
//   vector    mean      x = weighted mean over engagements (u, r, t) of t - b_r for a translation
//                       b_r (Eq. 5), in general of A'(t - b) for the operator g_r(x) = A x + b
//             steps     what training would give x: steps of Adagrad on the model's own loss with
//                       everything but x frozen, with sampled negatives
//
// A target (not in the model) by the users who engaged with it:
//
//   vector    mean      x = mean of g_r(x[u])             (section 7.2's Eq. 5, for a target)
//             steps     as above
//
// Either is refused below a minimum of known engagements. Entities are named by id; the command
// line and its JSON lines speak of names. With the mixture's half_life, engagements with
// timestamps count less the older they are than the latest of the list.
//
// Exact     the same list gives the same bits; all lists share their negatives.
// Threads   const members may be called concurrently.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "twhin/config/field.h"
#include "twhin/mixture/mixture.h"
#include "twhin/model/side.h"

namespace twhin {

enum class FoldIn { mean, steps };

template <>
struct EnumNames<FoldIn> {
  static constexpr EnumName<FoldIn> values[] = {
      {"mean", FoldIn::mean, "Mean of the other ends, moved by their relations."},
      {"steps", FoldIn::steps, "Steps on the model's loss, all other rows frozen."},
  };
};

struct InferOptions {
  std::uint32_t min_engagements = 1;
  FoldIn fold_in = FoldIn::steps;
  std::uint32_t fold_in_steps = 50;
  std::uint32_t fold_in_negatives = 500;
  std::uint64_t seed = 1;

  template <class Visitor>
  static void fields(Visitor& f) {
    using O = InferOptions;
    f("min_engagements", &O::min_engagements,
      "Known engagements below which no vector and no mixture is given.", at_least(1));
    f("fold_in", &O::fold_in, "How the single vector is made.");
    f("fold_in_steps", &O::fold_in_steps, "Steps on the loss.", at_most(100'000));
    f("fold_in_negatives", &O::fold_in_negatives,
      "Negatives of each kind that the loss is estimated with, for each relation.",
      between(1, 32'768));
    f("seed", &O::seed, "Of the negatives.");
  }
};

/// One edge of the unknown entity: the entity at its other end, in the model.
struct Engagement {
  std::uint32_t relation = 0;  ///< in the version's schema
  EntityId other;              ///< of the type at the other end of the relation
  float weight = 1.0f;
  std::optional<std::int64_t> timestamp = {};
};

/// Why a list gave nothing.
struct NotInferred {
  std::string id;      ///< "mixture.too_few_engagements"
  std::string reason;  ///< "2 known engagements, 5 are needed"
};

struct InferredEntity {
  std::optional<NotInferred> refused;  ///< then all below is empty
  std::uint32_t num_engagements = 0;   ///< that were used
  std::vector<float> vector;           ///< [dim], to be used like a row of the model
  std::vector<Component> components;   ///< of a user, the heaviest first
  std::vector<float> own_vectors;      ///< [components, dim]
};

/// Borrows version and mixture, which must outlive it.
class MixtureInference {
 public:
  /// Errors    those of the options' limits and of the mixture's files; invalid_argument
  ///           "mixture.fold_in_loss" for `steps` with a loss other than logistic and softmax.
  MixtureInference(const ModelVersion& version, const Mixture& mixture, InferOptions options);
  ~MixtureInference();

  /// A user: `engagements` are edges whose end at target_side is `other`. Those of relations that
  /// the mixture does not count go into the vector only; weights of 0 or less do not count at all.
  /// Errors    invalid_argument "mixture.wrong_end" if the relations do not begin with one type.
  InferredEntity user(std::span<const Engagement> engagements) const;

  /// A target: `other` are users. No components.
  InferredEntity target(std::span<const Engagement> engagements) const;

  /// One row for each component of a user that was inferred: out [components, dim].
  void vectors(const InferredEntity& user, Representation representation, MatrixView out) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace twhin
