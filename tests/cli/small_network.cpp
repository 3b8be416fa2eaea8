// twhin_small_network DIR -- writes DIR/graph and a model of it, DIR/models/all/v1, for tests of
// verbs.
//
// 40 users, 25 tweets in 3 partitions each; follow (user to user, with timestamps, translation) and
// favorite (user to tweet, diagonal); dim 4, dot. Further arguments seed the model, and say how
// many partitions there are.
#include <cstdlib>
#include <iostream>

#include "evaluate/small_graph.h"

int main(int argc, char** argv) {
  using namespace twhin;
  if (argc < 2) {
    std::cerr << "usage: twhin_small_network DIR [SEED [PARTITIONS]]\n";
    return 2;
  }
  const std::filesystem::path out = argv[1];
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const auto partitions =
      argc > 3 ? static_cast<std::uint32_t>(std::strtoul(argv[3], nullptr, 10)) : 3;
  SmallGraph g;
  g.dim = 4;
  g.types = {{"user", 40, partitions}, {"tweet", 25, partitions}};
  g.relations.resize(2);
  g.relations[0] = {"follow", "user", "user", {}, true, "translation", random_normals(4, seed)};
  g.relations[1] = {
      "favorite", "user", "tweet", {}, false, "diagonal", random_normals(4, seed + 1)};
  for (std::uint32_t r = 0; r < 2; ++r) {
    const auto edges = random_edges(150, 40, r == 0 ? 40 : 25, 7 + r);
    auto& split = g.relations[r].edges;
    split["train"] = {edges.begin(), edges.begin() + 100};
    split["valid"] = {edges.begin() + 100, edges.begin() + 120};
    split["test"] = {edges.begin() + 120, edges.end()};
  }
  g.rows["user"] = random_normals(40 * 4, seed + 2);
  g.rows["tweet"] = random_normals(25 * 4, seed + 3);
  g.write_version(out / "models", g.write(out / "graph"));
  return 0;
}
