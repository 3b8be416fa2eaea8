// index/directory.h -- where the indexes of a version lie, and what is read of them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "index/search.h"
#include "twhin/index/index.h"

namespace twhin {

inline constexpr const char* kIndexFormat = "twhin.index";

/// The model's comparator. Errors    corrupt_data "model.bad_meta".
Comparator comparator_of(const ModelVersion& version);

/// "indexes" of the version.
std::filesystem::path indexes_directory(const ModelVersion& version);
/// "user.hnsw", or "user.hnsw.cos" for another comparator than the model's.
std::string index_name(const ModelVersion& version, std::uint32_t type, IndexKind kind,
                       Comparator comparator);

/// The version's rows, to be searched with whatever effort the info says.
SearchTarget target_of(const ModelVersion& version, std::uint32_t type, const IndexInfo& info);

}  // namespace twhin
