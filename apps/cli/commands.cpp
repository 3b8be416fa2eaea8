#include "cli/commands.h"

namespace twhin::cli {

// One a line:
// clang-format off
Commands commands() {
  // One line a verb, so that two new ones do not touch the same line.
  // clang-format off
  return {
      &kGenerate,
      &kImport,
      &kTrain,
      &kEval,
      &kNeighbors,
      &kMixture,
      &kIndex,
      &kCandidates,
      &kReport,
      &kDrift,
      &kVersions,
      &kPromote,
      &kRollback,
      &kPrune,
      &kExport,
      &kInspect,
      &kVerify,
      &kHelp,
      &kVersionCommand,
      &kDocs,
  };
  // clang-format on
}
// clang-format on

}  // namespace twhin::cli
