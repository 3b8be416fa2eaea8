// twhin_bench_eval [--filter TEXT] [--commit TEXT] [--fb15k237 GRAPH] -- speed of exact evaluation.
//
//   eval.exact.fb15k237   the held-out edges of an imported FB15k-237, both sides, filtered
//   eval.exact.1m         10,000 edges of one relation against 10^6 entities, one side, filtered
//
// Rows are random: speed does not depend on what a model has learned. One JSON line for each.
#include <dnnl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kernel/products.h"
#include "twhin/base/huge_buffer.h"
#include "twhin/base/memory.h"
#include "twhin/base/rng.h"
#include "twhin/base/threads.h"
#include "twhin/evaluate/evaluate.h"

namespace twhin::bench {
namespace {

namespace fs = std::filesystem;

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double median(std::vector<double> x) {
  std::sort(x.begin(), x.end());
  return x[x.size() / 2];
}

double cpu_seconds_now() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// GFLOP/s of oneDNN's sgemm on all threads, each with products of its own: by the clock on the
/// wall, and by CPU time, as if the machine did nothing else.
struct Ceiling {
  double by_wall = 0.0, by_cpu = 0.0;
};

Ceiling sgemm_ceiling(std::size_t threads) {
  constexpr dnnl_dim_t kSize = 2048;
  constexpr int kRepeats = 3;
  std::vector<HugeFloats> operands;
  for (std::size_t i = 0; i < 3 * threads; ++i) operands.emplace_back(kSize * kSize);
  const auto all = [&](int repeats) {
    run_threads(threads, [&](std::size_t thread) {
      kernel::single_threaded_products();
      for (int i = 0; i < repeats; ++i) {
        dnnl_sgemm('N', 'T', kSize, kSize, kSize, 1.0f, operands[3 * thread].data(), kSize,
                   operands[3 * thread + 1].data(), kSize, 0.0f, operands[3 * thread + 2].data(),
                   kSize);
      }
    });
  };
  all(1);
  Ceiling best;
  for (int run = 0; run < 3; ++run) {
    const double start = seconds_now(), cpu_start = cpu_seconds_now();
    all(kRepeats);
    const auto n = static_cast<double>(threads);
    const double gflop = 2.0e-9 * kSize * kSize * kSize * kRepeats * n;
    best.by_wall = std::max(best.by_wall, gflop / (seconds_now() - start));
    best.by_cpu = std::max(best.by_cpu, gflop * n / (cpu_seconds_now() - cpu_start));
  }
  return best;
}

class RandomRows final : public Rows {
 public:
  RandomRows(const EntityType& type, std::size_t dim) : dim_(dim), sizes_(type.partition_sizes) {
    for (std::uint32_t p = 0; p < sizes_.size(); ++p) {
      parts_.emplace_back(std::size_t{sizes_[p]} * dim);
      Rng rng(1, RngPurpose::test, p);
      float* out = parts_.back().data();
      for (std::size_t i = 0; i < parts_.back().size(); ++i) {
        out[i] = static_cast<float>(rng.uniform() - 0.5);
      }
    }
  }
  std::size_t dim() const override { return dim_; }
  std::uint32_t num_partitions() const override {
    return static_cast<std::uint32_t>(sizes_.size());
  }
  std::uint32_t size(std::uint32_t partition) const override { return sizes_[partition]; }
  void read(std::uint32_t partition, std::uint32_t first, std::uint32_t count,
            float* out) const override {
    std::copy_n(parts_[partition].data() + std::size_t{first} * dim_, std::size_t{count} * dim_,
                out);
  }
  const float* in_place(std::uint32_t partition) const override { return parts_[partition].data(); }

 private:
  std::size_t dim_;
  std::vector<std::uint32_t> sizes_;
  std::vector<HugeFloats> parts_;
};

struct RandomModel {
  std::vector<RandomRows> rows;
  ScoringView view;

  RandomModel(const Schema& schema, Comparator comparator, std::size_t dim) {
    view.schema = &schema;
    for (const EntityType& type : schema.entities) rows.emplace_back(type, dim);
    for (const RandomRows& each : rows) view.rows.push_back(&each);
    const std::vector<float> translation(dim, 0.01f);
    for (std::size_t r = 0; r < schema.relations.size(); ++r) {
      view.relations.emplace_back(comparator, dim, Operator::translation, translation);
    }
  }
};

/// One relation within one type: `num_train` training edges, `num_test` held out, all random.
Graph write_random_graph(const fs::path& directory, std::uint32_t num_entities,
                         std::size_t num_train, std::size_t num_test) {
  GraphMeta meta;
  meta.schema.entities = {{"entity", {num_entities}}};
  meta.schema.relations = {{"related", 0, 0}};
  meta.splits = {kTrainSplit, "test"};
  meta.counts.resize(1);
  meta.has_timestamps = {false};
  Manifest manifest;
  manifest.format = Graph::kFormat;
  Rng rng(1);
  for (const auto& [split, num] :
       {std::pair(kTrainSplit, num_train), std::pair("test", num_test)}) {
    std::vector<std::uint32_t> lhs(num), rhs(num);
    for (std::uint32_t& x : lhs) x = static_cast<std::uint32_t>(rng.below(num_entities));
    for (std::uint32_t& x : rhs) x = static_cast<std::uint32_t>(rng.below(num_entities));
    std::sort(lhs.begin(), lhs.end());
    const std::string file = Graph::bucket_file(split, "related", 0, 0);
    fs::create_directories((directory / file).parent_path());
    write_edges(directory / file, {lhs, rhs, {}, {}}, false);
    manifest.add(directory, file);
    meta.bucket_sizes[file] = num;
    meta.counts[0].edges[split] = num;
  }
  manifest.meta_json = meta.to_json();
  manifest.write(directory);
  return Graph::open(directory);
}

struct Job {
  std::string name;
  std::size_t dim;
  Comparator comparator;
  Sides sides;
  int repeats;
};

void run(const Job& job, const Graph& graph, const std::string& commit) {
  const std::size_t threads = num_hardware_threads();
  EvalOptions options;
  options.sides = job.sides;
  options.threads = threads;
  const RandomModel model(graph.schema(), job.comparator, job.dim);
  double start = seconds_now();
  const Evaluation evaluation(graph, graph.schema(), options);
  const double prepare_s = seconds_now() - start;
  std::vector<double> rank_s, total_s;
  EvalResult result;
  const double cpu_start = cpu_seconds_now();
  for (int i = 0; i < job.repeats; ++i) {
    start = seconds_now();
    result = evaluation.run(model.view);
    total_s.push_back(seconds_now() - start);
    rank_s.push_back(result.seconds);
  }
  const double cpu_s = (cpu_seconds_now() - cpu_start) / job.repeats;
  const Ceiling ceiling = sgemm_ceiling(threads);
  // Products of all queries, as if none were shared: what a user compares with.
  const std::uint64_t num_entities = graph.schema().entities[0].num_entities();
  const double asked = 2.0 * static_cast<double>(job.dim) *
                       static_cast<double>(result.num_queries * num_entities) * 1e-9;
  const double done =
      2.0 * static_cast<double>(job.dim) * static_cast<double>(result.num_scores) * 1e-9;
  const nlohmann::ordered_json line = {
      {"name", job.name},
      {"value", prepare_s + median(total_s)},
      {"unit", "s"},
      {"ceiling",
       {{"name", "sgemm"},
        {"value", ceiling.by_wall},
        {"unit", "GFLOP/s"},
        {"ratio", done / median(rank_s) / ceiling.by_wall},
        {"cpu_value", ceiling.by_cpu},
        {"cpu_ratio", done * static_cast<double>(threads) / cpu_s / ceiling.by_cpu}}},
      {"peak_rss_bytes", peak_resident_bytes()},
      {"commit", commit},
      {"config",
       {{"dim", job.dim},
        {"comparator", enum_name(job.comparator)},
        {"sides", enum_name(job.sides)},
        {"threads", threads},
        {"edges", result.num_edges},
        {"entities", num_entities}}},
      {"prepare_s", prepare_s},
      {"rank_s", median(rank_s)},
      {"summary_s", median(total_s) - median(rank_s)},
      {"cpu_s", cpu_s},
      {"queries", result.num_queries},
      {"distinct_queries", result.num_distinct_queries},
      {"gflop_asked", asked},
      {"gflop_done", done},
      {"gflop_per_s", done / median(rank_s)}};
  std::cout << line.dump() << std::endl;
}

}  // namespace
}  // namespace twhin::bench

int main(int argc, char** argv) {
  using namespace twhin;
  using namespace twhin::bench;
  std::string filter, commit, fb15k237;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    if (option == "--filter") filter = argv[i + 1];
    if (option == "--commit") commit = argv[i + 1];
    if (option == "--fb15k237") fb15k237 = argv[i + 1];
  }
  const auto wants = [&](const std::string& name) {
    return name.find(filter) != std::string::npos;
  };
  if (!fb15k237.empty() && wants("eval.exact.fb15k237")) {
    const Graph graph = Graph::open(fb15k237);
    run({"eval.exact.fb15k237", 256, Comparator::dot, Sides::both, 5}, graph, commit);
    run({"eval.exact.fb15k237.l2", 256, Comparator::l2, Sides::both, 5}, graph, commit);
    run({"eval.exact.fb15k237.cos", 256, Comparator::cos, Sides::both, 5}, graph, commit);
  }
  if (wants("eval.exact.1m")) {
    const fs::path directory =
        fs::temp_directory_path() / ("twhin-bench-eval-" + std::to_string(::getpid()));
    const Graph graph = write_random_graph(directory, 1'000'000, 1'000'000, 10'000);
    run({"eval.exact.1m", 128, Comparator::dot, Sides::rhs, 1}, graph, commit);
    fs::remove_all(directory);
  }
  return 0;
}
