// Rows in memory, for tests.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "twhin/base/rng.h"
#include "twhin/model/rows.h"

namespace twhin {

/// Rows [n, dim] divided into partitions of the given sizes, as a type "entity" has them.
class TestRows final : public Rows {
 public:
  TestRows(std::vector<float> values, std::size_t dim, std::vector<std::uint32_t> sizes)
      : values_(std::move(values)), dim_(dim), type_{"entity", std::move(sizes)} {}

  const EntityType& type() const { return type_; }
  /// By its number through all partitions.
  const float* row(std::size_t number) const { return values_.data() + number * dim_; }

  std::size_t dim() const override { return dim_; }
  std::uint32_t num_partitions() const override { return type_.num_partitions(); }
  std::uint32_t size(std::uint32_t partition) const override {
    return type_.partition_sizes[partition];
  }
  void read(std::uint32_t partition, std::uint32_t first, std::uint32_t count,
            float* out) const override {
    std::copy_n(in_place(partition) + first * dim_, count * dim_, out);
  }
  const float* in_place(std::uint32_t partition) const override {
    std::size_t first = 0;
    for (std::uint32_t p = 0; p < partition; ++p) first += type_.partition_sizes[p];
    return row(first);
  }

 private:
  std::vector<float> values_;
  std::size_t dim_;
  EntityType type_;
};

/// Uniform whole numbers of [low, high] as floats; the same for the same seed.
inline std::vector<float> random_integers(std::size_t count, int low, int high,
                                          std::uint64_t seed) {
  Rng rng(seed);
  const auto num_values = static_cast<std::uint64_t>(high - low + 1);
  std::vector<float> out(count);
  for (float& x : out) x = static_cast<float>(low + static_cast<int>(rng.below(num_values)));
  return out;
}

}  // namespace twhin
