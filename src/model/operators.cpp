#include "twhin/model/operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <numbers>

#include "model/check.h"
#include "twhin/base/error.h"
#include "twhin/base/rng.h"

namespace twhin {
namespace {

void require_even(Operator op, std::size_t dim) {
  if (dim % 2 == 0) return;
  throw ErrorBuilder(ErrorKind::invalid_argument, "model.odd_dim")
      .what(fmt::format("operator {} needs rows of an even number of floats", enum_name(op)))
      .found(fmt::format("dim {}", dim))
      .expected(fmt::format("dim {} or {}", dim - 1, dim + 1))
      .build();
}

void set_identity(std::size_t dim, std::span<float> matrix) {
  std::fill(matrix.begin(), matrix.end(), 0.0f);
  for (std::size_t d = 0; d < dim; ++d) matrix[d * dim + d] = 1.0f;
}

}  // namespace

std::size_t num_operator_params(Operator op, std::size_t dim) {
  switch (op) {
    case Operator::none:
      return 0;
    case Operator::translation:
      return dim;
    case Operator::diagonal:
      return dim;
    case Operator::complex_diagonal:
      require_even(op, dim);
      return dim;
    case Operator::linear:
      return dim * dim;
    case Operator::affine:
      return dim * dim + dim;
    case Operator::rotation:
      require_even(op, dim);
      return dim / 2;
  }
  return 0;
}

void init_operator(Operator op, std::size_t dim, std::uint64_t seed, std::uint64_t relation,
                   std::span<float> params) {
  check_size("parameters of the operator", params.size(), num_operator_params(op, dim));
  std::fill(params.begin(), params.end(), 0.0f);
  switch (op) {
    case Operator::none:
    case Operator::translation:
      break;
    case Operator::diagonal:
      std::fill(params.begin(), params.end(), 1.0f);
      break;
    case Operator::complex_diagonal:
      std::fill(params.begin(), params.begin() + dim / 2, 1.0f);
      break;
    case Operator::linear:
    case Operator::affine:
      set_identity(dim, params.first(dim * dim));
      break;
    case Operator::rotation: {
      Rng rng(seed, RngPurpose::init_relations, relation);
      for (float& angle : params) {
        angle = static_cast<float>((2.0 * rng.uniform() - 1.0) * std::numbers::pi);
      }
      break;
    }
  }
}

}  // namespace twhin
