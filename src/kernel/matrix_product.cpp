#include "kernel/matrix_product.h"

#include <dnnl.h>

#include <string>

#include "kernel/products.h"
#include "twhin/base/error.h"

// Of libgomp, the library that oneDNN starts its threads with; its header wants -fopenmp.
extern "C" void omp_set_num_threads(int num_threads);

namespace twhin::kernel {
namespace {

// Operations from which on oneDNN is as fast or faster in all three products (bench/kernel).
constexpr double kLargeProduct = 5e8;

dnnl_dim_t dim(std::size_t n) { return static_cast<dnnl_dim_t>(n); }

// out = or += op(a) op(b), row-major, with k terms.
void sgemm(char op_a, char op_b, ConstMatrixView a, ConstMatrixView b, std::size_t k, Onto onto,
           MatrixView out) {
  const float beta = onto == Onto::output ? 1.0f : 0.0f;
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

bool is_large(std::size_t m, std::size_t n, std::size_t k) {
  return 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) >=
         kLargeProduct;
}

void matrix_product(ConstMatrixView c, ConstMatrixView b, MatrixView out, Onto onto) {
  if (is_large(c.rows, c.cols, b.cols)) {
    sgemm('N', 'N', c, b, c.cols, onto, out);
  } else {
    tile_product({c.data, c.stride, 1}, b, out, onto);
  }
}

void transposed_product(ConstMatrixView c, ConstMatrixView a, MatrixView out, Onto onto) {
  if (is_large(c.rows, c.cols, a.cols)) {
    sgemm('T', 'N', c, a, c.rows, onto, out);
  } else {
    tile_product({c.data, 1, c.stride}, a, out, onto);
  }
}

void large_score_product(ConstMatrixView a, ConstMatrixView b, MatrixView out) {
  sgemm('N', 'T', a, b, a.cols, Onto::zero, out);
}

void single_threaded_products() { omp_set_num_threads(1); }

}  // namespace twhin::kernel
