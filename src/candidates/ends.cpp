#include "candidates/ends.h"

#include <fmt/format.h>

#include "twhin/base/error.h"

namespace twhin {
namespace {

std::uint32_t type_at(const RelationType& relation, Side side) {
  return side == Side::lhs ? relation.lhs : relation.rhs;
}

Ends ends_of_relation(const Schema& schema, const CandidateOptions& options) {
  Ends out;
  out.relation = schema.relation(*options.relation);
  const RelationType& relation = schema.relations[*out.relation];
  std::optional<std::uint32_t> from;
  if (options.from) from = schema.entity(*options.from);
  out.wanted = from && *from != relation.lhs && *from == relation.rhs ? Side::lhs : Side::rhs;
  if (options.side) out.wanted = *options.side;
  out.candidates = type_at(relation, out.wanted);
  out.asking = type_at(relation, opposite(out.wanted));
  if (from && *from != out.asking) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "candidates.wrong_end")
        .what(fmt::format("{} cannot ask for the {} of {}", quote(schema.entities[*from].name),
                          out.wanted == Side::rhs ? "rhs" : "lhs", quote(relation.name)))
        .found(fmt::format("{} goes from {} to {}", quote(relation.name),
                           quote(schema.entities[relation.lhs].name),
                           quote(schema.entities[relation.rhs].name)))
        .build();
  }
  return out;
}

std::uint32_t asking_without_relation(const Schema& schema, const CandidateOptions& options,
                                      const MixtureInfo* mixture) {
  if (options.from) return schema.entity(*options.from);
  if (mixture != nullptr && mixture->user_types.size() == 1) return mixture->user_types.front();
  if (schema.entities.size() == 1) return 0;
  throw ErrorBuilder(ErrorKind::invalid_argument, "candidates.no_type")
      .what("nothing says of which entity type those are who ask")
      .expected("one of " + list(schema.entity_names()))
      .hint("--from TYPE, or --relation NAME, whose other end it then is")
      .build();
}

}  // namespace

Ends resolve_ends(const Schema& schema, const CandidateOptions& options,
                  const MixtureInfo* mixture) {
  if (options.relation) return ends_of_relation(schema, options);
  Ends out;
  out.asking = asking_without_relation(schema, options, mixture);
  out.candidates = mixture != nullptr ? mixture->target_type : out.asking;
  if (options.type) out.candidates = schema.entity(*options.type);
  return out;
}

std::optional<Side> asking_side(const RelationType& relation, const Ends& ends) {
  for (const Side side : {opposite(ends.wanted), ends.wanted}) {
    if (type_at(relation, side) == ends.asking &&
        type_at(relation, opposite(side)) == ends.candidates) {
      return side;
    }
  }
  return std::nullopt;
}

}  // namespace twhin
