// report/testing.h -- what the tests of this folder share: a checker of XML, and how to look into
// it.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "twhin/base/error.h"

namespace twhin::report::testing {

inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInf = std::numeric_limits<double>::infinity();

/// The id of the Error that `body` throws; empty if it throws none.
template <class Body>
std::string id_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error.id();
  }
  return {};
}

inline std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) {
    ++found;
  }
  return found;
}

/// What is wrong with `xml`: tags that do not nest, attributes twice or without quotes, bare & or
/// <, unknown entities. Empty if it is well-formed, as far as our writer could go wrong.
std::string xml_fault(std::string_view xml);

/// The names of the elements in order, with their nesting: "a(b c(d))". Elements in `without` are
/// left out with all that they hold.
std::string skeleton(std::string_view xml, const std::vector<std::string>& without = {});

/// The values of every attribute of this name, in order.
std::vector<std::string> attributes(std::string_view xml, std::string_view name);

}  // namespace twhin::report::testing
