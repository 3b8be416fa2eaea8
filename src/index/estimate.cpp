#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>

#include "index/build_graph.h"
#include "index/directory.h"
#include "index/settings.h"
#include "kernel/products.h"
#include "twhin/base/error.h"
#include "twhin/base/memory.h"
#include "twhin/base/threads.h"
#include "twhin/index/index.h"

namespace twhin {
namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Rows [0, size) of a type, as a type of their own.
class FirstRows final : public Rows {
 public:
  FirstRows(const Rows& all, std::uint32_t size) {
    values_.resize(std::size_t{size} * all.dim());
    dim_ = all.dim();
    std::uint32_t done = 0;
    for (std::uint32_t p = 0; p < all.num_partitions() && done < size; ++p) {
      const std::uint32_t count = std::min(all.size(p), size - done);
      all.read(p, 0, count, values_.data() + std::size_t{done} * dim_);
      done += count;
    }
    size_ = done;
  }
  std::size_t dim() const override { return dim_; }
  std::uint32_t num_partitions() const override { return 1; }
  std::uint32_t size(std::uint32_t) const override { return size_; }
  void read(std::uint32_t, std::uint32_t first, std::uint32_t count, float* out) const override {
    std::copy_n(values_.data() + first * dim_, count * dim_, out);
  }
  const float* in_place(std::uint32_t) const override { return values_.data(); }

 private:
  std::vector<float> values_;
  std::size_t dim_ = 0;
  std::uint32_t size_ = 0;
};

/// Multiply-adds a second of one thread, by a product of the shape of search.
double product_rate() {
  constexpr std::size_t kRows = 256, kColumns = 2048, kDim = 128;
  std::vector<float> a(kRows * kDim, 0.5f), b(kColumns * kDim, 0.25f), out(kRows * kColumns);
  kernel::Scratch scratch;
  double best = 0.0;
  for (int run = 0; run < 5; ++run) {
    const double begin = seconds_now();
    kernel::multiply_abt(ConstMatrixView(a.data(), kRows, kDim),
                         ConstMatrixView(b.data(), kColumns, kDim),
                         MatrixView(out.data(), kRows, kColumns), scratch);
    best = std::max(best, double{kRows * kColumns * kDim} / (seconds_now() - begin));
  }
  return best;
}

/// A graph of the first rows is built, and what a row took grows with the logarithm of their number
/// and with what the caches no longer hold.
double graph_seconds(const Rows& rows, std::uint64_t n, const IndexSettings& settings,
                     std::size_t threads) {
  constexpr std::uint32_t kSample = 4000;
  constexpr double kOutOfCache = 1.6;  // measured: docs/index.md
  const FirstRows sample(rows, static_cast<std::uint32_t>(std::min<std::uint64_t>(n, kSample)));
  const EntityType type{"sample", {sample.size(0)}};
  const IndexOptions& options = settings.options;
  const StopFlag stop;
  const double begin = seconds_now();
  const ItemSpace space =
      ItemSpace::measure(sample, type, settings.comparator, options.inner_product, 1, stop);
  build_graph(space, {options.links, options.ef_construction, options.seed, 1}, {}, stop);
  const double seconds = seconds_now() - begin;
  if (n <= kSample) return seconds;
  const double growth = static_cast<double>(n) / kSample * std::log(static_cast<double>(n)) /
                        std::log(double{kSample});
  return kOutOfCache * seconds * growth / static_cast<double>(options.deterministic ? 1 : threads);
}

/// Clustering, then a nearest list and a code for each row. FAISS's own loops, of codes, are slower
/// than our products by a factor.
double list_seconds(std::uint64_t n, std::size_t dim, const IndexSettings& settings,
                    std::size_t threads) {
  constexpr double kIterations = 10, kCodeIterations = 25, kSlowness = 25;
  constexpr double kRotations = 16 * 4 + 40;  // iterations of codes while the rotation is trained
  constexpr double kCodeRows = 65536, kRotationRows = 32768, kCodes = 256;
  const IndexOptions& options = settings.options;
  const double lists = *options.lists, rows = static_cast<double>(n);
  const double width = static_cast<double>(dim);
  const double trained = std::min(rows, lists * options.rows_per_list);
  double products = (trained * kIterations + rows) * lists * width;
  double codes = (std::min(rows, kCodeRows) * kCodeIterations + rows) * kCodes * width;
  if (options.kind == IndexKind::ivf_opq) {
    codes += std::min(rows, kRotationRows) * kRotations * kCodes * width;
  }
  return (products + kSlowness * codes) / product_rate() / static_cast<double>(threads);
}

}  // namespace

void IndexEstimate::check(const ModelVersion& version) const {
  if (const std::uint64_t available = available_memory_bytes(); memory_bytes > available) {
    throw ErrorBuilder(ErrorKind::unavailable, "index.not_enough_memory")
        .what("building the index does not fit into memory")
        .found(format_bytes(memory_bytes) + " needed")
        .expected("at most " + format_bytes(available))
        .hint("hnsw: fewer index.links; ivf_pq takes the least; exact none")
        .build();
  }
  if (const std::uint64_t room = std::filesystem::space(version.path()).available;
      disk_bytes > room) {
    throw ErrorBuilder(ErrorKind::io, "index.not_enough_disk")
        .what("the index does not fit onto the disk of the version")
        .at(version.path().string())
        .found(format_bytes(disk_bytes) + " needed")
        .expected("at most " + format_bytes(room))
        .hint("make room")
        .build();
  }
}

IndexEstimate estimate_index(const ModelVersion& version, std::uint32_t type,
                             const IndexOptions& options, std::size_t threads) {
  const IndexSettings settings = settings_of(version, type, options);
  const std::uint64_t n = version.schema().entities[type].num_entities();
  const std::size_t dim = version.info().dim;
  const std::size_t used = threads == 0 ? num_hardware_threads() : threads;
  const std::unique_ptr<Rows> rows = version.rows(type);
  constexpr std::uint64_t kManifest = 4096;
  IndexEstimate out;
  out.disk_bytes = kManifest;
  // Queries, their lists and a block of scores; then exact search of the queries.
  out.memory_bytes = std::uint64_t{64} << 20;
  if (options.kind == IndexKind::exact) return out;
  out.seconds = static_cast<double>(n) * options.num_queries * static_cast<double>(dim) /
                product_rate() / static_cast<double>(used);
  const std::uint64_t row_bytes = kernel::padded_width(dim) * sizeof(float);
  if (options.kind == IndexKind::hnsw) {
    const double upper = 1.0 / (options.links - 1.0);
    const auto link_bytes =
        static_cast<std::uint64_t>(static_cast<double>(n) * sizeof(std::uint32_t) *
                                   (1.0 + 2.0 * options.links + upper * (1.0 + options.links)));
    out.disk_bytes += link_bytes + n;
    // While it is built; then what is searched, with the links that were handed over.
    out.memory_bytes +=
        std::max(graph_build_bytes(n, dim, options.links), 2 * link_bytes + n * (row_bytes + 4));
    out.seconds += graph_seconds(*rows, n, settings, used);
    return out;
  }
  const std::uint64_t centroid_bytes = std::uint64_t{*settings.options.lists} * row_bytes;
  const std::uint64_t codes = n * (*settings.options.code_bytes + sizeof(std::int64_t));
  out.disk_bytes += codes + centroid_bytes;
  const std::uint64_t trained =
      std::min<std::uint64_t>(
          n, std::max<std::uint64_t>(std::uint64_t{*settings.options.lists} * options.rows_per_list,
                                     65536)) *
      row_bytes;
  out.memory_bytes += 3 * codes + 3 * centroid_bytes + 3 * trained;
  out.seconds += list_seconds(n, dim, settings, used);
  return out;
}

}  // namespace twhin
