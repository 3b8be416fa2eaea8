#include "kernel/products.h"

#include <dnnl.h>

#include <cstdint>
#include <string>

#include "kernel/shapes.h"
#include "kernel/tile_product.h"
#include "kernel/transposed_rows.h"
#include "twhin/base/error.h"

// Of libgomp, the library that oneDNN starts its threads with; its header wants -fopenmp.
extern "C" void omp_set_num_threads(int num_threads);

namespace twhin::kernel {
namespace {

// From here on oneDNN's cache blocking and threads win over our tiles (bench/kernel): operations.
constexpr double kLargeProduct = 2e9;

bool is_large(std::size_t m, std::size_t n, std::size_t k) {
  return 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) >=
         kLargeProduct;
}

dnnl_dim_t dim(std::size_t n) { return static_cast<dnnl_dim_t>(n); }

/// out = or += op(a) op(b), row-major; m, n, k are those of the product.
void large_product(char op_a, char op_b, ConstMatrixView a, ConstMatrixView b, std::size_t k,
                   float beta, MatrixView out) {
  const dnnl_status_t status =
      dnnl_sgemm(op_a, op_b, dim(out.rows), dim(out.cols), dim(k), 1.0f, a.data, dim(a.stride),
                 b.data, dim(b.stride), beta, out.data, dim(out.stride));
  if (status != dnnl_success) {
    throw ErrorBuilder(ErrorKind::internal, "kernel.sgemm")
        .what("oneDNN refused a matrix product")
        .found("status " + std::to_string(static_cast<int>(status)))
        .build();
  }
}

}  // namespace

void multiply_abt(ConstMatrixView a, ConstMatrixView b, MatrixView out, Scratch& scratch) {
  check_size("multiply_abt", "columns of b", b.cols, a.cols);
  check_shape("multiply_abt", "rows of out", "columns of out", out, a.rows, b.rows);
  if (is_large(a.rows, b.rows, a.cols)) {
    large_product('N', 'T', a, b, a.cols, 0.0f, out);
  } else {
    TransposedRows(b, a.rows, scratch).multiply(a, 0, b.rows, out);
  }
}

void multiply_add(ConstMatrixView c, ConstMatrixView b, MatrixView out) {
  check_size("multiply_add", "rows of b", b.rows, c.cols);
  check_shape("multiply_add", "rows of out", "columns of out", out, c.rows, b.cols);
  if (is_large(c.rows, c.cols, b.cols)) {
    large_product('N', 'N', c, b, c.cols, 1.0f, out);
  } else {
    tile_product({c.data, c.stride, 1}, b, out, Onto::output);
  }
}

void multiply_add_atb(ConstMatrixView c, ConstMatrixView a, MatrixView out) {
  check_size("multiply_add_atb", "rows of a", a.rows, c.rows);
  check_shape("multiply_add_atb", "rows of out", "columns of out", out, c.cols, a.cols);
  if (is_large(c.rows, c.cols, a.cols)) {
    large_product('T', 'N', c, a, c.rows, 1.0f, out);
  } else {
    tile_product({c.data, 1, c.stride}, a, out, Onto::output);
  }
}

void single_threaded_products() { omp_set_num_threads(1); }

}  // namespace twhin::kernel
