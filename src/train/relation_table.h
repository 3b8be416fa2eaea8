// train/relation_table.h -- the parameters of the relations' operators, shared by all workers.
//
// Rows of entities may be updated without locks, since two workers rarely meet at one. Parameters
// of a relation are touched by every group: they are read and updated under a lock, each update by
// the gradient of one group, so that none is lost and none is stale by more than the groups under
// way. (Of asynchronous updates only those of relations hurt quality: Mohoney et al., Marius, OSDI
// 2021.)
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <mutex>
#include <span>
#include <vector>

#include "train/training_network.h"
#include "twhin/model/optimizers.h"

namespace twhin::training {

class RelationTable {
 public:
  /// Parameters have their operators' initial values. With `reciprocal` a relation has those of two
  /// operators, one behind the other.
  RelationTable(const TrainingNetwork& network, const TrainOptions& options);

  /// Number of parameters of a relation, and of the relation that has the most.
  std::size_t num_params(std::uint32_t relation) const { return entries_[relation].params.size(); }
  std::size_t most_params() const;
  std::uint64_t num_params() const;

  /// Copies the parameters as they are at one moment. out [num_params(relation)]
  void read(std::uint32_t relation, std::span<float> out) const;
  /// One step of the optimizer by the gradient of a group.
  void update(std::uint32_t relation, std::span<const float> gradient, float learning_rate);

  /// The file "relations.params" of twhin/model/version.h below `directory`; not synced.
  void save(const std::filesystem::path& directory) const;
  /// Errors    those of Container; corrupt_data "train.wrong_shape".
  void load(const std::filesystem::path& directory);

 private:
  struct Entry {
    std::string name;
    std::vector<float> params, state;
    mutable std::mutex mutex;
  };

  Optimizer optimizer_;
  std::deque<Entry> entries_;  // a deque: mutexes do not move
};

}  // namespace twhin::training
