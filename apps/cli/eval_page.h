// cli/eval_page.h -- what twhin eval measured, as a page with plots.
#pragma once

#include <string>

#include "twhin/evaluate/evaluate.h"
#include "twhin/evaluate/recommend.h"
#include "twhin/model/version.h"
#include "twhin/report/page.h"

namespace twhin::cli {

/// Figures with baselines and intervals, the distribution of ranks, each breakdown, and what
/// exactly was measured.
std::string eval_page(const ModelVersion& model, const EvalResult& result);

/// Two versions beside each other: the difference with its interval, and where it comes from.
std::string eval_page(const ModelVersion& model, const EvalComparison& comparison);

/// The same for lists of recommendations, by k and by group of users.
std::string eval_page(const ModelVersion& model, const RecommendResult& result);

/// The figures and the distribution of ranks, as a part of another page.
void add_ranking(report::Page& page, const EvalResult& result);
/// A table and bars for each breakdown.
void add_breakdowns(report::Page& page, const EvalResult& result);

/// The options as they took effect, and the config that the model was trained with.
void add_config(report::Page& page, const ModelVersion& model, const std::string& options_yaml);

}  // namespace twhin::cli
