#include "plain_hnswlib.h"

#include <hnswlib/hnswlib.h>

#include <chrono>
#include <filesystem>
#include <memory>

namespace twhin::bench {

struct PlainHnswlib::State {
  explicit State(std::size_t dim) : space(dim) {}
  hnswlib::L2Space space;
  std::unique_ptr<hnswlib::HierarchicalNSW<float>> graph;
};

PlainHnswlib::PlainHnswlib(const float* rows, std::size_t n, std::size_t dim, std::size_t m,
                           std::size_t ef_construction, const std::string& file)
    : state_(new State(dim)), dim_(dim) {
  using Graph = hnswlib::HierarchicalNSW<float>;
  if (std::filesystem::exists(file)) {
    state_->graph = std::make_unique<Graph>(&state_->space, file);
    return;
  }
  const auto begin = std::chrono::steady_clock::now();
  state_->graph = std::make_unique<Graph>(&state_->space, n, m, ef_construction);
  for (std::size_t i = 0; i < n; ++i) state_->graph->addPoint(rows + i * dim, i, -1);
  build_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  state_->graph->saveIndex(file);
}

PlainHnswlib::~PlainHnswlib() { delete state_; }

void PlainHnswlib::search(const float* queries, std::size_t num, std::size_t k, std::size_t ef,
                          std::uint32_t* out) const {
  state_->graph->setEf(ef);
  for (std::size_t q = 0; q < num; ++q) {
    auto found = state_->graph->searchKnn(queries + q * dim_, k);
    for (std::size_t i = k; i-- > 0 && !found.empty(); found.pop()) {
      out[q * k + i] = static_cast<std::uint32_t>(found.top().second);
    }
  }
}

}  // namespace twhin::bench
