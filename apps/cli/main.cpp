#include "cli/commands.h"
#include "cli/program.h"

int main(int argc, char** argv) { return twhin::cli::run(twhin::cli::commands(), argc, argv); }
