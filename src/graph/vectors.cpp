#include "twhin/graph/vectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "graph/parquet_vectors.h"
#include "twhin/base/error.h"
#include "twhin/base/file.h"

namespace twhin {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kRowsPerRead = 4096;
constexpr std::size_t kMostHeaderBytes = 1 << 16;

Error damaged_npy(const fs::path& path, const std::string& found) {
  return ErrorBuilder(ErrorKind::corrupt_data, "vectors.damaged")
      .what(fmt::format("{} cannot be read as .npy", quote(path.string())))
      .found(found)
      .expected("an array [n, dim] of <f2, <f4 or <f8 in C order")
      .build();
}

struct NpyHeader {
  char width = 0;  // bytes of a number
  std::uint64_t rows = 0, cols = 0;
};

// The value of a key of the header, a Python dictionary of literals, up to its comma or bracket.
std::string_view value_of(std::string_view text, std::string_view key, char end) {
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = text.find(':', at) + 1;
  return text.substr(begin, text.find(end, begin) - begin);
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  const std::size_t begin = text.find_first_of("0123456789");
  if (begin == std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data() + begin, text.data() + text.size(), value);
  return failed == std::errc() ? std::optional(value) : std::nullopt;
}

// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
NpyHeader read_npy_header(std::ifstream& file, const fs::path& path) {
  std::array<unsigned char, 8> begin{};
  if (!file.read(reinterpret_cast<char*>(begin.data()), begin.size()) ||
      std::memcmp(begin.data(), "\x93NUMPY", 6) != 0 || begin[6] < 1 || begin[6] > 3) {
    throw damaged_npy(path, "no header of version 1 to 3");
  }
  std::array<unsigned char, 4> size_bytes{};
  file.read(reinterpret_cast<char*>(size_bytes.data()), begin[6] == 1 ? 2 : 4);
  const std::size_t size = size_bytes[0] | size_bytes[1] << 8 | size_bytes[2] << 16 |
                           static_cast<std::size_t>(size_bytes[3]) << 24;
  std::string text(std::min(size, kMostHeaderBytes), '\0');
  if (size > kMostHeaderBytes || !file.read(text.data(), static_cast<std::streamsize>(size))) {
    throw damaged_npy(path, "a header that ends too early");
  }
  const std::string_view type = value_of(text, "'descr'", ',');
  const std::string_view order = value_of(text, "'fortran_order'", ',');
  const std::string_view shape = value_of(text, "'shape'", ')');
  NpyHeader header;
  for (const char width : {'2', '4', '8'}) {
    if (type.find(std::string("'<f") + width + "'") != std::string_view::npos) {
      header.width = static_cast<char>(width - '0');
    }
  }
  const std::size_t comma = shape.find(',');
  const auto rows = number_in(shape.substr(0, comma));
  const auto cols =
      comma == std::string_view::npos ? std::nullopt : number_in(shape.substr(comma + 1));
  const bool has_more =
      comma != std::string_view::npos &&
      shape.find_first_of("0123456789", shape.find(',', comma + 1)) != std::string_view::npos &&
      shape.find(',', comma + 1) != std::string_view::npos;
  if (header.width == 0 || order.find("False") == std::string_view::npos || !rows || !cols ||
      has_more) {
    throw damaged_npy(path, "header " + quote(text.substr(0, text.find('\n'))));
  }
  header.rows = *rows;
  header.cols = *cols;
  return header;
}

float from_half(std::uint16_t bits) {
  const float sign = (bits & 0x8000u) != 0 ? -1.0f : 1.0f;
  const int exponent = (bits >> 10) & 0x1f, mantissa = bits & 0x3ff;
  if (exponent == 31) return mantissa == 0 ? sign * INFINITY : NAN;
  return sign * (exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -24)
                               : std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25));
}

void widen(const char* from, char width, std::size_t count, float* to) {
  static_assert(std::endian::native == std::endian::little);
  for (std::size_t i = 0; i < count; ++i, from += width) {
    if (width == 4) {
      std::memcpy(to + i, from, 4);
    } else if (width == 8) {
      double value = 0;
      std::memcpy(&value, from, 8);
      to[i] = static_cast<float>(value);
    } else {
      std::uint16_t bits = 0;
      std::memcpy(&bits, from, 2);
      to[i] = from_half(bits);
    }
  }
}

Error wrong_number_of_names(const VectorSource& source, const std::string& found,
                            std::uint64_t rows) {
  return ErrorBuilder(ErrorKind::invalid_argument, "vectors.names")
      .what(fmt::format("{} does not name the rows of {}", quote(source.names.string()),
                        quote(source.path.string())))
      .found(found)
      .expected(fmt::format("{} lines, one for each row", rows))
      .build();
}

std::uint64_t read_npy_vectors(const VectorSource& source, std::size_t dim,
                               const VectorVisitor& visit) {
  std::ifstream file(source.path, std::ios::binary);
  if (!file) throw_system_error("file.open", "cannot open", source.path, errno);
  const NpyHeader header = read_npy_header(file, source.path);
  if (header.cols != dim) throw_vector_dim(source.path, 0, header.cols, dim);
  std::ifstream names;
  if (source.has_names()) {
    names.open(source.names);
    if (!names) throw_system_error("file.open", "cannot open", source.names, errno);
  }
  const std::size_t row_bytes = dim * static_cast<std::size_t>(header.width);
  std::vector<char> bytes(kRowsPerRead * row_bytes);
  std::vector<float> values(dim);
  std::string name;
  for (std::uint64_t row = 0; row < header.rows;) {
    const std::size_t count = std::min<std::uint64_t>(kRowsPerRead, header.rows - row);
    if (!file.read(bytes.data(), static_cast<std::streamsize>(count * row_bytes))) {
      throw damaged_npy(source.path, fmt::format("an end before row {}", header.rows));
    }
    for (std::size_t i = 0; i < count; ++i, ++row) {
      widen(bytes.data() + i * row_bytes, header.width, dim, values.data());
      check_finite(source.path, row, values);
      if (source.has_names() && !std::getline(names, name)) {
        throw wrong_number_of_names(source, fmt::format("{} lines", row), header.rows);
      }
      if (!name.empty() && name.back() == '\r') name.pop_back();
      visit(row, name, values);
    }
  }
  if (source.has_names() && std::getline(names, name)) {
    throw wrong_number_of_names(source, fmt::format("line {}", header.rows + 1), header.rows);
  }
  return header.rows;
}

}  // namespace

bool VectorSource::has_names() const { return path.extension() == ".parquet" || !names.empty(); }

void throw_vector_dim(const fs::path& path, std::uint64_t row, std::size_t found, std::size_t dim) {
  throw ErrorBuilder(ErrorKind::invalid_argument, "vectors.dim")
      .what("the vectors of a file do not fit the model")
      .at(fmt::format("{}, row {}", path.string(), row))
      .found(fmt::format("{} numbers", found))
      .expected(fmt::format("{}, as train.dim", dim))
      .hint(fmt::format("set train.dim: {}, or give vectors of {} numbers", found, dim))
      .build();
}

void check_finite(const fs::path& path, std::uint64_t row, std::span<const float> values) {
  if (std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); })) return;
  throw ErrorBuilder(ErrorKind::corrupt_data, "vectors.bad_number")
      .what("a vector has a NaN or an infinity in it")
      .at(fmt::format("{}, row {}", path.string(), row))
      .build();
}

std::uint64_t read_vectors(const VectorSource& source, std::size_t dim,
                           const VectorVisitor& visit) {
  if (!std::ifstream(source.path)) {
    throw_system_error("file.open", "cannot open", source.path, errno);
  }
  if (source.path.extension() == ".parquet") {
    return read_parquet_vectors(source.path, dim, visit);
  }
  if (source.path.extension() == ".npy") return read_npy_vectors(source, dim, visit);
  throw ErrorBuilder(ErrorKind::invalid_argument, "vectors.unknown_format")
      .what(
          fmt::format("{} is of no format that vectors are read from", quote(source.path.string())))
      .expected("a file that ends with .parquet or .npy")
      .build();
}

}  // namespace twhin
