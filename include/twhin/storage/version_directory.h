// twhin/storage/version_directory.h -- the versions of one network's model as directories.
//
//   models/<network>/   CURRENT (text: "v3") · v1/ · v2/ · v3/ · v4.partial/ (a run under way)
//
// A version exists if its directory has a valid manifest. CURRENT is replaced atomically.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace twhin {

class VersionDirectory {
 public:
  /// `root` is models/<network>; it need not exist yet.
  explicit VersionDirectory(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  /// Numbers of the versions that exist, ascending.
  std::vector<std::uint32_t> versions() const;
  /// The version that CURRENT names, if there is one.
  std::optional<std::uint32_t> current() const;
  /// One more than the highest number that a version or a partial run has.
  std::uint32_t next() const;
  /// The highest-numbered run under way (vN.partial), if there is one.
  std::optional<std::uint32_t> partial() const;

  /// The directory of the last committed state of the run under way (vN.partial/checkpoints/<n>, or
  /// vN.partial itself when it is complete), if there is one. The run may remove it at any time.
  std::optional<std::filesystem::path> newest_checkpoint() const;

  std::filesystem::path version_path(std::uint32_t number) const;
  std::filesystem::path partial_path(std::uint32_t number) const;

  /// Renames vN.partial, whose manifest must be valid, to vN and moves CURRENT to it.
  void publish(std::uint32_t number) const;
  void set_current(std::uint32_t number) const;

  /// A version directory itself, a network's directory: then its CURRENT version, or a network's
  /// directory and a version of it, "models/all@v3" or "models/all@3".
  /// Errors    not_found "model.not_found", saying what is there instead.
  static std::filesystem::path resolve(const std::filesystem::path& model);

 private:
  std::filesystem::path root_;
};

}  // namespace twhin
