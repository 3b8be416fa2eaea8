#include <algorithm>

#include "twhin/base/threads.h"
#include "twhin/candidates/candidates.h"

namespace twhin {
namespace {

/// Tells how far all queries are from how far the search of some of them is.
Observer part_of(const Observer& observer, std::size_t first, std::size_t count, std::size_t all) {
  Observer out = observer;
  out.progress = [&observer, first, count, all](const Progress& part) {
    const double share =
        part.total == 0 ? 0.0 : static_cast<double>(part.done) / static_cast<double>(part.total);
    const auto done = static_cast<std::uint64_t>(share * static_cast<double>(count));
    observer.report({"finding candidates", first + done, all, "queries", {}});
  };
  return out;
}

}  // namespace

CandidateCounts for_each_list(const CandidateGenerator& generator, const QuerySource& queries,
                              const ListVisitor& visit, const Observer& observer,
                              const StopFlag& stop) {
  const std::size_t at_once =
      std::clamp<std::size_t>(generator.options().query_memory.value / generator.bytes_per_query(),
                              1, generator.most_at_once());
  CandidateCounts counts;
  std::vector<CandidateQuery> visited, asking;
  std::vector<CandidateList> found, finding;
  const auto hand_on = [&] {
    for (std::size_t i = 0; i < visited.size(); ++i) visit(visited[i], found[i]);
  };
  for (std::size_t first = 0; first < queries.size; first += at_once) {
    const std::size_t count = std::min(at_once, queries.size - first);
    asking.clear();
    for (std::size_t i = 0; i < count; ++i) asking.push_back(queries.query(first + i));
    run_threads(2, [&](std::size_t thread) {
      if (thread == 0) return hand_on();
      finding = generator.find(asking, counts, part_of(observer, first, count, queries.size), stop);
    });
    std::swap(visited, asking);
    std::swap(found, finding);
  }
  hand_on();
  if (queries.size > 0) {
    observer.report({"finding candidates", queries.size, queries.size, "queries", {}});
  }
  return counts;
}

}  // namespace twhin
