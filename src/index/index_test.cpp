// Indexes on disk: built, measured, opened, asked, damaged.
#include "twhin/index/index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fstream>
#include <functional>

#include "index/small_version.h"
#include "twhin/base/error.h"
#include "twhin/storage/verify.h"

#ifdef __SANITIZE_THREAD__
// Rows are inserted into a graph while their own lists are locked, and lock the lists that they
// come by: an order that the detector of deadlocks takes for a circle (build_graph.cpp says why
// there is none). Races are looked for as everywhere.
extern "C" const char* __tsan_default_options() { return "detect_deadlocks=0"; }
#endif

namespace twhin {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDim = 16, kRows = 3000;

SmallVersion users(const std::string& comparator) {
  SmallVersion small =
      SmallVersion::of_users(clustered_rows(kRows, kDim, 40, 0.8f, 0.3f, 3), kDim, {1000, 2000});
  small.comparator = comparator;
  return small;
}

IndexOptions quick(IndexKind kind) {
  IndexOptions options;
  options.kind = kind;
  options.ef_construction = 60;
  options.num_queries = 200;
  options.lists = 20;
  options.rows_per_list = 200;
  options.code_bytes = 8;
  return options;
}

std::string id_of(const std::function<void()>& body, std::string* message = nullptr) {
  try {
    body();
  } catch (const Error& error) {
    if (message != nullptr) *message = error.what();
    return error.id();
  }
  return "no error";
}

/// Rows of the version as queries.
Queries queries_of(const ScoreFunction& function, const SmallVersion& small, std::size_t count) {
  return function.prepare_queries(Side::rhs,
                                  ConstMatrixView(small.rows.at("user").data(), count, small.dim));
}

/// Of the first hits of every query those that exact search has too.
double recall(const Hits& found, const Hits& exact) {
  double sum = 0.0;
  for (std::size_t q = 0; q < exact.size(); ++q) {
    const auto good = std::count_if(found[q].begin(), found[q].end(), [&](const Hit& hit) {
      return hit.score >= exact[q].back().score;
    });
    sum += static_cast<double>(good) / static_cast<double>(exact[q].size());
  }
  return sum / static_cast<double>(exact.size());
}

struct KindAndComparator {
  IndexKind kind;
  const char* comparator;
};

class BuiltIndex : public ::testing::TestWithParam<KindAndComparator> {};

TEST_P(BuiltIndex, FindsWhatItSaysAndScoresAsExactSearchDoes) {
  const auto [kind, comparator] = GetParam();
  const TestDirectory directory;
  const SmallVersion small = users(comparator);
  const ModelVersion version = small.write(directory.path() / "v1");
  const IndexInfo info = build_index(version, 0, quick(kind), 1);
  ASSERT_EQ(info.recall.size(), 1u);
  EXPECT_GE(info.recall[0].value, 0.95);
  EXPECT_EQ(info.recall[0].queries, "rows of user");
  EXPECT_EQ(info.kind, kind);

  const Index index = Index::open(version, 0, kind);
  EXPECT_EQ(index.info().to_json(), info.to_json());
  const Index exact = Index::exact(version, 0);
  const ScoreFunction function = ScoreFunction::raw(version);
  const Queries queries = queries_of(function, small, 300);
  SearchOptions options;
  options.threads = 2;
  const Hits found = index.search(function, queries, options);
  const Hits best = exact.search(function, queries, options);
  EXPECT_GE(recall(found, best), 0.93);  // other queries than those of the build
  for (std::size_t q = 0; q < 300; ++q) {
    ASSERT_EQ(found[q].size(), 10u);
    for (const Hit& hit : found[q]) {
      float score = 0.0f;
      exact_scores(function, queries, q, *version.rows(0), std::span(&hit.id, 1),
                   std::span(&score, 1));
      ASSERT_EQ(hit.score, score);
    }
  }
}

TEST_P(BuiltIndex, IsTheSameForTheSameSeed) {
  const auto [kind, comparator] = GetParam();
  const TestDirectory directory;
  const SmallVersion small = users(comparator);
  std::vector<std::uint64_t> checksums;
  for (const char* name : {"v1", "v2"}) {
    const ModelVersion version = small.write(directory.path() / name);
    build_index(version, 0, quick(kind), 1);
    const fs::path file = version.path() / "indexes" / ("user." + std::string(enum_name(kind))) /
                          (kind == IndexKind::hnsw ? "graph.links" : "lists.ivf");
    checksums.push_back(record_of(file).checksum);
  }
  EXPECT_EQ(checksums[0], checksums[1]);
}

INSTANTIATE_TEST_SUITE_P(Kinds, BuiltIndex,
                         ::testing::Values(KindAndComparator{IndexKind::hnsw, "dot"},
                                           KindAndComparator{IndexKind::hnsw, "cos"},
                                           KindAndComparator{IndexKind::hnsw, "l2"},
                                           KindAndComparator{IndexKind::ivf_pq, "dot"},
                                           KindAndComparator{IndexKind::ivf_pq, "cos"},
                                           KindAndComparator{IndexKind::ivf_opq, "l2"}),
                         [](const auto& each) {
                           return std::string(enum_name(each.param.kind)) + "_" +
                                  each.param.comparator;
                         });

class HnswIndex : public ::testing::Test {
 protected:
  HnswIndex() : small_(users("dot")), version_(small_.write(directory_.path() / "v1")) {}

  fs::path folder() const { return version_.path() / "indexes" / "user.hnsw"; }

  TestDirectory directory_;
  SmallVersion small_;
  ModelVersion version_;
};

TEST_F(HnswIndex, AnswersRelationsOfTranslatedQueriesOnBothSides) {
  small_.relations = {{"follow", 0, 0, "translation", random_normals(kDim, 4)}};
  version_ = small_.write(directory_.path() / "v2");
  IndexOptions options = quick(IndexKind::hnsw);
  options.relations = {"follow"};
  const IndexInfo info = build_index(version_, 0, options, 1);
  ASSERT_EQ(info.recall.size(), 2u);
  EXPECT_EQ(info.recall[0].queries, "follow, rhs wanted");
  EXPECT_EQ(info.recall[1].queries, "follow, lhs wanted");
  const Index index = Index::open(version_, 0, IndexKind::hnsw);
  const Index exact = Index::exact(version_, 0);
  const ScoreFunction function = ScoreFunction::of(version_, 0);
  for (const Side side : {Side::lhs, Side::rhs}) {
    EXPECT_TRUE(index.answers(function, side));
    const Queries queries =
        function.prepare_queries(side, ConstMatrixView(small_.rows.at("user").data(), 100, kDim));
    EXPECT_GE(recall(index.search(function, queries, {}), exact.search(function, queries, {})),
              0.9);
  }
}

TEST_F(HnswIndex, ExclusionsNeverShortenAList) {
  build_index(version_, 0, quick(IndexKind::hnsw), 1);
  const Index index = Index::open(version_, 0, IndexKind::hnsw);
  const Index exact = Index::exact(version_, 0);
  const ScoreFunction function = ScoreFunction::raw(version_);
  const Queries queries = queries_of(function, small_, 30);
  SearchOptions options;
  options.k = 120;
  const Hits near = exact.search(function, queries, options);
  // Query q must not get its q * 4 nearest: the graph finds them first.
  std::vector<std::vector<EntityId>> excluded(30);
  for (std::size_t q = 0; q < 30; ++q) {
    for (const Hit& hit : near[q].first(4 * q)) excluded[q].push_back(hit.id);
  }
  options.k = 5;
  options.excluded = [&](std::size_t q) { return std::span<const EntityId>(excluded[q]); };
  const Hits found = index.search(function, queries, options);
  const Hits best = exact.search(function, queries, options);
  EXPECT_GE(recall(found, best), 0.9);
  EXPECT_GT(found.num_refilled, 0u);
  for (std::size_t q = 0; q < 30; ++q) {
    ASSERT_EQ(found[q].size(), 5u);
    for (const Hit& hit : found[q]) {
      EXPECT_EQ(std::count(excluded[q].begin(), excluded[q].end(), hit.id), 0);
    }
  }
}

// The graph would have to be looked at as a whole for three of three thousand.
TEST_F(HnswIndex, AFewAllowedEntitiesAreSearchedExactly) {
  build_index(version_, 0, quick(IndexKind::hnsw), 1);
  const Index index = Index::open(version_, 0, IndexKind::hnsw);
  const ScoreFunction function = ScoreFunction::raw(version_);
  const Queries queries = queries_of(function, small_, 4);
  EntitySet few(version_.schema().entities[0]);
  for (const EntityId id : {EntityId{0, 5}, EntityId{1, 1999}, EntityId{1, 0}}) few.insert(id);
  SearchOptions options;
  options.allowed = &few;
  const Hits found = index.search(function, queries, options);
  const Hits best = Index::exact(version_, 0).search(function, queries, options);
  EXPECT_EQ(found.num_exact, 4u);
  for (std::size_t q = 0; q < 4; ++q) {
    EXPECT_TRUE(std::equal(found[q].begin(), found[q].end(), best[q].begin(), best[q].end()));
    EXPECT_EQ(found[q].size(), 3u);
  }
  options.allowed = nullptr;
  options.k = 2 * kRows;
  EXPECT_EQ(index.search(function, queries, options)[3].size(), kRows);
}

TEST_F(HnswIndex, MoreEffortFindsMore) {
  build_index(version_, 0, quick(IndexKind::hnsw), 1);
  const Index index = Index::open(version_, 0, IndexKind::hnsw);
  const ScoreFunction function = ScoreFunction::raw(version_);
  const Queries queries = queries_of(function, small_, 200);
  const Hits best = Index::exact(version_, 0).search(function, queries, {});
  SearchOptions little, much;
  little.effort = 10;
  much.effort = 400;
  const double least = recall(index.search(function, queries, little), best);
  const double most = recall(index.search(function, queries, much), best);
  EXPECT_LT(least, most);
  EXPECT_GT(most, 0.98);
}

TEST_F(HnswIndex, OfAnotherVersionIsRefused) {
  build_index(version_, 0, quick(IndexKind::hnsw), 1);
  SmallVersion other = small_;
  other.rows["user"][0] += 1.0f;
  const ModelVersion second = other.write(directory_.path() / "v2");
  fs::copy(version_.path() / "indexes", second.path() / "indexes", fs::copy_options::recursive);
  std::string message;
  EXPECT_EQ(id_of([&] { Index::open(second, 0, IndexKind::hnsw); }, &message),
            "index.wrong_version");
  EXPECT_THAT(message, ::testing::HasSubstr("twhin index"));
  EXPECT_TRUE(indexes_of(second).empty());
  EXPECT_EQ(indexes_of(version_).size(), 1u);
}

TEST_F(HnswIndex, DoesNotTouchTheVersionAndIsVerifiedWithIt) {
  const std::uint64_t before = version_.checksum();
  build_index(version_, 0, quick(IndexKind::hnsw), 1);
  EXPECT_EQ(ModelVersion::open(version_.path()).checksum(), before);
  EXPECT_TRUE(verify(version_.path(), 1).damaged.empty());
  std::ofstream(folder() / "graph.links", std::ios::in | std::ios::out).seekp(5000).put('!');
  const VerifyResult result = verify(version_.path(), 1);
  ASSERT_EQ(result.damaged.size(), 1u);
  EXPECT_EQ(result.damaged[0].path.filename(), "graph.links");
}

TEST_F(HnswIndex, ForAnotherComparatorStandsBesideTheModelsOwn) {
  IndexOptions options = quick(IndexKind::hnsw);
  build_index(version_, 0, options, 1);
  options.comparator = Comparator::cos;
  build_index(version_, 0, options, 1);
  EXPECT_TRUE(fs::exists(version_.path() / "indexes" / "user.hnsw.cos" / "manifest.json"));
  const Index dot = Index::open(version_, 0, IndexKind::hnsw);
  const Index cos = Index::open_best(version_, 0, Comparator::cos);
  EXPECT_EQ(cos.info().kind, IndexKind::hnsw);
  const ScoreFunction angle = ScoreFunction::raw(Comparator::cos, kDim);
  const Queries queries = queries_of(angle, small_, 50);
  EXPECT_EQ(id_of([&] { dot.search(angle, queries, {}); }), "index.wrong_comparator");
  const Hits best = Index::exact(version_, 0).search(angle, queries, {});
  EXPECT_GE(recall(cos.search(angle, queries, {}), best), 0.9);
  EXPECT_EQ(Index::open_best(version_, 0, Comparator::l2).info().kind, IndexKind::exact);
}

TEST_F(HnswIndex, ThatIsNotThereIsSaidWithThoseThatAre) {
  build_index(version_, 0, quick(IndexKind::ivf_pq), 1);
  std::string message;
  EXPECT_EQ(id_of([&] { Index::open(version_, 0, IndexKind::hnsw); }, &message), "index.not_found");
  EXPECT_THAT(message, ::testing::HasSubstr("user.ivf_pq"));
}

TEST_F(HnswIndex, RecallThatCannotBeReachedIsRefusedOrMadeExact) {
  IndexOptions options = quick(IndexKind::ivf_pq);
  options.code_bytes = 1;
  options.rescored = 1;
  EXPECT_EQ(id_of([&] { build_index(version_, 0, options, 1); }), "index.low_recall");
  EXPECT_FALSE(fs::exists(version_.path() / "indexes" / "user.ivf_pq"));
  EXPECT_FALSE(fs::exists(version_.path() / "indexes" / "user.ivf_pq.partial"));

  options.on_low_recall = OnLowRecall::exact;
  std::vector<std::string> warnings;
  Observer observer;
  observer.warning = [&](const std::string& text) { warnings.push_back(text); };
  const IndexInfo info = build_index(version_, 0, options, 1, observer);
  EXPECT_EQ(info.kind, IndexKind::exact);
  EXPECT_THAT(info.replaced, ::testing::HasSubstr("ivf_pq: recall@10"));
  ASSERT_EQ(warnings.size(), 1u);
  const Index index = Index::open(version_, 0, IndexKind::ivf_pq);
  const ScoreFunction function = ScoreFunction::raw(version_);
  const Queries queries = queries_of(function, small_, 20);
  EXPECT_EQ(recall(index.search(function, queries, {}),
                   Index::exact(version_, 0).search(function, queries, {})),
            1.0);
}

TEST_F(HnswIndex, RowsOf16BitsAreIndexedAsTheyAre) {
  small_.row_type = RowType::bf16;
  version_ = small_.write(directory_.path() / "v2");
  build_index(version_, 0, quick(IndexKind::hnsw), 1);
  const Index index = Index::open(version_, 0, IndexKind::hnsw);
  const ScoreFunction function = ScoreFunction::raw(version_);
  const Queries queries = queries_of(function, small_, 100);
  EXPECT_GE(recall(index.search(function, queries, {}),
                   Index::exact(version_, 0).search(function, queries, {})),
            0.93);
}

TEST_F(HnswIndex, BuiltByManyThreadsFindsAsMuch) {
  IndexOptions options = quick(IndexKind::hnsw);
  options.deterministic = false;
  EXPECT_GE(build_index(version_, 0, options, 4).recall[0].value, 0.95);
  Index::open(version_, 0, IndexKind::hnsw);
}

TEST_F(HnswIndex, InterruptedLeavesNothing) {
  StopFlag stop;
  stop.request();
  EXPECT_EQ(id_of([&] { build_index(version_, 0, quick(IndexKind::hnsw), 1, {}, stop); }),
            "index.cancelled");
  EXPECT_EQ(id_of([&] { build_index(version_, 0, quick(IndexKind::ivf_opq), 1, {}, stop); }),
            "index.cancelled");
  EXPECT_TRUE(indexes_of(version_).empty());
  EXPECT_FALSE(fs::exists(version_.path() / "indexes" / "user.hnsw.partial"));
}

TEST_F(HnswIndex, ARowThatIsNaNIsNamed) {
  small_.rows["user"][1005 * kDim] = std::nanf("");
  version_ = small_.write(directory_.path() / "v2");
  std::string message;
  EXPECT_EQ(id_of([&] { build_index(version_, 0, quick(IndexKind::hnsw), 2); }, &message),
            "index.not_finite");
  EXPECT_THAT(message, ::testing::HasSubstr("user, partition 1, row 5"));
}

TEST_F(HnswIndex, OptionsThatDoNotFitAreRefused) {
  IndexOptions options = quick(IndexKind::ivf_pq);
  options.code_bytes = 17;
  EXPECT_EQ(id_of([&] { build_index(version_, 0, options, 1); }), "index.options");
  options = quick(IndexKind::hnsw);
  options.relations = {"folow"};
  EXPECT_EQ(id_of([&] { build_index(version_, 0, options, 1); }), "schema.unknown_relation");
  SmallVersion few = SmallVersion::of_users(random_normals(50 * kDim, 1), kDim, {50});
  const ModelVersion small = few.write(directory_.path() / "v2");
  EXPECT_EQ(id_of([&] { build_index(small, 0, quick(IndexKind::ivf_pq), 1); }),
            "index.too_few_entities");
  EXPECT_GE(build_index(small, 0, quick(IndexKind::hnsw), 1).recall[0].value, 0.95);
}

// A build of a large type takes hours: what it would refuse at its end it refuses before it begins.
TEST_F(HnswIndex, RelationsThatItsQueriesCannotComeFromAreRefusedBeforeTheBuild) {
  SmallVersion two = small_;
  two.comparator = "l2";
  two.types.push_back({"item", {30}});
  two.rows["item"] = random_normals(30 * kDim, 5);
  two.relations = {{"follow", 0, 0, "diagonal", random_normals(kDim, 4)},
                   {"likes", 0, 1, "diagonal", random_normals(kDim, 6)}};
  const ModelVersion version = two.write(directory_.path() / "v2");
  bool begun = false;
  Observer observer;
  observer.progress = [&](const Progress&) { begun = true; };
  const auto refusal = [&](std::uint32_t type, const IndexOptions& options) {
    const std::string id = id_of([&] { build_index(version, type, options, 1, observer); });
    EXPECT_EQ(id_of([&] { check_index(version, type, options); }), id);
    return id;
  };
  IndexOptions options = quick(IndexKind::hnsw);
  options.relations = {"follow", "folow"};
  EXPECT_EQ(refusal(0, options), "schema.unknown_relation");
  options.relations = {"follow"};
  EXPECT_EQ(refusal(1, options), "index.foreign_relation");
  options.relations = {"likes"};
  EXPECT_EQ(refusal(0, options), "index.transformed_candidates");
  options.comparator = Comparator::cos;
  EXPECT_EQ(refusal(1, options), "index.options");
  EXPECT_EQ(refusal(1, quick(IndexKind::ivf_pq)), "index.too_few_entities");
  EXPECT_FALSE(begun);
  EXPECT_FALSE(fs::exists(version.path() / "indexes"));

  options.comparator = {};
  EXPECT_EQ(refusal(1, options), "no error");
  EXPECT_TRUE(begun);
}

TEST_F(HnswIndex, AnEstimateHasDiskAndMemoryOfWhatIsBuilt) {
  for (const IndexKind kind : {IndexKind::hnsw, IndexKind::ivf_pq}) {
    const IndexEstimate estimate = estimate_index(version_, 0, quick(kind), 1);
    const IndexInfo info = build_index(version_, 0, quick(kind), 1);
    EXPECT_NEAR(static_cast<double>(estimate.disk_bytes), static_cast<double>(info.num_bytes),
                0.3 * static_cast<double>(info.num_bytes));
    EXPECT_GT(estimate.seconds, 0.0);
    EXPECT_GT(estimate.memory_bytes, Index::open(version_, 0, kind).memory_bytes());
  }
}

// Each byte that is flipped is found before a library reads the file, and the error names it.
class DamagedIndex : public ::testing::TestWithParam<IndexKind> {};

TEST_P(DamagedIndex, IsAnErrorThatNamesTheFile) {
  const TestDirectory directory;
  const ModelVersion version = users("dot").write(directory.path() / "v1");
  const IndexKind kind = GetParam();
  build_index(version, 0, quick(kind), 1);
  const std::string name = kind == IndexKind::hnsw ? "graph.links" : "lists.ivf";
  const fs::path folder = version.path() / "indexes" / ("user." + std::string(enum_name(kind)));
  for (const std::string& file : {name, std::string("manifest.json")}) {
    const std::string whole = read_text(folder / file);
    Rng rng(1);
    for (int i = 0; i < 60; ++i) {
      std::string bad = whole;
      const std::size_t at = rng.below(bad.size());
      bad[at] = static_cast<char>(bad[at] ^ static_cast<char>(1 << rng.below(8)));
      // Neither spaces nor the case of hexadecimal digits mean anything there.
      const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
      const bool space = std::isspace(static_cast<unsigned char>(whole[at])) != 0;
      if (file == "manifest.json" && (space || lower(bad[at]) == lower(whole[at]))) continue;
      std::ofstream(folder / file, std::ios::binary) << bad;
      std::string message;
      const std::string id = id_of([&] { Index::open(version, 0, kind); }, &message);
      // Bytes between sections belong to none.
      if (file == name &&
          id_of([&] { Container::open(folder / file, "").verify(); }) == "no error") {
        continue;
      }
      EXPECT_NE(id, "no error") << file << ", byte " << at;
      EXPECT_THAT(message, ::testing::HasSubstr(folder.string())) << file << ", byte " << at;
    }
    std::ofstream(folder / file, std::ios::binary) << whole.substr(0, whole.size() / 2);
    EXPECT_NE(id_of([&] { Index::open(version, 0, kind); }), "no error");
    fs::remove(folder / file);
    EXPECT_NE(id_of([&] { Index::open(version, 0, kind); }), "no error");
    std::ofstream(folder / file, std::ios::binary) << whole;
  }
  EXPECT_EQ(id_of([&] { Index::open(version, 0, kind); }), "no error");
}

INSTANTIATE_TEST_SUITE_P(Kinds, DamagedIndex, ::testing::Values(IndexKind::hnsw, IndexKind::ivf_pq),
                         [](const auto& each) { return std::string(enum_name(each.param)); });

}  // namespace
}  // namespace twhin
