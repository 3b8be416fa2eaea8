#include "graph/pbg_edges.h"

#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "twhin/base/error.h"

namespace twhin {
namespace {

constexpr std::uint64_t kPieceRows = 1 << 17;
// Of compressed data; part of what a thread reads into (graph/import_plan.cpp), for each column.
constexpr std::uint64_t kLargestChunk = 2 << 20;
constexpr const char* kWeights = "weight";
constexpr const char* kColumns[] = {"lhs", "rhs", "rel"};
constexpr Slot kSlots[] = {kLhs, kRhs, kRelation};

// The library need not be built for threads: one call at a time.
std::mutex& library() {
  static std::mutex mutex;
  return mutex;
}

// An identifier of the library, closed at the end. Requires the lock.
template <herr_t (*close)(hid_t)>
class Handle {
 public:
  Handle() = default;
  explicit Handle(hid_t id) : id_(id) {}
  ~Handle() {
    if (id_ >= 0) close(id_);
  }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  operator hid_t() const { return id_; }  // NOLINT(google-explicit-constructor)
  bool valid() const { return id_ >= 0; }

 private:
  hid_t id_ = -1;
};
using File = Handle<H5Fclose>;
using Dataset = Handle<H5Dclose>;
using Space = Handle<H5Sclose>;
using Type = Handle<H5Tclose>;
using Attribute = Handle<H5Aclose>;
using Properties = Handle<H5Pclose>;

[[noreturn]] void fail(const InputFile& file, const std::string& found) {
  throw ErrorBuilder(ErrorKind::corrupt_data, "graph.damaged_file")
      .what(fmt::format("{} cannot be read as edges of PyTorch-BigGraph", quote(file.name)))
      .found(found)
      .hint("fetch or write the file again")
      .build();
}

void check_version(const InputFile& file, hid_t opened) {
  constexpr const char* kName = "format_version";
  if (H5Aexists(opened, kName) <= 0) fail(file, "no attribute format_version");
  const Attribute attribute(H5Aopen(opened, kName, H5P_DEFAULT));
  long long version = 0;
  const Space space(H5Aget_space(attribute));
  if (!attribute.valid() || H5Sget_simple_extent_npoints(space) != 1 ||
      H5Aread(attribute, H5T_NATIVE_LLONG, &version) < 0) {
    fail(file, "an attribute format_version that is no number");
  }
  if (version == 1) return;
  throw ErrorBuilder(ErrorKind::version_mismatch, "graph.pbg_version")
      .what(fmt::format("{} is of a version that twhin does not read", quote(file.name)))
      .found(fmt::format("format_version {}", version))
      .expected("1")
      .build();
}

[[noreturn]] void fail_chunk(const InputFile& file, const char* name, std::uint64_t bytes) {
  throw ErrorBuilder(ErrorKind::invalid_argument, "graph.large_chunk")
      .what(fmt::format("dataset {} of {} is compressed in chunks that take too much memory", name,
                        quote(file.name)))
      .found(fmt::format("{} bytes a chunk", bytes))
      .expected(fmt::format("at most {}", kLargestChunk))
      .hint("`h5repack -l CHUNK=131072 OLD NEW` or `h5repack -f NONE OLD NEW` writes it anew")
      .build();
}

struct Column {
  Dataset data;
  std::uint64_t num_rows = 0;
};

enum class Numbers { ids, weights };

Column open_column(const InputFile& file, hid_t opened, const char* name,
                   Numbers numbers = Numbers::ids) {
  if (H5Lexists(opened, name, H5P_DEFAULT) <= 0) fail(file, fmt::format("no dataset {}", name));
  Column column;
  column.data = Dataset(H5Dopen2(opened, name, H5P_DEFAULT));
  if (!column.data.valid()) fail(file, fmt::format("a dataset {} that does not open", name));
  const Type type(H5Dget_type(column.data));
  const H5T_class_t kind = H5Tget_class(type);
  const bool are_ids = numbers == Numbers::ids;
  if (kind != H5T_INTEGER && (are_ids || kind != H5T_FLOAT)) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "graph.column_type")
        .what(fmt::format("dataset {} of {} cannot be {}", name, quote(file.name),
                          are_ids ? "ids" : "weights"))
        .expected(are_ids ? "whole numbers" : "numbers")
        .build();
  }
  const Space space(H5Dget_space(column.data));
  hsize_t rows = 0;
  if (H5Sget_simple_extent_ndims(space) != 1 ||
      H5Sget_simple_extent_dims(space, &rows, nullptr) != 1) {
    fail(file, fmt::format("a dataset {} that is no list", name));
  }
  column.num_rows = rows;
  // Compressed chunks are taken apart as a whole: once, if the cache holds one.
  const Properties layout(H5Dget_create_plist(column.data));
  hsize_t chunk = 0;
  if (H5Pget_layout(layout) == H5D_CHUNKED && H5Pget_nfilters(layout) > 0 &&
      H5Pget_chunk(layout, 1, &chunk) == 1) {
    const std::uint64_t bytes = chunk * H5Tget_size(type);
    if (bytes > kLargestChunk) fail_chunk(file, name, bytes);
    const Properties access(H5Pcreate(H5P_DATASET_ACCESS));
    H5Pset_chunk_cache(access, 521, bytes, 1.0);
    column.data = Dataset(H5Dopen2(opened, name, access));
    if (!column.data.valid()) fail(file, fmt::format("a dataset {} that does not open", name));
  }
  return column;
}

// Featurized entities are lists of features instead of ids.
void refuse_features(const InputFile& file, hid_t opened) {
  for (const char* name : {"lhsd_data", "rhsd_data"}) {
    if (H5Lexists(opened, name, H5P_DEFAULT) <= 0) continue;
    if (open_column(file, opened, name).num_rows == 0) continue;
    throw ErrorBuilder(ErrorKind::invalid_argument, "graph.bad_folder")
        .what(
            fmt::format("{} has featurized entities, which twhin does not know", quote(file.name)))
        .found(fmt::format("a dataset {}", name))
        .build();
  }
}

class NumbersPiece final : public Piece {
 public:
  NumbersPiece(std::size_t file, std::uint64_t first_row, std::size_t num_rows)
      : file_(file), first_row_(first_row), num_rows_(num_rows) {}

  std::vector<std::int64_t> columns[std::size(kColumns)];
  std::vector<double> weights;  // empty: the file has none

  bool parse(Batch& batch) override {
    batch = {};
    batch.file = file_;
    batch.num_rows = num_rows_;
    batch.first_position = first_row_ + 1;
    batch.columns.resize(kNumSlots);
    for (std::size_t c = 0; c < std::size(kColumns); ++c) {
      batch.columns[kSlots[c]].kind = Cells::Kind::integer;
      batch.columns[kSlots[c]].integers = std::move(columns[c]);
    }
    if (!weights.empty()) {
      batch.columns[kWeight].kind = Cells::Kind::real;
      batch.columns[kWeight].reals = std::move(weights);
    }
    return false;
  }

 private:
  std::size_t file_;
  std::uint64_t first_row_;
  std::size_t num_rows_;
};

class PbgReader final : public TableReader {
 public:
  PbgReader(const InputFile& file, std::size_t file_index) : file_(file), file_index_(file_index) {
    const std::lock_guard lock(library());
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // it would print
    if (H5Fis_hdf5(file.path.c_str()) <= 0) fail(file, "no HDF5 file");
    // Locals, so that what an error leaves open is closed under the lock.
    File opened(H5Fopen(file.path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
    if (!opened.valid()) fail(file, "an HDF5 file that does not open: it may be cut off");
    check_version(file, opened);
    refuse_features(file, opened);
    Column columns[std::size(kColumns)];
    for (std::size_t c = 0; c < std::size(kColumns); ++c) {
      columns[c] = open_column(file, opened, kColumns[c]);
      if (columns[c].num_rows == columns[0].num_rows) continue;
      fail(file, fmt::format("{} rows of lhs and {} of {}", columns[0].num_rows,
                             columns[c].num_rows, kColumns[c]));
    }
    std::optional<Column> weights;
    if (H5Lexists(opened, kWeights, H5P_DEFAULT) > 0) {
      weights = open_column(file, opened, kWeights, Numbers::weights);
      if (weights->num_rows != columns[0].num_rows) {
        fail(file, fmt::format("{} rows of lhs and {} of weight", columns[0].num_rows,
                               weights->num_rows));
      }
    }
    weights_ = std::move(weights);
    std::move(std::begin(columns), std::end(columns), columns_);
    opened_ = std::move(opened);
  }
  ~PbgReader() override {
    const std::lock_guard lock(library());
    for (Column& column : columns_) column.data = Dataset();
    weights_.reset();
    opened_ = File();
  }

  std::unique_ptr<Piece> next() override {
    const std::lock_guard lock(library());
    const std::uint64_t rows = std::min(kPieceRows, columns_[0].num_rows - rows_read_);
    if (rows == 0) return nullptr;
    auto piece =
        std::make_unique<NumbersPiece>(file_index_, rows_read_, static_cast<std::size_t>(rows));
    for (std::size_t c = 0; c < std::size(kColumns); ++c) {
      piece->columns[c].resize(rows);
      read(columns_[c], rows, H5T_NATIVE_INT64, piece->columns[c].data(), kColumns[c]);
    }
    if (weights_) {
      piece->weights.resize(rows);
      read(*weights_, rows, H5T_NATIVE_DOUBLE, piece->weights.data(), kWeights);
    }
    rows_read_ += rows;
    return piece;
  }

  std::uint64_t num_rows() const override { return columns_[0].num_rows; }

  std::uint64_t position() const override {
    const auto all = static_cast<double>(std::max<std::uint64_t>(1, columns_[0].num_rows));
    return static_cast<std::uint64_t>(static_cast<double>(file_.num_bytes) *
                                      static_cast<double>(rows_read_) / all);
  }

 private:
  void read(const Column& column, std::uint64_t rows, hid_t type, void* out,
            const char* name) const {
    const hsize_t begin = rows_read_, count = rows;
    const Space from(H5Dget_space(column.data)), to(H5Screate_simple(1, &count, nullptr));
    if (H5Sselect_hyperslab(from, H5S_SELECT_SET, &begin, nullptr, &count, nullptr) < 0 ||
        H5Dread(column.data, type, to, from, H5P_DEFAULT, out) < 0) {
      fail(file_, fmt::format("rows {} to {} of dataset {} that cannot be read", rows_read_,
                              rows_read_ + rows - 1, name));
    }
  }

  const InputFile file_;
  std::size_t file_index_;
  File opened_;
  Column columns_[std::size(kColumns)];
  std::optional<Column> weights_;
  std::uint64_t rows_read_ = 0;
};

}  // namespace

std::unique_ptr<TableReader> open_pbg(const InputFile& file, std::size_t file_index) {
  return std::make_unique<PbgReader>(file, file_index);
}

bool pbg_has_weights(const InputFile& file) {
  const std::lock_guard lock(library());
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const File opened(H5Fopen(file.path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
  return opened.valid() && H5Lexists(opened, kWeights, H5P_DEFAULT) > 0;
}

bool has_hdf5() { return true; }

}  // namespace twhin
