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
#include <string>
#include <string_view>
#include <vector>

#include "train/training_network.h"
#include "twhin/model/optimizers.h"

namespace twhin::training {

/// Besides, with `global_embedding`, one vector [dim] for each type, treated alike: every group of
/// the type's entities touches it.
class RelationTable {
 public:
  /// Parameters have their operators' initial values. With `reciprocal` a relation has those of two
  /// operators, one behind the other. Vectors of types begin at 0.
  RelationTable(const TrainingNetwork& network, const TrainOptions& options);

  /// Number of parameters of a relation, and of the relation that has the most.
  std::size_t num_params(std::uint32_t relation) const { return entries_[relation].params.size(); }
  std::size_t most_params() const;
  std::uint64_t num_params() const;

  /// Copies the parameters as they are at one moment. out [num_params(relation)]
  void read(std::uint32_t relation, std::span<float> out) const;
  /// One step of the optimizer by the gradient of a group.
  void update(std::uint32_t relation, std::span<const float> gradient, float learning_rate);

  /// The same for the vector of a type. Requires has_globals().
  void read_global(std::uint32_t type, std::span<float> out) const;
  void update_global(std::uint32_t type, std::span<const float> gradient, float learning_rate);
  bool has_globals() const { return !globals_.empty(); }

  /// Takes over parameters and state from a version's files: of the relations, and of the types if
  /// the table has vectors of types, that are in the lists. The state is multiplied by
  /// `state_factor`; 0: it is not read.
  /// Errors    those of load().
  void carry(const std::filesystem::path& version, const std::vector<std::uint32_t>& relations,
             const std::vector<std::uint32_t>& types, float state_factor);
  /// Remembers what these had in a version's files, for a pull.
  /// Errors    those of load().
  void remember(const std::filesystem::path& version, const std::vector<std::uint32_t>& relations,
                const std::vector<std::uint32_t>& types);
  /// What was remembered of a relation or type; empty: nothing.
  std::span<const float> before(std::uint32_t relation) const { return entries_[relation].before; }
  std::span<const float> global_before(std::uint32_t type) const { return globals_[type].before; }

  /// The files "relations.params" and "types.params" of twhin/model/version.h below `directory`;
  /// not synced.
  void save(const std::filesystem::path& directory) const;
  /// Errors    those of Container; corrupt_data "train.wrong_shape".
  void load(const std::filesystem::path& directory);

 private:
  struct Entry {
    std::string name;
    std::vector<float> params, state;
    std::vector<float> before;  // in the version that the run began with, or empty
    mutable std::mutex mutex;
  };

  using Entries = std::deque<Entry>;  // a deque: mutexes do not move
  static void save(const Entries& entries, const std::filesystem::path& file,
                   std::string_view kind);
  static void load(const std::filesystem::path& file, std::string_view kind, Entries& entries);
  template <class Take>
  void take(const std::filesystem::path& version, const std::vector<std::uint32_t>& relations,
            const std::vector<std::uint32_t>& types, const Take& take_entry);
  void read(const Entry& entry, std::span<float> out) const;
  void update(Entry& entry, std::span<const float> gradient, float learning_rate);

  Optimizer optimizer_;
  Entries entries_, globals_;
};

}  // namespace twhin::training
