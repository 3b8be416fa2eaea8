// cli/infer_lines.h -- lists of engagements in, mixtures and vectors out, as lines of JSON.
//
//   in    cli/engagement_lines.h
//   out   {"id": …, "engagements": 7, "unknown": 1, "vector": […], "components": [{"cluster": 3,
//          "weight": 0.5, "medoid": "tweet:9", "vector": […]}, …]}
//   or    {"id": …, "line": 3, "engagements": 2, "unknown": 0,
//          "error": {"id": "mixture.too_few_engagements", "reason": "…"}}
//
// `id` comes back as it was. A target has no components. A list that gives nothing is a line like
// the others: one bad line ends nothing.
#pragma once

#include <cstdint>
#include <istream>
#include <ostream>
#include <vector>

#include "twhin/base/progress.h"
#include "twhin/base/stop.h"
#include "twhin/mixture/infer.h"

namespace twhin::cli {

struct InferCounts {
  std::uint64_t lines = 0, inferred = 0, refused = 0;
  std::uint64_t engagements = 0, unknown = 0;  ///< unknown: of names that the model does not have
};

/// Reads lines until the end, with `threads` threads; answers come in the order of the questions.
/// Empty lines are skipped.
InferCounts infer_lines(const ModelVersion& version, const Mixture& mixture,
                        const InferOptions& options, Representation representation,
                        std::size_t threads, std::istream& in, std::ostream& out,
                        const Observer& observer, const StopFlag& stop);

}  // namespace twhin::cli
