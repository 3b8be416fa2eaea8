#include "kernel/products.h"

#include "kernel/reference.h"
#include "kernel/shapes.h"

namespace twhin::kernel {

void multiply_abt(ConstMatrixView a, ConstMatrixView b, MatrixView out, Scratch&) {
  check_size("multiply_abt", "columns of b", b.cols, a.cols);
  check_shape("multiply_abt", "rows of out", "columns of out", out, a.rows, b.rows);
  reference::multiply_abt(a, b, out);
}

void multiply_add(ConstMatrixView c, ConstMatrixView b, MatrixView out) {
  check_size("multiply_add", "rows of b", b.rows, c.cols);
  check_shape("multiply_add", "rows of out", "columns of out", out, c.rows, b.cols);
  reference::multiply_add(c, b, out);
}

void multiply_add_atb(ConstMatrixView c, ConstMatrixView a, MatrixView out) {
  check_size("multiply_add_atb", "rows of a", a.rows, c.rows);
  check_shape("multiply_add_atb", "rows of out", "columns of out", out, c.cols, a.cols);
  reference::multiply_add_atb(c, a, out);
}

void single_threaded_products() {}

}  // namespace twhin::kernel
