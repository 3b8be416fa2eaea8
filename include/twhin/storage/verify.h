// twhin/storage/verify.h -- reads every byte that has a checksum and compares.
//
// A file that is a container has checksums inside; others have theirs in the manifest of their
// directory. A directory is checked with all manifests in it and below: a network's directory with
// all its versions, a version with its mixtures and indexes. Runs under way ("*.partial") are left
// out, unless one is named.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "twhin/base/progress.h"
#include "twhin/base/stop.h"

namespace twhin {

/// A file that is not what was written, or is not there.
struct Damage {
  std::filesystem::path path;
  std::string id;       ///< of the error: "storage.checksum_mismatch", "file.not_found", …
  std::string message;  ///< the whole error
};

struct VerifyResult {
  std::uint64_t num_files = 0;    ///< looked at, manifests among them
  std::uint64_t num_bytes = 0;    ///< of those that are intact
  std::uint64_t num_partial = 0;  ///< runs under way that were left out
  std::vector<Damage> damaged;    ///< by path
};

/// Checks a file or a directory, with `threads` threads. Damage is returned, not thrown.
///
/// Errors    not_found "file.not_found"; invalid_argument "storage.nothing_to_verify" if nothing
/// there
///           has a checksum; cancelled "storage.cancelled"; io if a file cannot be read.
VerifyResult verify(const std::filesystem::path& path, std::size_t threads,
                    const Observer& observer = {}, const StopFlag& stop = {});

}  // namespace twhin
