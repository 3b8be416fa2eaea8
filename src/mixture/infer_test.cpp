#include "twhin/mixture/infer.h"

#include <cmath>

#include "mixture/fold_in.h"
#include "mixture/mixture_files.h"
#include "mixture/mixture_fixture.h"

namespace twhin {
namespace {

class Inference : public MixtureFixture {
 protected:
  std::vector<Engagement> engagements_of(std::uint32_t u) const {
    std::vector<Engagement> out;
    for (std::uint32_t r = 0; r < small_.relations.size(); ++r) {
      for (const SmallEdge& e : small_.relations[r].edges.at("train")) {
        if (e.lhs == u) out.push_back({r, item(e.rhs), 1.0f, e.timestamp});
      }
    }
    return out;
  }
  std::vector<Engagement> engagements_with(std::uint32_t t) const {
    std::vector<Engagement> out;
    for (std::uint32_t r = 0; r < small_.relations.size(); ++r) {
      for (const SmallEdge& e : small_.relations[r].edges.at("train")) {
        if (e.rhs == t) out.push_back({r, user(e.lhs), 1.0f, e.timestamp});
      }
    }
    return out;
  }
};

TEST_F(Inference, GivesAKnownUserItsStoredMixture) {
  write();
  for (const bool aged : {false, true}) {
    MixtureOptions o = options();
    o.relation_weights = {{"buys", 3.0f}};
    if (aged) o.half_life = Seconds{200};
    const Mixture mixture = build(o);
    const MixtureInference inference(*version_, mixture, {});
    for (const std::uint32_t u : {1u, 7u, 33u}) {
      const InferredEntity found = inference.user(engagements_of(u));
      const auto stored = mixture.components(kUser, user(u));
      ASSERT_EQ(found.components.size(), stored.size());
      std::vector<float> own(stored.size() * kDim);
      mixture.vectors(kUser, user(u), Representation::own,
                      MatrixView(own.data(), stored.size(), kDim));
      for (std::size_t i = 0; i < stored.size(); ++i) {
        EXPECT_EQ(found.components[i].cluster, stored[i].cluster);
        EXPECT_NEAR(found.components[i].weight, stored[i].weight, 1e-5);
      }
      for (std::size_t i = 0; i < own.size(); ++i) EXPECT_NEAR(found.own_vectors[i], own[i], 1e-5);
    }
  }
}

TEST_F(Inference, TheMeanOfAUserTakesTheTranslationOff) {
  write();
  const Mixture mixture = build(options());
  InferOptions how;
  how.fold_in = FoldIn::mean;
  const MixtureInference inference(*version_, mixture, how);
  const std::vector<Engagement> list = {{0, item(3), 1.0f, {}}, {1, item(8), 3.0f, {}}};
  const std::vector<float> x = inference.user(list).vector;
  for (std::size_t d = 0; d < kDim; ++d) {
    const double expected = (small_.row("item", 3)[d] +
                             3.0 * (small_.row("item", 8)[d] - small_.relations[1].params[d])) /
                            4.0;
    EXPECT_NEAR(x[d], expected, 1e-6);
  }
  // And that of a target puts it on.
  const std::vector<float> y =
      inference.target(std::vector<Engagement>{{1, user(5), 1.0f, {}}}).vector;
  for (std::size_t d = 0; d < kDim; ++d) {
    EXPECT_NEAR(y[d], small_.row("user", 5)[d] + small_.relations[1].params[d], 1e-6);
  }
}

TEST_F(Inference, TooFewEngagementsGiveAReason) {
  write();
  const Mixture mixture = build(options());
  InferOptions how;
  how.min_engagements = 3;
  const MixtureInference inference(*version_, mixture, how);
  const std::vector<Engagement> two = {{0, item(3), 1.0f, {}}, {1, item(8), 1.0f, {}}};
  std::vector<Engagement> weightless = two;
  weightless.push_back({0, item(9), 0.0f, {}});
  for (const auto& list : {two, weightless, std::vector<Engagement>{}}) {
    const InferredEntity found = inference.user(list);
    ASSERT_TRUE(found.refused);
    EXPECT_EQ(found.refused->id, "mixture.too_few_engagements");
    EXPECT_TRUE(found.vector.empty());
    EXPECT_TRUE(found.components.empty());
  }
  std::vector<Engagement> three = two;
  three.push_back({0, item(9), 1.0f, {}});
  EXPECT_FALSE(inference.user(three).refused);
}

TEST_F(Inference, RepeatsBitForBit) {
  write();
  const Mixture mixture = build(options());
  const MixtureInference a(*version_, mixture, {}), b(*version_, mixture, {});
  b.user(engagements_of(9));  // what else is asked does not matter
  EXPECT_EQ(a.user(engagements_of(4)).vector, b.user(engagements_of(4)).vector);
}

TEST_F(Inference, LossesOtherThanLogisticAndSoftmaxHaveTheMeanOnly) {
  write();
  patch_meta({{"config", {{"train", {{"loss", "ranking"}}}}}});
  const Mixture mixture = build(options());
  InferOptions how;
  EXPECT_EQ(error_of([&] { MixtureInference(*version_, mixture, how); }), "mixture.fold_in_loss");
  how.fold_in = FoldIn::mean;
  EXPECT_EQ(error_of([&] { MixtureInference(*version_, mixture, how); }), "no error");
}

class FoldInLoss : public Inference {
 protected:
  // Of user 3's list at a fixed row, in a version whose manifest is patched. Both relations take
  // part.
  double loss(const char* patch) {
    patch_meta(nlohmann::json::parse(patch));
    const Mixture mixture = build(options());
    const FoldInModel model(
        *version_, read_edge_sample(*version_, mixture.path() / mixture_files::kEdges), 40, 1);
    const std::vector<float> x = random_normals(kDim, 13);
    std::vector<float> gradient(kDim);
    return model.loss(Side::lhs, engagements_of(3), x.data(), gradient.data());
  }
};

TEST_F(FoldInLoss, OfRelationsWithoutOptionsOfTheirOwnIsThatOfTheTemplate) {
  write();
  const double plain = loss(R"({"config": {}})");
  const double explicitly = loss(R"({"config": {"relations": {
      "likes": {"weight": 0.01, "lhs_negatives": "none"},
      "buys": {"weight": 0.5, "rhs_negatives": "uniform"}}}})");
  const double by_template = loss(R"({"config": {"relations": {
      "likes": null, "*": {"weight": 0.01, "lhs_negatives": "none"}}}})");
  EXPECT_EQ(by_template, explicitly);
  EXPECT_LT(by_template, 0.5 * plain);
}

// patch_meta() keeps what a patch does not name.
TEST_F(FoldInLoss, HasTheWeightsThatTrainingBalanced) {
  write();
  const double explicitly = loss(R"({"config": {"relations": {
      "likes": {"weight": 0.25}, "buys": {"weight": 4}}}})");
  const double balanced = loss(R"({"relation_weights": [0.25, 4], "config": {
      "train": {"balance_relations": 1}, "relations": {"likes": null, "buys": {"weight": 2}}}})");
  EXPECT_EQ(balanced, explicitly);
}

struct Case {
  const char* name;
  const char* meta;  // JSON
};

class FoldInGradient : public Inference, public ::testing::WithParamInterface<Case> {
 protected:
  FoldInModel fold_in_model() {
    const nlohmann::json meta = nlohmann::json::parse(GetParam().meta);
    if (meta.value("reciprocal", false)) {
      small_.relations[0].op = "diagonal";
      small_.relations[0].params = random_normals(2 * kDim, 11);
      small_.relations[1].params = random_normals(2 * kDim, 12);
    }
    write();
    patch_meta(meta);
    const Mixture mixture = build(options());
    return FoldInModel(*version_,
                       read_edge_sample(*version_, mixture.path() / mixture_files::kEdges), 40, 1);
  }
};

// Central differences of the loss in double precision of float rows: the score is rounded to about
// 1e-6 of itself, so that with a step of 1e-2 a difference is good to about 1e-3 of the loss.
TEST_P(FoldInGradient, IsThatOfTheLoss) {
  const FoldInModel model = fold_in_model();
  for (const Side own : {Side::lhs, Side::rhs}) {
    const std::vector<Engagement> list = own == Side::lhs ? engagements_of(3) : engagements_with(4);
    std::vector<float> x = random_normals(kDim, 13), gradient(kDim), unused(kDim);
    model.loss(own, list, x.data(), gradient.data());
    for (std::size_t d = 0; d < kDim; ++d) {
      constexpr float kStep = 1e-2f;
      std::vector<float> up = x, down = x;
      up[d] += kStep;
      down[d] -= kStep;
      const double above = model.loss(own, list, up.data(), unused.data());
      const double below = model.loss(own, list, down.data(), unused.data());
      const double expected = (above - below) / (double{up[d]} - double{down[d]});
      EXPECT_NEAR(gradient[d], expected, 2e-3 * (std::abs(expected) + std::abs(above)))
          << (own == Side::lhs ? "lhs" : "rhs") << ", number " << d;
    }
  }
}

TEST_P(FoldInGradient, StepsLowerTheLoss) {
  const FoldInModel model = fold_in_model();
  const std::vector<Engagement> list = engagements_of(3);
  std::vector<float> gradient(kDim);
  const auto loss = [&](const std::vector<float>& x) {
    return model.loss(Side::lhs, list, x.data(), gradient.data());
  };
  const double before = loss(model.mean(Side::lhs, list));
  const double after = loss(model.fold_in(Side::lhs, list, 100));
  EXPECT_LT(after, before);
}

INSTANTIATE_TEST_SUITE_P(
    Losses, FoldInGradient,
    ::testing::Values(
        Case{"logistic", R"({"config": {"train": {"loss": "logistic"}}})"},
        Case{
            "logistic_mean",
            R"({"config": {"train": {"negative_weight": "mean", "score_offset": -2, "l2": 0.1}}})"},
        Case{"logistic_reciprocal",
             R"({"reciprocal": true, "config": {"train": {"lhs_negatives": "uniform",
                 "rhs_negatives": "uniform", "uniform_negatives": 20, "n3": 0.05}}})"},
        Case{"softmax", R"({"config": {"train": {"loss": "softmax", "temperature": 0.7}}})"},
        Case{"softmax_reciprocal",
             R"({"reciprocal": true, "config": {"train": {"loss": "softmax", "lhs_negatives": "all",
                 "rhs_negatives": "uniform"}}})"},
        Case{"cos", R"({"comparator": "cos", "config": {"train": {"loss": "softmax",
                 "temperature": 0.2}}})"},
        Case{"l2", R"({"comparator": "l2", "config": {"train": {"score_offset": 3}}})"},
        Case{"squared_l2", R"({"comparator": "squared_l2", "config": {"train":
                 {"score_offset": 3, "lhs_negatives": "none"}}})"}),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace twhin
