#include "mixture/user_writer.h"

#include "mixture/mixture_files.h"

namespace twhin {

UserWriter::UserWriter(const std::filesystem::path& users, const std::filesystem::path& own,
                       bool has_own, std::size_t dim)
    : users_(users, mixture_files::kUsersKind) {
  if (!has_own) return;
  own_ = std::make_unique<ContainerWriter>(own, mixture_files::kOwnKind);
  own_->begin("rows", DataType::f32, dim);
}

void UserWriter::append(std::uint32_t num_engagements, std::span<const Component> components,
                        std::span<const float> own) {
  for (const Component& each : components) {
    clusters_.push_back(each.cluster);
    weights_.push_back(each.weight);
  }
  offsets_.push_back(clusters_.size());
  engagements_.push_back(num_engagements);
  if (own_) own_->append(own.data(), own.size_bytes());
}

void UserWriter::commit() {
  users_.add("offsets", std::span<const std::uint64_t>(offsets_));
  users_.add("engagements", std::span<const std::uint32_t>(engagements_));
  users_.add("cluster", std::span<const std::uint32_t>(clusters_));
  users_.add("weight", std::span<const float>(weights_));
  users_.commit();
  if (own_) own_->commit();
}

}  // namespace twhin
