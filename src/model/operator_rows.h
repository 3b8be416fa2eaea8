// model/operator_rows.h -- operators on blocks of rows, forwards and backwards.
//
// Every operator is x -> A x + b (twhin/model/operators.h). Sizes are the caller's to check: in,
// out, gradient [n, dim]; params [num_operator_params(op, dim)]; n may be 0.
#pragma once

#include <span>

#include "kernel/scratch.h"
#include "twhin/base/matrix_view.h"
#include "twhin/model/operators.h"

namespace twhin {

/// out_i = g(in_i). out overlaps nothing.
void apply_operator(Operator op, std::span<const float> params, ConstMatrixView in, MatrixView out,
                    kernel::Scratch& scratch);

/// Turns the gradient to g(in_i) into the one to in_i, in place, and adds to `param_gradient`
/// [params.size()] the one to the parameters.
void operator_gradient(Operator op, std::span<const float> params, ConstMatrixView in,
                       MatrixView gradient, std::span<float> param_gradient,
                       kernel::Scratch& scratch);

/// out_i = A' in_i and bias[i] = <b, in_i>, so that <g(x), in_i> = <x, out_i> + bias[i] for every
/// x: what turns a fixed rhs into a query over lhs rows. out overlaps nothing.
void apply_adjoint(Operator op, std::span<const float> params, ConstMatrixView in, MatrixView out,
                   std::span<float> bias, kernel::Scratch& scratch);

}  // namespace twhin
