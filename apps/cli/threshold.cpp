#include "cli/threshold.h"

#include <cmath>

namespace twhin::cli {

void Threshold::take(double value, const std::string& of_what) {
  if (!of.empty()) {
    if (std::isnan(worst)) return;
    const bool better = at_least ? value >= worst : value <= worst;  // of a NaN neither
    if (better) return;
  }
  worst = value;
  of = of_what;
}

}  // namespace twhin::cli
