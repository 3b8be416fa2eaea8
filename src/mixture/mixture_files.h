// mixture/mixture_files.h -- the files of a mixture and what its manifest says; docs/formats.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "twhin/mixture/mixture.h"

namespace twhin::mixture_files {

inline constexpr const char* kClusters = "clusters.data";
inline constexpr const char* kClustersKind = "clusters";
inline constexpr const char* kAssignments = "assignments.data";
inline constexpr const char* kAssignmentsKind = "assignments";
inline constexpr const char* kEdges = "edges.sample";
inline constexpr const char* kEdgesKind = "edge_sample";
inline constexpr const char* kUsersKind = "user_mixtures";
inline constexpr const char* kOwnKind = "own_vectors";

/// "users/user.0.mixture" and "users/user.0.own".
std::string users_file(std::string_view type, std::uint32_t partition);
std::string own_file(std::string_view type, std::uint32_t partition);

std::string to_json(const MixtureInfo& info, const Schema& schema);
/// Errors    corrupt_data "mixture.bad_meta".
MixtureInfo from_json(std::string_view json, const Schema& schema);

/// A name is a directory's: letters, digits, '_', '-' and '.'.
/// Errors    invalid_argument "mixture.bad_name".
void check_name(std::string_view name);

/// corrupt_data "mixture.wrong_shape", with the file.
[[noreturn]] void throw_wrong_shape(const std::filesystem::path& file, std::string_view found,
                                    std::string_view expected);

}  // namespace twhin::mixture_files
