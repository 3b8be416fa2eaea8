// report/style.h -- the style sheet of every page.
#pragma once

#include <string_view>

namespace twhin::report {

/// Has no character that XML would have escaped.
extern const std::string_view kStyle;

}  // namespace twhin::report
