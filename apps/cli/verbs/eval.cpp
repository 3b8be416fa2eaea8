// twhin eval -- ranks held-out edges of a version, or judges what it recommends, and prints how
// well it does.
#include <fmt/format.h>

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/eval_page.h"
#include "cli/eval_text.h"
#include "cli/model_graph.h"
#include "cli/page_file.h"
#include "cli/user_labels.h"
#include "twhin/base/file.h"

namespace twhin::cli {
namespace {

/// A figure that may be asked to reach a number.
struct Figure {
  const char* option;
  std::string name;
  double value;
};

/// Exit status: whether all figures reach what the user wants. NaN reaches nothing.
int judge(const Args& args, const std::vector<Figure>& figures) {
  int status = kExitOk;
  for (const Figure& figure : figures) {
    const std::optional<double> wanted = args.number(figure.option);
    if (!wanted || figure.value >= *wanted) continue;
    args.observer().warn(fmt::format("{} {:.4f} is below {}", figure.name, figure.value, *wanted));
    status = kExitBelowThreshold;
  }
  return status;
}

void refuse_options(const Args& args, std::initializer_list<const char*> names,
                    const char* belong_to) {
  for (const char* name : names) {
    if (!args.given(name)) continue;
    throw ErrorBuilder(ErrorKind::invalid_argument, "cli.conflicting_options")
        .what(fmt::format("option \"--{}\" belongs to {}", name, belong_to))
        .hint("twhin help eval explains it")
        .build();
  }
}

template <class Result>
void print(const Args& args, const ModelVersion& version, const Result& result, std::ostream& out) {
  if (args.given("html")) write_text(args.text("html"), eval_page(version, result));
  out << (args.flag("json") ? to_json(result) + "\n" : to_text(result));
}

int run_comparison(const Args& args, const ModelVersion& version, const Graph& graph,
                   const EvalOptions& options, std::ostream& out) {
  const ModelVersion other = ModelVersion::open(args.text("against"));

  const EvalComparison result =
      compare(version, other, graph, options, args.observer(), args.stop());

  print(args, version, result, out);
  const metrics::RankingMetrics &ours = result.model.main().micro,
                                &theirs = result.other.main().micro;
  return judge(args, {{"min-mrr", "MRR", ours.mrr},
                      {"min-hits10", "Hits@10", ours.hits[2]},
                      {"min-gain", "the gain in MRR", ours.mrr - theirs.mrr}});
}

int run_ranking(const Args& args, const ModelVersion& version, std::ostream& out) {
  constexpr const char* kOther = "lists of recommendations: give --recommend RELATION too";
  args.refuse_options_of<RecommendOptions, EvalOptions>(kOther);
  refuse_options(args, {"min-recall", "min-ndcg", "groups"}, kOther);
  EvalOptions options = args.fields<EvalOptions>();
  options.threads = args.threads();
  if (args.given("num-candidates") && options.candidates == CandidateSet::all) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "cli.conflicting_options")
        .what("--num-candidates is the size of a sample, but all candidates are ranked")
        .hint("leave it out, or give --candidates uniform or prevalence")
        .build();
  }
  const Graph graph = open_graph_of(version, args.text("graph"));
  if (args.given("against")) return run_comparison(args, version, graph, options, out);
  refuse_options(args, {"min-gain"}, "a comparison: give --against MODEL too");

  const EvalResult result = evaluate(version, graph, options, args.observer(), args.stop());

  print(args, version, result, out);
  const metrics::RankingMetrics& figures = result.main().micro;
  return judge(args, {{"min-mrr", "MRR", figures.mrr}, {"min-hits10", "Hits@10", figures.hits[2]}});
}

int run_recommend(const Args& args, const ModelVersion& version, std::ostream& out) {
  constexpr const char* kOther = "the ranking of edges: leave --recommend out";
  args.refuse_options_of<EvalOptions, RecommendOptions>(kOther);
  refuse_options(args, {"min-mrr", "min-hits10", "against", "min-gain"}, kOther);
  const Graph graph = open_graph_of(version, args.text("graph"));
  RecommendOptions options = args.fields<RecommendOptions>();
  options.threads = args.threads();

  UserLabels labels;
  if (args.given("groups")) {
    const Vocabulary users = version.vocabulary(user_type(version.schema(), options));
    labels = read_user_labels(args.text("groups"), users, args.observer());
  }

  const RecommendResult result =
      recommend(version, graph, options, args.observer(), args.stop(), labels);

  print(args, version, result, out);
  const ListQuality& longest =
      *std::max_element(result.lists.begin(), result.lists.end(),
                        [](const auto& a, const auto& b) { return a.k < b.k; });
  return judge(args, {{"min-recall", fmt::format("recall@{}", longest.k), longest.metrics.recall},
                      {"min-ndcg", fmt::format("nDCG@{}", longest.k), longest.metrics.ndcg}});
}

int run_eval(const Args& args, std::ostream& out) {
  if (args.given("html")) check_folder(args.text("html"));
  const ModelVersion version = open_model(args);
  return args.given("recommend") ? run_recommend(args, version, out)
                                 : run_ranking(args, version, out);
}

}  // namespace

const Command kEval = {
    .name = "eval",
    .group = Group::evaluation,
    .summary =
        "rank held-out edges against all entities: MRR, Hits@k, mean rank; or judge "
        "recommendations",
    .arguments = {{"model", "MODEL", "a version, or a network: then its CURRENT version"}},
    .options = options_of<EvalOptions, RecommendOptions>(),
    .extra_options =
        {{"graph", "DIR", "the graph; the one that the version was trained on if left out"},
         {"against", "MODEL",
          "another version of the same graph: the differences, with intervals of the pairs"},
         {"min-gain", "X",
          "with --against: exit with status 3 if the MRR is not larger than the other's by X"},
         {"min-mrr", "X", "exit with status 3 if the MRR is below X"},
         {"min-hits10", "X", "exit with status 3 if Hits@10 is below X"},
         {"min-recall", "X",
          "with --recommend: exit with status 3 if the recall at the largest k is below X"},
         {"min-ndcg", "X",
          "with --recommend: exit with status 3 if nDCG at the largest k is below X"},
         {"groups", "FILE",
          "with --recommend: groups of users, a name and its group a line, divided by tab or "
          "comma"},
         {"html", "FILE", "also write a page with plots"},
         follow_option(),
         json_option()},
    .run = &run_eval,
};

}  // namespace twhin::cli
