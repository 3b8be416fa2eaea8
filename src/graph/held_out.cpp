#include "twhin/graph/held_out.h"

#include <algorithm>
#include <mutex>

#include "twhin/base/threads.h"

namespace twhin {
namespace {

std::uint64_t key_of(const EdgeSpan& edges, std::size_t i) {
  return std::uint64_t{edges.lhs[i]} << 32 | edges.rhs[i];
}

// How many of the keys, which are ascending, are edges of train.
std::uint64_t count_in(const EdgeSpan& train, const std::vector<std::uint64_t>& keys) {
  std::vector<std::uint8_t> met(keys.size());  // of equal keys the first one
  std::size_t at = 0;
  std::uint64_t last = 0;
  for (std::size_t i = 0; i < train.size(); ++i) {
    const std::uint64_t key = key_of(train, i);
    if (key < last || at == keys.size()) {  // rows of a graph that has grown are in no order
      at = static_cast<std::size_t>(std::lower_bound(keys.begin(), keys.end(), key) - keys.begin());
    }
    while (at < keys.size() && keys[at] < key) ++at;
    if (at < keys.size() && keys[at] == key) met[at] = 1;
    last = key;
  }
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i > 0 && keys[i] == keys[i - 1]) met[i] = met[i - 1];
    count += met[i];
  }
  return count;
}

std::uint64_t count_in_train(const EdgeSpan& train, const EdgeSpan& held_out,
                             std::size_t most_edges) {
  std::uint64_t count = 0;
  std::vector<std::uint64_t> keys;
  for (std::size_t begin = 0; begin < held_out.size(); begin += keys.size()) {
    keys.resize(std::min(most_edges, held_out.size() - begin));
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = key_of(held_out, begin + i);
    if (!std::is_sorted(keys.begin(), keys.end())) std::sort(keys.begin(), keys.end());
    count += count_in(train, keys);
  }
  return count;
}

}  // namespace

std::vector<HeldOutSplit> find_repeated(const Graph& graph, const std::vector<std::string>& splits,
                                        std::size_t most_edges, std::size_t num_threads) {
  struct Task {
    std::size_t split;
    std::uint32_t relation, lhs_partition, rhs_partition;
  };
  const Schema& schema = graph.schema();
  std::vector<HeldOutSplit> found;
  std::vector<Task> tasks;
  for (const std::string& split : splits) {
    HeldOutSplit held_out{split, 0, 0, {}};
    for (std::uint32_t r = 0; r < schema.relations.size(); ++r) {
      held_out.num_edges += graph.num_edges(r, split);
      if (graph.num_edges(r, split) == 0 || graph.num_edges(r) == 0) continue;
      for (std::uint32_t i = 0; i < schema.lhs_type(r).num_partitions(); ++i) {
        for (std::uint32_t j = 0; j < schema.rhs_type(r).num_partitions(); ++j) {
          if (graph.bucket_size(r, i, j, split) > 0) tasks.push_back({found.size(), r, i, j});
        }
      }
    }
    if (held_out.num_edges > 0) found.push_back(std::move(held_out));
  }
  std::mutex mutex;
  parallel_for(tasks.size(), num_threads, [&](std::size_t t) {
    const auto& [s, r, i, j] = tasks[t];
    const EdgeBucket train = graph.bucket(r, i, j), held_out = graph.bucket(r, i, j, found[s].name);
    const std::uint64_t count = count_in_train(train.edges(), held_out.edges(), most_edges);
    if (count == 0) return;
    const std::lock_guard lock(mutex);
    found[s].num_in_train += count;
    found[s].in_train[schema.relations[r].name] += count;
  });
  return found;
}

}  // namespace twhin
