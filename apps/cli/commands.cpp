#include "cli/commands.h"

namespace twhin::cli {

Commands commands() {
  return {
      &kGenerate,
      &kImport,
      &kTrain,
      &kHelp,
      &kVersionCommand,
      &kDocs,
  };
}

}  // namespace twhin::cli
