// index/product_assigner.h -- which of many centroids is nearest, asked of our matrix product by
// FAISS's clustering, which takes any index for that step.
#pragma once

#include <faiss/Index.h>

#include <cstdint>
#include <vector>

#include "twhin/base/stop.h"

namespace twhin {

/// Holds centroids; finds the nearest one of each row (k = 1), by squared distance.
class ProductAssigner final : public faiss::Index {
 public:
  using Id = faiss::Index::idx_t;

  ProductAssigner(int width, std::size_t threads, const StopFlag& stop);

  void add(Id n, const float* x) override;
  /// Requires k = 1. Ties go to the earlier centroid.
  /// Errors    cancelled "index.cancelled".
  void search(Id n, const float* x, Id k, float* distances, Id* labels,
              const faiss::SearchParameters* params = nullptr) const override;
  void reset() override;

 private:
  std::size_t threads_;
  const StopFlag& stop_;
  std::vector<float> centroids_, half_squares_;
};

}  // namespace twhin
