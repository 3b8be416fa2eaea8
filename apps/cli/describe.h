// cli/describe.h -- what lies on disk, in words and numbers.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

namespace twhin::cli {

/// A graph, a version, a network's directory, another directory with a manifest, or a container.
/// Opens headers and manifests, and reads no data.
/// Errors    not_found "file.not_found"; invalid_argument "cli.unknown_file" for what is none of
///           these; those of opening it.
nlohmann::ordered_json describe(const std::filesystem::path& path);

}  // namespace twhin::cli
