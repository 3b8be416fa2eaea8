#include "evaluate/ranker.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <tuple>

#include "evaluate/candidate_sample.h"
#include "evaluate/check_stop.h"
#include "kernel/count.h"
#include "kernel/products.h"
#include "model/score_blocks.h"
#include "twhin/base/error.h"
#include "twhin/base/huge_buffer.h"
#include "twhin/base/threads.h"

namespace twhin {
namespace {

/// Queries with the same candidates, prepared in the same way.
struct Group {
  std::uint32_t candidate_type = 0;
  std::optional<std::uint32_t> transform;
  std::vector<FlatId> sample;  // empty in exact mode
  std::vector<std::uint32_t> queries;
};

std::vector<Group> group_queries(const ScoringView& model, const EdgeSource& source,
                                 const QuerySet& set, const EvalOptions& options) {
  const bool sampled = options.candidates != CandidateSet::all;
  constexpr std::uint32_t kAny = ~std::uint32_t{0};
  // (type, relation that transforms, relation and side that a sample belongs to)
  using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, Side>;
  std::map<Key, Group> groups;
  for (std::uint32_t q = 0; q < set.num_queries(); ++q) {
    const Query& query = set.queries[q];
    const bool transform = model.relations[query.relation].transforms_candidates(query.side);
    const std::uint32_t type = candidate_type(*model.schema, query);
    const Key key(type, transform ? query.relation : kAny, sampled ? query.relation : kAny,
                  sampled ? query.side : Side::lhs);
    const auto [at, is_new] = groups.try_emplace(key);
    Group& group = at->second;
    if (is_new) {
      group.candidate_type = type;
      if (transform) group.transform = query.relation;
      if (sampled) {
        group.sample = sample_candidates(source, query.relation, query.side, options);
      }
    }
    group.queries.push_back(q);
  }
  std::vector<Group> out;
  for (auto& [key, group] : groups) out.push_back(std::move(group));
  return out;
}

ProductSpace space_of(const ScoringView& model, const Group& group) {
  const std::uint32_t type = group.candidate_type;
  return {*model.rows[type], model.schema->entities[type],
          group.transform ? model.relations[*group.transform]
                          : ScoreFunction::raw(model.comparator(), model.dim()),
          group.transform ? Side::lhs : Side::rhs};
}

/// Greater and equal of each target of a pass, as one thread has counted them.
struct Counts {
  std::vector<std::uint32_t> greater, equal;
  void resize(std::size_t num_targets) {
    greater.assign(num_targets, 0);
    equal.assign(num_targets, 0);
  }
};

/// Ranks some queries of one group: as many as the memory for query vectors holds.
class Pass {
 public:
  Pass(const ScoringView& model, const QuerySet& set, const EvalOptions& options,
       const ProductSpace& space, const CandidateList& candidates,
       std::span<const std::uint32_t> queries)
      : model_(model),
        set_(set),
        space_(space),
        candidates_(candidates),
        ids_(queries),
        known_(candidates, queries.size(), [this](std::size_t i) { return set_.known[ids_[i]]; }),
        threads_(num_threads(options)),
        filtered_(options.protocol != Protocol::raw),
        raw_(options.protocol != Protocol::filtered) {
    for (const std::uint32_t q : ids_) {
      first_.push_back(answers_.size());
      const auto answers = set_.answers_of(q);
      answers_.insert(answers_.end(), answers.begin(), answers.end());
    }
    first_.push_back(answers_.size());
  }

  std::uint64_t run(ScoreJob job, TargetRanks& out) {
    rows_ = HugeFloats(ids_.size() * space_.width());
    prepare_queries();
    score_targets();
    filtered_counts_.resize(filtered_ ? threads_ : 0);
    raw_counts_.resize(raw_ ? threads_ : 0);
    for (Counts& counts : filtered_counts_) counts.resize(answers_.size());
    for (Counts& counts : raw_counts_) counts.resize(answers_.size());
    job.queries = matrix();
    for_each_score_block(job, [&](const ScoreBlock& block) { visit(block); });
    for (std::size_t i = 0; i < ids_.size(); ++i) collect(i, out);
    return ids_.size() * job.num_candidates();
  }

 private:
  MatrixView matrix() { return {rows_.data(), ids_.size(), space_.width()}; }

  void prepare_queries() {
    constexpr std::size_t kAtOnce = 1024;
    for_each_task((ids_.size() + kAtOnce - 1) / kAtOnce, threads_,
                  [&](std::size_t task, std::size_t) {
                    kernel::single_threaded_products();
                    const std::size_t end = std::min((task + 1) * kAtOnce, ids_.size());
                    for (std::size_t begin = task * kAtOnce; begin < end;) {
                      begin = prepare_run(begin, end);
                    }
                  });
  }

  /// Prepares the queries from `begin` on that share relation and side; returns their end.
  std::size_t prepare_run(std::size_t begin, std::size_t limit) {
    const Query& first = set_.queries[ids_[begin]];
    std::size_t end = begin;
    while (end < limit && set_.queries[ids_[end]].relation == first.relation &&
           set_.queries[ids_[end]].side == first.side) {
      ++end;
    }
    const Schema& schema = *model_.schema;
    const std::uint32_t type = fixed_type(schema, first);
    const TypeLayout layout(schema.entities[type]);
    const auto id = [&](std::size_t i) { return layout.id(set_.queries[ids_[i]].fixed); };
    std::vector<float> fixed((end - begin) * model_.dim());
    for (std::size_t i = begin; i < end; ++i) {
      model_.rows[type]->read(id(i), fixed.data() + (i - begin) * model_.dim());
    }
    const auto describe = [&](std::size_t i) {
      return describe_row(schema.entities[type], id(begin + i)) + ", in relation " +
             schema.relations[first.relation].name;
    };
    space_.queries(model_.relations[first.relation], first.side,
                   ConstMatrixView(fixed.data(), end - begin, model_.dim()), describe,
                   matrix().middle_rows(begin, end - begin));
    return end;
  }

  /// The scores that the candidates are compared with, from the same products.
  void score_targets() {
    scores_.resize(answers_.size());
    std::vector<std::size_t> query_of;  // of each target
    for (std::size_t i = 0; i < ids_.size(); ++i) query_of.resize(first_[i + 1], i);
    for_each_task(
        (answers_.size() + kChunk - 1) / kChunk, threads_, [&](std::size_t task, std::size_t) {
          kernel::single_threaded_products();
          ProductSpace::Workspace workspace;
          PackedCandidates packed;
          const std::size_t first = task * kChunk;
          const std::size_t count = std::min(kChunk, answers_.size() - first);
          packed.pack(space_.candidates(std::span(answers_).subspan(first, count), workspace));
          for (std::size_t t = first; t < first + count; ++t) {
            scores_[t] = packed.score(rows_.data() + query_of[t] * space_.width(), t - first);
          }
        });
  }

  void visit(const ScoreBlock& block) {
    const std::size_t first = block.first_candidate, end = first + block.scores.cols;
    for (std::size_t row = 0; row < block.scores.rows; ++row) {
      const std::size_t i = block.first_query + row;
      float* scores = block.scores.row(row);
      check_own_scores(i, first, end, scores);
      if (raw_) count(scores, block.scores.cols, i, raw_counts_[block.thread]);
      if (filtered_) {
        strike_out(scores, block.scores.cols, first, known_[i]);
        count(scores, block.scores.cols, i, filtered_counts_[block.thread]);
      }
    }
  }

  void count(const float* scores, std::size_t n, std::size_t i, Counts& counts) const {
    for (std::size_t t = first_[i]; t < first_[i + 1]; ++t) {
      const kernel::Comparison found = kernel::compare(scores, n, scores_[t]);
      counts.greater[t] += static_cast<std::uint32_t>(found.greater);
      counts.equal[t] += static_cast<std::uint32_t>(found.equal);
    }
  }

  /// Ties mean something only if a target ties with itself.
  void check_own_scores(std::size_t i, std::size_t first, std::size_t end,
                        const float* scores) const {
    for (std::size_t t = first_[i]; t < first_[i + 1]; ++t) {
      const auto [own, own_end] = candidates_.places_of(answers_[t]);
      for (std::size_t place = own; place < own_end; ++place) {
        if (place < first || place >= end || scores[place - first] == scores_[t]) continue;
        throw ErrorBuilder(ErrorKind::internal, "evaluate.unstable_score")
            .what("the score of one pair has different bits in different blocks")
            .found(fmt::format("{} and {}", scores[place - first], scores_[t]))
            .build();
      }
    }
  }

  /// Sums up what the threads have counted for the targets of query i.
  void collect(std::size_t i, TargetRanks& out) const {
    const std::size_t num_candidates =
        candidates_.all ? space_.num_candidates() : candidates_.ids.size();
    for (std::size_t t = first_[i]; t < first_[i + 1]; ++t) {
      const std::size_t target = set_.first_target[ids_[i]] + (t - first_[i]);
      const auto sum = [&](const std::vector<Counts>& all) {
        metrics::RankCounts counts;
        for (const Counts& part : all) {
          counts.greater += part.greater[t];
          counts.equal += part.equal[t];
        }
        return counts;
      };
      if (filtered_) {
        out.filtered[target] = sum(filtered_counts_);
        out.filtered[target].candidates = num_candidates - known_[i].size();
      }
      if (raw_) {
        const auto [own, own_end] = candidates_.places_of(answers_[t]);
        out.raw[target] = sum(raw_counts_);
        out.raw[target].equal -= own_end - own;
        out.raw[target].candidates = num_candidates - (own_end - own);
      }
    }
  }

  const ScoringView& model_;
  const QuerySet& set_;
  const ProductSpace& space_;
  CandidateList candidates_;
  std::span<const std::uint32_t> ids_;  // of the set's queries
  PlaceLists known_;                    // of query i
  std::size_t threads_;
  bool filtered_, raw_;

  std::vector<std::size_t> first_;  // targets of query i: [first_[i], first_[i + 1])
  std::vector<FlatId> answers_;
  std::vector<float> scores_;
  HugeFloats rows_;
  std::vector<Counts> filtered_counts_, raw_counts_;
};

}  // namespace

std::size_t num_threads(const EvalOptions& options) {
  return options.threads == 0 ? num_hardware_threads() : options.threads;
}

TargetRanks rank_targets(const ScoringView& model, const EdgeSource& source, const QuerySet& set,
                         const EvalOptions& options, const Observer& observer,
                         const StopFlag& stop) {
  TargetRanks out;
  if (options.protocol != Protocol::raw) out.filtered.resize(set.num_targets());
  if (options.protocol != Protocol::filtered) out.raw.resize(set.num_targets());

  const bool all = options.candidates == CandidateSet::all;
  const std::vector<Group> groups = group_queries(model, source, set, options);
  Progress progress{"ranking", 0, 0, "scores", {}};
  for (const Group& group : groups) {
    const std::uint64_t num_candidates =
        all ? source.layout(group.candidate_type).size() : group.sample.size();
    progress.total += group.queries.size() * num_candidates;
  }
  for (const Group& group : groups) {
    const ProductSpace space = space_of(model, group);
    const CandidateList candidates{group.sample, all};
    const std::size_t at_once =
        std::max<std::size_t>(1, options.query_memory.value / (space.width() * sizeof(float)));
    for (std::size_t begin = 0; begin < group.queries.size(); begin += at_once) {
      const std::size_t count = std::min(at_once, group.queries.size() - begin);
      Pass pass(model, set, options, space, candidates,
                std::span(group.queries).subspan(begin, count));
      ScoreJob job{space, candidates, {}, num_threads(options), [&] { check_stop(stop); }};
      job.progress = [&](std::uint64_t num_scores) {
        Progress now = progress;
        now.done = out.num_scores + num_scores;
        observer.report(now);
      };
      out.num_scores += pass.run(job, out);
    }
  }
  return out;
}

}  // namespace twhin
