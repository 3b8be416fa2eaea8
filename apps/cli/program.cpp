#include "cli/program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <exception>
#include <new>
#include <ostream>

#include "cli/args.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/parse.h"
#include "cli/progress_line.h"
#include "cli/signals.h"
#include "twhin/base/version.h"

namespace twhin::cli {
namespace {

constexpr std::string_view kReport =
    "\n  hint:      this is a bug of twhin: please report it with the command and this text";

int exit_status(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_argument:
    case ErrorKind::not_found:
      return kExitUsage;
    case ErrorKind::io:
    case ErrorKind::corrupt_data:
    case ErrorKind::version_mismatch:
    case ErrorKind::unavailable:
      return kExitEnvironment;
    case ErrorKind::cancelled:
      return kExitInterrupted;
    case ErrorKind::internal:
      break;
  }
  return kExitBug;
}

int dispatch(const Commands& commands, const std::vector<std::string>& words,
             ProgressLine& progress, std::ostream& out) {
  if (words.empty()) {
    progress.print(overview(commands));
    return kExitUsage;
  }
  std::string verb = words.front();
  std::vector<std::string> rest(words.begin() + 1, words.end());
  if (verb == "--help" || verb == "-h") verb = "help";
  if (verb == "--version") verb = "version";
  if (verb[0] == '-') {
    throw ErrorBuilder(ErrorKind::invalid_argument, "cli.unknown_option")
        .what(fmt::format("unknown option {}", quote(verb)))
        .expected("a verb first, as in twhin train CONFIG --quiet")
        .hint("twhin help lists the verbs")
        .build();
  }
  const Command& command = find_command(commands, verb);
  Args::Values values = parse(command, rest);
  if (values.count("help") > 0) {
    out << help(command);
    return kExitOk;
  }
  const Args args(command, commands, std::move(values), &progress);
  args.check();
  return command.run(args, out);
}

// What a verb printed before it failed is data as well; that it failed matters more than whether
// that can be written.
void flush_quietly(std::ostream& out) {
  try {
    out.flush();
  } catch (...) {
  }
}

}  // namespace

int run(const Commands& commands, int argc, const char* const* argv) {
  install_signal_handlers();
  ProgressLine progress(standard_error());
  const auto fail = [&](int status, const std::string& text) {
    progress.finish();
    progress.print(text);
    return status;
  };
  try {
    Output buffer(STDOUT_FILENO, [&] { progress.clear(); });
    std::ostream out(&buffer);
    out.exceptions(std::ios::badbit);
    const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    int status = kExitOk;
    try {
      status = dispatch(commands, words, progress, out);
    } catch (const ReaderGone&) {
      throw;
    } catch (...) {
      progress.finish();
      flush_quietly(out);
      throw;
    }
    progress.finish();
    out.flush();
    return status;
  } catch (const ReaderGone&) {
    return kExitOk;  // it has read all that it wanted
  } catch (const Error& error) {
    const std::string text = error.what();
    if (error.kind() == ErrorKind::cancelled) return fail(kExitInterrupted, "stopped: " + text);
    const int status = exit_status(error.kind());
    return fail(status, "error: " + text + std::string(status == kExitBug ? kReport : ""));
  } catch (const std::bad_alloc&) {
    return fail(kExitEnvironment,
                "error: not enough memory\n"
                "  hint:      use fewer threads, smaller batches or more partitions; free memory\n"
                "  id:        cli.out_of_memory");
  } catch (const std::exception& unexpected) {
    return fail(kExitBug, fmt::format("error: {}{}\n  id:        cli.unexpected", unexpected.what(),
                                      kReport));
  } catch (...) {
    return fail(
        kExitBug,
        fmt::format("error: an exception of unknown type{}\n  id:        cli.unexpected", kReport));
  }
}

}  // namespace twhin::cli
