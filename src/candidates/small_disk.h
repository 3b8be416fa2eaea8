// A network of users and tweets on disk, with a version of a model of it, for tests.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "evaluate/small_graph.h"
#include "twhin/candidates/candidates.h"

namespace twhin {

inline constexpr std::uint32_t kUsers = 60, kTweets = 45;

/// Users follow users and favour tweets; some edges are held out. The last user has no edge.
SmallGraph small_network(const std::string& comparator, const std::string& op);

struct SmallDisk {
  explicit SmallDisk(const SmallGraph& small);

  CandidateQuery user(std::uint32_t number) const;
  std::vector<EntityId> users() const;
  std::vector<std::uint32_t> numbers(const std::string& type, const CandidateList& list) const;
  /// Ends that a user has by edges of a relation in splits.
  std::set<std::uint32_t> known(std::size_t relation, std::uint32_t user,
                                const std::vector<std::string>& splits) const;

  TestDirectory directory;
  SmallGraph g;
  Graph graph;
  ModelVersion version;
};

CandidateOptions by_relation(const std::string& relation, std::uint32_t k = 10);
CandidateList find_one(const CandidateGenerator& generator, const CandidateQuery& query);
/// Id of the Error that a body throws; "" if it does not.
std::string error_id(const std::function<void()>& body);

}  // namespace twhin
