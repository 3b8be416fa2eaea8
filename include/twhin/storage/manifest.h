// twhin/storage/manifest.h -- manifest.json: what a directory holds. It is written last; a
// directory without a valid one does not exist.
//
//   {"format": "twhin.graph", "format_version": 1, "created_by": "twhin 0.1.0", "meta": {…},
//    "files": {"edges/follow/0.0.edges": {"bytes": 123, "checksum": "…"}}, "checksum": "…",
//    "notes": {"config.yaml": {"bytes": 123, "checksum": "…"}}}
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "twhin/storage/container.h"

namespace twhin {

struct Manifest {
  static constexpr const char* kFileName = "manifest.json";

  std::string format;  ///< "twhin.graph", "twhin.model", …
  std::uint32_t format_version = 1;
  std::string created_by;        ///< filled by write()
  std::string meta_json = "{}";  ///< an object; its content belongs to the owner of the format
  std::map<std::string, FileRecord> files;  ///< by path relative to the directory
  std::uint64_t checksum = 0;               ///< of all the above; filled by write() and read()
  /// Files that tell how the content came about and are no part of it: they are verified like the
  /// others, and two directories that differ in them alone have the same checksum.
  std::map<std::string, FileRecord> notes;

  /// Adds the record of directory/relative_path, read from the file itself.
  void add(const std::filesystem::path& directory, const std::string& relative_path);
  void add_note(const std::filesystem::path& directory, const std::string& relative_path);

  /// Files and notes.
  std::map<std::string, FileRecord> records() const;

  /// Writes directory/manifest.json durably. The files must be synced before.
  void write(const std::filesystem::path& directory);

  /// Errors    not_found "storage.no_manifest"; corrupt_data "storage.bad_manifest",
  ///           "storage.checksum_mismatch"; version_mismatch "storage.newer_version";
  ///           invalid_argument "storage.wrong_kind" unless `format` fits (empty: any).
  static Manifest read(const std::filesystem::path& directory, std::string_view format);

  /// Checks that every file and note is there with the recorded size and checksum; with
  /// `all_bytes`, that the bytes of all sections agree with their checksums. Returns the number of
  /// bytes checked.
  std::uint64_t verify(const std::filesystem::path& directory, bool all_bytes) const;
};

/// A name as one component of a path: bytes other than letters, digits, '_', '-' and '.' become
/// %XX, and so does a leading '.'; at most 200 bytes, then cut and ended with a hash.
std::string file_name_for(std::string_view name);

/// Puts the finished directory `from` in the place of `to`, in one step where the file system can
/// (RENAME_EXCHANGE), and removes what was there before.
void replace_directory(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace twhin
