#include "twhin/train/defaults.h"

#include <algorithm>
#include <cmath>

#include "model/comparator_scores.h"
#include "train/training_network.h"
#include "twhin/config/types.h"

namespace twhin {
namespace {

// Each edge is seen 10 times in a network of a million of them, more often in smaller ones: what a
// row learns of depends on its steps, and that of a small network has few in an epoch.
std::uint32_t epochs_of(const NetworkSize& size) {
  const double millions = static_cast<double>(std::max<std::uint64_t>(size.edges, 1)) / 1e6;
  return static_cast<std::uint32_t>(std::lround(std::clamp(10.0 / std::cbrt(millions), 3.0, 40.0)));
}

/// Negatives of an edge on its larger side, as section `train` has them for all relations.
std::uint64_t negatives_of_an_edge(const TrainOptions& o, const NetworkSize& size) {
  const auto of_side = [&](SideNegatives side, std::uint32_t num_uniform) -> std::uint64_t {
    if (side == SideNegatives::all) return size.largest_partition;
    return num_uniform + (has_batch(side) && o.batch_negatives > 0 ? o.batch_negatives - 1 : 0);
  };
  return std::max(of_side(o.lhs_negatives, o.num_lhs_uniform(o.lhs_negatives)),
                  of_side(o.rhs_negatives, o.num_rhs_uniform(o.rhs_negatives)));
}

// With n negatives to a true edge, an edge is true with odds of 1 : n before anything is learned of
// it. Otherwise the first epoch goes into telling all rows so, in steps that Adagrad remembers.
float offset_of(const TrainOptions& o, const NetworkSize& size) {
  const bool applies = o.loss == Loss::logistic && o.negative_weight == NegativeWeight::sum &&
                       o.comparator == Comparator::dot;
  if (!applies) return 0.0f;
  const auto n = static_cast<double>(std::max<std::uint64_t>(negatives_of_an_edge(o, size), 1));
  return static_cast<float>(-std::round(10.0 * std::log(n)) / 10.0);
}

// A distance has gradients of length 1 and bears large steps; those of a product grow with the
// rows.
float rate_of(const TrainOptions& o) {
  if (is_distance(o.comparator)) return 1.0f;
  return o.comparator == Comparator::cos ? 0.1f : 0.3f;
}

float l2_of(const TrainOptions& o) {
  if (is_distance(o.comparator)) return 0.006f;
  return o.comparator == Comparator::cos ? 0.0f : 0.08f;
}

float init_scale_of(const TrainOptions& o) {
  if (is_distance(o.comparator)) return 0.01f;
  return o.comparator == Comparator::cos ? 0.1f : 0.03f;
}

/// Calls f(key, member, value) for each option that the size decides; later ones see earlier ones.
template <class Function>
void for_each_rule(TrainOptions& o, const NetworkSize& size, const IsGiven& is_given, Function f) {
  // Who gives a number of batch negatives wants them.
  const SideNegatives side =
      is_given("batch_negatives") ? SideNegatives::sampled : SideNegatives::uniform;
  f("epochs", o.epochs, epochs_of(size));
  f("batch_negatives", o.batch_negatives, 32u);
  f("uniform_negatives", o.uniform_negatives, 250u);
  f("lhs_negatives", o.lhs_negatives, side);
  f("rhs_negatives", o.rhs_negatives, side);
  f("reciprocal", o.reciprocal, o.comparator == Comparator::dot);
  f("score_offset", o.score_offset, offset_of(o, size));
  f("temperature", o.temperature, o.comparator == Comparator::cos ? 0.12f : 1.0f);
  f("learning_rate", o.learning_rate, rate_of(o));
  f("schedule.kind", o.schedule.kind, Schedule::linear);
  f("schedule.warm_up", o.schedule.warm_up, 0.03f);
  f("init_scale", o.init_scale, init_scale_of(o));
  f("l2", o.l2, o.n3 > 0.0f ? 0.0f : l2_of(o));
}

}  // namespace

NetworkSize network_size(const Graph& graph, const TrainConfig& config) {
  const auto network = training::TrainingNetwork::of(graph, config);
  NetworkSize size;
  size.edges = network.num_edges;
  for (const training::TrainedType& type : network.types) {
    size.entities += type.num_entities();
    size.largest_partition =
        std::max<std::uint64_t>(size.largest_partition, type.largest_partition());
  }
  return size;
}

std::vector<SizedDefault> set_sized_defaults(TrainOptions& options, const NetworkSize& size,
                                             const IsGiven& is_given) {
  std::vector<SizedDefault> set;
  for_each_rule(options, size, is_given, [&](const char* key, auto& member, auto value) {
    if (is_given(key)) return;
    member = value;
    set.push_back({key, config::Value<std::decay_t<decltype(member)>>::write(member).text});
  });
  return set;
}

const std::vector<std::string>& sized_keys() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> all;
    TrainOptions options;
    for_each_rule(
        options, {}, [](const std::string&) { return false; },
        [&](const char* key, auto&, auto) { all.emplace_back(key); });
    return all;
  }();
  return keys;
}

}  // namespace twhin
