// train/early_stopping.h -- the best epoch of a run, and when it is time to stop looking for a
// better one.
//
// An epoch is better than the best one before it if its MRR on split "valid" is above that one's by
// more than least_gain. After `patience` validations in a row that were not, training ends. The
// best epoch's checkpoint is kept and becomes the version.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace twhin::training {

struct BestEpoch {
  std::uint32_t epoch = 0;       ///< counted from 1; 0: none was validated
  double mrr = 0.0;              ///< its own
  std::string validation_json;   ///< its validation
  std::uint64_t checkpoint = 0;  ///< number of its checkpoint
  std::uint32_t misses = 0;      ///< validations since that were not better

  /// Takes the candidate's place if it is better; otherwise counts a miss.
  void add(const BestEpoch& candidate, double least_gain);

  nlohmann::json to_json() const;
  /// Errors    those of nlohmann::json.
  static BestEpoch from_json(const nlohmann::json& json);
};

}  // namespace twhin::training
