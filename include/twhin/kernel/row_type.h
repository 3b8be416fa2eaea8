// twhin/kernel/row_type.h -- how the numbers of a row are stored. All arithmetic is done in f32.
#pragma once

namespace twhin::kernel {

enum class RowType {
  f32,
  bf16,  ///< the upper half of an f32: its range, 8 bits of precision
  fp16,  ///< IEEE half: 11 bits of precision, up to 65504; what is larger becomes infinity
};

}  // namespace twhin::kernel
