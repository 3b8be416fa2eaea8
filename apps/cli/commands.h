// cli/commands.h -- the verbs of twhin. A new one has its file in verbs/, a line here and one in
// commands.cpp.
#pragma once

#include "cli/command.h"

namespace twhin::cli {

extern const Command kGenerate;
extern const Command kEval;
extern const Command kNeighbors;
extern const Command kIndex;
extern const Command kCandidates;
extern const Command kInspect;
extern const Command kVerify;
extern const Command kHelp;
extern const Command kVersionCommand;
extern const Command kDocs;
extern const Command kImport;
extern const Command kExport;
extern const Command kReport;
extern const Command kTrain;
extern const Command kDrift;
extern const Command kVersions;
extern const Command kPromote;
extern const Command kRollback;
extern const Command kPrune;
extern const Command kMixture;

/// In the order of the help.
Commands commands();

}  // namespace twhin::cli
