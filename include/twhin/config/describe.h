// twhin/config/describe.h -- options as help for a terminal and as docs/config.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "twhin/config/declared.h"

namespace twhin::config {

template <Declared T>
std::vector<Field> describe() {
  return Value<T>::type().fields;
}

/// "whole number, default 128, between 4 and 4096".
std::string facts(const Field& field);

/// Plain text, at most 100 columns wide; nested options are indented below theirs.
///
///     dim            whole number, default 128, between 4 and 4096
///                    Floats in a row.
std::string help_text(const std::vector<Field>& fields);

/// Markdown: one table for the fields that are no maps, then a heading of `level` and a table for
/// each map of options below them: "### `relations.NAME`".
std::string markdown(const std::vector<Field>& fields, int level = 2);

}  // namespace twhin::config
