// graph/dictionary.h -- the names that another program keeps beside its ids.
//
// All names are held in memory: the text of the file and 16 bytes each; while it is read, 48 bytes
// each. Whether that fits is checked before. Of n names the ids are 0 … n-1.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "graph/reporter.h"
#include "twhin/graph/options.h"

namespace twhin {

class Dictionary;

/// The reading of all dictionaries of an import: the memory that it may take, how far it is, and
/// whether it shall stop.
class DictionaryReading {
 public:
  static constexpr std::uint64_t kBytesPerName = 48;         ///< while a file is read
  static constexpr std::uint64_t kBytesPerCheckedName = 16;  ///< beside those held

  DictionaryReading(const ImportSettings& settings, Reporter& report);

  /// Errors    as check_dictionary_memory, if so much does not fit beside what is held.
  void require(std::uint64_t bytes) const;
  void hold(const Dictionary& dictionary);
  /// To be called often. Errors    cancelled "graph.stopped".
  void advance(const std::string& file, std::uint64_t done, std::uint64_t total,
               const char* unit) const;

 private:
  ImportSettings settings_;
  Reporter& report_;
  std::uint64_t granted_bytes_, held_bytes_ = 0;
};

class Dictionary {
 public:
  /// OpenKE: a line with the count, then "name id" lines in any order.
  /// Errors    as read_pairs; corrupt_data "graph.wrong_count" if the count is another.
  static Dictionary read_openke(const std::filesystem::path& file, const std::string& name,
                                DictionaryReading& reading);

  /// DGL-KE: "id name" or "name id" lines in any order; the ids tell which.
  ///
  /// Errors    invalid_argument "graph.bad_dictionary" with file and line: a line that is no pair,
  ///           ids that are not 0 … n-1 each once, a name given twice or that cannot be one, or
  ///           both columns could be the ids; not_found, io as base/file.h.
  static Dictionary read_pairs(const std::filesystem::path& file, const std::string& name,
                               char delimiter, DictionaryReading& reading);

  /// PyTorch-BigGraph: a JSON list of names, id 0 first, and a file that holds their number.
  /// Errors    "graph.bad_dictionary", "graph.wrong_count" as above.
  static Dictionary read_json(const std::filesystem::path& names_file,
                              const std::filesystem::path& count_file, const std::string& name,
                              DictionaryReading& reading);

  /// Names that are known already, from what messages call `name`.
  static Dictionary of(const std::vector<std::string>& names, const std::string& name);

  /// Two ids with one name would become one entity without a word.
  /// Errors    invalid_argument "graph.bad_dictionary" for that, and for what cannot be a name.
  static void check_distinct(const std::vector<const Dictionary*>& dictionaries,
                             const DictionaryReading& reading);

  Dictionary(Dictionary&&) = default;
  Dictionary& operator=(Dictionary&&) = default;

  std::uint64_t size() const { return names_.size(); }
  std::string_view operator[](std::uint64_t id) const { return names_[id]; }
  const std::vector<std::string_view>& names() const { return names_; }
  /// In memory.
  std::uint64_t num_bytes() const;
  /// The file, as messages call it.
  const std::string& file() const { return file_; }

 private:
  Dictionary() = default;
  // Checks the names; from then on they count as held.
  void finish(DictionaryReading& reading);

  std::string file_;
  std::unique_ptr<std::string> text_;  // what the names point into
  std::vector<std::string_view> names_;
};

/// The number that a file begins with, alone on its line; after it, where the rest begins.
/// Errors    corrupt_data "graph.bad_count".
std::uint64_t read_count(std::string_view text, const std::string& name,
                         std::size_t* end = nullptr);

}  // namespace twhin
