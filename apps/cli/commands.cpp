#include "cli/commands.h"

namespace twhin::cli {

// One a line:
// clang-format off
Commands commands() {
  return {
      &kGenerate,
      &kImport,
      &kTrain,
      &kEval,
      &kNeighbors,
      &kInspect,
      &kVerify,
      &kHelp,
      &kVersionCommand,
      &kDocs,
  };
}
// clang-format on

}  // namespace twhin::cli
