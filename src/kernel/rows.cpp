// Every access to rows that threads share is in this file.
#include "kernel/rows.h"

#include <algorithm>
#include <string>

#include "kernel/reference.h"
#include "kernel/shapes.h"
#include "twhin/base/error.h"

namespace twhin::kernel {
namespace {

void check_ids(std::string_view function, const SharedRows& rows,
               std::span<const std::uint32_t> ids) {
  check_size(function, "bytes per element of rows", bytes_per_element(rows.type), sizeof(float));
  std::uint32_t largest = 0;
  for (const std::uint32_t id : ids) largest = std::max(largest, id);
  if (!ids.empty() && largest >= rows.num_rows) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "kernel.row_id")
        .what(std::string(function) + " was given a row that the table does not have")
        .found("row " + std::to_string(largest))
        .expected("below " + std::to_string(rows.num_rows))
        .build();
  }
}

void check_gradients(std::string_view function, const SharedRows& rows, const RowGradients& g) {
  check_ids(function, rows, g.ids);
  check_size(function, "columns of gradient", g.gradient.cols, rows.dim);
  if (g.gradient_rows.empty())
    check_size(function, "rows of gradient", g.gradient.rows, g.ids.size());
  if (!g.gradient_rows.empty())
    check_size(function, "gradient_rows", g.gradient_rows.size(), g.ids.size());
}

}  // namespace

std::size_t bytes_per_element(RowType type) { return type == RowType::f32 ? 4 : 2; }

void gather(const SharedRows& rows, std::span<const std::uint32_t> ids, MatrixView out) {
  check_ids("gather", rows, ids);
  check_shape("gather", "rows of out", "columns of out", out, ids.size(), rows.dim);
  reference::gather(rows, ids, out);
}

void prefetch(const SharedRows&, std::span<const std::uint32_t>) {}

void store(const SharedRows& rows, std::span<const std::uint32_t> ids, ConstMatrixView values) {
  check_ids("store", rows, ids);
  check_shape("store", "rows of values", "columns of values", values, ids.size(), rows.dim);
  reference::store(rows, ids, values);
}

void update_row_adagrad(const SharedRows& rows, float* state, const RowGradients& gradients,
                        float learning_rate, float epsilon, RoundingBits) {
  check_gradients("update_row_adagrad", rows, gradients);
  reference::update_row_adagrad(rows, state, gradients, learning_rate, epsilon);
}

void update_adagrad(const SharedRows& rows, MatrixView state, const RowGradients& gradients,
                    float learning_rate, float epsilon, RoundingBits) {
  check_gradients("update_adagrad", rows, gradients);
  check_shape("update_adagrad", "rows of state", "columns of state", state, rows.num_rows,
              rows.dim);
  reference::update_adagrad(rows, state, gradients, learning_rate, epsilon);
}

void update_sgd(const SharedRows& rows, const RowGradients& gradients, float learning_rate,
                RoundingBits) {
  check_gradients("update_sgd", rows, gradients);
  reference::update_sgd(rows, gradients, learning_rate);
}

}  // namespace twhin::kernel
