// index/settings.h -- options of an index with all that they leave to the type's size filled in.
#pragma once

#include <cstdint>
#include <string>

#include "twhin/index/options.h"
#include "twhin/model/version.h"

namespace twhin {

struct IndexSettings {
  IndexOptions options;  ///< comparator, lists and code_bytes are set where the kind needs them
  Comparator comparator = Comparator::dot;
  std::string effort_name;  ///< "ef", "nprobe"
  std::uint32_t first_effort = 1, most_effort = 1;
};

/// Errors    those of the options' limits; invalid_argument "index.too_few_entities",
///           "index.too_many_entities", "index.options".
IndexSettings settings_of(const ModelVersion& version, std::uint32_t type,
                          const IndexOptions& options);

}  // namespace twhin
