#include "index/links.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "twhin/base/error.h"

namespace twhin {
namespace {

[[noreturn]] void throw_bad_graph(const std::filesystem::path& path, const std::string& found,
                                  const std::string& expected) {
  throw ErrorBuilder(ErrorKind::corrupt_data, "index.bad_graph")
      .what(fmt::format("{} is no graph of this index", quote(path.string())))
      .found(found)
      .expected(expected)
      .hint("build the index again: twhin index")
      .build();
}

template <class T>
std::vector<T> copy_of(std::span<const T> values) {
  return {values.begin(), values.end()};
}

/// Lists [n, stride] of a count and as many rows.
bool leads_nowhere(std::span<const std::uint32_t> lists, std::size_t stride, std::uint32_t n) {
  for (std::size_t at = 0; at < lists.size(); at += stride) {
    const std::uint32_t count = lists[at];
    if (count >= stride) return true;
    const auto links = lists.subspan(at + 1, count);
    if (std::any_of(links.begin(), links.end(), [&](std::uint32_t row) { return row >= n; })) {
      return true;
    }
  }
  return false;
}

}  // namespace

void GraphLinks::write(const std::filesystem::path& directory, const ItemSpaceParams& space) const {
  ContainerWriter file(directory / kFileName, "hnsw");
  const std::uint32_t shape[] = {num_rows, m, entry, max_level};
  file.add<std::uint32_t>("shape", shape, 4);
  file.add<std::uint32_t>("level0", level0, level0_stride());
  file.add<std::uint8_t>("levels", levels);
  file.add<std::uint32_t>("upper", upper, upper_stride());
  file.add<float>("mean", space.mean);
  file.add<float>("radius", std::span(&space.radius, 1));
  file.commit();
}

GraphLinks GraphLinks::read(const std::filesystem::path& directory, std::uint32_t num_rows,
                            std::size_t dim, ItemSpaceParams& space) {
  const Container file = Container::open(directory / kFileName, "hnsw");
  file.verify();
  const auto shape = file.array<std::uint32_t>("shape");
  if (shape.size() != 4 || shape[0] != num_rows) {
    throw_bad_graph(file.path(), shape.empty() ? "no shape" : fmt::format("{} rows", shape[0]),
                    fmt::format("{} rows", num_rows));
  }
  GraphLinks out;
  out.num_rows = shape[0];
  out.m = shape[1];
  out.entry = shape[2];
  out.max_level = shape[3];
  out.level0 = copy_of(file.array<std::uint32_t>("level0"));
  out.levels = copy_of(file.array<std::uint8_t>("levels"));
  out.upper = copy_of(file.array<std::uint32_t>("upper"));
  space.mean = copy_of(file.array<float>("mean"));
  const auto radius = file.array<float>("radius");
  const std::size_t num_upper =
      std::accumulate(out.levels.begin(), out.levels.end(), std::size_t{0});
  if (out.level0.size() != out.num_rows * out.level0_stride() ||
      out.levels.size() != out.num_rows || out.upper.size() != num_upper * out.upper_stride() ||
      (!space.mean.empty() && space.mean.size() != dim) || radius.size() != 1) {
    throw_bad_graph(file.path(), "sections of other sizes",
                    fmt::format("those of {} rows with {} links", num_rows, out.m));
  }
  space.radius = radius[0];
  // A link from a level must go to a row that has it: only its own list is there to be followed.
  std::size_t at = 0;
  bool bad =
      out.num_rows > 0 && (out.entry >= out.num_rows || out.levels[out.entry] != out.max_level ||
                           leads_nowhere(out.level0, out.level0_stride(), out.num_rows) ||
                           leads_nowhere(out.upper, out.upper_stride(), out.num_rows));
  for (std::uint32_t row = 0; row < out.num_rows && !bad; ++row) {
    for (std::uint8_t level = 1; level <= out.levels[row]; ++level, at += out.upper_stride()) {
      for (std::uint32_t i = 0; i < out.upper[at]; ++i) {
        bad = bad || out.levels[out.upper[at + 1 + i]] < level;
      }
    }
  }
  if (bad) throw_bad_graph(file.path(), "links that lead nowhere", "rows of the graph");
  return out;
}

}  // namespace twhin
