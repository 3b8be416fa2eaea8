// graph/batch.h -- some rows of a table, column by column, as readers hand them to the import.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace twhin {

/// What is wrong with a row. `where` of an error is added by whoever knows the file.
struct RowProblem {
  const char* id = "";
  std::string what, found, expected, hint;
};

/// The cells of one column. Text is borrowed from the batch's owner.
struct Cells {
  enum class Kind { absent, text, integer, unsigned_integer, real };

  Kind kind = Kind::absent;
  bool plain = false;  ///< text: known to be ASCII without NUL
  std::vector<std::string_view> text;
  std::vector<std::int64_t> integers;  ///< of an unsigned column: the same 64 bits
  std::vector<double> reals;
  std::vector<std::uint8_t> nulls;  ///< 1: the cell has no value; empty: all have

  bool is_null(std::size_t row) const { return !nulls.empty() && nulls[row] != 0; }
};

/// The columns that an import looks at, in this order; more may follow.
enum Slot : std::size_t { kLhs, kRhs, kRelation, kWeight, kTimestamp, kNumSlots };

/// Or-ed into a position where lines are not known: the rest is a byte of the file that lies at
/// most a piece before the row.
inline constexpr std::uint64_t kNearByte = std::uint64_t{1} << 63;

struct BadRow {
  std::uint64_t position = 0;
  RowProblem problem;
};

struct Batch {
  std::size_t file = 0;  ///< index into the files of the import
  std::size_t num_rows = 0;
  std::vector<Cells> columns;  ///< by slot
  /// Row i stands in line (of tables: is row) first_position + offsets[i] of the file, from 1.
  std::uint64_t first_position = 1;
  std::vector<std::uint32_t> offsets;  ///< empty: i
  std::vector<BadRow> bad_rows;        ///< rows that have no cells here
  std::shared_ptr<const void> owner;   ///< keeps the text alive

  std::uint64_t position(std::size_t row) const {
    return first_position + (offsets.empty() ? row : offsets[row]);
  }
};

/// A part of a table that has been read but not yet taken apart.
class Piece {
 public:
  virtual ~Piece() = default;
  /// The next rows, a bounded number of them; true if there are more, for another call.
  virtual bool parse(Batch& batch) = 0;
  /// Bytes of text that it was cut from; 0 of tables.
  virtual std::uint64_t num_bytes() const { return 0; }
};

/// Reads one table, or a part that can be read independently, from front to back.
/// Threads   one at a time; the pieces it returned may be parsed meanwhile by others.
class TableReader {
 public:
  virtual ~TableReader() = default;
  /// The next piece; null at the end.
  virtual std::unique_ptr<Piece> next() = 0;
  /// Bytes of the file used so far, about.
  virtual std::uint64_t position() const = 0;
  /// Goes on with the first row that begins behind that byte of the file; false if it cannot.
  /// Positions of text are bytes from then on (kNearByte).
  virtual bool skip_to(std::uint64_t /*offset*/) { return false; }
  /// All of its rows, or 0 if it does not know.
  virtual std::uint64_t num_rows() const { return 0; }
};

}  // namespace twhin
