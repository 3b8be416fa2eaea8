#include "mixture/smoothing.h"

#include <algorithm>
#include <map>

#include "mixture/check_stop.h"
#include "mixture/shares.h"
#include "model/top_candidates.h"
#include "twhin/base/threads.h"

namespace twhin {
namespace {

/// (1 - lambda) own + lambda mean of the others; whole without an own.
std::vector<Component> mixed(const std::vector<Component>& own,
                             const std::vector<const std::vector<Component>*>& others,
                             float lambda) {
  if (others.empty()) return own;
  std::map<std::uint32_t, double> sums;
  const double of_own = own.empty() ? 0.0 : 1.0 - double{lambda};
  const double of_other = (own.empty() ? 1.0 : double{lambda}) / static_cast<double>(others.size());
  for (const Component& each : own) sums[each.cluster] += of_own * each.weight;
  for (const std::vector<Component>* other : others) {
    for (const Component& each : *other) sums[each.cluster] += of_other * each.weight;
  }
  std::vector<Component> out;
  for (const auto& [cluster, weight] : sums) {
    if (weight > 0.0) out.push_back({cluster, static_cast<float>(weight)});
  }
  return out;
}

}  // namespace

AllShares smooth(const AllShares& shares, const Rows& rows, const EntityType& type,
                 const SmoothingOptions& options, const Observer& observer, const StopFlag& stop) {
  constexpr std::size_t kUsersAtATime = 16384;
  const TypeLayout layout(type);
  const std::size_t dim = rows.dim();
  const ScoreFunction cosine = ScoreFunction::raw(Comparator::cos, dim);
  const ProductSpace space(rows, type, cosine, Side::rhs);
  std::vector<FlatId> active;  // users without engagements are nobody's neighbours
  for (FlatId u = 0; u < layout.size(); ++u)
    if (!shares[u].empty()) active.push_back(u);

  AllShares out(shares.size());
  std::vector<float> known(kUsersAtATime * dim), prepared(kUsersAtATime * space.width());
  Progress progress{"nearest users", 0, layout.size(), "users", {}};
  for (std::size_t first = 0; first < layout.size(); first += kUsersAtATime) {
    check_mixture_stop(stop);
    const std::size_t count = std::min<std::size_t>(kUsersAtATime, layout.size() - first);
    for (std::size_t i = 0; i < count; ++i) {
      rows.read(layout.id(static_cast<FlatId>(first + i)), known.data() + i * dim);
    }
    const MatrixView queries(prepared.data(), count, space.width());
    space.queries(
        cosine, Side::rhs, ConstMatrixView(known.data(), count, dim),
        [&](std::size_t i) {
          return describe_row(type, layout.id(static_cast<FlatId>(first + i)));
        },
        queries);
    ScoreJob job{space, {active, false}, queries};
    job.threads = options.threads;
    job.check_stop = [&] { check_mixture_stop(stop); };
    // One more, for the user itself.
    const auto found = top_candidates(job, options.num_neighbors + 1,
                                      [](std::size_t) { return std::span<const std::uint32_t>(); });
    parallel_for(count, options.threads, [&](std::size_t i) {
      const auto user = static_cast<FlatId>(first + i);
      std::vector<const std::vector<Component>*> others;
      for (const ScoredPlace& each : found[i]) {
        const FlatId other = job.candidates.id_at(each.place);
        if (other != user && others.size() < options.num_neighbors) {
          others.push_back(&shares[other]);
        }
      }
      out[user] = heaviest(mixed(shares[user], others, options.lambda), options.m);
    });
    progress.done += count;
    observer.report(progress);
  }
  return out;
}

}  // namespace twhin
