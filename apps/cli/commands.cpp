#include "cli/commands.h"

namespace twhin::cli {

Commands commands() {
  return {
      &kGenerate,
      &kHelp,
      &kVersionCommand,
      &kDocs,
  };
}

}  // namespace twhin::cli
