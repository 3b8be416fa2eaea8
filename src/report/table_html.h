// report/table_html.h -- a table as HTML.
#pragma once

#include <string>

#include "twhin/report/table.h"

namespace twhin::report {

std::string render(const Table& table);

}  // namespace twhin::report
