#include "twhin/storage/edges.h"

#include <fmt/format.h>

#include <algorithm>

#include "storage/edge_columns.h"
#include "twhin/base/error.h"

namespace twhin {
namespace storage {

namespace {

std::uint32_t largest(std::span<const std::uint32_t> rows) {
  std::uint32_t most = 0;  // a plain loop, which the compiler vectorises: files are large
  for (const std::uint32_t row : rows) most = std::max(most, row);
  return most;
}

}  // namespace

EdgeSpan edge_columns(const Container& c) {
  EdgeSpan e;
  e.lhs = c.array<std::uint32_t>("lhs");
  e.rhs = c.array<std::uint32_t>("rhs");
  if (c.has("weight")) e.weight = c.array<float>("weight");
  if (c.has("timestamp")) e.timestamp = c.array<std::int64_t>("timestamp");
  const auto fits = [&](std::size_t size) { return size == 0 || size == e.lhs.size(); };
  if (e.rhs.size() != e.lhs.size() || !fits(e.weight.size()) || !fits(e.timestamp.size())) {
    throw ErrorBuilder(ErrorKind::corrupt_data, "storage.wrong_section")
        .what(fmt::format("{} has columns of different lengths", quote(c.path().string())))
        .build();
  }
  return e;
}

void check_rows(const EdgeSpan& e, const std::filesystem::path& path, std::uint32_t lhs_size,
                std::uint32_t rhs_size) {
  if (e.empty()) return;
  const std::uint32_t lhs = largest(e.lhs), rhs = largest(e.rhs);
  if (lhs < lhs_size && rhs < rhs_size) return;
  throw ErrorBuilder(ErrorKind::corrupt_data, "storage.edge_out_of_range")
      .what(fmt::format("{} has an edge to a row that does not exist", quote(path.string())))
      .found(fmt::format("lhs row {}, rhs row {}", lhs, rhs))
      .expected(fmt::format("below {} and {}", lhs_size, rhs_size))
      .build();
}

}  // namespace storage

EdgeBucket EdgeBucket::open(const std::filesystem::path& path, std::uint32_t lhs_size,
                            std::uint32_t rhs_size) {
  EdgeBucket bucket;
  bucket.container_ = Container::open(path, "edges");
  bucket.edges_ = storage::edge_columns(bucket.container_);
  storage::check_rows(bucket.edges_, path, lhs_size, rhs_size);
  return bucket;
}

FileRecord write_edges(const std::filesystem::path& path, const EdgeSpan& edges, bool durable) {
  ContainerWriter writer(path, "edges");
  writer.add("lhs", edges.lhs);
  writer.add("rhs", edges.rhs);
  if (!edges.weight.empty()) writer.add("weight", edges.weight);
  if (!edges.timestamp.empty()) writer.add("timestamp", edges.timestamp);
  return writer.commit(durable);
}

}  // namespace twhin
