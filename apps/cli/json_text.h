// cli/json_text.h -- a description as text for a terminal.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace twhin::cli {

/// An object's plain values as aligned lines, then each list of objects as a table under its name.
/// Whole numbers are grouped; values named "bytes" are sizes. Deeper objects are left to --json.
std::string to_text(const nlohmann::ordered_json& object);

}  // namespace twhin::cli
