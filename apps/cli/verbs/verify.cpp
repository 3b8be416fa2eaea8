// twhin verify -- reads every byte that has a checksum and compares.
#include "twhin/storage/verify.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "twhin/base/error.h"
#include "twhin/base/memory.h"

namespace twhin::cli {
namespace {

nlohmann::ordered_json to_json(const VerifyResult& result, double seconds) {
  nlohmann::ordered_json json = {{"files", result.num_files},
                                 {"bytes", result.num_bytes},
                                 {"seconds", seconds},
                                 {"runs_under_way", result.num_partial},
                                 {"damaged", nlohmann::ordered_json::array()}};
  for (const Damage& each : result.damaged) {
    json["damaged"].push_back(
        {{"path", each.path.string()}, {"id", each.id}, {"message", each.message}});
  }
  return json;
}

int run_verify(const Args& args, std::ostream& out) {
  const auto start = std::chrono::steady_clock::now();
  const VerifyResult result =
      verify(args.text("path"), args.threads(), args.observer(), args.stop());
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  if (args.flag("json")) {
    out << to_json(result, seconds).dump(1) << '\n';
  } else {
    out << fmt::format(
        "{} of {} files intact, {} in {:.2f} s: {}/s\n",
        grouped(result.num_files - result.damaged.size()), grouped(result.num_files),
        format_bytes(result.num_bytes), seconds,
        format_bytes(static_cast<std::uint64_t>(static_cast<double>(result.num_bytes) / seconds)));
    if (result.num_partial > 0) {
      out << fmt::format("left out: {} under way\n",
                         result.num_partial == 1 ? "a run" : grouped(result.num_partial) + " runs");
    }
  }
  if (result.damaged.empty()) return kExitOk;
  if (result.damaged.size() > 1) {  // the last one is the error itself
    for (const Damage& each : result.damaged) args.observer().warn(each.message);
  }
  const Damage& first = result.damaged.front();
  throw ErrorBuilder(ErrorKind::corrupt_data, "storage.damaged")
      .what(result.damaged.size() == 1
                ? fmt::format("{} is damaged", quote(first.path.string()))
                : fmt::format("{} of {} files are damaged, the first is {}", result.damaged.size(),
                              result.num_files, quote(first.path.string())))
      .found(first.id)
      .hint("restore it from a copy, or make the directory again")
      .build();
}

}  // namespace

const Command kVerify = {
    .name = "verify",
    .group = Group::files,
    .summary = "compare every checksum of a graph, of a model's versions, or of one file",
    .arguments = {{"path", "PATH", "a directory with manifests in it or below, or a file"}},
    .extra_options = {json_option()},
    .run = &run_verify,
};

}  // namespace twhin::cli
