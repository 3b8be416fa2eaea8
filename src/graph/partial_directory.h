// graph/partial_directory.h -- where a graph is built before it takes its place.
#pragma once

#include <filesystem>

namespace twhin {

/// "<target>.partial-<pid>", removed unless it became the target.
class PartialDirectory {
 public:
  /// Removes what imports that died left beside the target.
  /// Errors    invalid_argument "graph.not_a_graph" if the target exists and is neither a graph nor
  ///           empty; io.
  explicit PartialDirectory(const std::filesystem::path& target);
  ~PartialDirectory();
  PartialDirectory(const PartialDirectory&) = delete;
  PartialDirectory& operator=(const PartialDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Makes all files in it durable.
  void sync() const;
  /// Puts it, synced, in the target's place.
  void publish();

 private:
  std::filesystem::path target_, path_;
  bool published_ = false;
};

}  // namespace twhin
