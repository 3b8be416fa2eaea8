// twhin/model/negatives.h -- which false edges stand against a true one.
//
// The P positives of a group share their negatives. For positive i, with lhs l_i and rhs t_i:
//
//   kind       rhs side: (l_i, r, t')           lhs side: (l', r, t_i)
//   batch      t' = t_j, j != i                 l' = l_j, j != i
//   uniform    t' drawn with replacement,       l' likewise, for the lhs
//              the same for the whole group
//   all        t' = every entity of the         l' likewise
//              partition of t_i
//
// Batch negatives are distributed as the entities are among the edges (by prevalence), uniform ones
// evenly over the type: the paper's mix of two distributions, with batch / (batch + uniform) as its
// fraction alpha. Every replacement has the type of the entity that it replaces. Batch negatives of
// both sides are one P x P matrix of scores, read by rows and by columns.
//
// An entry is masked, and counts nothing, if it is one of the two edges that it was made of: if its
// entity is the edge's own endpoint (also a uniform one, also another edge's that ends there), or,
// since (l_i, r, t_j) is then edge j, if l_i = l_j. With
// mask_known_edges so are all edges of split "train" of the same relation.
//
// Sources: TwHIN-BERT, section 2.1 (two distributions); the shared negatives of PyTorch-BigGraph,
// whose batch counts the edge itself too: 50 there gives the same 49 others as batch_negatives: 50
// here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "twhin/config/field.h"

namespace twhin {

/// Where the negatives of one side come from.
enum class SideNegatives { sampled, batch, uniform, all, none };

template <>
struct EnumNames<SideNegatives> {
  static constexpr EnumName<SideNegatives> values[] = {
      {"sampled", SideNegatives::sampled, "Batch and uniform negatives."},
      {"batch", SideNegatives::batch, "Batch negatives only."},
      {"uniform", SideNegatives::uniform, "Uniform negatives only."},
      {"all", SideNegatives::all,
       "Every entity of the partition that the edge ends in, instead of a sample."},
      {"none", SideNegatives::none, "This side is not replaced."},
  };
};

constexpr bool has_batch(SideNegatives side) {
  return side == SideNegatives::sampled || side == SideNegatives::batch;
}
constexpr bool has_uniform(SideNegatives side) {
  return side == SideNegatives::sampled || side == SideNegatives::uniform;
}

/// Head of the file. Fields of the `train` section; a relation may have its own sides.
struct NegativesOptions {
  std::uint32_t batch_negatives = 50;
  std::uint32_t uniform_negatives = 50;
  std::optional<std::uint32_t> lhs_uniform_negatives;
  std::optional<std::uint32_t> rhs_uniform_negatives;
  SideNegatives lhs_negatives = SideNegatives::sampled;
  SideNegatives rhs_negatives = SideNegatives::sampled;
  bool mask_known_edges = false;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("batch_negatives", &NegativesOptions::batch_negatives,
      "Positives in a group, which are each other's negatives; 0: none are.", at_most(65536));
    f("uniform_negatives", &NegativesOptions::uniform_negatives,
      "Uniform negatives of a group, for each side.", at_most(65536));
    f("lhs_uniform_negatives", &NegativesOptions::lhs_uniform_negatives,
      "The same for the lhs side only.", at_most(65536));
    f("rhs_uniform_negatives", &NegativesOptions::rhs_uniform_negatives,
      "The same for the rhs side only.", at_most(65536));
    f("lhs_negatives", &NegativesOptions::lhs_negatives, "What replaces the lhs of an edge.");
    f("rhs_negatives", &NegativesOptions::rhs_negatives, "What replaces the rhs of an edge.");
    f("mask_known_edges", &NegativesOptions::mask_known_edges,
      "Negatives that are edges of split `train` count nothing; takes 8 bytes an edge and more "
      "time.");
  }

  /// Errors    invalid_argument "model.no_negatives" if no side has any.
  void validate(const std::string& at) const;

  /// How many uniform negatives a group draws for a side of that kind; 0 unless it has them.
  std::uint32_t num_lhs_uniform(SideNegatives side) const;
  std::uint32_t num_rhs_uniform(SideNegatives side) const;
  /// Positives in a full group: batch_negatives; or, if that is 0, as many as the larger number of
  /// uniform negatives; or 50 if that is 0 too.
  std::size_t group_size() const;
};

}  // namespace twhin
