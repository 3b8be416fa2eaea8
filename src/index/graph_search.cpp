#include "index/graph_search.h"

#include <algorithm>
#include <cstring>

namespace twhin {
namespace {

struct Near {
  float distance;
  std::uint32_t row;  // the highest bit: its links have been followed
};
constexpr std::uint32_t kFollowed = std::uint32_t{1} << 31;

}  // namespace

struct GraphSearch::Visit {
  std::vector<float> query;           // [width]
  std::vector<std::uint16_t> stamps;  // of each row: the search that saw it last
  std::uint16_t stamp = 0;
  std::vector<Near> near;  // ascending
  std::vector<std::uint32_t> fresh;
  std::vector<float> distances;

  void begin(std::uint32_t num_rows, std::size_t list) {
    stamps.resize(num_rows, 0);
    fresh.resize(list);
    distances.resize(list);
    if (++stamp == 0) {
      std::fill(stamps.begin(), stamps.end(), std::uint16_t{0});
      stamp = 1;
    }
    near.clear();
  }
  bool see(std::uint32_t row) {
    if (stamps[row] == stamp) return false;
    stamps[row] = stamp;
    return true;
  }
  /// The place that it took, or near.size() if it is farther than all ef.
  std::size_t insert(float distance, std::uint32_t row, std::size_t ef) {
    if (near.size() == ef) {
      if (distance >= near.back().distance) return near.size();
      near.pop_back();
    }
    const auto at = std::upper_bound(near.begin(), near.end(), distance,
                                     [](float d, const Near& each) { return d < each.distance; });
    return static_cast<std::size_t>(near.insert(at, {distance, row}) - near.begin());
  }
};

GraphSearch::GraphSearch(const ItemSpace& space, GraphLinks links, std::size_t threads,
                         const StopFlag& stop)
    : distance_(space.distance()),
      num_rows_(links.num_rows),
      entry_(links.entry),
      max_level_(links.max_level),
      dim_(space.dim()),
      width_(kernel::padded_width(space.dim())),
      level0_stride_(links.level0_stride()),
      upper_stride_(links.upper_stride()),
      items_(num_rows_ * width_),
      level0_(links.level0.size() * sizeof(std::uint32_t)),
      upper_(std::move(links.upper)) {
  if (num_rows_ > 0) {
    std::memcpy(level0_.data(), links.level0.data(), level0_.size_bytes());
  }
  first_upper_.reserve(num_rows_);
  std::uint32_t first = 0;
  for (const std::uint8_t levels : links.levels) {
    first_upper_.push_back(first);
    first += levels;
  }
  for_each_piece(num_rows_, threads, stop, [&](FlatId row, std::size_t count) {
    space.read(row, MatrixView(items_.data() + row * width_, count, dim_, width_));
  });
}

GraphSearch::~GraphSearch() = default;

std::uint64_t GraphSearch::memory_bytes() const {
  return items_.size() * sizeof(float) + level0_.size_bytes() +
         (first_upper_.size() + upper_.size()) * sizeof(std::uint32_t);
}

std::unique_ptr<GraphSearch::Visit> GraphSearch::take() const {
  const std::lock_guard lock(guard_);
  if (idle_.empty()) return std::make_unique<Visit>();
  std::unique_ptr<Visit> visit = std::move(idle_.back());
  idle_.pop_back();
  return visit;
}

void GraphSearch::give_back(std::unique_ptr<Visit> visit) const {
  const std::lock_guard lock(guard_);
  idle_.push_back(std::move(visit));
}

const std::uint32_t* GraphSearch::upper_list(std::uint32_t row, std::uint32_t level) const {
  return upper_.data() + (first_upper_[row] + level - 1) * upper_stride_;
}

void GraphSearch::descend(const float* query, Visit& visit) const {
  std::uint32_t at = entry_;
  float nearest = 0.0f;
  kernel::row_distances(distance_, query, items_.data(), width_, width_, {&at, 1}, &nearest);
  for (std::uint32_t level = max_level_; level > 0; --level) {
    for (bool changed = true; changed;) {
      changed = false;
      const std::uint32_t* list = upper_list(at, level);
      const std::span<const std::uint32_t> rows(list + 1, list[0]);
      kernel::row_distances(distance_, query, items_.data(), width_, width_, rows,
                            visit.distances.data());
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (visit.distances[i] >= nearest) continue;
        nearest = visit.distances[i];
        at = rows[i];
        changed = true;
      }
    }
  }
  visit.see(at);
  visit.near.push_back({nearest, at});
}

void GraphSearch::search_level0(const float* query, std::size_t ef, Visit& visit) const {
  const std::span<const std::uint32_t> lists = level0_.as<std::uint32_t>();
  for (std::size_t at = 0; at < visit.near.size();) {
    if ((visit.near[at].row & kFollowed) != 0) {
      ++at;
      continue;
    }
    const std::uint32_t* list = lists.data() + visit.near[at].row * level0_stride_;
    visit.near[at].row |= kFollowed;
    std::size_t num_fresh = 0;
    for (std::uint32_t i = 1; i <= list[0]; ++i) {
      if (visit.see(list[i])) visit.fresh[num_fresh++] = list[i];
    }
    kernel::row_distances(distance_, query, items_.data(), width_, width_,
                          {visit.fresh.data(), num_fresh}, visit.distances.data());
    std::size_t first = ++at;
    for (std::size_t i = 0; i < num_fresh; ++i) {
      first = std::min(first, visit.insert(visit.distances[i], visit.fresh[i], ef));
    }
    at = first;
    if (at < visit.near.size()) {
      const std::size_t row = visit.near[at].row & ~kFollowed;
      __builtin_prefetch(lists.data() + row * level0_stride_);
      __builtin_prefetch(lists.data() + row * level0_stride_ + level0_stride_ / 2);
    }
  }
}

void GraphSearch::nearest(const float* query, std::size_t count, std::uint32_t effort,
                          std::vector<FlatId>& out) const {
  out.clear();
  if (num_rows_ == 0 || count == 0) return;
  std::unique_ptr<Visit> visit = take();
  visit->begin(num_rows_, std::max(level0_stride_, upper_stride_));
  visit->query.assign(width_, 0.0f);
  std::copy_n(query, dim_, visit->query.data());
  descend(visit->query.data(), *visit);
  search_level0(visit->query.data(),
                std::min<std::size_t>(std::max<std::size_t>(effort, count), num_rows_), *visit);
  for (std::size_t i = 0; i < std::min(count, visit->near.size()); ++i) {
    out.push_back(visit->near[i].row & ~kFollowed);
  }
  give_back(std::move(visit));
}

}  // namespace twhin
