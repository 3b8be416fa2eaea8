#include "train/bucket_order.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "train/buffer_order.h"

namespace twhin::training {
namespace {

template <class T>
void shuffle(std::vector<T>& items, Rng& rng) {
  for (std::size_t n = items.size(); n > 1; --n) std::swap(items[n - 1], items[rng.below(n)]);
}

// Layer k: the buckets whose smaller partition is k. (i, k) and (k, i) stay together.
void append_layer(std::vector<Bucket>& order, std::uint32_t k, std::uint32_t num_partitions,
                  Rng& rng) {
  std::vector<std::uint32_t> others;
  for (std::uint32_t i = k; i < num_partitions; ++i) others.push_back(i);
  shuffle(others, rng);
  for (const std::uint32_t i : others) {
    Bucket first{i, k}, second{k, i};
    if (rng.below(2) == 1) std::swap(first, second);
    order.push_back(first);
    if (i != k) order.push_back(second);
  }
}

std::vector<Bucket> all_buckets(std::uint32_t num_partitions) {
  std::vector<Bucket> buckets;
  for (std::uint32_t i = 0; i < num_partitions; ++i) {
    for (std::uint32_t j = 0; j < num_partitions; ++j) buckets.push_back({i, j});
  }
  return buckets;
}

// The transposed bucket if it is left; else a random one that shares a partition; else a random
// one.
std::vector<Bucket> affinity(std::uint32_t num_partitions, Rng& rng) {
  std::vector<Bucket> left = all_buckets(num_partitions), order;
  std::vector<std::size_t> sharing;
  while (!left.empty()) {
    std::size_t chosen = rng.below(left.size());
    if (!order.empty()) {
      const Bucket last = order.back();
      const auto transposed = std::find(left.begin(), left.end(), Bucket{last.rhs, last.lhs});
      sharing.clear();
      for (std::size_t b = 0; b < left.size(); ++b) {
        if (left[b].lhs == last.lhs || left[b].rhs == last.rhs) sharing.push_back(b);
      }
      if (transposed != left.end()) {
        chosen = static_cast<std::size_t>(transposed - left.begin());
      } else if (!sharing.empty()) {
        chosen = sharing[rng.below(sharing.size())];
      }
    }
    order.push_back(left[chosen]);
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(chosen));
  }
  return order;
}

}  // namespace

std::vector<Bucket> bucket_order(BucketOrder kind, std::uint32_t num_partitions,
                                 std::uint32_t buffer, Rng rng) {
  std::vector<Bucket> order;
  switch (kind) {
    case BucketOrder::inside_out:
      for (std::uint32_t k = num_partitions; k-- > 0;) append_layer(order, k, num_partitions, rng);
      break;
    case BucketOrder::outside_in:
      for (std::uint32_t k = 0; k < num_partitions; ++k) {
        append_layer(order, k, num_partitions, rng);
      }
      break;
    case BucketOrder::affinity:
      order = affinity(num_partitions, rng);
      break;
    case BucketOrder::random:
      order = all_buckets(num_partitions);
      shuffle(order, rng);
      break;
    case BucketOrder::buffer_aware:
      order = buffer_aware_order(num_partitions, buffer, rng);
      break;
  }
  return order;
}

void connect(std::vector<Bucket>& order, const PartsOf& parts_of) {
  std::unordered_set<std::uint32_t> trained;
  const auto touches_trained = [&](const Bucket& bucket) {
    const std::vector<std::uint32_t> parts = parts_of(bucket);
    return std::any_of(parts.begin(), parts.end(),
                       [&](std::uint32_t part) { return trained.count(part) > 0; });
  };
  for (auto at = order.begin(); at != order.end(); ++at) {
    if (at != order.begin()) {
      const auto next = std::find_if(at, order.end(), touches_trained);
      if (next != order.end()) std::rotate(at, next, next + 1);
    }
    for (const std::uint32_t part : parts_of(*at)) trained.insert(part);
  }
}

}  // namespace twhin::training
