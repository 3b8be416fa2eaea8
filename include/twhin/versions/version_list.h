// twhin/versions/version_list.h -- the versions of a network: which there are, which is CURRENT.
//
// A version that cannot be read is listed with what is wrong with it, so that one damaged manifest
// does not hide the others. Files that several versions, or a version and its graph, share by hard
// links take room once:
//
//     unique_bytes   of files all of whose links lie in the version: what removing it alone frees
//     shared_bytes   of the others
//
// Errors    not_found "versions.no_network" if the directory has no version; "versions.unknown" of
//           a version that it does not have.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "twhin/model/version.h"

namespace twhin {

struct ListedVersion {
  std::uint32_t number = 0;
  std::filesystem::path path;
  bool current = false;
  std::optional<ModelInfo> info;  ///< none if it cannot be read
  std::uint64_t checksum = 0;     ///< of its manifest
  std::int64_t made_at = 0;       ///< when its manifest was written, in seconds since 1970, UTC
  std::uint64_t unique_bytes = 0, shared_bytes = 0;
  std::string problem_id, problem;  ///< of the error that reading it gives; empty if it can be read
};

struct VersionList {
  std::filesystem::path network;
  std::vector<ListedVersion> versions;  ///< ascending
  std::optional<std::uint32_t> current;
  std::vector<std::uint32_t> history;      ///< what CURRENT has named, the last one now
  std::optional<std::uint32_t> under_way;  ///< number of a run that has not ended

  /// Requires that there is one.
  const ListedVersion& at(std::uint32_t number) const;
  std::string to_json() const;
};

/// Reads manifests and the sizes of files, no rows.
VersionList list_versions(const std::filesystem::path& network);

/// "v3" or "3" → 3. Errors    invalid_argument "versions.bad_number".
std::uint32_t version_number(std::string_view text);

/// Moves CURRENT to a version whose manifest can be read and whose files have the recorded sizes
/// and checksums. Files' bytes are not read: `twhin verify` does that.
///
/// Errors    those of Manifest::read, Manifest::verify and ModelInfo::from_json.
void promote(const std::filesystem::path& network, std::uint32_t number);

/// Moves CURRENT back to `number`, or, without one, to the version that it named before and that
/// still can be read; where no history tells, to the next lower number. Returns it.
///
/// Errors    not_found "versions.nothing_before"; those of promote().
std::uint32_t roll_back(const std::filesystem::path& network, std::optional<std::uint32_t> number);

/// What prune() removes, and what it frees.
struct PruneResult {
  std::vector<std::uint32_t> removed, kept;  ///< ascending
  std::uint64_t freed_bytes = 0;             ///< of files that nothing else links to
  std::uint64_t still_shared_bytes = 0;      ///< of files that something else still links to

  std::string to_json() const;
};

/// Removes all but the `keep` newest versions that can be read and CURRENT. One that cannot be
/// read counts as none of the newest, and is kept unless it is older than all of those. A version
/// may be removed whose children stay: they are whole without it. With `dry_run` nothing is
/// removed.
///
/// Errors    invalid_argument "versions.keep_none" for 0; unavailable "file.locked" if a run is
///           under way, which may be reading one of them.
PruneResult prune(const std::filesystem::path& network, std::uint32_t keep, bool dry_run);

}  // namespace twhin
