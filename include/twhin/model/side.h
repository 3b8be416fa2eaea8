// twhin/model/side.h -- the two ends of an edge.
#pragma once

#include "twhin/config/types.h"

namespace twhin {

/// An end of an edge (lhs, relation, rhs).
enum class Side { lhs, rhs };

constexpr Side opposite(Side side) { return side == Side::lhs ? Side::rhs : Side::lhs; }

template <>
struct EnumNames<Side> {
  static constexpr EnumName<Side> values[] = {
      {"lhs", Side::lhs, "The end that the relation starts from."},
      {"rhs", Side::rhs, "The end that it goes to."},
  };
};

}  // namespace twhin
