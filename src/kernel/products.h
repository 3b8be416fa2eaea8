// kernel/products.h -- the three matrix products that training, search and evaluation stand on.
//
// With a [m, k], b [n, k], c [m, n]:
//
//     scores                      out  = a b'       (multiply_abt)
//     their gradient to a         out += c b        (multiply_add)
//     their gradient to b         out += c' a       (multiply_add_atb)
//
// Shapes    any size from 0; rows may be strided; data needs no alignment (64 bytes are faster).
// Aliasing  the output overlaps no input; inputs may overlap each other.
// Errors    invalid_argument "kernel.shape"; then no output has been written. A NaN or an infinity
//           in a row comes out in the rows and columns of the output that depend on it only.
// Exact     sums are reordered and fused: |error| <= (terms + 1) eps sum |x y|. The bits depend on
//           the CPU's vector width and on the shape, and on nothing else; never on the number of
//           threads once single_threaded_products() was called.
// Threads   may be called concurrently, each caller with its own Scratch.
// Cost      2 m n k operations. Allocates nothing but what Scratch keeps, except inside oneDNN for
//           products beyond some millions of operations.
#pragma once

#include "kernel/scratch.h"
#include "twhin/base/matrix_view.h"

namespace twhin::kernel {

/// out [m, n] = a [m, k] times the transpose of b [n, k].
void multiply_abt(ConstMatrixView a, ConstMatrixView b, MatrixView out, Scratch& scratch);

/// out [m, k] += c [m, n] b [n, k].
void multiply_add(ConstMatrixView c, ConstMatrixView b, MatrixView out);

/// out [n, k] += the transpose of c [m, n], times a [m, k].
void multiply_add_atb(ConstMatrixView c, ConstMatrixView a, MatrixView out);

/// Makes products called by this thread run on this thread alone. Every worker thread calls it
/// once before its first product: the library behind large products would otherwise start a team
/// of threads for each of them.
void single_threaded_products();

}  // namespace twhin::kernel
