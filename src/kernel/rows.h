// kernel/rows.h -- rows of an embedding table that several threads read and update at once.
//
// HOGWILD: no locks. A reader may see a row half updated, and of two updates to one float at the
// same moment one may be lost; that is the algorithm (Niu et al. 2011; PyTorch-BigGraph). What
// makes it defined, and what a thread checker is given to see, is written in rows.cpp: every access
// to shared rows is there.
//
// Ids are u32 row numbers. Errors: invalid_argument "kernel.row_id" if one is not below num_rows,
// "kernel.shape" if sizes do not fit; then nothing has been written.
// Threads   all functions may run concurrently on the same rows. Alone, they repeat bit for bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "twhin/base/matrix_view.h"
#include "twhin/kernel/row_type.h"

namespace twhin::kernel {

std::size_t bytes_per_element(RowType type);

/// A table of rows in shared memory, which somebody else owns. Rows lie one after another.
struct SharedRows {
  void* data = nullptr;
  RowType type = RowType::f32;
  std::size_t num_rows = 0;
  std::size_t dim = 0;
};

/// Random bits for rounding: two updates of a row with the same (key, counter) round alike, so a
/// caller gives each call its own counter. They depend on the row's id, not on its place in the
/// call, so that a call may be divided into several by rows. f32 rows do not use them.
struct RoundingBits {
  std::uint64_t key = 0;
  std::uint64_t counter = 0;
};

/// out_i = rows[ids[i]], widened to f32. out [ids.size(), dim]
void gather(const SharedRows& rows, std::span<const std::uint32_t> ids, MatrixView out);

/// Tells the processor that rows will be gathered soon, or states updated; of the rows the first
/// 128 KiB. Has no other effect; ids are not checked.
void prefetch(const SharedRows& rows, std::span<const std::uint32_t> ids);
void prefetch_state(const float* state, std::span<const std::uint32_t> ids);

/// rows[ids[i]] = values_i. 16-bit rows are rounded to the nearest, ties to even.
/// values [ids.size(), dim]
void store(const SharedRows& rows, std::span<const std::uint32_t> ids, ConstMatrixView values);

/// Gradients of distinct rows: row ids[i] gets the gradient in row gradient_rows[i] of `gradient`
/// (row i if gradient_rows is empty). kernel/coalesce.h makes one.
struct RowGradients {
  std::span<const std::uint32_t> ids;
  std::span<const std::uint32_t> gradient_rows;
  ConstMatrixView gradient;
};

/// Row-wise Adagrad (PyTorch-BigGraph's): one float of state for each row.
///
///     state[id] += mean_d g_d^2
///     row[id]   -= lr g / (sqrt(state[id]) + epsilon)
///
/// The state used is the one this call read plus its own addition, so that it is never below the
/// own addition, whatever other threads write. bf16 and fp16 rows are rounded stochastically: up
/// or down with the probability that makes the expected value the exact one.
/// state [rows.num_rows]
void update_row_adagrad(const SharedRows& rows, float* state, const RowGradients& gradients,
                        float learning_rate, float epsilon, RoundingBits bits);

/// Adagrad with one float of state for each element: state [rows.num_rows, dim].
///
///     state[id] += g * g,   row[id] -= lr g / (sqrt(state[id]) + epsilon)
void update_adagrad(const SharedRows& rows, MatrixView state, const RowGradients& gradients,
                    float learning_rate, float epsilon, RoundingBits bits);

/// Stochastic gradient descent: row[id] -= lr g.
void update_sgd(const SharedRows& rows, const RowGradients& gradients, float learning_rate,
                RoundingBits bits);

}  // namespace twhin::kernel
