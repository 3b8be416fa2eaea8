// evaluate/item_lists.h -- who asks, what is asked for and what is not: recommendation without a
// model.
#pragma once

#include <cstdint>
#include <vector>

#include "evaluate/edge_source.h"
#include "evaluate/id_lists.h"
#include "model/score_blocks.h"
#include "twhin/evaluate/recommend.h"

namespace twhin {

struct ItemLists {
  std::uint32_t relation = 0, user_type = 0, item_type = 0;
  std::vector<std::string> excluded_splits;
  std::vector<FlatId> users;  ///< ascending; list u of the following belongs to users[u]
  IdLists relevant;           ///< held-out items that are asked for
  IdLists excluded;           ///< items that are not recommended, the user among them
  std::vector<std::uint32_t> user_degree;  ///< training edges of each of users
  std::vector<double> popularity;          ///< training edges of each item of the type
  std::vector<FlatId> items;               ///< that compete, ascending; empty if all of the type do
  bool all_items = true;
  std::uint64_t num_known = 0, num_outside = 0, num_unknown = 0;

  std::size_t num_items() const { return all_items ? popularity.size() : items.size(); }
  CandidateList candidates() const { return {items, all_items}; }
};

/// Errors    as recommend().
ItemLists make_item_lists(EdgeSource& source, const RecommendOptions& options,
                          const Observer& observer, const StopFlag& stop);

/// The same list for everybody but for what each already has: items by training edges, equal ones
/// by id. Borrows the lists.
class PopularItems {
 public:
  explicit PopularItems(const ItemLists& lists);
  /// At most k items for each of the users [first, first + count).
  std::vector<std::vector<std::uint64_t>> lists(std::size_t first, std::size_t count,
                                                std::size_t k) const;

 private:
  const ItemLists& lists_;
  std::vector<FlatId> order_;
};

}  // namespace twhin
