#include "index/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "index/directory.h"
#include "twhin/base/error.h"
#include "twhin/config/load.h"

namespace twhin {
namespace {

constexpr std::uint64_t kCodes = 256;  // that a byte tells apart
constexpr std::uint32_t kFirstEf = 16, kMostEf = 8192;

Error bad_options(const std::string& what, const std::string& found, const std::string& expected) {
  return ErrorBuilder(ErrorKind::invalid_argument, "index.options")
      .what(what)
      .found(found)
      .expected(expected)
      .build();
}

void settle_lists(IndexSettings& settings, const EntityType& type, std::uint32_t dim) {
  IndexOptions& options = settings.options;
  const std::uint64_t n = type.num_entities();
  if (n < kCodes) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "index.too_few_entities")
        .what(fmt::format("{} has too few entities for codes", quote(type.name)))
        .found(fmt::format("{}", n))
        .expected(fmt::format("at least {}", kCodes))
        .hint("take --kind exact: so few are compared at once")
        .build();
  }
  if (!options.lists) {
    const auto by_size = static_cast<std::uint64_t>(4.0 * std::sqrt(static_cast<double>(n)));
    options.lists = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(n / 32, 1, by_size));
  }
  if (*options.lists > n) {
    throw bad_options("there are more lists than entities", fmt::format("{}", *options.lists),
                      fmt::format("at most {}", n));
  }
  if (!options.code_bytes) options.code_bytes = std::clamp<std::uint32_t>(dim / 4, 1, 256);
  if (*options.code_bytes > dim) {
    throw bad_options("a code has more bytes than a row has numbers",
                      fmt::format("{}", *options.code_bytes), fmt::format("at most {}", dim));
  }
  settings.effort_name = "nprobe";
  settings.first_effort = options.nprobe.value_or(1);
  settings.most_effort = *options.lists;
}

}  // namespace

IndexSettings settings_of(const ModelVersion& version, std::uint32_t type,
                          const IndexOptions& options) {
  config::check(options, "index");
  IndexSettings out;
  out.options = options;
  out.comparator = options.comparator.value_or(comparator_of(version));
  out.options.comparator = out.comparator;
  const EntityType& entities = version.schema().entities[type];
  if (options.kind == IndexKind::ivf_pq || options.kind == IndexKind::ivf_opq) {
    settle_lists(out, entities, version.info().dim);
  } else if (options.kind == IndexKind::hnsw) {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 31;
    if (entities.num_entities() >= kMost) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "index.too_many_entities")
          .what(fmt::format("{} has too many entities for a graph", quote(entities.name)))
          .found(fmt::format("{}", entities.num_entities()))
          .expected(fmt::format("below {}", kMost))
          .build();
    }
    out.effort_name = "ef";
    out.first_effort = options.ef.value_or(kFirstEf);
    out.most_effort = std::max(kMostEf, out.first_effort);
  }
  return out;
}

}  // namespace twhin
