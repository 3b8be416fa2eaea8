// twhin/model/row_type.h -- how a model stores the numbers of its rows.
//
//   f32     4 bytes
//   bf16    2 bytes: the upper half of an f32, its range, 8 bits of precision
//   fp16    2 bytes: IEEE half precision, 11 bits, largest number 65504
//
// All arithmetic is done in f32. A 16-bit row is rounded when it is written: initial values to the
// nearest number, updates stochastically, up or down with the probability that makes the expected
// value the exact one, so that steps below half of the last bit are not lost (Gupta et al., Deep
// Learning with Limited Numerical Precision, ICML 2015).
#pragma once

#include "twhin/config/types.h"
#include "twhin/kernel/row_type.h"
#include "twhin/storage/container.h"

namespace twhin {

using kernel::RowType;

template <>
struct EnumNames<RowType> {
  static constexpr EnumName<RowType> values[] = {
      {"f32", RowType::f32, "4 bytes a number."},
      {"bf16", RowType::bf16, "2 bytes: the range of f32, 8 bits of precision."},
      {"fp16", RowType::fp16, "2 bytes: 11 bits of precision, numbers up to 65504."},
  };
};

/// Type of the section that holds such rows.
constexpr DataType data_type(RowType type) {
  return type == RowType::f32 ? DataType::f32
                              : (type == RowType::bf16 ? DataType::bf16 : DataType::f16);
}

}  // namespace twhin
