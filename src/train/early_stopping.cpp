#include "train/early_stopping.h"

#include <nlohmann/json.hpp>

namespace twhin::training {

void BestEpoch::add(const BestEpoch& candidate, double least_gain) {
  if (epoch == 0 || candidate.mrr > mrr + least_gain) {
    *this = candidate;
  } else {
    ++misses;
  }
}

nlohmann::json BestEpoch::to_json() const {
  return {{"epoch", epoch},
          {"mrr", mrr},
          {"validation", validation_json},
          {"checkpoint", checkpoint},
          {"misses", misses}};
}

BestEpoch BestEpoch::from_json(const nlohmann::json& json) {
  BestEpoch best;
  best.epoch = json.at("epoch").get<std::uint32_t>();
  best.mrr = json.at("mrr").get<double>();
  best.validation_json = json.at("validation").get<std::string>();
  best.checkpoint = json.at("checkpoint").get<std::uint64_t>();
  best.misses = json.at("misses").get<std::uint32_t>();
  return best;
}

}  // namespace twhin::training
