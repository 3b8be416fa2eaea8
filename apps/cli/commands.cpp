#include "cli/commands.h"

namespace twhin::cli {

Commands commands() {
  return {
      &kGenerate,
      &kImport,
      &kTrain,
      &kEval,
      &kHelp,
      &kVersionCommand,
      &kDocs,
  };
}

}  // namespace twhin::cli
