// cli/threshold.h -- the worst of some figures, against what the user bears.
#pragma once

#include <string>

namespace twhin::cli {

struct Threshold {
  const char* option;   ///< without the dashes
  std::string name;     ///< of the figure
  double worst = 0.0;   ///< of all types or relations
  std::string of = {};  ///< that has it; empty: there is no figure
  bool at_least = false;

  /// NaN is worse than anything, and the first one stays.
  void take(double value, const std::string& of_what);
  /// Whether the worst is within the limit; NaN is not.
  bool holds(double limit) const { return at_least ? worst >= limit : worst <= limit; }
};

}  // namespace twhin::cli
