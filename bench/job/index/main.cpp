// twhin_bench_index NAME --cache DIR --commit TEXT [--rows=N] [--ef=N] -- speed of search.
//
//   ann.hnsw.recall95   queries a second of one thread by an hnsw index, beside plain hnswlib
//                       compiled for the machine: 200,000 clustered rows of 128 numbers, l2, M 16,
//                       ef_construction 200, the same ef for both; the smallest on a grid with
//                       which both have recall@10 >= .95, unless --ef names one
//   ann.exact.batch     exact search of a batch by dot on all threads, in GFLOP/s beside sgemm,
//   both
//                       by the time that the threads ran
//
// Both sides of ann.hnsw.recall95 answer the same queries in turn, seven times, and are counted by
// the time that the thread ran. Ours is Index::search as every caller has it, which compares
// exclusions and scores the found rows again; plain hnswlib returns ids and distances. Graphs are
// kept in DIR.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "index/small_version.h"
#include "measure/machine.h"
#include "plain_hnswlib.h"
#include "twhin/base/memory.h"
#include "twhin/base/threads.h"
#include "twhin/index/index.h"

namespace twhin::bench {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kDim = 128, kClusters = 2000, kQueries = 10000, kK = 10;
constexpr std::size_t kM = 16, kEfConstruction = 200;
constexpr int kRounds = 7;

struct Settings {
  std::string name, commit = "unknown";
  fs::path cache = ".";
  std::size_t rows = 200000;
  std::optional<std::uint32_t> ef;
};

Settings parse(int argc, char** argv) {
  Settings out;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&] { return word.substr(word.find('=') + 1); };
    if (word == "--cache" && i + 1 < argc) {
      out.cache = argv[++i];
    } else if (word == "--commit" && i + 1 < argc) {
      out.commit = argv[++i];
    } else if (word.rfind("--rows=", 0) == 0) {
      out.rows = std::stoul(value());
    } else if (word.rfind("--ef=", 0) == 0) {
      out.ef = static_cast<std::uint32_t>(std::stoul(value()));
    } else {
      out.name = word;
    }
  }
  return out;
}

/// Rows, then queries, around the same centres.
std::vector<float> drawn(std::size_t n) {
  return clustered_rows(n + kQueries, kDim, kClusters, 0.0f, 0.0f, 1);
}

struct Bench {
  Bench(const Settings& settings, const std::string& comparator)
      : rows(settings.rows),
        values(drawn(settings.rows)),
        folder(settings.cache / fmt::format("ann.{}.{}.{}", settings.rows, kClusters, comparator)),
        version(open(folder / "v1", values, settings.rows, comparator)),
        function(ScoreFunction::raw(version)),
        queries(function.prepare_queries(
            Side::rhs, ConstMatrixView(values.data() + rows * kDim, kQueries, kDim))),
        exact(Index::exact(version, 0)) {}

  static ModelVersion open(const fs::path& path, const std::vector<float>& values, std::size_t rows,
                           const std::string& comparator) {
    if (fs::exists(path / Manifest::kFileName)) return ModelVersion::open(path);
    SmallVersion small = SmallVersion::of_users(
        {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(rows * kDim)}, kDim,
        {static_cast<std::uint32_t>(rows)});
    small.comparator = comparator;
    return small.write(path);
  }

  std::size_t rows;
  std::vector<float> values;
  fs::path folder;
  ModelVersion version;
  ScoreFunction function;
  Queries queries;
  Index exact;
};

Index graph_of(const Bench& bench) {
  IndexOptions options;
  options.kind = IndexKind::hnsw;
  options.links = kM;
  options.ef_construction = kEfConstruction;
  if (indexes_of(bench.version).empty()) {
    const IndexInfo info = build_index(bench.version, 0, options, 1);
    std::cerr << "built ours in " << info.build_seconds << " s\n";
  }
  return Index::open(bench.version, 0, IndexKind::hnsw);
}

double recall_of(const Hits& best, const std::vector<std::uint32_t>& ids) {
  std::size_t good = 0;
  for (std::size_t q = 0; q < kQueries; ++q) {
    for (const Hit& hit : best[q]) {
      const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(q * kK);
      good += static_cast<std::size_t>(std::count(begin, begin + kK, hit.id.row));
    }
  }
  return static_cast<double>(good) / static_cast<double>(kQueries * kK);
}

std::vector<std::uint32_t> ids_of(const Hits& hits) {
  std::vector<std::uint32_t> out(kQueries * kK, ~std::uint32_t{0});
  for (std::size_t q = 0; q < kQueries; ++q) {
    for (std::size_t i = 0; i < hits[q].size(); ++i) out[q * kK + i] = hits[q][i].id.row;
  }
  return out;
}

json line(const Settings& settings, double value, const std::string& unit) {
  return {{"name", settings.name}, {"value", value},
          {"unit", unit},          {"peak_rss_bytes", peak_resident_bytes()},
          {"machine", machine()},  {"commit", settings.commit}};
}

json bench_graph(const Settings& settings) {
  const Bench bench(settings, "l2");
  const Index ours = graph_of(bench);
  const PlainHnswlib plain(bench.values.data(), bench.rows, kDim, kM, kEfConstruction,
                           (bench.folder / "plain.hnswlib").string());
  std::cerr << "built plain hnswlib in " << plain.build_seconds() << " s\n";
  SearchOptions options;
  options.k = kK;
  options.threads = num_hardware_threads();
  const Hits best = bench.exact.search(bench.function, bench.queries, options);
  options.threads = 1;
  const float* queries = bench.values.data() + bench.rows * kDim;
  std::vector<std::uint32_t> plain_ids(kQueries * kK);
  double recall = 0.0, plain_recall = 0.0;
  const std::vector<std::uint32_t> grid = {16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512};
  for (const std::uint32_t ef : settings.ef ? std::vector<std::uint32_t>{*settings.ef} : grid) {
    options.effort = ef;
    recall = recall_of(best, ids_of(ours.search(bench.function, bench.queries, options)));
    plain.search(queries, kQueries, kK, ef, plain_ids.data());
    plain_recall = recall_of(best, plain_ids);
    std::cerr << "ef " << ef << ": recall " << recall << ", plain hnswlib " << plain_recall << '\n';
    if (std::min(recall, plain_recall) >= 0.95) break;
  }
  std::vector<double> our_rates, plain_rates, ratios;
  for (int round = 0; round < kRounds; ++round) {
    const double begin = thread_seconds();
    ours.search(bench.function, bench.queries, options);
    const double between = thread_seconds();
    plain.search(queries, kQueries, kK, *options.effort, plain_ids.data());
    const double end = thread_seconds();
    our_rates.push_back(kQueries / (between - begin));
    plain_rates.push_back(kQueries / (end - between));
    ratios.push_back(our_rates.back() / plain_rates.back());
  }
  json out = line(settings, median(our_rates), "queries/s");
  out["ceiling"] = {{"name", "hnswlib"},
                    {"value", median(plain_rates)},
                    {"unit", "queries/s"},
                    {"ratio", median(ratios)}};
  out["recall"] = recall;
  out["ceiling_recall"] = plain_recall;
  out["ratios"] = ratios;
  out["config"] = {{"rows", bench.rows},    {"dim", kDim},
                   {"clusters", kClusters}, {"comparator", "l2"},
                   {"queries", kQueries},   {"k", kK},
                   {"links", kM},           {"ef_construction", kEfConstruction},
                   {"ef", *options.effort}, {"threads", 1},
                   {"rounds", kRounds}};
  return out;
}

json bench_exact(const Settings& settings) {
  const Bench bench(settings, "dot");
  const std::size_t threads = num_hardware_threads();
  SearchOptions options;
  options.k = kK;
  options.threads = threads;
  const double gflop = 2e-9 * static_cast<double>(bench.rows * kQueries * kDim);
  std::vector<double> rates, wall_rates, ceilings, ratios;
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    const std::clock_t ran = std::clock();
    bench.exact.search(bench.function, bench.queries, options);
    const double cpu_seconds = static_cast<double>(std::clock() - ran) / CLOCKS_PER_SEC;
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    rates.push_back(gflop * static_cast<double>(threads) / cpu_seconds);
    wall_rates.push_back(gflop / seconds);
    ceilings.push_back(sgemm_gflops(threads));
    ratios.push_back(rates.back() / ceilings.back());
  }
  json out = line(settings, median(rates), "GFLOP/s");
  out["ceiling"] = {{"name", "sgemm"},
                    {"value", median(ceilings)},
                    {"unit", "GFLOP/s"},
                    {"ratio", median(ratios)}};
  out["ratios"] = ratios;
  out["wall_value"] = median(wall_rates);
  out["config"] = {{"rows", bench.rows},  {"dim", kDim}, {"comparator", "dot"},
                   {"queries", kQueries}, {"k", kK},     {"threads", threads},
                   {"rounds", kRounds}};
  return out;
}

int run(const Settings& settings) {
  if (settings.name == "ann.hnsw.recall95") {
    std::cout << bench_graph(settings).dump() << std::endl;
  } else if (settings.name == "ann.exact.batch") {
    std::cout << bench_exact(settings).dump() << std::endl;
  } else {
    std::cerr << "error: no benchmark is named " << settings.name << '\n';
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace twhin::bench

int main(int argc, char** argv) {
  try {
    return twhin::bench::run(twhin::bench::parse(argc, argv));
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
}
