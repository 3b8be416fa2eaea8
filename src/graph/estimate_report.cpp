// An estimate in words.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "twhin/base/error.h"
#include "twhin/base/memory.h"
#include "twhin/graph/estimate.h"

namespace twhin {
namespace {

std::string duration(double seconds) {
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

}  // namespace

void ImportEstimate::check_memory() const {
  if (fits_memory()) return;
  const bool too_little = least_memory_bytes > granted_memory_bytes;
  throw ErrorBuilder(ErrorKind::unavailable, "graph.not_enough_memory")
      .what(too_little ? "the import needs more memory than it is granted"
                       : "the import does not fit into memory")
      .found(fmt::format("{} {}", format_bytes(too_little ? granted_memory_bytes : memory_bytes),
                         too_little ? "granted" : "needed"))
      .expected(too_little ? "at least " + format_bytes(least_memory_bytes)
                           : "at most " + format_bytes(available_memory_bytes))
      .hint(too_little ? "set import.memory higher, or import.threads lower"
                       : fmt::format("set import.memory to what the machine has: from {} on it "
                                     "works, through temporary files",
                                     format_bytes(least_memory_bytes)))
      .build();
}

void ImportEstimate::check_disk() const {
  if (fits_disk()) return;
  throw ErrorBuilder(ErrorKind::io, "graph.not_enough_disk")
      .what("the import does not fit onto the disk")
      .found(fmt::format("{} needed: a graph of {}, and {} of temporary files",
                         format_bytes(disk_bytes), format_bytes(graph_bytes),
                         format_bytes(spilled_bytes)))
      .expected(fmt::format("at most {}", format_bytes(available_disk_bytes)))
      .hint(spilled_bytes > 0
                ? "make room, put `graph` onto another file system, or grant more import.memory"
                : "make room, or put `graph` onto another file system")
      .build();
}

std::string ImportEstimate::to_json() const {
  using Json = nlohmann::ordered_json;
  Json json = {{"sample",
                {{"files", sampled_files},
                 {"bytes", sampled_bytes},
                 {"rows", sampled_rows},
                 {"share", sampled_share},
                 {"front_only", front_only}}},
               {"files", num_files},
               {"input_bytes", input_bytes},
               {"rows", rows},
               {"edges", edges},
               {"rejected", rejected},
               {"entities", Json::array()},
               {"program_bytes", program_bytes},
               {"memory_bytes", memory_bytes},
               {"granted_memory_bytes", granted_memory_bytes},
               {"least_memory_bytes", least_memory_bytes},
               {"available_memory_bytes", available_memory_bytes},
               {"graph_bytes", graph_bytes},
               {"spilled_bytes", spilled_bytes},
               {"disk_bytes", disk_bytes},
               {"available_disk_bytes", available_disk_bytes},
               {"seconds", seconds},
               {"warnings", warnings}};
  for (const Type& type : types) {
    json["entities"].push_back(
        {{"name", type.name}, {"entities", type.entities}, {"names_bytes", type.names_bytes}});
  }
  return json.dump();
}

std::string ImportEstimate::to_table() const {
  std::string out;
  const auto line = [&](std::string_view what, const std::string& value) {
    out += fmt::format("{:<24}{}\n", what, value);
  };
  line("sampled", sampled_share >= 1.0
                      ? fmt::format("all {} rows of {} files", sampled_rows, num_files)
                      : fmt::format("{} rows, {:.2g} % of them, in {} of {} files", sampled_rows,
                                    100.0 * sampled_share, sampled_files, num_files));
  line("rows", fmt::format("{}, {} in the files", rows, format_bytes(input_bytes)));
  line("edges", fmt::format("{}", edges));
  line("entities", "");
  for (const Type& type : types) {
    line("  " + type.name,
         fmt::format("{}, names of {}", type.entities, format_bytes(type.names_bytes)));
  }
  line("memory", fmt::format("{} of {}; import.memory {}, at least {}", format_bytes(memory_bytes),
                             format_bytes(available_memory_bytes),
                             format_bytes(granted_memory_bytes), format_bytes(least_memory_bytes)));
  line("disk",
       fmt::format("{} of {}", format_bytes(disk_bytes), format_bytes(available_disk_bytes)));
  line("  graph", format_bytes(graph_bytes));
  line("  temporary files", format_bytes(spilled_bytes));
  line("time", duration(seconds));
  for (const std::string& warning : warnings) line("warning", warning);
  return out;
}

}  // namespace twhin
