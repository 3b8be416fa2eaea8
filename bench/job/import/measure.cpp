#include "measure.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iostream>

#include "twhin/base/memory.h"
#include "twhin/base/threads.h"
#include "twhin/graph/import.h"

namespace twhin::bench {
namespace fs = std::filesystem;

std::string machine() {
  std::ifstream cpu("/proc/cpuinfo");
  std::string model = "unknown CPU";
  for (std::string line; std::getline(cpu, line);) {
    if (line.rfind("model name", 0) == 0) {
      model = line.substr(line.find(':') + 2);
      break;
    }
  }
  const auto memory = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                      static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return fmt::format("{}, {} cores, {}", model, num_hardware_threads(), format_bytes(memory));
}

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Json in_child(const std::function<Json()>& body) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    std::string text;
    try {
      text = body().dump();
    } catch (const std::exception& error) {
      std::cerr << "error: " << error.what() << '\n';
      ::_exit(1);
    }
    const bool written =
        ::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::_exit(written ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = ::read(ends[0], buffer, sizeof(buffer))) > 0;) {
    text.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) throw std::runtime_error("a measurement failed");
  return Json::parse(text);
}

ImportOptions options_of(const Job& job, const fs::path& table, std::uint32_t threads) {
  ImportOptions options;
  options.entities = {{"user", {}}};
  options.relations.emplace_back();
  options.relations[0].first = "follow";
  options.relations[0].second.lhs = options.relations[0].second.rhs = "user";
  SourceOptions source;
  source.path = Path(table.string());
  source.lhs = "lhs";
  source.rhs = "rhs";
  source.relation.name = "follow";
  options.sources = {source};
  options.import.threads = threads;
  options.import.memory = job.memory;
  return options;
}

Json run_import(const ImportOptions& options, const fs::path& graph) {
  const ImportSummary summary = import_graph(options, graph, {}, StopFlag());
  return {{"seconds", summary.seconds},
          {"cpu_seconds", cpu_seconds()},
          {"peak_rss_bytes", summary.peak_memory_bytes},
          {"spilled_bytes", summary.spilled_bytes},
          {"graph_bytes", summary.graph_bytes},
          {"edges", summary.num_edges()},
          {"entities", summary.schema.entities[0].num_entities()}};
}

}  // namespace twhin::bench
