#include "train/run_config.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "twhin/config/write.h"

namespace twhin::training {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 5> kWithoutEffect = {
    "/train/threads", "/train/checkpoint_every", "/train/keep_checkpoints", "/train/bucket_edges",
    "/train/tensorboard"};
// Without effect unless they decide when training ends.
constexpr std::array<std::string_view, 2> kOfValidation = {"/train/validate_every",
                                                           "/train/validation_edges"};

bool is_one_of(std::string_view pointer, std::span<const std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) {
    return pointer.substr(0, prefix.size()) == prefix;
  });
}

}  // namespace

std::string config_to_json(const TrainConfig& config) { return config::to_json(config); }
std::string config_to_yaml(const TrainConfig& config) { return config::to_yaml(config); }

std::vector<std::string> differing_keys(std::string_view recorded_json, const TrainConfig& config) {
  const Json recorded = Json::parse(recorded_json).flatten();
  const Json given = Json::parse(config_to_json(config)).flatten();
  std::vector<std::string> keys;
  const auto note = [&](const std::string& pointer) {
    if (is_one_of(pointer, kWithoutEffect)) return;
    if (!config.train.patience && is_one_of(pointer, kOfValidation)) return;
    std::string key = pointer.substr(1);
    std::replace(key.begin(), key.end(), '/', '.');
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  };
  for (const auto& [pointer, value] : recorded.items()) {
    if (!given.contains(pointer) || given[pointer] != value) note(pointer);
  }
  for (const auto& [pointer, value] : given.items()) {
    if (!recorded.contains(pointer)) note(pointer);
  }
  return keys;
}

}  // namespace twhin::training
