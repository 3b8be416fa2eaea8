// cli/user_labels.h -- groups of users from a file of names.
#pragma once

#include <filesystem>

#include "twhin/base/progress.h"
#include "twhin/evaluate/recommend.h"
#include "twhin/storage/vocabulary.h"

namespace twhin::cli {

/// Each line is a name and its group, divided by the last tab, or, in a line without one, by the
/// last comma. Empty lines are skipped; groups stand in the order in which they come first. Names
/// that the vocabulary does not have are counted in a warning.
/// Errors    invalid_argument "cli.bad_user_group" with file:line for a line without group, and for
///           a name in two groups.
UserLabels read_user_labels(const std::filesystem::path& file, const Vocabulary& users,
                            const Observer& observer);

}  // namespace twhin::cli
