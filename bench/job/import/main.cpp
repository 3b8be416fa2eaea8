// twhin_bench_import [NAME…] -- how fast import is and what memory it takes, as JSON lines on
// stdout.
//
//   import.parquet.int64   20 million edges of 1 million entities, Parquet with integer ids
//   import.tsv.string      the same as TSV with names like user_0123456
//   import.scale.200m      200 million edges of 20 million entities, Parquet, with 4 GiB
//   import.entities        10 edges each of 1, 5 and 20 million entities: what an entity costs
//   import.stream          a bucket from front to back, against memcpy of as many bytes
//   planner.import         what --dry-run says, and what then happens: 10^5, 10^6 and 10^7 edges
//
// The tables are made once and kept in --cache. value is the median over --runs of edges/s, from
// the first byte read to the graph in its place, synced. Each import runs in a process of its own,
// whose highest resident set is peak_rss_bytes. Ceilings, on the same threads: "decode" reads and
// parses the table and does no more; "look-up" finds two random names an edge in a vocabulary of
// that size. On a machine that others use too, edges_per_cpu_s, edges a second that one thread ran,
// says more than the value.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "graph/arrow_reader.h"
#include "graph/hash_index.h"
#include "graph/intake.h"
#include "graph/piece_queue.h"
#include "measure.h"
#include "twhin/base/error.h"
#include "twhin/base/memory.h"
#include "twhin/base/rng.h"
#include "twhin/base/threads.h"
#include "twhin/graph/import.h"

namespace twhin::bench {
namespace {

namespace fs = std::filesystem;
Job job_of(const std::string& name, const Settings& settings) {
  Job job;
  if (name == "import.tsv.string") {
    job.table.text = true;
  } else if (name == "import.scale.200m") {
    job.table.num_edges = 200'000'000;
    job.table.num_entities = 20'000'000;
    job.table.num_files = 16;
    job.memory = Bytes{std::uint64_t{4} << 30};
  } else if (name != "import.parquet.int64") {
    throw ErrorBuilder(ErrorKind::invalid_argument, "bench.unknown_name")
        .what("no benchmark is called " + quote(name))
        .expected(
            "import.parquet.int64, import.tsv.string, import.scale.200m, import.entities, "
            "import.stream or planner.import")
        .build();
  }
  if (settings.edges > 0) job.table.num_edges = settings.edges;
  return job;
}

/// Edges/s of reading and parsing alone.
Json run_decode(const ImportOptions& options, std::size_t threads) {
  const double begin = seconds_now();
  const SourceOptions& source = options.sources[0];
  const std::vector<InputFile> files = find_input_files(source, 0, "");
  PieceQueue queue(files.size(), [&](std::size_t i) {
    const WantedColumns wanted = wanted_columns(source);
    if (files[i].format == TableFormat::parquet)
      return open_parquet(files[i], i, wanted, TimeUnit::s);
    std::vector<std::unique_ptr<TableReader>> readers;
    readers.push_back(open_text(files[i], i, source, wanted));
    return readers;
  });
  run_threads(threads, [&](std::size_t) {
    Batch batch;
    while (const auto piece = queue.next()) {
      while (piece->parse(batch)) {
      }
    }
  });
  return {{"seconds", seconds_now() - begin}, {"cpu_seconds", cpu_seconds()}};
}

/// The time of two look-ups an edge in the graph's vocabulary, of names in random order.
Json run_look_up(const fs::path& graph, std::uint64_t num_edges, std::size_t threads) {
  const HashIndex index(Graph::open(graph).vocabulary(0));
  const std::span<const std::uint64_t> hashes = index.vocabulary().hashes(0);
  const double begin = seconds_now(), cpu_begin = cpu_seconds();
  run_threads(threads, [&](std::size_t thread) {
    constexpr std::size_t kBlock = 1 << 14;
    std::vector<std::uint64_t> wanted(kBlock), ranks(kBlock);
    Rng rng(1, RngPurpose::test, thread);
    for (std::uint64_t done = 0; done < 2 * num_edges / threads; done += kBlock) {
      for (std::uint64_t& hash : wanted) hash = hashes[rng.below(hashes.size())];
      index.find(wanted, ranks);
    }
  });
  return {{"seconds", seconds_now() - begin}, {"cpu_seconds", cpu_seconds() - cpu_begin}};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Json measure(const std::string& name, const Settings& settings) {
  const Job job = job_of(name, settings);
  const fs::path cache(settings.cache);
  const std::size_t threads = settings.threads == 0 ? num_hardware_threads() : settings.threads;
  in_child([&] { return Json(power_law_table(job.table, cache).string()); });
  const fs::path table = power_law_table(job.table, cache);
  const fs::path graph = cache / ("graph-of-" + name);
  const ImportOptions options = options_of(job, table, static_cast<std::uint32_t>(threads));

  std::vector<double> seconds, cpu;
  Json last;
  for (std::uint32_t run = 0; run < settings.runs; ++run) {
    last = in_child([&] { return run_import(options, graph); });
    seconds.push_back(last["seconds"]);
    cpu.push_back(last["cpu_seconds"]);
  }
  const Json decode = in_child([&] { return run_decode(options, threads); });
  const Json look_up = in_child([&] { return run_look_up(graph, job.table.num_edges, threads); });
  fs::remove_all(graph);

  const auto edges = static_cast<double>(job.table.num_edges);
  const double value = edges / median(seconds), per_cpu = edges / median(cpu);
  const auto ceiling = [&](const char* what, const Json& measured) {
    const double rate = edges / measured["seconds"].get<double>();
    const double rate_of_thread = edges / measured["cpu_seconds"].get<double>();
    return Json{{"name", what},
                {"value", rate},
                {"unit", "edges/s"},
                {"ratio", value / rate},
                {"cpu_ratio", per_cpu / rate_of_thread}};
  };
  return {{"name", name},
          {"value", value},
          {"unit", "edges/s"},
          {"edges_per_cpu_s", per_cpu},
          {"ceiling", ceiling("decode", decode)},
          {"ceilings", {ceiling("decode", decode), ceiling("look-up", look_up)}},
          {"peak_rss_bytes", last["peak_rss_bytes"]},
          {"spilled_bytes", last["spilled_bytes"]},
          {"graph_bytes", last["graph_bytes"]},
          {"machine", machine()},
          {"commit", settings.commit},
          {"config",
           {{"edges", job.table.num_edges},
            {"entities", last["entities"]},
            {"distinct_edges", last["edges"]},
            {"files", job.table.num_files},
            {"threads", threads},
            {"memory_bytes", job.memory ? job.memory->value : 0},
            {"runs", settings.runs}}}};
}

}  // namespace
}  // namespace twhin::bench

int main(int argc, char** argv) {
  using namespace twhin;
  bench::Settings settings;
  CLI::App app("how fast import is");
  app.add_option("names", settings.names,
                 "import.parquet.int64, import.tsv.string, import.scale.200m, import.entities, "
                 "import.stream, planner.import");
  app.add_option("--edges", settings.edges, "another number of edges than the name says");
  app.add_option("--threads", settings.threads, "0: all");
  app.add_option("--runs", settings.runs);
  app.add_option("--cache", settings.cache, "where tables are kept");
  app.add_option("--commit", settings.commit);
  CLI11_PARSE(app, argc, argv);
  try {
    for (const std::string& name : settings.names) {
      if (name == "planner.import") {
        bench::measure_planner(settings);
        continue;
      }
      if (name == "import.entities") {
        bench::measure_entities(settings);
        continue;
      }
      if (name == "import.stream") {
        bench::measure_stream(settings);
        continue;
      }
      std::cout << bench::measure(name, settings).dump() << std::endl;
    }
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
