// bench/job/import/measure.h -- what the measurements of import have in common.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "power_law_table.h"
#include "twhin/graph/options.h"

namespace twhin::bench {

using Json = nlohmann::json;

struct Settings {
  std::vector<std::string> names = {"import.parquet.int64", "import.tsv.string"};
  std::uint32_t threads = 0, runs = 3;
  std::uint64_t edges = 0;  // 0: as the name says
  std::string cache = "bench_cache", commit = "unknown";
};

struct Job {
  TableOptions table;
  std::optional<Bytes> memory;
};

std::string machine();
double seconds_now();
/// Of this process so far, all threads.
double cpu_seconds();

/// What `body` returns, run in a process of its own.
Json in_child(const std::function<Json()>& body);

ImportOptions options_of(const Job& job, const std::filesystem::path& table, std::uint32_t threads);
/// One import, and what it took.
Json run_import(const ImportOptions& options, const std::filesystem::path& graph);

/// Predicted and measured, each quantity a line on stdout.
void measure_planner(const Settings& settings);
/// Import of more and more entities: what each takes of memory, disk and time.
void measure_entities(const Settings& settings);
/// A bucket from front to back, against a copy of the same bytes in memory.
void measure_stream(const Settings& settings);

}  // namespace twhin::bench
