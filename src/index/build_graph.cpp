// The only file that includes hnswlib: 0.6.2 defines functions that are not inline.
#include "index/build_graph.h"

#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>

#include "index/check_stop.h"
#include "twhin/base/error.h"
#include "twhin/base/memory.h"
#include "twhin/base/rng.h"
#include "twhin/base/threads.h"

namespace twhin {
namespace {

using Graph = hnswlib::HierarchicalNSW<float>;

/// Items padded to whole vectors, compared by our own kernel.
class ItemDistance final : public hnswlib::SpaceInterface<float> {
 public:
  ItemDistance(kernel::RowDistance kind, std::size_t width)
      : function_(kernel::distance_of_two(kind)), width_(width) {}

  std::size_t get_data_size() override { return width_ * sizeof(float); }
  hnswlib::DISTFUNC<float> get_dist_func() override { return function_; }
  void* get_dist_func_param() override { return &width_; }

 private:
  kernel::DistanceOfTwo function_;
  std::size_t width_;
};

/// Inserts rows into hnswlib's arrays with its own search and linking. Its addPoint() draws levels
/// in the order in which threads come, from a generator that they share, and keeps a table of
/// labels that are the row numbers anyway.
class Builder {
 public:
  Builder(const ItemSpace& space, const GraphOptions& options)
      : space_(space),
        options_(options),
        width_(kernel::padded_width(space.dim() + (space.augmented() ? 1 : 0))),
        distance_(space.distance(), width_),
        graph_(&distance_, std::max<std::size_t>(1, space.size()), options.m,
               options.ef_construction, 1) {
    graph_.cur_element_count = space.size();
    // What the destructor frees must be there whatever happens next.
    std::fill(graph_.element_levels_.begin(), graph_.element_levels_.end(), 0);
  }

  void prepare(const StopFlag& stop) {
    const Rng random(options_.seed, RngPurpose::sample, 0x686e7377);
    for (FlatId row = 0; row < space_.size(); ++row) {
      const int level = level_of(random.at(row));
      if (level == 0) continue;
      const std::size_t bytes = graph_.size_links_per_element_ * static_cast<std::size_t>(level);
      // Its search reads one id behind a full list, to prefetch what nobody asks for.
      graph_.linkLists_[row] =
          static_cast<char*>(std::calloc(1, bytes + sizeof(hnswlib::tableint)));
      if (graph_.linkLists_[row] == nullptr) throw std::bad_alloc();
      graph_.element_levels_[row] = level;
    }
    for_each_piece(space_.size(), options_.threads, stop, [&](FlatId first, std::size_t count) {
      std::vector<float> items(count * width_, 0.0f);
      space_.read(first, MatrixView(items.data(), count, space_.dim(), width_));
      for (std::size_t i = 0; i < count; ++i) {
        float* item = items.data() + i * width_;
        if (space_.augmented()) item[space_.dim()] = space_.last_number(item);
        const auto row = static_cast<hnswlib::tableint>(first + i);
        std::memset(graph_.get_linklist0(row), 0, graph_.size_links_level0_);
        std::memcpy(graph_.getDataByInternalId(row), item, width_ * sizeof(float));
      }
    });
  }

  void insert(FlatId row) {
    const int level = graph_.element_levels_[row];
    const void* item = graph_.getDataByInternalId(row);
    // As hnswlib's addPoint: one that makes the graph higher keeps all others out. Nobody waits in
    // a circle: a row is found at a level once it is linked there, and then whoever inserts it
    // works at lower levels, where it finds only rows that are further than it is; before that it
    // is not found at all.
    const std::unique_lock own(graph_.link_list_locks_[row]);
    std::unique_lock highest(graph_.global);
    const int max_level = graph_.maxlevel_;
    const hnswlib::tableint entry = graph_.enterpoint_node_;
    if (level <= max_level) highest.unlock();
    if (max_level >= 0) {
      hnswlib::tableint near = level < max_level ? descend(item, entry, max_level, level) : entry;
      for (int l = std::min(level, max_level); l >= 0; --l) {
        auto found = graph_.searchBaseLayer(near, item, l);
        near = graph_.mutuallyConnectNewElement(item, row, found, l, false);
      }
    }
    if (level > max_level) {
      graph_.enterpoint_node_ = row;
      graph_.maxlevel_ = level;
    }
  }

  GraphLinks links() const {
    GraphLinks out;
    out.num_rows = space_.size();
    out.m = options_.m;
    if (out.num_rows == 0) return out;
    out.entry = graph_.enterpoint_node_;
    out.max_level = static_cast<std::uint32_t>(graph_.maxlevel_);
    out.level0.resize(out.num_rows * out.level0_stride());
    out.levels.resize(out.num_rows);
    for (FlatId row = 0; row < out.num_rows; ++row) {
      const int levels = graph_.element_levels_[row];
      out.levels[row] = static_cast<std::uint8_t>(levels);
      copy_list(graph_.get_linklist0(row), out.level0.data() + row * out.level0_stride());
      for (int level = 1; level <= levels; ++level) {
        out.upper.resize(out.upper.size() + out.upper_stride(), 0);
        copy_list(graph_.get_linklist(row, level),
                  out.upper.data() + out.upper.size() - out.upper_stride());
      }
    }
    return out;
  }

 private:
  int level_of(std::uint64_t bits) const {
    constexpr int kHighest = 40;  // far beyond what 2^32 rows draw
    const double u = (static_cast<double>(bits >> 11) + 1.0) * 0x1.0p-53;  // in (0, 1]
    return std::min(kHighest, static_cast<int>(-std::log(u) / std::log(double{1.0} * options_.m)));
  }

  hnswlib::tableint descend(const void* item, hnswlib::tableint from, int top, int bottom) {
    float nearest = distance(item, from);
    for (int level = top; level > bottom; --level) {
      for (bool changed = true; changed;) {
        changed = false;
        hnswlib::tableint best = from;
        {
          const std::unique_lock lock(graph_.link_list_locks_[from]);
          const hnswlib::linklistsizeint* list = graph_.get_linklist(from, level);
          const std::size_t count = *list & 0xffff;
          for (std::size_t i = 1; i <= count; ++i) {
            const float d = distance(item, list[i]);
            if (d >= nearest) continue;
            nearest = d;
            best = list[i];
            changed = true;
          }
        }
        from = best;
      }
    }
    return from;
  }

  float distance(const void* item, hnswlib::tableint row) const {
    return graph_.fstdistfunc_(item, graph_.getDataByInternalId(row), graph_.dist_func_param_);
  }

  static void copy_list(const hnswlib::linklistsizeint* from, std::uint32_t* to) {
    const std::uint32_t count = *from & 0xffff;  // hnswlib keeps a mark of deletion above
    to[0] = count;
    std::copy_n(from + 1, count, to + 1);
  }

  const ItemSpace& space_;
  const GraphOptions& options_;
  std::size_t width_;
  ItemDistance distance_;
  Graph graph_;
};

}  // namespace

GraphLinks build_graph(const ItemSpace& space, const GraphOptions& options,
                       const std::function<void(std::uint64_t)>& progress, const StopFlag& stop) {
  std::optional<Builder> holder;
  try {
    holder.emplace(space, options);
  } catch (const std::runtime_error& error) {  // of hnswlib's own allocations
    throw ErrorBuilder(ErrorKind::unavailable, "base.out_of_memory")
        .what("the graph does not fit into memory")
        .found(error.what())
        .expected(format_bytes(graph_build_bytes(space.size(), space.dim(), options.m)))
        .build();
  }
  Builder& builder = *holder;
  builder.prepare(stop);
  const std::size_t n = space.size();
  std::atomic<std::size_t> next{0};
  run_threads(std::clamp<std::size_t>(n, 1, options.threads), [&](std::size_t thread) {
    constexpr std::size_t kReport = 256;
    for (std::size_t row; (row = next.fetch_add(1)) < n;) {
      if (row % kReport == 0) {
        try {
          check_index_stop(stop);
        } catch (...) {
          next.store(n);
          throw;
        }
      }
      builder.insert(static_cast<FlatId>(row));
      if (thread == 0 && progress && row % kReport == 0) progress(row);
    }
  });
  return builder.links();
}

std::uint64_t graph_build_bytes(std::uint64_t num_rows, std::size_t dim, std::uint32_t m) {
  // hnswlib's array of links, items and labels, and its locks; then the links once more.
  const std::uint64_t links = (1 + 2 * std::uint64_t{m}) * sizeof(std::uint32_t);
  return num_rows *
         (2 * links + kernel::padded_width(dim + 1) * sizeof(float) + 8 + sizeof(std::mutex) + 12);
}

}  // namespace twhin
