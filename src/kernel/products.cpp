#include "kernel/products.h"

#include "kernel/matrix_product.h"
#include "kernel/shapes.h"
#include "kernel/transposed_rows.h"

namespace twhin::kernel {

void multiply_abt(ConstMatrixView a, ConstMatrixView b, MatrixView out, Scratch& scratch) {
  check_size("multiply_abt", "columns of b", b.cols, a.cols);
  check_shape("multiply_abt", "rows of out", "columns of out", out, a.rows, b.rows);
  if (is_large(a.rows, b.rows, a.cols)) {
    large_score_product(a, b, out);
  } else {
    TransposedRows(b, a.rows, scratch).multiply(a, 0, b.rows, out);
  }
}

void multiply_add(ConstMatrixView c, ConstMatrixView b, MatrixView out) {
  check_size("multiply_add", "rows of b", b.rows, c.cols);
  check_shape("multiply_add", "rows of out", "columns of out", out, c.rows, b.cols);
  matrix_product(c, b, out, Onto::output);
}

void multiply_add_atb(ConstMatrixView c, ConstMatrixView a, MatrixView out) {
  check_size("multiply_add_atb", "rows of a", a.rows, c.rows);
  check_shape("multiply_add_atb", "rows of out", "columns of out", out, c.cols, a.cols);
  transposed_product(c, a, out, Onto::output);
}

}  // namespace twhin::kernel
