#include "train/buffer_order.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace twhin::training {
namespace {

// Contents of the buffer, one load after the other (BETA): all but one place are kept while the
// others pass through the last one; then the kept ones are finished and replaced.
std::vector<std::vector<std::uint32_t>> buffer_states(std::uint32_t num_partitions,
                                                      std::uint32_t buffer) {
  std::vector<std::uint32_t> held(buffer), outside;
  std::iota(held.begin(), held.end(), 0u);
  for (std::uint32_t p = buffer; p < num_partitions; ++p) outside.push_back(p);
  std::vector<std::vector<std::uint32_t>> states = {held};
  for (;;) {
    std::vector<std::uint32_t> passed;
    for (const std::uint32_t p : outside) {
      passed.push_back(std::exchange(held.back(), p));
      states.push_back(held);
    }
    // `passed` and the last place are what is left; all of it has met the kept ones.
    outside = std::move(passed);
    if (outside.empty()) break;
    for (std::uint32_t place = 0; place + 1 < buffer && !outside.empty(); ++place) {
      held[place] = outside.front();
      outside.erase(outside.begin());
      states.push_back(held);
    }
    if (outside.empty()) break;
  }
  return states;
}

}  // namespace

std::vector<Bucket> buffer_aware_order(std::uint32_t num_partitions, std::uint32_t buffer,
                                       Rng rng) {
  if (buffer == 0 || buffer > num_partitions) buffer = num_partitions;
  std::vector<std::uint32_t> name(num_partitions);
  std::iota(name.begin(), name.end(), 0u);
  for (std::size_t n = name.size(); n > 1; --n) std::swap(name[n - 1], name[rng.below(n)]);
  std::vector<bool> done(std::size_t{num_partitions} * num_partitions);
  std::vector<Bucket> order, fresh;
  for (const std::vector<std::uint32_t>& held : buffer_states(num_partitions, buffer)) {
    fresh.clear();
    for (const std::uint32_t i : held) {
      for (const std::uint32_t j : held) {
        const std::size_t pair = std::size_t{i} * num_partitions + j;
        if (!done[pair]) fresh.push_back({name[i], name[j]});
        done[pair] = true;
      }
    }
    for (std::size_t n = fresh.size(); n > 1; --n) std::swap(fresh[n - 1], fresh[rng.below(n)]);
    order.insert(order.end(), fresh.begin(), fresh.end());
  }
  return order;
}

std::uint64_t fewest_loads(std::uint32_t num_partitions, std::uint32_t buffer) {
  const std::uint64_t p = num_partitions, b = buffer == 0 ? p : std::min<std::uint64_t>(buffer, p);
  if (b >= p) return p;
  const std::uint64_t pairs = p * (p - 1) / 2 - b * (b - 1) / 2;
  return b + (pairs + b - 2) / (b - 1);
}

std::uint64_t num_loads(const std::vector<Bucket>& order, std::uint32_t buffer) {
  std::vector<std::uint32_t> held;
  std::uint64_t loads = 0;
  const auto next_use = [&](std::uint32_t partition, std::size_t from) {
    for (std::size_t at = from; at < order.size(); ++at) {
      if (order[at].lhs == partition || order[at].rhs == partition) return at;
    }
    return std::numeric_limits<std::size_t>::max();
  };
  for (std::size_t at = 0; at < order.size(); ++at) {
    for (const std::uint32_t wanted : {order[at].lhs, order[at].rhs}) {
      if (std::find(held.begin(), held.end(), wanted) != held.end()) continue;
      if (buffer != 0 && held.size() >= buffer) {
        held.erase(std::max_element(held.begin(), held.end(), [&](auto a, auto b) {
          return next_use(a, at) < next_use(b, at);
        }));
      }
      held.push_back(wanted);
      ++loads;
    }
  }
  return loads;
}

}  // namespace twhin::training
