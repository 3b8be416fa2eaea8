// cli/query_files.h -- who asks, and who may be found, from files and from standard input ("-").
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "twhin/base/progress.h"
#include "twhin/candidates/candidates.h"
#include "twhin/storage/vocabulary.h"

namespace twhin::cli {

/// Calls visit(line, "FILE:NUMBER") for each line that is not empty. "-" is standard input.
void for_each_line(const std::string& file,
                   const std::function<void(std::string_view, const std::string&)>& visit);

/// Entities of one type, a name a line, each in the order in which it comes first. A name that is
/// unknown as it stands may have "type:" in front. Names that the vocabulary does not have are
/// counted in a warning.
/// Errors    invalid_argument "cli.no_known_name" if none is known.
std::vector<EntityId> read_entities(const std::string& file, const Vocabulary& names,
                                    const Observer& observer);

/// A vector a line: [0.1, …], named after its line ("line 3"), or {"name": "x", "vector": [0.1,
/// …]}. Errors    invalid_argument "cli.bad_query" with the line.
std::vector<CandidateQuery> read_vectors(const std::string& file);
/// The same from one line that was typed.
CandidateQuery parse_vector(std::string_view line, const std::string& name,
                            const std::string& place);

/// A list of engagements a line, as cli/engagement_lines.h has it; `id` names who asks. Names that
/// the model does not have are counted in a warning.
/// Errors    invalid_argument "cli.bad_query" with the line.
std::vector<CandidateQuery> read_engagements(const std::string& file, const ModelVersion& version,
                                             const MixtureInfo& mixture, const Observer& observer);

}  // namespace twhin::cli
