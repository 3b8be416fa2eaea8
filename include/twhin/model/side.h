// twhin/model/side.h -- the two ends of an edge.
#pragma once

namespace twhin {

/// An end of an edge (lhs, relation, rhs).
enum class Side { lhs, rhs };

constexpr Side opposite(Side side) { return side == Side::lhs ? Side::rhs : Side::lhs; }

}  // namespace twhin
