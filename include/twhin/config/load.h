// twhin/config/load.h -- from a document to structs of options.
//
//     Document document = Document::read("run.yaml");
//     document.set("train.dim=64");
//     const auto options = load<TrainOptions>(document, "train");
//
// Strict: each key must be declared, each value of its type and within its limits. The first
// mistake in the order of the declaration is thrown.
//
// Errors    invalid_argument "config.unknown_key", "config.missing_key", "config.wrong_type",
//           "config.unknown_value", "config.out_of_range"; each says file:line and path, and
//           unknown names come with the nearest known one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "twhin/config/declared.h"
#include "twhin/config/document.h"

namespace twhin::config {

/// The whole document as one struct: every section must be among its options.
template <Declared T>
T load(const Document& document) {
  T out{};
  Value<T>::read(document.root(), out);
  return out;
}

/// One section; its defaults if the document does not have it. Other sections are not looked at.
/// T may be any type of option: `load<Named<EntityConfig>>(document, "entities")`.
template <class T>
T load(const Document& document, std::string_view section) {
  T out{};
  Node absent;
  absent.source = document.root().node().source;
  const std::optional<Place> found = document.find(section);
  if (found || Declared<T>) {
    Value<T>::read(found ? *found : Place(absent, std::string(section)), out);
  }
  return out;
}

/// Checks options that no config was read for: limits and `validate`, nested ones too. Called at
/// the door of a library function, it makes the config's rules hold for programs as well.
/// Errors    as load; the place is the path of the option below `path`.
template <Declared T>
void check(const T& options, const std::string& path = {}) {
  Checker<T>::check(options, path);
}

}  // namespace twhin::config
