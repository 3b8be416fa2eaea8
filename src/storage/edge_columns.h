// storage/edge_columns.h -- what mapped and streamed buckets have in common.
#pragma once

#include <cstdint>
#include <filesystem>

#include "twhin/storage/edges.h"

namespace twhin::storage {

/// Errors    corrupt_data "storage.missing_section", "storage.wrong_section".
EdgeSpan edge_columns(const Container& container);
/// Errors    corrupt_data "storage.edge_out_of_range".
void check_rows(const EdgeSpan& edges, const std::filesystem::path& path, std::uint32_t lhs_size,
                std::uint32_t rhs_size);

}  // namespace twhin::storage
