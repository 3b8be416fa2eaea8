// index/search.h -- searching the rows of a type by whatever finds near ones, with exclusions.
#pragma once

#include <memory>

#include "index/searcher.h"
#include "twhin/index/index.h"

namespace twhin {

/// What is searched.
struct SearchTarget {
  EntityType type;
  std::shared_ptr<const Rows> rows;
  std::shared_ptr<const Searcher> searcher;  ///< none: exact search
  std::uint32_t effort = 0;                  ///< that is enough for `effort_k` near rows
  std::uint32_t effort_k = 1;
  std::uint32_t rescored = 1;  ///< near rows that are scored for each that is wanted
};

/// Index::search, once it is known that the target answers the function's queries.
Hits search_target(const SearchTarget& target, const ScoreFunction& function,
                   const Queries& queries, const SearchOptions& options, const Observer& observer,
                   const StopFlag& stop);

}  // namespace twhin
