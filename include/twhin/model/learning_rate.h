// twhin/model/learning_rate.h -- learning rates over the course of a run.
//
//     rate(p) = learning_rate * factor(p),   p in [0, 1] the part of the planned edges that is done
//
//     p < warm_up:   factor = p / warm_up
//     after:         q = (p - warm_up) / (1 - warm_up), e = end
//       constant       1
//       linear         1 - (1 - e) q
//       cosine         e + (1 - e) (1 + cos(pi q)) / 2
//       exponential    e^q
//
// It depends on the part done only, so a resumed run goes on where it was.
#pragma once

#include <string>

#include "twhin/config/field.h"

namespace twhin {

enum class Schedule { constant, linear, cosine, exponential };

template <>
struct EnumNames<Schedule> {
  static constexpr EnumName<Schedule> values[] = {
      {"constant", Schedule::constant, "The same throughout."},
      {"linear", Schedule::linear, "Falls on a straight line."},
      {"cosine", Schedule::cosine, "Falls on half a period of the cosine."},
      {"exponential", Schedule::exponential, "Falls by equal factors in equal times."},
  };
};

/// Head of the file.
struct ScheduleOptions {
  Schedule kind = Schedule::constant;
  float warm_up = 0.0f;
  float end = 0.01f;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("kind", &ScheduleOptions::kind, "Shape of the fall.");
    f("warm_up", &ScheduleOptions::warm_up,
      "Part of the run, from its beginning, in which rates grow from 0.", at_least(0),
      less_than(1));
    f("end", &ScheduleOptions::end, "Rates at the end, as a factor; `constant` does not use it.",
      greater_than(0), at_most(1));
  }
};

/// factor(p) of the head of the file. Requires 0 <= done <= 1; beyond, it is taken as the nearer
/// end.
double learning_rate_factor(const ScheduleOptions& schedule, double done);

}  // namespace twhin
