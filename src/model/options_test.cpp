// Options: names, limits and rules, read as a config is.
#include <gtest/gtest.h>

#include "twhin/base/error.h"
#include "twhin/config/load.h"
#include "twhin/model/losses.h"
#include "twhin/model/model_options.h"
#include "twhin/model/negatives.h"
#include "twhin/model/optimizers.h"
#include "twhin/model/regularization.h"

namespace twhin {
namespace {

template <class T>
T parse(const std::string& yaml) {
  return config::load<T>(config::Document::parse_yaml(yaml, "run.yaml"));
}

template <class T>
std::string id_of(const std::string& yaml) {
  try {
    parse<T>(yaml);
  } catch (const Error& error) {
    return error.id();
  }
  return "accepted";
}

TEST(Options, DefaultsAreThePapersModel) {
  const auto model = parse<ModelOptions>("{}");
  EXPECT_EQ(model.comparator, Comparator::dot);
  EXPECT_EQ(parse<RelationOptions>("{}").op, Operator::translation);
  const auto loss = parse<LossOptions>("{}");
  EXPECT_EQ(loss.loss, Loss::logistic);
  EXPECT_EQ(loss.negative_weight, NegativeWeight::sum);
  const auto optimizer = parse<OptimizerOptions>("{}");
  EXPECT_EQ(optimizer.optimizer, Optimizer::row_adagrad);
  EXPECT_EQ(optimizer.relation_optimizer(), Optimizer::adagrad);
}

TEST(Options, AreReadByTheirNames) {
  const auto relation =
      parse<RelationOptions>("{operator: rotation, weight: 0.5, rhs_negatives: all}");
  EXPECT_EQ(relation.op, Operator::rotation);
  EXPECT_EQ(relation.weight, 0.5f);
  EXPECT_EQ(relation.rhs_negatives, SideNegatives::all);
  EXPECT_FALSE(relation.lhs_negatives);

  const auto loss = parse<LossOptions>(
      "{loss: ranking, negative_weight: mean, margin: 0.3, self_adversarial: true}");
  EXPECT_EQ(loss.loss, Loss::ranking);
  EXPECT_EQ(loss.negative_weight, NegativeWeight::mean);
  EXPECT_TRUE(loss.self_adversarial);

  const auto optimizer = parse<OptimizerOptions>(
      "{optimizer: sgd, learning_rate: 0.2, schedule: {kind: cosine, warm_up: 0.1}}");
  EXPECT_EQ(optimizer.relation_optimizer(), Optimizer::sgd);
  EXPECT_EQ(optimizer.relation_rate(), 0.2f);
  EXPECT_EQ(optimizer.schedule.kind, Schedule::cosine);
}

TEST(Options, OutOfTheirLimitsAreRefused) {
  EXPECT_EQ(id_of<ModelOptions>("{dim: 0}"), "config.out_of_range");
  EXPECT_EQ(id_of<RelationOptions>("{weight: -1}"), "config.out_of_range");
  EXPECT_EQ(id_of<LossOptions>("{temperature: 0}"), "config.out_of_range");
  EXPECT_EQ(id_of<LossOptions>("{loss: hinge}"), "config.unknown_value");
  EXPECT_EQ(id_of<OptimizerOptions>("{schedule: {warm_up: 1}}"), "config.out_of_range");
  EXPECT_EQ(id_of<RegularizationOptions>("{max_norm: 0}"), "config.out_of_range");
}

TEST(Options, SoftmaxIsNotWeightedTwice) {
  EXPECT_EQ(id_of<LossOptions>("{loss: softmax, self_adversarial: true}"),
            "model.self_adversarial_softmax");
}

TEST(Options, ATrainingWithoutNegativesIsRefused) {
  EXPECT_EQ(id_of<NegativesOptions>("{batch_negatives: 1, uniform_negatives: 0}"),
            "model.no_negatives");
  EXPECT_EQ(id_of<NegativesOptions>("{lhs_negatives: none, rhs_negatives: none}"),
            "model.no_negatives");
  EXPECT_EQ(id_of<NegativesOptions>("{lhs_negatives: none, rhs_negatives: all}"), "accepted");
  EXPECT_EQ(id_of<NegativesOptions>("{batch_negatives: 0, uniform_negatives: 1}"), "accepted");
}

TEST(Options, CountsOfNegativesFollowTheSide) {
  const auto options = parse<NegativesOptions>("{uniform_negatives: 7, rhs_uniform_negatives: 3}");
  EXPECT_EQ(options.num_lhs_uniform(SideNegatives::sampled), 7u);
  EXPECT_EQ(options.num_rhs_uniform(SideNegatives::uniform), 3u);
  EXPECT_EQ(options.num_rhs_uniform(SideNegatives::batch), 0u);
  EXPECT_EQ(options.num_rhs_uniform(SideNegatives::all), 0u);
  EXPECT_EQ(options.group_size(), 50u);
  EXPECT_EQ(parse<NegativesOptions>("{batch_negatives: 0, lhs_uniform_negatives: 80}").group_size(),
            80u);
}

}  // namespace
}  // namespace twhin
