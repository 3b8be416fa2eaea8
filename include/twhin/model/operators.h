// twhin/model/operators.h -- what a relation does to a lhs row before it is compared.
//
//     s(l, r, t) = c( g_r(x[l]), x[t] )                                          (Eq. 1)
//
//   operator           g_r(x)                                 parameters           initial value
//   none               x                                      -
//   translation        x + b                                  b [dim]              0
//   diagonal           d * x, element by element              d [dim]              1
//   complex_diagonal   z * x, as dim/2 complex numbers        z [dim]              1 + 0i
//   linear             A x                                    A [dim, dim]         identity
//   affine             A x + b                                A [dim, dim], b      identity, 0
//   rotation           e^(i phi) * x, as dim/2 complex        phi [dim/2]          uniform in
//                      numbers                                                     [-pi, pi)
//
// The k-th complex number of a row is x[k] + i x[dim/2 + k]. Matrices are row-major:
// (A x)[k] = sum_d A[k * dim + d] x[d].
//
// The lhs is transformed, of true edges and negatives alike, and the rhs never. PyTorch-BigGraph
// transforms the rhs in its default mode, which is another model.
//
// Sources: translation and Eq. 1 from El-Kishky et al., TwHIN, KDD 2022 (TransE's translation,
// Bordes et al. 2013); the others as in PyTorch-BigGraph (Lerer et al. 2019), i.e. DistMult
// (diagonal, Yang et al. 2015), ComplEx (complex_diagonal, Trouillon et al. 2016), RESCAL (linear,
// Nickel et al. 2011); rotation from RotatE (Sun et al. 2019).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "twhin/config/types.h"

namespace twhin {

enum class Operator { none, translation, diagonal, complex_diagonal, linear, affine, rotation };

template <>
struct EnumNames<Operator> {
  static constexpr EnumName<Operator> values[] = {
      {"none", Operator::none, "The row as it is."},
      {"translation", Operator::translation, "Adds the relation's vector (TwHIN, TransE)."},
      {"diagonal", Operator::diagonal, "Multiplies element by element (DistMult)."},
      {"complex_diagonal", Operator::complex_diagonal,
       "Multiplies complex numbers, of which the row holds dim/2 (ComplEx)."},
      {"linear", Operator::linear, "Multiplies by a matrix (RESCAL)."},
      {"affine", Operator::affine, "Multiplies by a matrix and adds a vector."},
      {"rotation", Operator::rotation,
       "Turns complex numbers, of which the row holds dim/2 (RotatE)."},
  };
};

/// How many floats the operator has; see the head of the file.
/// Errors    invalid_argument "model.odd_dim" for complex_diagonal and rotation if dim is odd.
std::size_t num_operator_params(Operator op, std::size_t dim);

/// The initial value of the head of the file. Only rotation is random: the stream is keyed by
/// (seed, RngPurpose::init_relations, relation), and number k of it gives phi[k].
///
/// Shapes    params [num_operator_params(op, dim)].
/// Errors    "model.odd_dim"; invalid_argument "model.shape" if params has another size.
void init_operator(Operator op, std::size_t dim, std::uint64_t seed, std::uint64_t relation,
                   std::span<float> params);

}  // namespace twhin
