#include "twhin/storage/edge_stream.h"

#include <algorithm>

#include "storage/edge_columns.h"

namespace twhin {

EdgeStream::EdgeStream(const std::filesystem::path& path, std::uint32_t lhs_size,
                       std::uint32_t rhs_size)
    : file_(path), path_(path), lhs_size_(lhs_size), rhs_size_(rhs_size) {
  const Container container = Container::open(path, "edges");  // of which only the table is read
  const EdgeSpan columns = storage::edge_columns(container);
  num_edges_ = columns.size();
  lhs_ = container.section("lhs").offset;
  rhs_ = container.section("rhs").offset;
  if (!columns.weight.empty()) weight_ = container.section("weight").offset;
  if (!columns.timestamp.empty()) timestamp_ = container.section("timestamp").offset;
  const std::size_t block = std::min<std::uint64_t>(kBlockEdges, num_edges_);
  lhs_rows_.resize(block);
  rhs_rows_.resize(block);
  if (weight_) weights_.resize(block);
  if (timestamp_) timestamps_.resize(block);
}

bool EdgeStream::next(EdgeSpan& edges) {
  const std::size_t n = std::min<std::uint64_t>(kBlockEdges, num_edges_ - done_);
  const auto read = [&](std::uint64_t offset, auto& column) {
    const std::size_t width = sizeof(column[0]);
    file_.read_at(offset + done_ * width, column.data(), n * width);
  };
  edges = {};
  if (n == 0) return false;
  read(lhs_, lhs_rows_);
  read(rhs_, rhs_rows_);
  edges.lhs = {lhs_rows_.data(), n};
  edges.rhs = {rhs_rows_.data(), n};
  storage::check_rows(edges, path_, lhs_size_, rhs_size_);
  if (weight_) {
    read(*weight_, weights_);
    edges.weight = {weights_.data(), n};
  }
  if (timestamp_) {
    read(*timestamp_, timestamps_);
    edges.timestamp = {timestamps_.data(), n};
  }
  done_ += n;
  return true;
}

}  // namespace twhin
