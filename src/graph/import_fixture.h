// graph/import_fixture.h -- a directory with tables in it, and what an import made of them.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/config/load.h"
#include "twhin/graph/import.h"

namespace twhin {

class ImportTest : public ::testing::Test {
 protected:
  ImportTest() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string(test->test_suite_name()) + "-" + test->name();
    for (char& c : name) c = c == '/' ? '-' : c;
    dir_ = std::filesystem::temp_directory_path() /
           ("twhin-" + name + "-" + std::to_string(::getpid()));
    std::filesystem::create_directories(dir_);
  }
  ~ImportTest() override { std::filesystem::remove_all(dir_); }

  void write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories((dir_ / name).parent_path());
    std::ofstream(dir_ / name, std::ios::binary) << text;
  }

  /// Options as a config has them, relative to the test's directory.
  ImportOptions options(const std::string& yaml) const {
    return config::load<ImportOptions>(config::Document::parse_yaml(yaml, "run.yaml", dir_));
  }

  ImportSummary import(const ImportOptions& options, const std::string& graph = "graph") const {
    return import_graph(options, dir_ / graph, {}, stop_);
  }
  ImportSummary import(const std::string& yaml, const std::string& graph = "graph") const {
    return import(options(yaml), graph);
  }

  /// The error that an import ends with; fails the test if there is none.
  Error error_of(const std::string& yaml) const {
    try {
      import(yaml);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "no error";
    return Error(ErrorKind::internal, "", "");
  }

  /// "a>b", "a>b*2.5@17" (weight unless 1, timestamp if there is one), in the order of the files.
  static std::vector<std::string> edges_of(const Graph& graph, const std::string& relation,
                                           const std::string& split = kTrainSplit) {
    std::vector<std::string> edges;
    const std::uint32_t r = graph.schema().relation(relation);
    const RelationType& type = graph.schema().relations[r];
    const Vocabulary lhs = graph.vocabulary(type.lhs), rhs = graph.vocabulary(type.rhs);
    for (std::uint32_t i = 0; i < lhs.num_partitions(); ++i) {
      for (std::uint32_t j = 0; j < rhs.num_partitions(); ++j) {
        const EdgeBucket bucket = graph.bucket(r, i, j, split);
        const EdgeSpan& e = bucket.edges();
        for (std::size_t k = 0; k < e.size(); ++k) {
          std::string edge(lhs.name({i, e.lhs[k]}));
          edge += ">" + std::string(rhs.name({j, e.rhs[k]}));
          if (!e.weight.empty() && e.weight[k] != 1.0f) edge += "*" + to_text(e.weight[k]);
          if (!e.timestamp.empty()) edge += "@" + std::to_string(e.timestamp[k]);
          edges.push_back(edge);
        }
      }
    }
    return edges;
  }
  /// The same in alphabetical order.
  std::multiset<std::string> edges(const std::string& relation,
                                   const std::string& split = kTrainSplit,
                                   const std::string& graph = "graph") const {
    const auto all = edges_of(Graph::open(dir_ / graph), relation, split);
    return {all.begin(), all.end()};
  }

  /// Content of all files that belong to a graph, by name; of the manifest its checksum.
  std::map<std::string, std::string> contents(const std::string& graph) const {
    std::map<std::string, std::string> files;
    const Manifest manifest = Manifest::read(dir_ / graph, Graph::kFormat);
    for (const auto& [name, record] : manifest.files) files[name] = read_text(dir_ / graph / name);
    files[Manifest::kFileName] = std::to_string(manifest.checksum);
    return files;
  }

  std::filesystem::path dir_;
  StopFlag stop_;
};

/// One type, one relation, columns by number.
inline const std::string kFollow =
    "entities: {user: {}}\n"
    "relations: {follow: {lhs: user, rhs: user}}\n";

using Edges = std::multiset<std::string>;

}  // namespace twhin
