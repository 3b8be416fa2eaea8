// A program with the command line's frame and verbs that fail, wait, flood and report: what the
// tests of the frame run where no verb of twhin would do it on demand.
#include <chrono>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <thread>

#include "cli/args.h"
#include "cli/program.h"
#include "cli/table.h"

namespace twhin::cli {
namespace {

struct ProbeOptions {
  std::uint32_t batch_size = 100;
  float rate = 0.5f;
  bool fast = true;
  std::vector<std::int32_t> hits = {1, 10};
  std::optional<float> max_norm = 2.0f;
  Path file = "here.txt";
  std::string text = "none";

  template <class Visitor>
  static void fields(Visitor& f) {
    f("batch_size", &ProbeOptions::batch_size, "Edges in a batch.", at_least(1));
    f("rate", &ProbeOptions::rate, "Share.", between(0, 1));
    f("fast", &ProbeOptions::fast,
      "Whether to hurry: with it, every word of this sentence has to find a place on a terminal "
      "that is "
      "a hundred columns wide, and so the sentence has to be broken, more than once, between two "
      "words.");
    f("hits", &ProbeOptions::hits, "k of the hits@k.", each(at_least(1)));
    f("max_norm", &ProbeOptions::max_norm, "Longest row.");
    f("file", &ProbeOptions::file, "A file.");
    f("text", &ProbeOptions::text, "Any text.");
  }
};

struct ProbeConfig {
  Path graph = "g";
  ProbeOptions train;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("graph", &ProbeConfig::graph, "A directory.");
    f("train", &ProbeConfig::train, "Options.");
  }
};

int run_fail(const Args& args, std::ostream& out) {
  const std::string kind = args.text("kind");
  out << "data before the failure\n";
  if (kind == "threshold") return kExitBelowThreshold;
  if (kind == "memory") throw std::bad_alloc();
  if (kind == "exception") throw std::runtime_error("a surprise");
  if (kind == "number") throw 17;
  if (kind == "undeclared") args.text("no-such-option");
  for (const ErrorKind each : {ErrorKind::invalid_argument, ErrorKind::not_found, ErrorKind::io,
                               ErrorKind::corrupt_data, ErrorKind::version_mismatch,
                               ErrorKind::unavailable, ErrorKind::cancelled, ErrorKind::internal}) {
    if (kind == to_string(each)) {
      throw ErrorBuilder(each, "probe.failed").what("it failed").at("here").build();
    }
  }
  return kExitOk;
}

int run_show(const Args& args, std::ostream& out) {
  const auto options = args.fields<ProbeOptions>();
  out << "batch_size " << options.batch_size << "\nrate " << options.rate << "\nfast "
      << options.fast << "\nhits";
  for (const std::int32_t k : options.hits) out << ' ' << k;
  out << "\nmax_norm " << (options.max_norm ? to_text(*options.max_norm) : "null") << "\nfile "
      << options.file.resolved.string() << "\ntext " << options.text << "\nsplit "
      << args.text("split");
  for (const std::string& path : args.texts("paths")) out << "\npath " << path;
  if (const auto wanted = args.number("min-mrr")) out << "\nmin-mrr " << *wanted;
  if (const auto k = args.count("k")) out << "\nk " << *k;
  out << "\nthreads " << args.threads() << "\njson " << args.flag("json") << '\n';
  return kExitOk;
}

int run_config(const Args& args, std::ostream& out) {
  const auto config = args.config<ProbeConfig>();
  out << config.graph.resolved.string() << ' ' << config.train.batch_size << '\n';
  return kExitOk;
}

// Ends when it is told to stop; with --deaf it never looks.
int run_wait(const Args& args, std::ostream& out) {
  const Observer observer = args.observer();
  if (args.flag("impolite")) {
    observer.say("ready");
    std::this_thread::sleep_for(std::chrono::seconds(60));
  }
  const StopFlag& stop = args.stop();
  observer.say("ready");
  for (int i = 0; i < 6000; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (!stop.requested() || args.flag("deaf")) continue;
    out << "stopped where it was safe\n";
    throw ErrorBuilder(ErrorKind::cancelled, "probe.stopped")
        .what("the run was interrupted")
        .build();
  }
  return kExitOk;
}

int run_flood(const Args&, std::ostream& out) {
  for (std::uint64_t i = 0; i < 100'000'000; ++i) out << "line " << i << '\n';
  return kExitOk;
}

int run_report(const Args& args, std::ostream& out) {
  const Observer observer = args.observer();
  const double seconds = args.number("seconds").value_or(0.0);
  observer.say("a note");
  observer.warn("a hazard");
  constexpr int kSteps = 50;
  for (int i = 1; i <= kSteps; ++i) {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds / kSteps));
    observer.report({"epoch 1 of 1",
                     static_cast<std::uint64_t>(i) * 20000,
                     kSteps * 20000ull,
                     "edges",
                     {{"loss", "0.412"}}});
  }
  Table table({"relation", "edges"});
  table.row({"follow", grouped(1234567)});
  out << table.text();
  return kExitOk;
}

const Command kFail = {.name = "fail",
                       .group = Group::about,
                       .summary = "fail in a given way",
                       .arguments = {{"kind", "KIND", "how"}},
                       .run = &run_fail};
const Command kShow = {.name = "show",
                       .group = Group::training,
                       .summary = "print what was typed",
                       .arguments = {{"paths", "PATH", "any", true, true}},
                       .options = options_of<ProbeOptions>(),
                       .extra_options = {{"split", "NAME", "a split", "test"},
                                         {"min-mrr", "X", "a threshold"},
                                         {"k", "N", "how many"},
                                         json_option()},
                       .run = &run_show};
const Command kConfig = {.name = "config",
                         .group = Group::network,
                         .summary = "read a config",
                         .arguments = {{"config", "CONFIG", "a file"}},
                         .reads_config = true,
                         .run = &run_config};
const Command kWait = {.name = "wait",
                       .group = Group::about,
                       .summary = "wait for a signal",
                       .extra_options = {{"deaf", "", "do not look at the flag"},
                                         {"impolite", "", "do not ask for the flag"}},
                       .run = &run_wait};
const Command kFlood = {
    .name = "flood", .group = Group::about, .summary = "print a lot", .run = &run_flood};
const Command kReport = {.name = "report",
                         .group = Group::about,
                         .summary = "report progress",
                         .extra_options = {{"seconds", "S", "how long"}},
                         .run = &run_report};

}  // namespace
}  // namespace twhin::cli

int main(int argc, char** argv) {
  using namespace twhin::cli;
  return run({&kFail, &kShow, &kConfig, &kWait, &kFlood, &kReport}, argc, argv);
}
