// mixture/user_writer.h -- the mixtures of one partition of users, user by user, to their files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "twhin/mixture/mixture.h"
#include "twhin/storage/container.h"

namespace twhin {

/// Rows of own vectors go to disk as they come; the rest, 12 bytes a user and 8 a component, is
/// kept until commit().
class UserWriter {
 public:
  /// Without `own`: no own vectors.
  UserWriter(const std::filesystem::path& users, const std::filesystem::path& own, bool has_own,
             std::size_t dim);

  /// The next user. own [components.size(), dim], or empty.
  void append(std::uint32_t num_engagements, std::span<const Component> components,
              std::span<const float> own);
  void commit();

  std::uint64_t num_components() const { return clusters_.size(); }

 private:
  ContainerWriter users_;
  std::unique_ptr<ContainerWriter> own_;
  std::vector<std::uint64_t> offsets_ = {0};
  std::vector<std::uint32_t> clusters_, engagements_;
  std::vector<float> weights_;
};

}  // namespace twhin
