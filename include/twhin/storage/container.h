// twhin/storage/container.h -- the one binary format: named, typed, checksummed arrays in a file.
//
//   header (64 bytes)   magic "TWHINFMT", format version, byte order, table offset and size,
//                       checksum of the table, checksum of the header
//   sections            each begins at a multiple of 64 bytes
//   table               kind of the file; per section: name, type, rows, columns, offset, checksum
//
// The table comes last, so that sections can be streamed; the header is patched at commit. A file's
// root checksum is that of its table, which holds the checksums of all sections. Numbers are
// little-endian. Formats of the single kinds: docs/formats.md.
//
// Errors    corrupt_data "storage.not_a_container", "storage.truncated",
//           "storage.checksum_mismatch", "storage.wrong_kind", "storage.missing_section",
//           "storage.wrong_section"; version_mismatch "storage.newer_version". All name the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "twhin/base/checksum.h"
#include "twhin/base/file.h"

namespace twhin {

/// Element type of a section. Values are frozen: they are on disk.
enum class DataType : std::uint32_t {
  u8 = 1,
  u16 = 2,
  u32 = 3,
  u64 = 4,
  i64 = 5,
  f32 = 6,
  f64 = 7,
  bf16 = 8,
  f16 = 9,
};

std::size_t size_of(DataType type);
std::string_view to_string(DataType type);

template <class T>
constexpr DataType data_type_of();
template <>
constexpr DataType data_type_of<std::uint8_t>() {
  return DataType::u8;
}
template <>
constexpr DataType data_type_of<std::uint16_t>() {
  return DataType::u16;
}
template <>
constexpr DataType data_type_of<std::uint32_t>() {
  return DataType::u32;
}
template <>
constexpr DataType data_type_of<std::uint64_t>() {
  return DataType::u64;
}
template <>
constexpr DataType data_type_of<std::int64_t>() {
  return DataType::i64;
}
template <>
constexpr DataType data_type_of<float>() {
  return DataType::f32;
}
template <>
constexpr DataType data_type_of<double>() {
  return DataType::f64;
}

struct Section {
  std::string name;
  DataType type = DataType::u8;
  std::uint64_t rows = 0;
  std::uint64_t cols = 0;
  std::uint64_t offset = 0;  ///< from the start of the file, a multiple of 64
  std::uint64_t checksum = 0;

  std::uint64_t num_bytes() const { return rows * cols * size_of(type); }
};

/// What a manifest records of a file.
struct FileRecord {
  std::uint64_t num_bytes = 0;
  std::uint64_t checksum = 0;  ///< of a container its root checksum, otherwise of all bytes
};

/// Writes a container. Sections are written one after the other, each in any number of pieces.
class ContainerWriter {
 public:
  ContainerWriter(const std::filesystem::path& path, std::string_view kind);

  /// Begins a section of unknown length; the one before it ends.
  void begin(std::string_view name, DataType type, std::uint64_t cols = 1);
  /// Adds whole rows to the section begun last.
  void append(const void* data, std::size_t num_bytes);

  /// A whole section in one call; values.size() is a multiple of cols.
  template <class T>
  void add(std::string_view name, std::span<const T> values, std::uint64_t cols = 1) {
    begin(name, data_type_of<T>(), cols);
    append(values.data(), values.size_bytes());
  }
  /// A section of text (bytes).
  void add_text(std::string_view name, std::string_view text);

  /// Makes the file appear. durable as in AtomicFile::commit.
  FileRecord commit(bool durable = true);

 private:
  void end_section();

  AtomicFile file_;
  std::string kind_;
  std::vector<Section> sections_;
  std::unique_ptr<Checksum> running_;
  std::uint64_t section_bytes_ = 0;
};

/// A container mapped read-only. Opening checks header and table, not the sections' bytes.
class Container {
 public:
  /// Errors    see the head of the file; "storage.wrong_kind" unless the file is of `kind`
  ///           (empty: any kind).
  static Container open(const std::filesystem::path& path, std::string_view kind);

  /// True if the file begins like a container.
  static bool is_container(const std::filesystem::path& path);

  const std::string& kind() const { return kind_; }
  const std::filesystem::path& path() const { return path_; }
  const std::vector<Section>& sections() const { return sections_; }
  bool has(std::string_view name) const { return find(name) != nullptr; }
  const Section& section(std::string_view name) const;
  FileRecord record() const { return {file_.size(), root_checksum_}; }

  /// All elements of a section, row-major. Valid as long as the container lives.
  template <class T>
  std::span<const T> array(std::string_view name) const {
    const Section& s = section_of_type(name, data_type_of<T>());
    return {reinterpret_cast<const T*>(bytes(s)), s.rows * s.cols};
  }
  std::string_view text(std::string_view name) const;
  const std::byte* bytes(const Section& section) const { return file_.data() + section.offset; }

  /// Reads every byte and compares the checksums.
  void verify() const;
  void verify(const Section& section) const;
  /// Compares a checksum that was computed otherwise, from bytes that were read and not mapped.
  void verify(const Section& section, std::uint64_t found) const;

 private:
  const Section* find(std::string_view name) const;
  const Section& section_of_type(std::string_view name, DataType type) const;

  std::filesystem::path path_;
  MappedFile file_;
  std::string kind_;
  std::vector<Section> sections_;
  std::uint64_t root_checksum_ = 0;
};

/// The record of any file: a container's root, or the checksum of all bytes.
FileRecord record_of(const std::filesystem::path& path);

}  // namespace twhin
