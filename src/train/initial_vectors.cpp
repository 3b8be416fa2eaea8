#include "train/initial_vectors.h"

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kernel/rows.h"
#include "twhin/base/error.h"

namespace twhin::training {
namespace {

// Which entity row k of the file is.
class EntityOfRow {
 public:
  EntityOfRow(const Vocabulary& names, const VectorSource& source)
      : names_(names), has_names_(source.has_names()) {}

  std::optional<EntityId> operator()(std::uint64_t row, std::string_view name) const {
    if (has_names_) return names_.find(name);
    for (std::uint32_t p = 0; p < names_.num_partitions(); ++p) {
      if (row < names_.size(p)) return EntityId{p, static_cast<std::uint32_t>(row)};
      row -= names_.size(p);
    }
    return std::nullopt;
  }

 private:
  const Vocabulary& names_;
  bool has_names_;
};

Error repeated(const VectorSource& source, std::uint64_t row, std::string_view name) {
  return ErrorBuilder(ErrorKind::invalid_argument, "vectors.repeated_name")
      .what(fmt::format("entity {} has two vectors", quote(name)))
      .at(fmt::format("{}, row {}", source.path.string(), row))
      .expected("one vector for each name")
      .build();
}

}  // namespace

VectorCounts count_vectors(const Vocabulary& names, const VectorSource& source, std::size_t dim) {
  const EntityOfRow entity_of(names, source);
  std::vector<std::vector<bool>> seen;
  for (std::uint32_t p = 0; p < names.num_partitions(); ++p) seen.emplace_back(names.size(p));
  VectorCounts counts;
  const std::uint64_t rows = read_vectors(
      source, dim, [&](std::uint64_t row, std::string_view name, std::span<const float>) {
        const auto id = entity_of(row, name);
        if (!id) {
          ++counts.unknown;
          return;
        }
        if (seen[id->partition][id->row]) throw repeated(source, row, name);
        seen[id->partition][id->row] = true;
        ++counts.placed;
      });
  if (!source.has_names() && rows != names.size()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "vectors.names")
        .what(fmt::format("{} has no names and not one row for each entity of type {}",
                          quote(source.path.string()), quote(names.type())))
        .found(fmt::format("{} rows", rows))
        .expected(fmt::format("{}, in the order of the ids", names.size()))
        .hint("give the names of its rows with entities." + names.type() + ".vector_names")
        .build();
  }
  counts.missing = names.size() - counts.placed;
  return counts;
}

RowBits place_vectors(const Vocabulary& names, const VectorSource& source, std::uint32_t partition,
                      const Part& part) {
  RowBits placed(part.num_rows());
  const EntityOfRow entity_of(names, source);
  const std::size_t dim = part.format().dim;
  read_vectors(source, dim,
               [&](std::uint64_t row, std::string_view name, std::span<const float> values) {
                 const auto id = entity_of(row, name);
                 if (!id || id->partition != partition) return;
                 kernel::store(part.rows(), {&id->row, 1}, ConstMatrixView(values.data(), 1, dim));
                 placed.set(id->row);
               });
  return placed;
}

}  // namespace twhin::training
