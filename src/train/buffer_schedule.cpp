#include "train/buffer_schedule.h"

#include <algorithm>

namespace twhin::training {
namespace {

constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

bool contains(const std::vector<std::uint32_t>& items, std::uint32_t item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

// Steps that use each partition, ascending.
std::vector<std::vector<std::size_t>> steps_by_partition(
    std::span<const std::vector<std::uint32_t>> uses, const std::vector<std::uint32_t>& held) {
  std::vector<std::vector<std::size_t>> steps;
  const auto grow = [&](std::uint32_t p) {
    steps.resize(std::max<std::size_t>(steps.size(), p + 1));
  };
  for (const std::uint32_t p : held) grow(p);
  for (std::size_t k = 0; k < uses.size(); ++k) {
    for (const std::uint32_t p : uses[k]) {
      grow(p);
      if (steps[p].empty() || steps[p].back() != k) steps[p].push_back(k);
    }
  }
  return steps;
}

}  // namespace

std::vector<Swap> buffer_schedule(std::span<const std::vector<std::uint32_t>> uses,
                                  std::size_t capacity, std::vector<std::uint32_t> held) {
  const auto steps = steps_by_partition(uses, held);
  const auto next_use = [&](std::uint32_t p, std::size_t from) {
    const auto it = std::lower_bound(steps[p].begin(), steps[p].end(), from);
    return it == steps[p].end() ? kNever : *it;
  };
  std::vector<Swap> swaps;
  for (std::size_t k = 0; k < uses.size(); ++k) {
    for (const std::uint32_t wanted : uses[k]) {
      if (contains(held, wanted)) continue;
      Swap swap{k, wanted, std::nullopt, 0};
      if (held.size() >= capacity) {
        const auto out = std::max_element(held.begin(), held.end(), [&](auto a, auto b) {
          return next_use(a, k) < next_use(b, k);
        });
        const auto after = std::lower_bound(steps[*out].begin(), steps[*out].end(), k);
        swap.out = *out;
        swap.out_free_at = after == steps[*out].begin() ? 0 : *(after - 1) + 1;
        held.erase(out);
      }
      held.push_back(wanted);
      swaps.push_back(swap);
    }
  }
  return swaps;
}

}  // namespace twhin::training
