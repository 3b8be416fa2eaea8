// graph/intake.h -- rows in: checked, counted, names collected, edges stored as hashes.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/batch.h"
#include "graph/edge_store.h"
#include "graph/input_files.h"
#include "graph/name_set.h"
#include "graph/relation_registry.h"
#include "graph/text_reader.h"
#include "twhin/base/error.h"

namespace twhin {

/// What was counted of a relation while reading.
struct IntakeCounts {
  std::uint64_t rows = 0, self_loops = 0, filtered = 0, rejected = 0;
  std::uint64_t with_timestamp = 0, without_timestamp = 0;
  std::int64_t latest = std::numeric_limits<std::int64_t>::min();  ///< timestamp

  void add(const IntakeCounts& other);
};

/// A row that was rejected, and where it stands.
struct Rejected {
  std::size_t file = 0;
  std::uint64_t position = 0;
  RowProblem problem;
};

/// Thrown for a bad row that ends the import; the caller keeps the one that stands first.
struct BadRowFound {
  Rejected row;
};

/// What all threads share.
struct IntakeContext {
  const ImportOptions& options;
  const std::vector<InputFile>& files;
  const std::vector<std::uint32_t>& split_of_source;  ///< number of the named split, 0: none
  RelationRegistry& relations;
  std::deque<NameSet>& names;  ///< by entity type
  EdgeStore& edges;
};

/// A row that became an edge, for who counts them.
struct TakenRow {
  std::uint64_t lhs = 0, rhs = 0;
  std::uint32_t relation = 0;
  std::uint32_t piece = 0;
};

/// The columns that a source is read for.
WantedColumns wanted_columns(const SourceOptions& source);

/// Of one thread.
class Intake {
 public:
  static constexpr std::size_t kShownRows = 10;

  explicit Intake(const IntakeContext& context);

  /// Errors    BadRowFound; invalid_argument "graph.column_type".
  void take(const Batch& batch);
  /// Names of entities, in the slot of the lhs, without edges. A type with a least degree leaves
  /// them out, as it would anyway.
  /// Errors    BadRowFound for what cannot be a name, whatever the policy; "graph.column_type".
  void take_names(const Batch& batch, std::uint32_t type);
  void take_names(std::span<const std::string_view> names, std::uint32_t type);
  /// Hands over what is still buffered.
  void finish();
  /// From now on adds each row taken to `log`, as one of that piece.
  void log_to(std::vector<TakenRow>* log, std::uint32_t piece) {
    log_ = log;
    piece_ = piece;
  }

  const std::vector<IntakeCounts>& counts() const { return counts_; }  ///< by relation id
  const IntakeCounts& unassigned() const { return unassigned_; }
  std::uint64_t num_rows() const { return num_rows_; }
  /// The first kShownRows by file and position.
  const std::vector<Rejected>& rejected() const { return rejected_; }

 private:
  /// What a value of a relation column stands for.
  struct Choice {
    std::optional<RelationRegistry::Entry> relation;  ///< null: nothing
    bool filtered = false;
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Choices = std::unordered_map<std::string, Choice, TextHash, std::equal_to<>>;

  enum class Wanted { yes, no, unreadable };

  Wanted is_wanted(const Batch& batch, std::size_t row, const SourceOptions& source,
                   RowProblem& problem) const;
  void take_row(const Batch& batch, std::size_t row, const SourceOptions& source,
                const Choice* fixed);
  const Choice& choose(const SourceOptions& source, std::size_t index, std::string_view value);
  void reject(std::size_t file, std::uint64_t position, IntakeCounts& counts, RowProblem problem);
  IntakeCounts& counts_of(std::uint32_t relation);
  void add_name(std::string_view name, std::uint32_t type, bool copy);

  IntakeContext context_;
  std::vector<NameSet::Collector> collectors_;
  EdgeStore::Writer edges_;
  std::vector<Choices> choices_;  ///< by source
  std::vector<IntakeCounts> counts_;
  IntakeCounts unassigned_;
  std::uint64_t num_rows_ = 0;
  std::vector<Rejected> rejected_;
  std::vector<TakenRow>* log_ = nullptr;
  std::uint32_t piece_ = 0;
};

/// "weight is not a number: found "x", expected a number".
std::string one_line(const RowProblem& problem);
/// The same as an error.
/// "a.tsv:17", or "a.tsv: near byte 1048576" where the line is not known.
std::string place_of(const InputFile& file, std::uint64_t position);

Error to_error(const Rejected& row, const std::vector<InputFile>& files);

}  // namespace twhin
