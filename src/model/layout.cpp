#include "model/layout.h"

#include <fmt/format.h>

#include "twhin/base/error.h"

namespace twhin {

TypeLayout::TypeLayout(const EntityType& type) {
  if (type.num_entities() >= kNoEntity) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "model.too_many_entities")
        .what(fmt::format("{} has more entities than can be numbered through", quote(type.name)))
        .found(fmt::format("{}", type.num_entities()))
        .expected(fmt::format("below {}", kNoEntity))
        .build();
  }
  first_.push_back(0);
  for (const std::uint32_t size : type.partition_sizes) first_.push_back(first_.back() + size);
}

std::vector<TypeLayout> layouts_of(const Schema& schema) {
  std::vector<TypeLayout> out;
  for (const EntityType& type : schema.entities) out.emplace_back(type);
  return out;
}

}  // namespace twhin
