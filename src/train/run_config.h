// train/run_config.h -- what a run was told, as it is recorded, and whether another one was told
// the same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "twhin/train/options.h"

namespace twhin::training {

/// As JSON, for a version's manifest.
std::string config_to_json(const TrainConfig& config);
std::string config_to_yaml(const TrainConfig& config);

/// The keys ("train.dim") in which a recorded config and this one differ, those left out that
/// change no result: threads, checkpoints, validation.
std::vector<std::string> differing_keys(std::string_view recorded_json, const TrainConfig& config);

}  // namespace twhin::training
