// report/html.h -- text that is safe between tags and in attributes, and well-formed as XML.
#pragma once

#include <string>
#include <string_view>

namespace twhin::report {

/// Escapes & < > " ' and replaces what XML cannot hold (control characters, bytes that are not
/// UTF-8) by U+FFFD, so that any bytes make a page that opens.
std::string escape(std::string_view text);

/// The same, with what stands between two backticks as <code>.
std::string escape_with_code(std::string_view text);

}  // namespace twhin::report
