#include "twhin/evaluate/recommend.h"

#include <algorithm>
#include <chrono>

#include "evaluate/check_stop.h"
#include "evaluate/item_lists.h"
#include "evaluate/list_judge.h"
#include "kernel/products.h"
#include "model/top_candidates.h"
#include "twhin/base/huge_buffer.h"
#include "twhin/base/threads.h"
#include "twhin/config/declared.h"

namespace twhin {
namespace {

/// Puts all items in order for some users at a time.
class Recommender {
 public:
  Recommender(const ScoringView& model, const ItemLists& lists, const RecommendOptions& options,
              std::size_t threads)
      : model_(model),
        lists_(lists),
        function_(model.relations[lists.relation]),
        wanted_(options.recommended),
        users_(model.schema->entities[lists.user_type]),
        space_(*model.rows[lists.item_type], model.schema->entities[lists.item_type], function_,
               options.recommended),
        threads_(threads) {}

  /// Of one user while the lists are made.
  std::size_t bytes_per_user(std::size_t k) const {
    return space_.width() * sizeof(float) + (threads_ + 2) * k * sizeof(ScoredPlace);
  }

  std::vector<std::vector<std::uint64_t>> lists(
      std::size_t first, std::size_t count, std::size_t k, const StopFlag& stop,
      const std::function<void(std::uint64_t)>& progress) const {
    HugeFloats queries(count * space_.width());
    const MatrixView prepared(queries.data(), count, space_.width());
    prepare(first, prepared);
    const CandidateList candidates = lists_.candidates();
    const PlaceLists excluded(candidates, count,
                              [&](std::size_t i) { return lists_.excluded[first + i]; });
    ScoreJob job{space_, candidates, prepared, threads_, [&] { check_stop(stop); }, progress};
    const auto best = top_candidates(job, k, [&](std::size_t i) { return excluded[i]; });
    std::vector<std::vector<std::uint64_t>> out(count);
    for (std::size_t i = 0; i < count; ++i) {
      for (const ScoredPlace& each : best[i]) out[i].push_back(candidates.id_at(each.place));
    }
    return out;
  }

 private:
  void prepare(std::size_t first, MatrixView out) const {
    constexpr std::size_t kAtOnce = kQueryBlock;
    const EntityType& type = model_.schema->entities[lists_.user_type];
    for_each_task((out.rows + kAtOnce - 1) / kAtOnce, threads_, [&](std::size_t task, std::size_t) {
      kernel::single_threaded_products();
      const std::size_t begin = task * kAtOnce, count = std::min(kAtOnce, out.rows - begin);
      const auto id = [&](std::size_t i) { return users_.id(lists_.users[first + begin + i]); };
      std::vector<float> rows(count * model_.dim());
      for (std::size_t i = 0; i < count; ++i) {
        model_.rows[lists_.user_type]->read(id(i), rows.data() + i * model_.dim());
      }
      space_.queries(
          function_, wanted_, ConstMatrixView(rows.data(), count, model_.dim()),
          [&](std::size_t i) { return describe_row(type, id(i)); }, out.middle_rows(begin, count));
    });
  }

  const ScoringView& model_;
  const ItemLists& lists_;
  const ScoreFunction& function_;
  Side wanted_;
  TypeLayout users_;
  ProductSpace space_;
  std::size_t threads_;
};

/// Those of lists.users that have no label are a group of their own.
Division divide_by_label(const ItemLists& lists, const TypeLayout& users,
                         const UserLabels& labels) {
  Division out{labels.by, labels.groups, {}};
  const auto others = static_cast<std::uint32_t>(out.names.size());
  std::vector<std::uint32_t> label_of(users.size(), others);
  for (const auto& [user, group] : labels.users) label_of[users.flat(user)] = group;
  for (const FlatId user : lists.users) out.of_target.push_back(label_of[user]);
  if (std::count(out.of_target.begin(), out.of_target.end(), others) > 0) {
    out.names.emplace_back("(no group)");
  }
  return out;
}

std::vector<Division> divide_users(const ItemLists& lists, const TypeLayout& users,
                                   const RecommendOptions& options, const UserLabels& labels) {
  std::vector<Division> out;
  if (!labels.groups.empty()) out.push_back(divide_by_label(lists, users, labels));
  if (options.user_groups > 0) {
    const std::vector<std::int64_t> degrees(lists.user_degree.begin(), lists.user_degree.end());
    out.push_back(divide_by_quantile("training edges", degrees, options.user_groups));
  }
  return out;
}

RecommendResult recommend(const ScoringView& model, EdgeSource source,
                          const RecommendOptions& options, const Observer& observer,
                          const StopFlag& stop, const UserLabels& labels) {
  config::Checker<RecommendOptions>::check(options, "recommend");
  model.validate();
  const ItemLists lists = make_item_lists(source, options, observer, stop);
  const std::size_t threads = options.threads == 0 ? num_hardware_threads() : options.threads;
  const std::size_t k = *std::max_element(options.k.begin(), options.k.end());

  const Recommender recommender(model, lists, options, threads);
  const TypeLayout users(model.schema->entities[lists.user_type]);
  const PopularItems popular(lists);
  ListJudge judge(model, lists, options, threads), popular_judge(model, lists, options, threads);
  RecommendResult out;
  Progress progress{"recommending", 0, lists.users.size() * lists.num_items(), "scores", {}};
  const std::size_t at_once = std::max<std::size_t>(
      1, options.query_memory.value / recommender.bytes_per_user(std::min(k, lists.num_items())));
  for (std::size_t first = 0; first < lists.users.size(); first += at_once) {
    const std::size_t count = std::min(at_once, lists.users.size() - first);
    const auto report = [&](std::uint64_t num_scores) {
      progress.done = out.num_scores + num_scores;
      observer.report(progress);
    };
    const auto start = std::chrono::steady_clock::now();
    const auto recommended = recommender.lists(first, count, k, stop, report);
    out.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    judge.add(first, recommended);
    popular_judge.add(first, popular.lists(first, count, k));
    out.num_scores += count * lists.num_items();
  }
  out.lists = judge.quality();
  out.popularity = popular_judge.quality();
  for (const Division& division : divide_users(lists, users, options, labels)) {
    const auto at_k = judge.groups(division), popularity_at_k = popular_judge.groups(division);
    out.breakdowns.push_back({division.by, {}});
    for (std::size_t g = 0; g < division.names.size(); ++g) {
      out.breakdowns.back().groups.push_back({division.names[g], at_k[g], popularity_at_k[g]});
    }
  }

  out.options = options;
  out.graph = source.graph().path().string();
  out.graph_checksum = source.graph().checksum();
  out.user_type = model.schema->entities[lists.user_type].name;
  out.item_type = model.schema->entities[lists.item_type].name;
  out.excluded = lists.excluded_splits;
  out.num_users = lists.users.size();
  out.num_asking = out.lists.front().metrics.num_lists;
  out.num_items = lists.num_items();
  out.num_relevant = lists.relevant.num_ids();
  out.num_known = lists.num_known;
  out.num_outside = lists.num_outside;
  out.num_unknown = lists.num_unknown;
  return out;
}

}  // namespace

RecommendResult recommend(const ScoringView& model, const Graph& graph,
                          const RecommendOptions& options, const Observer& observer,
                          const StopFlag& stop, const UserLabels& labels) {
  return recommend(model, EdgeSource(graph, *model.schema, {}), options, observer, stop, labels);
}

std::uint32_t user_type(const Schema& schema, const RecommendOptions& options) {
  const RelationType& relation = schema.relations[schema.relation(options.relation)];
  return options.recommended == Side::rhs ? relation.lhs : relation.rhs;
}

RecommendResult recommend(const ModelVersion& version, const Graph& graph,
                          const RecommendOptions& options, const Observer& observer,
                          const StopFlag& stop, const UserLabels& labels) {
  const OpenModel model(version);
  RecommendResult result =
      recommend(model.view(), edges_for(graph, version, observer), options, observer, stop, labels);
  result.model = version.path().string();
  result.model_checksum = version.checksum();
  return result;
}

}  // namespace twhin
