#include "candidates/small_disk.h"

#include "twhin/base/error.h"

namespace twhin {

SmallGraph small_network(const std::string& comparator, const std::string& op) {
  SmallGraph g;
  g.types = {{"user", kUsers, 3}, {"tweet", kTweets, 2}};
  g.dim = 6;
  g.comparator = comparator;
  const std::size_t num_params = op == "linear" ? 36 : 6;
  g.relations.resize(2);
  g.relations[0] = {"favorite", "user", "tweet", {}, false, op, random_normals(num_params, 1)};
  g.relations[1] = {"follow", "user", "user", {}, false, op, random_normals(num_params, 2)};
  for (std::uint32_t r = 0; r < 2; ++r) {
    const auto edges = random_edges(300, kUsers - 1, r == 0 ? kTweets : kUsers - 1, 7 + r);
    auto& split = g.relations[r].edges;
    split["train"] = {edges.begin(), edges.begin() + 240};
    split["valid"] = {edges.begin() + 240, edges.begin() + 270};
    split["test"] = {edges.begin() + 270, edges.end()};
  }
  g.rows["user"] = random_normals(kUsers * 6, 3);
  g.rows["tweet"] = random_normals(kTweets * 6, 4);
  return g;
}

SmallDisk::SmallDisk(const SmallGraph& small)
    : g(small),
      graph(g.write(directory.path() / "graph")),
      version(g.write_version(directory.path() / "models", graph)) {}

CandidateQuery SmallDisk::user(std::uint32_t number) const {
  CandidateQuery query;
  query.entity = g.id("user", number);
  return query;
}

std::vector<EntityId> SmallDisk::users() const {
  std::vector<EntityId> out;
  for (std::uint32_t n = 0; n < kUsers; ++n) out.push_back(g.id("user", n));
  return out;
}

std::vector<std::uint32_t> SmallDisk::numbers(const std::string& type,
                                              const CandidateList& list) const {
  std::vector<std::uint32_t> out;
  for (const Candidate& each : list.candidates) out.push_back(g.number(type, each.id));
  return out;
}

std::set<std::uint32_t> SmallDisk::known(std::size_t relation, std::uint32_t user,
                                         const std::vector<std::string>& splits) const {
  std::set<std::uint32_t> out;
  for (const std::string& split : splits) {
    for (const SmallEdge& edge : g.relations[relation].edges.at(split)) {
      if (edge.lhs == user) out.insert(edge.rhs);
    }
  }
  return out;
}

CandidateOptions by_relation(const std::string& relation, std::uint32_t k) {
  CandidateOptions options;
  options.relation = relation;
  options.k = k;
  options.threads = 2;
  return options;
}

CandidateList find_one(const CandidateGenerator& generator, const CandidateQuery& query) {
  CandidateCounts counts;
  return generator.find(std::vector{query}, counts).front();
}

std::string error_id(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.id();
  }
  return "";
}

}  // namespace twhin
