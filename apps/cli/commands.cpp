#include "cli/commands.h"

namespace twhin::cli {

Commands commands() {
  return {
      &kHelp,
      &kVersionCommand,
      &kDocs,
  };
}

}  // namespace twhin::cli
