#include "twhin/model/score_function.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <tuple>

#include "model/reference_model.h"
#include "twhin/base/error.h"
#include "twhin/model/version.h"

namespace twhin {
namespace {

using test::GroupCase;
using test::Numbers;

using Choice = std::tuple<Operator, Comparator>;
class ScoreFunctionOf : public ::testing::TestWithParam<Choice> {
 protected:
  ScoreFunctionOf() {
    std::tie(c.op, c.options.comparator) = GetParam();
    c.num_positives = 0;
    c.num_lhs_uniform = 21;
    c.num_rhs_uniform = 18;
    c.dim = 10;
    c.fill(1);
  }
  ScoreFunction function() const { return {c.options.comparator, c.dim, c.op, c.params}; }
  ConstMatrixView lhs() const { return {c.lhs.data(), c.num_sources(), c.dim}; }
  ConstMatrixView rhs() const { return {c.rhs.data(), c.num_targets(), c.dim}; }

  GroupCase c;
};

// Rows are about 2 long and operators about as long as that: products of terms up to 10, some 40
// roundings of 2^-24 each; a distance divides the error of its square by at least 0.3.
constexpr double kBound = 1e-4;

TEST_P(ScoreFunctionOf, ScoresBothSidesAsTheDefinitionDoes) {
  const Numbers x(c);
  Candidates candidates;
  std::vector<float> scores(lhs().rows * rhs().rows);

  const Queries right = function().prepare_queries(Side::rhs, lhs());
  function().prepare_candidates(Side::rhs, rhs(), candidates);
  function().score(right, candidates, {scores.data(), lhs().rows, rhs().rows});
  for (std::size_t i = 0; i < lhs().rows; ++i) {
    for (std::size_t j = 0; j < rhs().rows; ++j) {
      ASSERT_NEAR(scores[i * rhs().rows + j], test::reference_score(c, x, i, j), kBound);
    }
  }

  const Queries left = function().prepare_queries(Side::lhs, rhs());
  function().prepare_candidates(Side::lhs, lhs(), candidates);
  function().score(left, candidates, {scores.data(), rhs().rows, lhs().rows});
  for (std::size_t j = 0; j < rhs().rows; ++j) {
    for (std::size_t i = 0; i < lhs().rows; ++i) {
      ASSERT_NEAR(scores[j * lhs().rows + i], test::reference_score(c, x, i, j), kBound);
    }
  }
}

// Asked for the lhs, a reciprocal relation is asked for the rhs of the edge turned round.
TEST_P(ScoreFunctionOf, AReciprocalRelationHasAnOperatorForTheLhsSide) {
  GroupCase other = c;
  other.fill(2);
  const ScoreFunction both(c.options.comparator, c.dim, c.op, c.params, other.params);
  const ScoreFunction turned(c.options.comparator, c.dim, c.op, other.params);
  EXPECT_FALSE(both.transforms_candidates(Side::lhs));
  const auto scores = [&](const ScoreFunction& f, Side wanted, ConstMatrixView known,
                          ConstMatrixView rows) {
    std::vector<float> out(known.rows * rows.rows);
    Candidates candidates;
    f.prepare_candidates(wanted, rows, candidates);
    f.score(f.prepare_queries(wanted, known), candidates, {out.data(), known.rows, rows.rows});
    return out;
  };
  EXPECT_EQ(scores(both, Side::lhs, rhs(), lhs()), scores(turned, Side::rhs, rhs(), lhs()));
  EXPECT_EQ(scores(both, Side::rhs, lhs(), rhs()), scores(function(), Side::rhs, lhs(), rhs()));
}

TEST_P(ScoreFunctionOf, ScoresPairs) {
  const std::size_t n = rhs().rows;
  std::vector<float> scores(n);
  function().score_pairs(lhs().middle_rows(0, n), rhs(), scores);
  for (std::size_t i = 0; i < n; ++i) {
    EXPECT_NEAR(scores[i], test::reference_score(c, Numbers(c), i, i), kBound);
  }
}

// What an index of raw rows does with a query: the comparator between its row and theirs.
TEST_P(ScoreFunctionOf, RawRowsAnswerQueriesWhereNothingIsTransformed) {
  for (const Side wanted : {Side::lhs, Side::rhs}) {
    if (function().transforms_candidates(wanted)) continue;
    const ConstMatrixView known = wanted == Side::rhs ? lhs() : rhs();
    const ConstMatrixView rows = wanted == Side::rhs ? rhs() : lhs();
    const Queries queries = function().prepare_queries(wanted, known);
    const ScoreFunction raw = ScoreFunction::raw(c.options.comparator, c.dim);
    for (std::size_t q = 0; q < known.rows; ++q) {
      for (std::size_t k = 0; k < rows.rows; ++k) {
        float score = 0.0f;
        raw.score_pairs(queries.rows().middle_rows(q, 1), rows.middle_rows(k, 1), {&score, 1});
        const std::size_t i = wanted == Side::rhs ? q : k, j = wanted == Side::rhs ? k : q;
        ASSERT_NEAR(score + queries.bias()[q], test::reference_score(c, Numbers(c), i, j), kBound);
      }
    }
  }
}

TEST_P(ScoreFunctionOf, ANaNStaysInItsRow) {
  c.rhs[3 * c.dim] = std::numeric_limits<float>::quiet_NaN();
  Candidates candidates;
  std::vector<float> scores(lhs().rows * rhs().rows);
  const Queries queries = function().prepare_queries(Side::rhs, lhs());
  function().prepare_candidates(Side::rhs, rhs(), candidates);
  function().score(queries, candidates, {scores.data(), lhs().rows, rhs().rows});
  for (std::size_t k = 0; k < scores.size(); ++k) {
    EXPECT_EQ(std::isnan(scores[k]), k % rhs().rows == 3) << k;
  }
}

TEST_P(ScoreFunctionOf, CandidatesAreUsedAgainForBlocksOfAnySize) {
  const Queries queries = function().prepare_queries(Side::lhs, rhs());
  Candidates candidates;
  for (const std::size_t n : {3, 21, 1, 0, 8}) {
    function().prepare_candidates(Side::lhs, lhs().middle_rows(0, n), candidates);
    std::vector<float> scores(queries.size() * n + 1, -77.0f);
    function().score(queries, candidates, {scores.data(), queries.size(), n});
    EXPECT_EQ(std::count(scores.begin(), scores.end(), -77.0f), 1);
    for (std::size_t i = 0; i < n; ++i) {
      EXPECT_NEAR(scores[i], test::reference_score(c, Numbers(c), i, 0), kBound);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, ScoreFunctionOf,
    ::testing::Combine(::testing::Values(Operator::none, Operator::translation, Operator::diagonal,
                                         Operator::complex_diagonal, Operator::linear,
                                         Operator::affine, Operator::rotation),
                       ::testing::Values(Comparator::dot, Comparator::cos, Comparator::l2,
                                         Comparator::squared_l2)),
    [](const auto& choice) {
      return std::string(enum_name(std::get<0>(choice.param))) + "_" +
             std::string(enum_name(std::get<1>(choice.param)));
    });

// (lhs + relation) rhs: (2, 2)(3, 1) = 8, (2, 2)(-1, 1/2) = -1, (1, -1)(3, 1) = 2.
TEST(ScoreFunction, GivesTheScoresThatAreComputedByHand) {
  const std::vector<float> relation = {1, 0}, lhs = {1, 2, 1, 2, 0, -1},
                           rhs = {3, 1, -1, 0.5f, 3, 1};
  const ScoreFunction function(Comparator::dot, 2, Operator::translation, relation);
  std::vector<float> scores(3);
  function.score_pairs({lhs.data(), 3, 2}, {rhs.data(), 3, 2}, scores);
  EXPECT_EQ(scores, (std::vector<float>{8, -1, 2}));
}

TEST(ScoreFunction, TransformsLhsCandidatesOnlyWhereItMust) {
  const auto transforms = [](Comparator comparator, Operator op) {
    const std::vector<float> params(num_operator_params(op, 4), 0.5f);
    const ScoreFunction function(comparator, 4, op, params);
    EXPECT_FALSE(function.transforms_candidates(Side::rhs));
    return function.transforms_candidates(Side::lhs);
  };
  for (const EnumName<Operator>& op : EnumNames<Operator>::values) {
    EXPECT_FALSE(transforms(Comparator::dot, op.value)) << op.name;
  }
  EXPECT_FALSE(transforms(Comparator::cos, Operator::rotation));
  EXPECT_FALSE(transforms(Comparator::l2, Operator::translation));
  EXPECT_TRUE(transforms(Comparator::cos, Operator::translation));
  EXPECT_TRUE(transforms(Comparator::squared_l2, Operator::diagonal));
}

TEST(ScoreFunction, RefusesWhatDoesNotFit) {
  const auto id_of = [](const auto& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.id();
    }
    return std::string("accepted");
  };
  const std::vector<float> rows(12, 1.0f);
  const ScoreFunction function = ScoreFunction::raw(Comparator::dot, 4);
  const Queries queries = function.prepare_queries(Side::rhs, {rows.data(), 3, 4});
  Candidates candidates;
  function.prepare_candidates(Side::lhs, {rows.data(), 3, 4}, candidates);
  std::vector<float> out(9);
  EXPECT_EQ(id_of([&] { ScoreFunction(Comparator::dot, 4, Operator::diagonal, {}); }),
            "model.shape");
  EXPECT_EQ(id_of([&] { ScoreFunction(Comparator::dot, 3, Operator::rotation, {}); }),
            "model.odd_dim");
  EXPECT_EQ(id_of([&] {
              function.prepare_queries(Side::rhs, {rows.data(), 4, 3});
            }),
            "model.shape");
  EXPECT_EQ(id_of([&] {
              function.score(queries, candidates, {out.data(), 3, 3});
            }),
            "model.shape");  // of different sides
  function.prepare_candidates(Side::rhs, {rows.data(), 3, 4}, candidates);
  EXPECT_EQ(id_of([&] { function.score(queries, candidates, {out.data(), 3, 2}); }), "model.shape");
  EXPECT_EQ(id_of([&] { function.score(queries, candidates, {out.data(), 3, 3}); }), "accepted");
}

/// A version with one relation, on disk.
class ScoreFunctionOfAVersion : public ::testing::Test {
 protected:
  ScoreFunctionOfAVersion()
      : dir_(std::filesystem::temp_directory_path() /
             ("twhin-score-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
  }
  ~ScoreFunctionOfAVersion() override { std::filesystem::remove_all(dir_); }

  ModelVersion write(const std::string& comparator, const std::string& op,
                     const std::vector<float>& params) {
    ModelInfo info;
    info.network = "all";
    info.schema.entities = {{"user", {2}}};
    info.schema.relations = {{"follow", 0, 0}};
    info.dim = 2;
    info.comparator = comparator;
    info.operators = {op};
    ContainerWriter writer(dir_ / ModelVersion::kRelationsFile, "relations");
    writer.begin("follow", DataType::f32, params.size());
    writer.append(params.data(), params.size() * sizeof(float));
    writer.commit();
    Manifest manifest;
    manifest.format = ModelVersion::kFormat;
    manifest.meta_json = info.to_json();
    manifest.add(dir_, ModelVersion::kRelationsFile);
    manifest.write(dir_);
    return ModelVersion::open(dir_);
  }

  std::filesystem::path dir_;
};

TEST_F(ScoreFunctionOfAVersion, TakesOperatorAndParametersFromIt) {
  const ModelVersion version = write("squared_l2", "translation", {1, 0});
  const ScoreFunction function = ScoreFunction::of(version, 0);
  const std::vector<float> lhs = {1, 2}, rhs = {3, 1};
  float score = 0.0f;
  function.score_pairs({lhs.data(), 1, 2}, {rhs.data(), 1, 2}, {&score, 1});
  EXPECT_EQ(score, -2.0f);
  ScoreFunction::raw(version).score_pairs({lhs.data(), 1, 2}, {rhs.data(), 1, 2}, {&score, 1});
  EXPECT_EQ(score, -5.0f);
}

TEST_F(ScoreFunctionOfAVersion, RefusesWhatDoesNotExistOrDoesNotFit) {
  const auto id_of = [&](const std::string& comparator, const std::string& op,
                         const std::vector<float>& params) {
    try {
      ScoreFunction::of(write(comparator, op, params), 0);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::corrupt_data);
      return error.id();
    }
    return std::string("accepted");
  };
  EXPECT_EQ(id_of("dot", "tranlation", {1, 0}), "model.bad_meta");
  EXPECT_EQ(id_of("dott", "translation", {1, 0}), "model.bad_meta");
  EXPECT_EQ(id_of("dot", "translation", {1, 0, 0}), "model.wrong_shape");
}

}  // namespace
}  // namespace twhin
