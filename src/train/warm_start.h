// train/warm_start.h -- a run begins with the vectors of a version.
//
//   entities    matched by name (train/entity_match.h): rows, and the optimizer's state times
//               train.warm_start.state's factor; ids, partitions and the type of the rows may be
//               others. New ones begin at random or by Eq. 5 (train/neighbor_means.h), with state
//               0. Those that the graph no longer has are left behind.
//   relations   matched by name: parameters and their state; new ones begin as in any run
//   types       with `vectors` begin with their file as in any run, and entities that it lacks like
//               new ones; global embeddings are carried
//
// What makes the vectors mean something must be the same: dim, comparator, operators, reciprocal
// and global embeddings, and the optimizer unless its state is reset.
//
// The run's first state is written partition by partition to working/ and becomes its first
// checkpoint, so that from then on a run knows nothing of how it began, but for what it pulls to
// (train/earlier_rows.h). Memory: one partition.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "train/neighbor_means.h"
#include "train/relation_table.h"
#include "train/training_network.h"
#include "twhin/base/progress.h"
#include "twhin/base/stop.h"
#include "twhin/graph/graph.h"
#include "twhin/model/version.h"

namespace twhin::training {

class WarmStart {
 public:
  /// Borrows graph, network, options and relations.
  /// Errors    invalid_argument "train.warm_start_differs", "train.other_base"; not_found
  ///           "train.no_state" if the version has no state and it is not reset; those of
  ///           ModelVersion::open.
  WarmStart(const Graph& graph, const TrainingNetwork& network, const TrainOptions& options,
            RelationTable& relations, std::size_t num_threads,
            const std::filesystem::path& version);

  /// Writes the files of all partitions below `working`, and, if anything is pulled, `before`.
  /// Returns what ModelInfo::warm_start_json is to say.
  /// Errors    corrupt_data "storage.checksum_mismatch" for a damaged version; cancelled
  ///           "train.interrupted".
  std::string run(const std::filesystem::path& working, const std::filesystem::path& before,
                  const Observer& observer, const StopFlag& stop);

  const ModelVersion& version() const { return version_; }

 private:
  struct TypeCounts {
    std::uint64_t carried = 0, random = 0, dropped = 0, from_file = 0;
  };

  void check_options() const;
  void check_state() const;
  void check_base() const;
  void match_relations();
  RowBits carry_partition(std::uint32_t type, std::uint32_t partition, RowMemory& memory,
                          const std::filesystem::path& working, TypeCounts& counts);
  void copy_rows(std::uint32_t earlier_type, const EntityMatch& match, const Part& part) const;
  void write_before(const std::filesystem::path& working, const std::filesystem::path& before,
                    const KnownRows& carried) const;

  const Graph& graph_;
  const TrainingNetwork& network_;
  const TrainOptions& options_;
  RelationTable& relations_;
  std::size_t num_threads_;
  ModelVersion version_;
  std::vector<std::uint32_t> carried_relations_, carried_types_;
  std::vector<std::string> new_relations_, removed_relations_, removed_types_;
};

/// What `before` holds, for a run that goes on.
/// Errors    those of Manifest and RelationTable::remember.
void remember_before(const std::filesystem::path& before, const TrainingNetwork& network,
                     RelationTable& relations);

}  // namespace twhin::training
