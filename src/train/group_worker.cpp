#include "train/group_worker.h"

#include <algorithm>
#include <numeric>

#include "kernel/elementwise.h"
#include "model/pull.h"
#include "train/earlier_rows.h"

namespace twhin::training {

GroupInput::GroupInput(const GroupLimits& limits) {
  chosen_.reserve(limits.num_positives);
  ids_.reserve(limits.num_rows());
  weights_.reserve(limits.num_positives);
}

void GroupInput::choose(const GroupPlan& plan, std::uint64_t n) {
  number_ = n;
  range_ = plan.group(n);
  const EdgeSpan& edges = range_.edges->edges;
  chosen_.resize(range_.count);
  for (std::size_t i = 0; i < range_.count; ++i) {
    const std::uint64_t place = (*range_.order)(range_.first + i);
    const EdgeSelection* selection = range_.edges->selection.get();
    const std::uint64_t edge = selection == nullptr ? place : selection->edge(place);
    chosen_[i] = edge;
    __builtin_prefetch(edges.lhs.data() + edge);
    __builtin_prefetch(edges.rhs.data() + edge);
    if (!edges.weight.empty()) __builtin_prefetch(edges.weight.data() + edge);
  }
}

namespace {

// The entities that replace one end of a group's edges.
void append_replacements(SideNegatives side, std::uint32_t num_uniform, const Part& own,
                         const IdRanges& candidates, Rng& rng, std::vector<std::uint32_t>& ids) {
  if (side == SideNegatives::all) {
    const std::size_t first = ids.size();
    ids.resize(first + own.num_rows());
    std::iota(ids.begin() + static_cast<std::ptrdiff_t>(first), ids.end(), own.first());
  } else {
    for (std::uint32_t k = 0; k < num_uniform; ++k) ids.push_back(candidates.draw(rng));
  }
}

}  // namespace

void GroupInput::fill(const GroupPlan& plan, const NegativesOptions& options) {
  const RelationEdges& r = *range_.edges;
  const EdgeSpan& edges = r.edges;
  const PassKey& key = plan.key();
  // One stream for the pass's (bucket, chunk), one number of it for the group: a stream of its own.
  const Rng pass(key.seed, RngPurpose::negatives, key.epoch, key.bucket_word(), key.chunk);
  Rng rng(pass.at(number_), RngPurpose::negatives);

  ids_.clear();
  const std::uint32_t lhs_first = r.lhs->first(), rhs_first = r.rhs->first();
  for (const std::uint64_t edge : chosen_) ids_.push_back(lhs_first + edges.lhs[edge]);
  append_replacements(r.relation->lhs_negatives, options.num_lhs_uniform(r.relation->lhs_negatives),
                      *r.lhs, *r.lhs_candidates, rng, ids_);
  num_lhs_ = ids_.size();
  for (const std::uint64_t edge : chosen_) ids_.push_back(rhs_first + edges.rhs[edge]);
  append_replacements(r.relation->rhs_negatives, options.num_rhs_uniform(r.relation->rhs_negatives),
                      *r.rhs, *r.rhs_candidates, rng, ids_);
  num_rhs_ = ids_.size() - num_lhs_;
  kernel::prefetch(r.lhs->memory().rows(), lhs_ids());
  kernel::prefetch(r.rhs->memory().rows(), rhs_ids());

  weights_.clear();
  if (!edges.weight.empty()) {
    for (const std::uint64_t edge : chosen_) weights_.push_back(edges.weight[edge]);
  }
  if (r.selection && r.selection->is_weighted()) {
    if (weights_.empty()) weights_.assign(chosen_.size(), 1.0f);
    for (std::size_t i = 0; i < chosen_.size(); ++i) {
      weights_[i] *= r.selection->weight((*range_.order)(range_.first + i));
    }
  }
}

GroupOutput::GroupOutput(const GroupLimits& limits)
    : gradients_(limits.num_rows() * limits.dim),
      params_(limits.num_params),
      globals_(2 * limits.dim),
      lhs_sums_(limits.num_rows()),
      rhs_sums_(limits.num_positives + limits.num_rhs_uniform) {}

RowUpdater::RowUpdater(const UpdateOptions& options, const GroupLimits& limits)
    : options_(options), rows_(options.max_norm ? limits.num_rows() * limits.dim : 0) {}

void RowUpdater::update(RowMemory& memory, const kernel::RowGradients& gradients,
                        float learning_rate, kernel::RoundingBits bits) {
  const kernel::SharedRows all = memory.rows();
  switch (options_.optimizer) {
    case Optimizer::row_adagrad:
      kernel::update_row_adagrad(all, memory.state().data, gradients, learning_rate,
                                 kAdagradEpsilon, bits);
      break;
    case Optimizer::adagrad:
      kernel::update_adagrad(all, memory.state(), gradients, learning_rate, kAdagradEpsilon, bits);
      break;
    case Optimizer::sgd:
      kernel::update_sgd(all, gradients, learning_rate, bits);
      break;
  }
  if (options_.max_norm && !gradients.ids.empty()) {
    const MatrixView rows(rows_.data(), gradients.ids.size(), memory.format().dim);
    kernel::gather(all, gradients.ids, rows);
    if (limit_norms(rows, *options_.max_norm) > 0) kernel::store(all, gradients.ids, rows);
  }
}

GroupWorker::GroupWorker(const GroupStepOptions& step, bool reciprocal, const GroupLimits& limits)
    : step_(step),
      reciprocal_(reciprocal),
      rows_(limits.num_rows() * limits.dim),
      earlier_(limits.pulled ? limits.num_rows() * limits.dim : 0),
      known_gradients_(reciprocal ? 2 * limits.num_positives * limits.dim : 0),
      params_(limits.num_params),
      global_(limits.dim),
      pull_weights_(limits.pulled ? limits.num_rows() : 0) {
  const std::size_t most_uniform = std::max(limits.num_lhs_uniform, limits.num_rhs_uniform);
  step_.reserve(limits.num_positives, reciprocal ? 0 : limits.num_lhs_uniform,
                reciprocal ? most_uniform : limits.num_rhs_uniform, limits.dim);
}

// Two steps that replace the rhs only: from the lhs through the relation's operator, and, with the
// ends exchanged, from the rhs through its reciprocal one. A positive's row takes part in both.
GroupResult GroupWorker::run_reciprocal(const Group& group, const GroupGradients& gradients) {
  const std::size_t num = group.num_positives, dim = group.lhs.cols;
  const std::size_t one = group.params.size() / 2;
  const MatrixView known(known_gradients_.data(), 2 * num, dim);
  const MatrixView known_lhs = known.middle_rows(0, num), known_rhs = known.middle_rows(num, num);
  GroupResult sum;
  const auto step = [&](const Group& side, const GroupGradients& out) {
    if (side.rhs_negatives == SideNegatives::none) {
      for (const MatrixView& rows : {out.lhs, out.rhs}) {
        for (std::size_t i = 0; i < rows.rows; ++i) std::fill_n(rows.row(i), dim, 0.0f);
      }
      std::fill(out.params.begin(), out.params.end(), 0.0f);
      return;
    }
    const GroupResult result = step_.run(side, out);
    sum.loss += result.loss;
    sum.penalty += result.penalty;
    sum.num_masked += result.num_masked;
  };
  const auto add = [&](ConstMatrixView more, const MatrixView& rows) {
    for (std::size_t i = 0; i < num; ++i) kernel::axpy(1.0f, more.row(i), rows.row(i), dim);
  };

  Group lhs_wanted = group;
  lhs_wanted.lhs = group.rhs.middle_rows(0, num);
  lhs_wanted.lhs_ids = group.rhs_ids.first(num);
  lhs_wanted.rhs = group.lhs;
  lhs_wanted.rhs_ids = group.lhs_ids;
  lhs_wanted.params = group.params.last(one);
  lhs_wanted.known_edges = known_lhs_;
  lhs_wanted.lhs_negatives = SideNegatives::none;
  lhs_wanted.rhs_negatives = group.lhs_negatives;

  Group rhs_wanted = group;
  rhs_wanted.lhs = group.lhs.middle_rows(0, num);
  rhs_wanted.lhs_ids = group.lhs_ids.first(num);
  rhs_wanted.params = group.params.first(one);
  rhs_wanted.lhs_negatives = SideNegatives::none;

  step(rhs_wanted, {known_lhs, gradients.rhs, gradients.params.first(one)});
  step(lhs_wanted, {known_rhs, gradients.lhs, gradients.params.last(one)});
  add(known_lhs, gradients.lhs);
  add(known_rhs, gradients.rhs);
  return sum;
}

// The entries of the group's matrix that are known edges: of a reciprocal run's two matrices, or of
// the one that both sides share, where the second search has the uniform rows of the lhs only.
void GroupWorker::find_known(const GroupInput& input) {
  known_rhs_.clear();
  known_lhs_.clear();
  const RelationEdges& r = input.edges();
  if (!r.known) return;
  const SideNegatives lhs = r.relation->lhs_negatives, rhs = r.relation->rhs_negatives;
  const std::size_t num = input.num_positives();
  const auto lhs_ids = input.lhs_ids(), rhs_ids = input.rhs_ids();
  const bool rhs_batch = has_batch(rhs) || (has_batch(lhs) && !reciprocal_);
  known_finder_.find(*r.known, Side::rhs, lhs_ids.first(num),
                     {rhs_ids, rhs_batch, rhs == SideNegatives::all, r.rhs->first()}, known_rhs_);
  known_finder_.find(
      *r.known, Side::lhs, rhs_ids.first(num),
      {lhs_ids, has_batch(lhs) && reciprocal_, lhs == SideNegatives::all, r.lhs->first()},
      known_lhs_);
  if (reciprocal_) return;
  for (const kernel::MaskedEntry& entry : known_lhs_) {
    known_rhs_.push_back({entry.target, entry.source});
  }
}

void GroupWorker::add_globals(const TrainedRelation& relation, const RelationTable& relations,
                              const MatrixView& lhs, const MatrixView& rhs) {
  const auto add = [&](std::uint32_t type, const MatrixView& rows) {
    relations.read_global(type, global_);
    for (std::size_t i = 0; i < rows.rows; ++i) {
      kernel::axpy(1.0f, global_.data(), rows.row(i), rows.cols);
    }
  };
  add(relation.lhs, lhs);
  add(relation.rhs, rhs);
}

namespace {

// d loss / d (vector that is added to all rows) += the sum of the rows' gradients.
void add_rows(ConstMatrixView gradients, std::span<float> sum) {
  for (std::size_t i = 0; i < gradients.rows; ++i) {
    kernel::axpy(1.0f, gradients.row(i), sum.data(), gradients.cols);
  }
}

}  // namespace

// Rows here have their types' global embeddings added, and so have those that they are pulled to.
double GroupWorker::add_pulls(const GroupInput& input, const Group& group,
                              const RelationTable& relations, const GroupGradients& gradients) {
  const RelationEdges& r = input.edges();
  double penalty = 0.0;
  const auto pull_side = [&](const Part& part, std::uint32_t type, ConstMatrixView rows,
                             std::span<const std::uint32_t> ids, const MatrixView& gradient) {
    const EarlierTable* earlier = part.memory().earlier();
    if (earlier == nullptr) return;
    const std::span<float> weights(pull_weights_.data(), ids.size());
    pull_weights(group.relation_weight, group.edge_weights, group.num_positives, weights);
    const MatrixView previous(earlier_.data(), ids.size(), rows.cols);
    const float pull = earlier->read(ids, weights, previous);
    for (std::size_t k = 0; relations.has_globals() && k < ids.size(); ++k) {
      if (weights[k] == 0.0f) continue;
      kernel::axpy(1.0f, relations.global_before(type).data(), previous.row(k), rows.cols);
    }
    penalty += add_pull(pull, weights, rows, previous, gradient);
  };
  pull_side(*r.lhs, r.relation->lhs, group.lhs, group.lhs_ids, gradients.lhs);
  pull_side(*r.rhs, r.relation->rhs, group.rhs, group.rhs_ids, gradients.rhs);
  const std::span<const float> before = relations.before(r.share.relation);
  if (before.empty() || r.relation->pull == 0.0f) return penalty;
  const float weight = pull_weights(group.relation_weight, group.edge_weights, group.num_positives,
                                    {pull_weights_.data(), group.num_positives});
  const std::size_t n = before.size();
  return penalty + add_pull(r.relation->pull, {&weight, 1}, {group.params.data(), 1, n},
                            {before.data(), 1, n}, {gradients.params.data(), 1, n});
}

void GroupWorker::compute(const GroupInput& input, const RelationTable& relations,
                          GroupOutput& out) {
  const RelationEdges& r = input.edges();
  const std::size_t dim = r.lhs->format().dim;
  const std::size_t num_lhs = input.lhs_ids().size(), num_rhs = input.rhs_ids().size();
  const std::size_t num_params = relations.num_params(r.share.relation);
  const MatrixView rows(rows_.data(), num_lhs + num_rhs, dim);
  const MatrixView gradients(out.gradients_.data(), num_lhs + num_rhs, dim);
  const MatrixView lhs = rows.middle_rows(0, num_lhs), rhs = rows.middle_rows(num_lhs, num_rhs);
  kernel::gather(r.lhs->memory().rows(), input.lhs_ids(), lhs);
  kernel::gather(r.rhs->memory().rows(), input.rhs_ids(), rhs);
  relations.read(r.share.relation, params_);
  if (relations.has_globals()) add_globals(*r.relation, relations, lhs, rhs);

  Group group;
  group.num_positives = input.num_positives();
  group.lhs = lhs;
  group.rhs = rhs;
  group.lhs_ids = input.lhs_ids();
  group.rhs_ids = input.rhs_ids();
  group.op = r.relation->options.op;
  group.params = {params_.data(), num_params};
  group.relation_weight = r.relation->weight;
  group.edge_weights = input.weights();
  group.lhs_negatives = r.relation->lhs_negatives;
  group.rhs_negatives = r.relation->rhs_negatives;
  find_known(input);
  group.known_edges = known_rhs_;
  const MatrixView d_lhs = gradients.middle_rows(0, num_lhs);
  const MatrixView d_rhs = gradients.middle_rows(num_lhs, num_rhs);
  const GroupGradients parts{d_lhs, d_rhs, {out.params_.data(), num_params}};
  out.result = reciprocal_ ? run_reciprocal(group, parts) : step_.run(group, parts);
  out.params = {out.params_.data(), num_params};
  if (!pull_weights_.empty()) out.result.penalty += add_pulls(input, group, relations, parts);

  if (relations.has_globals()) {
    std::fill(out.globals_.begin(), out.globals_.end(), 0.0f);
    const std::span<float> both(out.globals_), of_lhs = both.first(dim), of_rhs = both.last(dim);
    const bool one_type = r.relation->lhs == r.relation->rhs;
    add_rows(d_lhs, of_lhs);
    add_rows(d_rhs, one_type ? of_lhs : of_rhs);
    out.lhs_global = of_lhs;
    out.rhs_global = one_type ? std::span<float>() : of_rhs;
  }

  // A row that stands on both sides is one row: its step is taken by the sum of both gradients.
  if (&r.lhs->memory() == &r.rhs->memory()) {
    out.lhs = out.lhs_sums_.coalesce(input.ids(), gradients);
    out.rhs = {};
    out.rhs.gradient = MatrixView(nullptr, 0, dim);
  } else {
    out.lhs = out.lhs_sums_.coalesce(input.lhs_ids(), d_lhs);
    out.rhs = out.rhs_sums_.coalesce(input.rhs_ids(), d_rhs);
  }
}

}  // namespace twhin::training
