#include "graph/import_fixture.h"
#include "graph/pbg_edges.h"

namespace twhin {
namespace {

using PbgFolder = ImportTest;

TEST_F(PbgFolder, CannotBeReadByABuildWithoutHdf5) {
  EXPECT_FALSE(has_hdf5());
  write("kg/edges_0_0.h5", "any");
  write("kg/entity_count_user_0.txt", "1\n");
  write("kg/entity_names_user_0.json", "[\"a\"]");
  EXPECT_EQ(error_of(kFollow + "sources: [{path: kg, format: pbg}]\n").id(), "graph.no_hdf5");
}

}  // namespace
}  // namespace twhin
