// cli/engagement_lines.h -- somebody that the model does not know, as a line of JSON.
//
//     {"id": …, "as": "user", "engagements": [{"relation": "favorites", "name": "17", "weight": 1,
//      "timestamp": 1700000000}, …]}
//
// `id` is anything. `as` is user (if it is left out) or target; names are those of the entities at
// the other end of the relation. `weight` and `timestamp` may be left out.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "twhin/mixture/infer.h"
#include "twhin/storage/vocabulary.h"

namespace twhin::cli {

/// A line whose names were looked up.
struct EngagementLine {
  nlohmann::ordered_json id;
  bool is_target = false;
  std::vector<Engagement> engagements;
  std::uint64_t unknown = 0;  ///< engagements with names that the model does not have
};

/// Threads   parse() may be called concurrently.
class EngagementReader {
 public:
  /// `target_side` is the end of the relations at which targets stand. Borrows the version.
  EngagementReader(const ModelVersion& version, Side target_side);

  /// Errors    nlohmann's if it is no JSON or lacks a key; invalid_argument "mixture.bad_line";
  ///           not_found "schema.unknown_relation".
  EngagementLine parse(std::string_view line) const;
  /// Names of a type.
  const Vocabulary& names(std::uint32_t type) const { return names_[type]; }

 private:
  void add(const nlohmann::ordered_json& json, Side own, EngagementLine& out) const;

  const ModelVersion& version_;
  Side target_side_;
  std::vector<Vocabulary> names_;  // by type
};

}  // namespace twhin::cli
