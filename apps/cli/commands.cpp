#include "cli/commands.h"

namespace twhin::cli {

Commands commands() {
  return {
      &kGenerate,
      &kTrain,
      &kHelp,
      &kVersionCommand,
      &kDocs,
  };
}

}  // namespace twhin::cli
