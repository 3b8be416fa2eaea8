// Folders of PyTorch-BigGraph, written here through HDF5's own library.
#include <gmock/gmock.h>
#include <hdf5.h>

#include "graph/import_fixture.h"
#include "graph/pbg_edges.h"
#include "twhin/graph/estimate.h"

namespace twhin {
namespace {

using ::testing::HasSubstr;

struct Triple {
  std::int64_t lhs, rel, rhs;
};

class PbgFolder : public ImportTest {
 protected:
  struct Layout {
    hsize_t chunk = 0;  // rows; 0: contiguous
    bool compressed = false;
    hid_t type = H5T_STD_I64LE;
    std::int64_t version = 1;
    std::size_t missing_rhs = 0;  // rows that rhs is shorter
  };

  static void write_list(hid_t file, const char* name, const std::vector<std::int64_t>& values,
                         const Layout& layout) {
    const hsize_t size = values.size(), no_limit = H5S_UNLIMITED;
    const hid_t space = H5Screate_simple(1, &size, layout.chunk > 0 ? &no_limit : nullptr);
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    if (layout.chunk > 0) H5Pset_chunk(properties, 1, &layout.chunk);
    if (layout.compressed) H5Pset_deflate(properties, 4);
    const hid_t data =
        H5Dcreate2(file, name, layout.type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    if (!values.empty()) {
      EXPECT_GE(H5Dwrite(data, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
    }
    H5Dclose(data);
    H5Pclose(properties);
    H5Sclose(space);
  }

  void write_edges(const std::string& name, const std::vector<Triple>& edges,
                   const Layout& layout) const {
    std::filesystem::create_directories((dir_ / name).parent_path());
    std::vector<std::int64_t> lhs, rel, rhs;
    for (const Triple& edge : edges) {
      lhs.push_back(edge.lhs);
      rel.push_back(edge.rel);
      rhs.push_back(edge.rhs);
    }
    rhs.resize(rhs.size() - layout.missing_rhs);
    const hid_t file = H5Fcreate((dir_ / name).c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    ASSERT_GE(file, 0);
    const hid_t scalar = H5Screate(H5S_SCALAR);
    const hid_t version =
        H5Acreate2(file, "format_version", H5T_STD_I64LE, scalar, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(version, H5T_NATIVE_INT64, &layout.version);
    H5Aclose(version);
    H5Sclose(scalar);
    write_list(file, "lhs", lhs, layout);
    write_list(file, "rel", rel, layout);
    write_list(file, "rhs", rhs, layout);
    H5Fclose(file);
  }
  void write_edges(const std::string& name, const std::vector<Triple>& edges) const {
    write_edges(name, edges, {});
  }
  /// Adds the weights of a file's edges.
  void add_weights(const std::string& name, const std::vector<double>& weights,
                   hid_t type = H5T_IEEE_F32LE) const {
    const hid_t file = H5Fopen((dir_ / name).c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    ASSERT_GE(file, 0);
    const hsize_t size = weights.size();
    const hid_t space = H5Screate_simple(1, &size, nullptr);
    const hid_t data =
        H5Dcreate2(file, "weight", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    ASSERT_GE(H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, weights.data()), 0);
    H5Dclose(data);
    H5Sclose(space);
    H5Fclose(file);
  }
  /// What an import warns of.
  std::vector<std::string> warnings_of(const std::string& yaml) const {
    std::vector<std::string> warnings;
    Observer observer;
    observer.warning = [&](const std::string& line) { warnings.push_back(line); };
    import_graph(options(yaml), dir_ / "graph", observer, stop_);
    return warnings;
  }

  // Users a, b | c in two partitions, items x, y in one.
  void write_names() const {
    write("kg/entity_count_user_0.txt", "2\n");
    write("kg/entity_names_user_0.json", "[\n    \"a\",\n    \"b\"\n]");
    write("kg/entity_count_user_1.txt", "1\n");
    write("kg/entity_names_user_1.json", "[\"c\"]");
    write("kg/entity_count_item_0.txt", "2\n");
    write("kg/entity_names_item_0.json", "[\"x\", \"\\u00fc\\\"\"]");
  }
  void write_dynamic(const std::string& edges = "kg/edges_0_0.h5") const {
    write("kg/entity_count_all_0.txt", "3\n");
    write("kg/entity_names_all_0.json", "[\"a\", \"b\", \"c\"]");
    write("kg/dynamic_rel_count.txt", "2\n");
    write("kg/dynamic_rel_names.json", "[\"likes\", \"knows\"]");
    write_edges(edges, {{0, 0, 1}, {1, 1, 2}});
  }
  static std::string dynamic(const std::string& more = "") {
    return "entities: {all: {}}\n"
           "relations: {\"*\": {lhs: all, rhs: all}}\n"
           "sources: [{path: kg, format: pbg" +
           more + "}]\n";
  }
};

const std::string kTwoTypes =
    "entities: {user: {}, item: {partitions: 2}}\n"
    "relations: {follow: {lhs: user, rhs: user}, like: {lhs: user, rhs: item}}\n"
    "sources: [{path: kg, format: pbg}]\n";

TEST_F(PbgFolder, IdsAreNamedByTypeAndPartitionAndRelationsByTheirPlaceInTheConfig) {
  ASSERT_TRUE(has_hdf5());
  write_names();
  write_edges("kg/edges_0_0.h5", {{0, 0, 1}, {1, 1, 1}});
  write_edges("kg/edges_0_1.h5", {{1, 0, 0}, {0, 1, 0}});
  write_edges("kg/edges_1_0.h5", {{0, 0, 0}, {0, 1, 1}});
  write("kg/edges_0_0.tmp.h5", "is not read");
  const ImportSummary summary = import(kTwoTypes);
  EXPECT_EQ(summary.num_rows, 6u);
  EXPECT_EQ(edges("follow"), Edges({"a>b", "b>c", "c>a"}));
  EXPECT_EQ(edges("like"), Edges({"b>\u00fc\"", "a>x", "c>\u00fc\""}));
}

TEST_F(PbgFolder, DynamicRelationsHaveNamesOfTheirOwn) {
  write_dynamic();
  import(dynamic());
  EXPECT_EQ(edges("likes"), Edges({"a>b"}));
  EXPECT_EQ(edges("knows"), Edges({"b>c"}));
}

TEST_F(PbgFolder, EdgesMayLieApartFromTheNamesOneFolderASplit) {
  write_dynamic("kg/train_partitioned/edges_0_0.h5");
  write_edges("kg/test_partitioned/edges_0_0.h5", {{2, 0, 0}});
  const std::string head =
      "entities: {all: {}}\n"
      "relations: {\"*\": {lhs: all, rhs: all}}\n"
      "sources:\n";
  import(head +
         "  - {path: kg/train_partitioned, format: pbg, names: kg}\n"
         "  - {path: kg/test_partitioned, format: pbg, names: kg, split: test}\n");
  EXPECT_EQ(edges("likes"), Edges({"a>b"}));
  EXPECT_EQ(edges("likes", "test"), Edges({"c>a"}));
  const Error error = error_of(head + "  - {path: kg/train_partitioned, format: pbg}\n");
  EXPECT_EQ(error.id(), "graph.no_such_file");
  EXPECT_THAT(error.what(), HasSubstr("entity_path"));
}

// More rows than a piece has, in every layout that h5py writes.
TEST_F(PbgFolder, AnyLayoutGivesTheSameGraph) {
  write("kg/entity_count_all_0.txt", "1000\n");
  std::string names = "[";
  for (int i = 0; i < 1000; ++i) {
    names += (i > 0 ? ",\"n" : "\"n");
    names += std::to_string(i) + "\"";
  }
  write("kg/entity_names_all_0.json", names + "]");
  write("kg/dynamic_rel_count.txt", "1\n");
  write("kg/dynamic_rel_names.json", "[\"r\"]");
  std::vector<Triple> edges;
  for (std::int64_t i = 0; i < 300'000; ++i) edges.push_back({i % 1000, 0, i / 1000 % 997});
  write_edges("kg/edges_0_0.h5", edges);
  EXPECT_EQ(import(dynamic()).num_edges(), 300'000u);
  const auto plain = contents("graph");
  for (const Layout& layout :
       {Layout{100'000, false, H5T_STD_I64LE}, Layout{100'000, true, H5T_STD_I64LE},
        Layout{0, false, H5T_STD_I32BE}, Layout{7'000, true, H5T_STD_U16LE}}) {
    write_edges("kg/edges_0_0.h5", edges, layout);
    import(dynamic() + "import: {threads: 3}\n");
    EXPECT_EQ(contents("graph"), plain);
  }
}

TEST_F(PbgFolder, WhatDoesNotFitIsRefused) {
  write_dynamic();
  write("kg/entity_count_all_0.txt", "4\n");
  Error error = error_of(dynamic());
  EXPECT_EQ(error.id(), "graph.wrong_count");
  EXPECT_THAT(error.what(), ::testing::AllOf(HasSubstr("3 names"), HasSubstr("4 (entity_count")));

  write_dynamic();
  write("kg/entity_names_all_0.json", "[\"a\", \"b\", 3]");
  EXPECT_EQ(error_of(dynamic()).id(), "graph.bad_dictionary");
  write("kg/entity_names_all_0.json", "[\"a\", \"b\", \"a\"]");
  EXPECT_THAT(error_of(dynamic()).what(), HasSubstr("two ids have the name \"a\""));

  write_dynamic();
  write_edges("kg/edges_0_0.h5", {{0, 0, 1}, {1, 1, 3}});
  error = error_of(dynamic());
  EXPECT_EQ(error.id(), "graph.id_out_of_range");
  EXPECT_THAT(error.what(), ::testing::AllOf(HasSubstr("kg/edges_0_0.h5:2"), HasSubstr("id 3"),
                                             HasSubstr("0 to 2")));
  write_edges("kg/edges_0_0.h5", {{-1, 0, 1}});
  EXPECT_EQ(error_of(dynamic()).id(), "graph.id_out_of_range");
  write_edges("kg/edges_0_0.h5", {{0, 2, 1}});
  EXPECT_EQ(error_of(dynamic()).id(), "graph.id_out_of_range");

  write_dynamic();
  write("kg/entity_count_all_1.txt", "1\n");
  write("kg/entity_names_all_1.json", "[\"a\"]");
  EXPECT_THAT(error_of(dynamic()).what(), HasSubstr("two ids have the name \"a\""));
  write("kg/entity_names_all_1.json", "[\"d\"]");
  write_edges("kg/edges_2_0.h5", {{0, 0, 0}});
  error = error_of(dynamic());
  EXPECT_EQ(error.id(), "graph.bad_folder");
  EXPECT_THAT(error.what(), HasSubstr("edges_2_0.h5"));
}

TEST_F(PbgFolder, FilesThatAreNoEdgesAreRefused) {
  write_dynamic();
  Layout other_version;
  other_version.version = 2;
  write_edges("kg/edges_0_0.h5", {{0, 0, 1}}, other_version);
  EXPECT_EQ(error_of(dynamic()).id(), "graph.pbg_version");

  Layout shorter;
  shorter.missing_rhs = 1;
  write_edges("kg/edges_0_0.h5", {{0, 0, 1}, {1, 0, 2}}, shorter);
  Error error = error_of(dynamic());
  EXPECT_EQ(error.id(), "graph.damaged_file");
  EXPECT_THAT(error.what(), HasSubstr("2 rows of lhs and 1 of rhs"));

  Layout reals;
  reals.type = H5T_IEEE_F64LE;
  write_edges("kg/edges_0_0.h5", {{0, 0, 1}}, reals);
  EXPECT_EQ(error_of(dynamic()).id(), "graph.column_type");

  write("kg/edges_0_0.h5", "no HDF5");
  EXPECT_EQ(error_of(dynamic()).id(), "graph.damaged_file");
  write_edges("kg/edges_0_0.h5", {{0, 0, 1}});
  const std::string whole = read_text(dir_ / "kg/edges_0_0.h5");
  write("kg/edges_0_0.h5", std::string_view(whole).substr(0, whole.size() / 2));
  EXPECT_EQ(error_of(dynamic()).id(), "graph.damaged_file");

  std::filesystem::remove(dir_ / "kg/edges_0_0.h5");
  EXPECT_EQ(error_of(dynamic()).id(), "graph.no_such_file");
}

// A dataset `weight` beside the ids; a bucket without one has edges of weight 1.
TEST_F(PbgFolder, WeightsAreRead) {
  write_dynamic();
  add_weights("kg/edges_0_0.h5", {2.5, 0.5});
  import(dynamic());
  EXPECT_EQ(edges("likes"), Edges({"a>b*2.5"}));
  EXPECT_EQ(edges("knows"), Edges({"b>c*0.5"}));

  write_edges("kg/edges_0_1.h5", {{2, 0, 0}});
  import(dynamic());
  EXPECT_EQ(edges("likes"), (Edges{"a>b*2.5", "c>a"}));

  write_edges("kg/edges_0_0.h5", {{0, 0, 1}, {1, 1, 2}});
  add_weights("kg/edges_0_0.h5", {2, 3}, H5T_STD_I32LE);
  import(dynamic());
  EXPECT_EQ(edges("knows"), Edges({"b>c*3"}));
}

TEST_F(PbgFolder, WeightsThatCannotBeUsedAreRefused) {
  write_dynamic();
  add_weights("kg/edges_0_0.h5", {1, -1});
  Error error = error_of(dynamic());
  EXPECT_EQ(error.id(), "graph.bad_weight");
  EXPECT_THAT(error.what(), HasSubstr("kg/edges_0_0.h5:2"));

  write_edges("kg/edges_0_0.h5", {{0, 0, 1}, {1, 1, 2}});
  add_weights("kg/edges_0_0.h5", {1});
  error = error_of(dynamic());
  EXPECT_EQ(error.id(), "graph.damaged_file");
  EXPECT_THAT(error.what(), HasSubstr("2 rows of lhs and 1 of weight"));
}

// PyTorch-BigGraph leaves empty buckets out, so a gap is legal, and yet more often a bad copy.
TEST_F(PbgFolder, BucketsThatAreNotThereAreWarnedOf) {
  write_names();
  for (const char* name : {"kg/edges_0_0.h5", "kg/edges_0_1.h5", "kg/edges_1_0.h5"}) {
    write_edges(name, {{0, 0, 0}});
  }
  EXPECT_THAT(warnings_of(kTwoTypes),
              ::testing::Contains(::testing::AllOf(HasSubstr("3 of 4 buckets"),
                                                   HasSubstr("missing: edges_1_1.h5"))));
  write_edges("kg/edges_1_1.h5", {{0, 0, 0}});
  EXPECT_THAT(warnings_of(kTwoTypes), ::testing::Not(::testing::Contains(HasSubstr("buckets"))));
}

// Types of one partition: the folder says how many buckets there were only by those that it has.
TEST_F(PbgFolder, OneBucketOfOneIsWhole) {
  write_dynamic();
  EXPECT_THAT(warnings_of(dynamic()), ::testing::IsEmpty());
  write_edges("kg/edges_2_0.h5", {{0, 0, 1}});
  EXPECT_THAT(warnings_of(dynamic()),
              ::testing::Contains(HasSubstr("2 of 3 buckets are there; missing: edges_1_0.h5")));
}

// Three of the files are compressed, so their bytes would mislead.
TEST_F(PbgFolder, ADryRunKnowsTheRowsOfEachFile) {
  write_dynamic();
  const std::vector<Triple> edges(300'000, {0, 0, 1});
  for (const char* name : {"kg/edges_0_0.h5", "kg/edges_1_0.h5", "kg/edges_2_0.h5"}) {
    write_edges(name, edges, {100'000, true, H5T_STD_I64LE});
  }
  write_edges("kg/edges_3_0.h5", {300'000, {1, 1, 2}});
  const ImportEstimate e = estimate_import(options(dynamic()), dir_ / "graph", {}, stop_);
  EXPECT_EQ(e.rows, 1'200'000u);
  EXPECT_TRUE(e.front_only);
  EXPECT_THAT(e.warnings, ::testing::Contains(HasSubstr("HDF5")));
}

// Nothing in the file says what is damaged, but whatever it is, it is read or refused.
TEST_F(PbgFolder, CutOrFlippedBytesNeverCrash) {
  write_dynamic();
  for (const hsize_t chunk : {hsize_t{0}, hsize_t{4}}) {
    Layout layout;
    layout.chunk = chunk;
    layout.compressed = chunk > 0;
    write_edges("kg/edges_0_0.h5", {{0, 0, 1}, {1, 1, 2}, {2, 0, 0}, {1, 0, 2}, {0, 1, 2}}, layout);
    const std::string whole = read_text(dir_ / "kg/edges_0_0.h5");
    int refused = 0;
    const auto try_import = [&](const std::string& bytes) {
      write("kg/edges_0_0.h5", bytes);
      try {
        import(dynamic() + "import: {threads: 1}\n");
      } catch (const Error&) {
        ++refused;
      }
    };
    for (int i = 0; i < 60; ++i) {
      std::string flipped = whole;
      char& byte = flipped[static_cast<std::size_t>(i) * 7919 % whole.size()];
      byte = static_cast<char>(byte ^ (1 << i % 8));
      try_import(flipped);
    }
    const int refused_flips = refused;
    for (std::size_t i = 0; i < 10; ++i) try_import(whole.substr(0, whole.size() * i / 10));
    EXPECT_EQ(refused - refused_flips, 10) << "chunk " << chunk;
  }
}

TEST_F(PbgFolder, CompressedChunksThatTakeTooMuchMemoryAreRefused) {
  constexpr hsize_t kMost = (2 << 20) / sizeof(std::int64_t);
  write_dynamic();
  Layout layout;
  layout.compressed = true;
  layout.chunk = kMost;
  write_edges("kg/edges_0_0.h5", {{0, 0, 1}, {1, 1, 2}}, layout);
  EXPECT_EQ(import(dynamic()).num_edges(), 2u);
  layout.chunk = kMost + 1;
  write_edges("kg/edges_0_0.h5", {{0, 0, 1}, {1, 1, 2}}, layout);
  const Error error = error_of(dynamic());
  EXPECT_EQ(error.id(), "graph.large_chunk");
  EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
  EXPECT_THAT(error.what(), HasSubstr("dataset lhs of "));
  EXPECT_THAT(error.what(), HasSubstr("h5repack"));
  layout.compressed = false;  // read in place
  write_edges("kg/edges_0_0.h5", {{0, 0, 1}, {1, 1, 2}}, layout);
  EXPECT_EQ(import(dynamic()).num_edges(), 2u);
}

}  // namespace
}  // namespace twhin
