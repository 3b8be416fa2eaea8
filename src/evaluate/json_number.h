// evaluate/json_number.h -- figures as JSON has them.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>

#include "twhin/metrics/bootstrap.h"

namespace twhin {

/// NaN, a mean over nothing, becomes null.
inline nlohmann::ordered_json json_number(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
}

inline nlohmann::ordered_json json_interval(const metrics::Interval& interval) {
  return {json_number(interval.low), json_number(interval.high)};
}

}  // namespace twhin
