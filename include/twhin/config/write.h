// twhin/config/write.h -- the effective config: every option with the value that it has.
//
// The order is that of the declarations, so equal options give equal text. Either text, read with
// Document::parse_yaml or parse_json and loaded, gives the same options back; paths come out
// absolute.
#pragma once

#include <string>

#include "twhin/config/declared.h"

namespace twhin::config {

/// Block style, lists of scalars on one line; text is quoted where YAML could take it for something
/// else. Ends with a newline.
std::string to_yaml(const Node& node);
/// Two spaces a level. Ends with a newline.
std::string to_json(const Node& node);

template <Declared T>
Node to_node(const T& options) {
  return Value<T>::write(options);
}
template <Declared T>
std::string to_yaml(const T& options) {
  return to_yaml(to_node(options));
}
template <Declared T>
std::string to_json(const T& options) {
  return to_json(to_node(options));
}

}  // namespace twhin::config
