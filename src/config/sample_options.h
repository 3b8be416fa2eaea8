// config/sample_options.h -- options of every kind, for the tests of this folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "twhin/base/error.h"
#include "twhin/config/declared.h"
#include "twhin/config/field.h"
#include "twhin/config/types.h"

namespace twhin {

enum class SampleOperator { none, translation, complex_diagonal };

template <>
struct EnumNames<SampleOperator> {
  static constexpr EnumName<SampleOperator> values[] = {
      {"none", SampleOperator::none, "The row as it is."},
      {"translation", SampleOperator::translation, "The row plus the relation's vector."},
      {"complex_diagonal", SampleOperator::complex_diagonal}};
};

namespace config {

/// A column: its name, or its position. The customisation point at work.
using SampleColumn = std::variant<std::string, std::uint32_t>;

template <>
struct Value<SampleColumn> {
  static void read(const Place& at, SampleColumn& out) {
    const Node& node = at.node();
    const bool digits = node.text.find_first_not_of("0123456789") == std::string::npos;
    if (node.kind == Node::Kind::scalar && !node.quoted && digits) {
      out = static_cast<std::uint32_t>(read_unsigned(at, 4095));
    } else {
      out = read_text(at);
    }
  }
  static Node write(const SampleColumn& column) {
    const std::string* name = std::get_if<std::string>(&column);
    return name ? Node::scalar(*name, true)
                : Node::scalar(to_text(std::get<std::uint32_t>(column)), false);
  }
  static Type type() { return {"column name or position", {}}; }
};

struct SampleRelation {
  std::string lhs;
  std::string rhs;
  SampleOperator op = SampleOperator::none;
  float weight = 1.0f;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("lhs", &SampleRelation::lhs, "Entity type of the left-hand side.", required, not_empty);
    f("rhs", &SampleRelation::rhs, "Entity type of the right-hand side.", required, not_empty);
    f("operator", &SampleRelation::op, "Transform of the lhs row before it is compared.");
    f("weight", &SampleRelation::weight, "Factor on the loss of these edges.", greater_than(0));
  }
};

struct SampleSource {
  Path path;
  SampleColumn lhs = 0u;
  std::string delimiter = "\t";

  template <class Visitor>
  static void fields(Visitor& f) {
    f("path", &SampleSource::path, "File of edges.", required);
    f("lhs", &SampleSource::lhs, "Column of the left-hand side.");
    f("delimiter", &SampleSource::delimiter, "Between two columns.", not_empty);
  }
};

struct SampleTrain {
  std::uint32_t dim = 128;
  std::int64_t epochs = 10;
  std::uint64_t seed = 1;
  double learning_rate = 0.1;
  std::optional<float> max_norm;
  bool deterministic = false;
  std::string loss = "logistic";
  Bytes memory{std::uint64_t{4} << 30};
  Seconds checkpoint_every{600.0};
  std::vector<std::int32_t> hits = {1, 10};

  template <class Visitor>
  static void fields(Visitor& f) {
    f("dim", &SampleTrain::dim, "Floats in a row.", between(4, 4096), multiple_of(4));
    f("epochs", &SampleTrain::epochs, "Passes over all edges.", at_least(0));
    f("seed", &SampleTrain::seed, "Of everything random.");
    f("learning_rate", &SampleTrain::learning_rate, "Step of Adagrad.", greater_than(0),
      at_most(10));
    f("max_norm", &SampleTrain::max_norm, "Longest row; null for no limit.", greater_than(0));
    f("deterministic", &SampleTrain::deterministic, "Same bits for any number of threads.");
    f("loss", &SampleTrain::loss, "What is minimised.", one_of({"logistic", "softmax"}));
    f("memory", &SampleTrain::memory, "Most that may be used.", at_least(Bytes{1u << 20}));
    f("checkpoint_every", &SampleTrain::checkpoint_every, "Time between two checkpoints.",
      greater_than(Seconds{0}));
    f("hits", &SampleTrain::hits, "k of the hits@k.", not_empty, each(at_least(1)));
  }

  void validate(const std::string& at) const {
    if (deterministic && dim == 4) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "sample.odd_pair")
          .what("dim 4 is never deterministic")
          .at(at)
          .build();
    }
  }
};

struct SampleConfig {
  Path graph = "run/graph";
  Named<SampleRelation> relations;
  Named<std::vector<std::string>> networks;
  std::vector<SampleSource> sources;
  SampleTrain train;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("graph", &SampleConfig::graph, "Directory of the graph.");
    f("relations", &SampleConfig::relations, "Kinds of edges.");
    f("networks", &SampleConfig::networks, "Named subsets of the relations.");
    f("sources", &SampleConfig::sources, "Files with edges.");
    f("train", &SampleConfig::train, "Training.");
  }
};

/// kind, id and text of what `action` throws; fails the test if it throws nothing.
struct Caught {
  ErrorKind kind = ErrorKind::internal;
  std::string id, text;
};

template <class Action>
Caught caught(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return {error.kind(), error.id(), error.what()};
  }
  return {ErrorKind::internal, "nothing was thrown", ""};
}

}  // namespace config
}  // namespace twhin
