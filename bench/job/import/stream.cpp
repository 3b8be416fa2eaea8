#include <algorithm>
#include <cstring>
#include <iostream>

#include "measure.h"
#include "twhin/base/memory.h"
#include "twhin/storage/edge_stream.h"

namespace twhin::bench {
namespace fs = std::filesystem;
namespace {

constexpr std::uint32_t kRows = 1'000'000;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

// The file is in the page cache: what is compared is the reader, not a disk. By the thread's own
// time, since others may use the machine.
void measure_stream(const Settings& settings) {
  const std::uint64_t num_edges = settings.edges > 0 ? settings.edges : 20'000'000;
  const fs::path path = fs::path(settings.cache) / "stream.edges";
  std::vector<std::uint32_t> lhs(num_edges), rhs(num_edges);
  for (std::uint64_t i = 0; i < num_edges; ++i) {
    lhs[i] = static_cast<std::uint32_t>(i * kRows / num_edges);
    rhs[i] = static_cast<std::uint32_t>(i * 2'654'435'761u % kRows);
  }
  write_edges(path, {lhs, rhs, {}, {}}, false);
  // Both columns to other memory, and to memory that stays in the cache as the stream's does.
  std::vector<std::uint32_t> other(2 * num_edges);
  std::vector<std::uint32_t> block(2 * EdgeStream::kBlockEdges);
  const auto bytes = static_cast<double>(8 * num_edges);
  std::vector<double> stream_s, map_s, copy_s, cached_s;
  std::uint64_t check = 0;
  for (int run = 0; run < 7; ++run) {
    double begin = cpu_seconds();
    EdgeStream stream(path, kRows, kRows);
    for (EdgeSpan edges; stream.next(edges);) check += edges.rhs.back();
    stream_s.push_back(cpu_seconds() - begin);

    begin = cpu_seconds();
    const EdgeBucket bucket = EdgeBucket::open(path, kRows, kRows);
    check += bucket.edges().rhs.back();
    map_s.push_back(cpu_seconds() - begin);

    begin = cpu_seconds();
    std::memcpy(other.data(), lhs.data(), 4 * num_edges);
    std::memcpy(other.data() + num_edges, rhs.data(), 4 * num_edges);
    copy_s.push_back(cpu_seconds() - begin);
    check += other[num_edges];

    begin = cpu_seconds();
    for (std::uint64_t i = 0; i < num_edges; i += EdgeStream::kBlockEdges) {
      const std::uint64_t n = std::min<std::uint64_t>(EdgeStream::kBlockEdges, num_edges - i);
      std::memcpy(block.data(), lhs.data() + i, 4 * n);
      std::memcpy(block.data() + EdgeStream::kBlockEdges, rhs.data() + i, 4 * n);
      check += block[n - 1];
    }
    cached_s.push_back(cpu_seconds() - begin);
  }
  fs::remove(path);
  const auto speed = [&](const std::vector<double>& s) { return bytes / median(s) * 1e-9; };
  const auto ceiling = [&](const char* name, const std::vector<double>& s) {
    return Json{{"name", name},
                {"value", speed(s)},
                {"unit", "GB/s"},
                {"ratio", speed(stream_s) / speed(s)}};
  };
  std::cout << Json{{"name", "import.stream"},
                    {"value", speed(stream_s)},
                    {"unit", "GB/s"},
                    {"ceiling", ceiling("memcpy to other memory", copy_s)},
                    {"ceilings",
                     {ceiling("memcpy to other memory", copy_s),
                      ceiling("memcpy to a block in the cache", cached_s),
                      ceiling("EdgeBucket, mapped", map_s)}},
                    {"peak_rss_bytes", peak_resident_bytes()},
                    {"machine", machine()},
                    {"commit", settings.commit},
                    {"check", check},
                    {"config", {{"edges", num_edges}, {"bytes", 8 * num_edges}, {"threads", 1}}}}
                   .dump()
            << std::endl;
}

}  // namespace twhin::bench
