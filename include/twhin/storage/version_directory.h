// twhin/storage/version_directory.h -- the versions of one network's model as directories.
//
//   models/<network>/   CURRENT (text: "v3") · HISTORY (a line for each version that CURRENT has
//                       named, the last one its own) · v1/ · v2/ · v3/ · v4.partial/ (a run under
//                       way)
//
// A version exists if its directory has a valid manifest. CURRENT is replaced atomically. HISTORY
// is written just before it; a process that dies between the two leaves a history whose end is not
// CURRENT, which roll-backs allow for.
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
  /// Numbers of all directories called v1, v2, …, those without a manifest among them, ascending.
  std::vector<std::uint32_t> numbers() const;
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

  /// What CURRENT has named, the oldest first, up to and with what it names now.
  std::vector<std::uint32_t> history() const;

  /// Renames vN.partial, whose manifest must be valid, to vN and, to promote it, moves CURRENT to
  /// it.
  void publish(std::uint32_t number, bool promote = true) const;
  /// Moves CURRENT; its history grows.
  void set_current(std::uint32_t number) const;
  /// Moves CURRENT back: its history ends with the last time that it named `number`.
  void roll_back(std::uint32_t number) const;

  /// A version directory itself, a network's directory: then its CURRENT version, or a network's
  /// directory and a version of it, "models/all@v3" or "models/all@3".
  /// Errors    not_found "model.not_found", saying what is there instead.
  static std::filesystem::path resolve(const std::filesystem::path& model);

 private:
  void write_current(std::uint32_t number, const std::vector<std::uint32_t>& history) const;

  std::filesystem::path root_;
};

}  // namespace twhin
