// cli/drift_text.h -- what `drift` prints on a terminal, and its page.
#pragma once

#include <string>

#include "twhin/versions/drift.h"

namespace twhin::cli {

std::string to_text(const DriftResult& result);

/// A self-contained page with plots.
std::string drift_page(const DriftResult& result);

/// "1–3", "7"; the last group is open where it has no end.
std::string degrees_text(const DegreeGroupDrift& group);

}  // namespace twhin::cli
