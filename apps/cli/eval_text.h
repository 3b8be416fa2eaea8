// cli/eval_text.h -- what twhin eval measured, as tables for a person at a terminal.
#pragma once

#include <string>

#include "twhin/evaluate/evaluate.h"
#include "twhin/evaluate/recommend.h"

namespace twhin::cli {

/// What was measured, the figures with baselines and intervals, a table for each breakdown of the
/// first protocol.
std::string to_text(const EvalResult& result);

/// Two models beside each other, their difference with its interval, and where it comes from.
std::string to_text(const EvalComparison& comparison);

/// The same for lists of recommendations, at each k.
std::string to_text(const RecommendResult& result);

}  // namespace twhin::cli
