// twhin/config/document.h -- a config file as read, before any option's type is known.
//
// YAML 1.2 as far as configs need it: one document of at most 1 MiB, UTF-8 (a byte order mark and
// CRLF are accepted), at most 64 levels deep; anchors and aliases work, tags of one's own do not. A
// file whose name ends in .json is read as JSON. A key that is given twice is an error.
//
// Errors    invalid_argument "config.syntax", "config.duplicate_key", "config.encoding",
//           "config.too_large"; not_found "config.not_found"; io as base/file.h.
// Threads   const members may be called concurrently.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "twhin/config/node.h"

namespace twhin::config {

class Document {
 public:
  /// Reads a file. Messages name it as given; relative paths in it start at its folder.
  static Document read(const std::filesystem::path& file);
  /// Text that was a file's, or never was one; `name` is what messages call it.
  static Document parse_yaml(std::string_view text, std::string name,
                             const std::filesystem::path& folder = {});
  static Document parse_json(std::string_view text, std::string name,
                             const std::filesystem::path& folder = {});
  /// A map that was built, e.g. from the command line's options.
  static Document of(Node root);

  /// Overrides one value: "train.dim=64", "sources[0].path=a.tsv", `relations."a.b".weight=2`.
  ///
  /// The right side is YAML and means what it would mean in the file, also for relative paths. Maps
  /// that are missing on the way are made; an element of a list must exist.
  /// Errors    invalid_argument "config.bad_override".
  void set(std::string_view assignment);

  Place root() const { return {root_, ""}; }
  bool has(std::string_view path) const { return find(path).has_value(); }
  std::optional<Place> find(std::string_view path) const;
  /// For messages of those who check what lies between options: the place of that path, or of what
  /// leads to it as far as it exists: "run.yaml:31, relations.follow.lhs".
  std::string place(std::string_view path) const;

 private:
  Node root_ = Node::map();
};

}  // namespace twhin::config
