#include "twhin/storage/container.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "twhin/base/error.h"
#include "twhin/base/memory.h"

namespace twhin {
namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "files are little-endian");

namespace {

constexpr char kMagic[8] = {'T', 'W', 'H', 'I', 'N', 'F', 'M', 'T'};
constexpr std::uint32_t kFormatVersion = 1;
constexpr std::uint32_t kByteOrder = 0x01020304;
constexpr std::uint64_t kAlignment = 64;
constexpr std::uint64_t kMaxTableBytes = 1 << 26;
constexpr std::uint32_t kMaxNameBytes = 4096;

struct Header {  // frozen
  char magic[8];
  std::uint32_t format_version;
  std::uint32_t byte_order;
  std::uint64_t table_offset;
  std::uint64_t table_bytes;
  std::uint64_t table_checksum;
  std::uint64_t reserved[2];
  std::uint64_t header_checksum;  // of the bytes before it
};
static_assert(sizeof(Header) == 64);

std::uint64_t checksum_of(const Header& header) {
  return checksum(&header, offsetof(Header, header_checksum));
}

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}
void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

ErrorBuilder damaged(const fs::path& path, std::string_view id, std::string_view sentence) {
  ErrorBuilder error(ErrorKind::corrupt_data, id);
  error.what(fmt::format("{} {}", quote(path.string()), sentence));
  return error;
}

// Reads the table with a check before each step: the bytes may be anything.
class TableReader {
 public:
  TableReader(const fs::path& path, const std::byte* data, std::uint64_t size)
      : path_(path), data_(data), left_(size) {}

  template <class T>
  T get() {
    T value;
    std::memcpy(&value, take(sizeof(T)), sizeof(T));
    return value;
  }
  std::string get_text() {
    const auto size = get<std::uint32_t>();
    if (size > kMaxNameBytes) fail();
    return {reinterpret_cast<const char*>(take(size)), size};
  }
  [[noreturn]] void fail() const {
    throw damaged(path_, "storage.truncated", "has a damaged table of sections").build();
  }

 private:
  const std::byte* take(std::uint64_t size) {
    if (size > left_) fail();
    const std::byte* at = data_;
    data_ += size;
    left_ -= size;
    return at;
  }

  const fs::path& path_;
  const std::byte* data_;
  std::uint64_t left_;
};

}  // namespace

std::size_t size_of(DataType type) {
  switch (type) {
    case DataType::u8:
      return 1;
    case DataType::u16:
    case DataType::bf16:
    case DataType::f16:
      return 2;
    case DataType::u32:
    case DataType::f32:
      return 4;
    case DataType::u64:
    case DataType::i64:
    case DataType::f64:
      return 8;
  }
  return 0;  // not a type: readers treat it as damage
}

std::string_view to_string(DataType type) {
  switch (type) {
    case DataType::u8:
      return "u8";
    case DataType::u16:
      return "u16";
    case DataType::u32:
      return "u32";
    case DataType::u64:
      return "u64";
    case DataType::i64:
      return "i64";
    case DataType::f32:
      return "f32";
    case DataType::f64:
      return "f64";
    case DataType::bf16:
      return "bf16";
    case DataType::f16:
      return "f16";
  }
  return "unknown";
}

ContainerWriter::ContainerWriter(const fs::path& path, std::string_view kind)
    : file_(path), kind_(kind) {
  const Header empty = {};
  file_.write(&empty, sizeof(empty));
}

void ContainerWriter::begin(std::string_view name, DataType type, std::uint64_t cols) {
  end_section();
  constexpr char kZeros[kAlignment] = {};
  file_.write(kZeros, (kAlignment - file_.size() % kAlignment) % kAlignment);
  sections_.push_back({std::string(name), type, 0, cols, file_.size(), 0});
  running_ = std::make_unique<Checksum>();
  section_bytes_ = 0;
}

void ContainerWriter::append(const void* data, std::size_t num_bytes) {
  running_->update(data, num_bytes);
  file_.write(data, num_bytes);
  section_bytes_ += num_bytes;
}

void ContainerWriter::end_section() {
  if (!running_) return;
  Section& section = sections_.back();
  const std::uint64_t row_bytes = section.cols * size_of(section.type);
  if (row_bytes == 0 ? section_bytes_ != 0 : section_bytes_ % row_bytes != 0) {
    throw ErrorBuilder(ErrorKind::internal, "storage.partial_row")
        .what(fmt::format("section {} does not end at the end of a row", quote(section.name)))
        .found(fmt::format("{} bytes, rows of {} bytes", section_bytes_, row_bytes))
        .build();
  }
  section.rows = row_bytes == 0 ? 0 : section_bytes_ / row_bytes;
  section.checksum = running_->value();
  running_.reset();
}

void ContainerWriter::add_text(std::string_view name, std::string_view text) {
  add<std::uint8_t>(name, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

FileRecord ContainerWriter::commit(bool durable) {
  end_section();
  std::string table;
  put_text(table, kind_);
  put(table, static_cast<std::uint32_t>(sections_.size()));
  for (const Section& s : sections_) {
    put_text(table, s.name);
    put(table, static_cast<std::uint32_t>(s.type));
    for (const std::uint64_t word : {s.rows, s.cols, s.offset, s.checksum}) put(table, word);
  }
  Header header = {};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.format_version = kFormatVersion;
  header.byte_order = kByteOrder;
  header.table_offset = file_.size();
  header.table_bytes = table.size();
  header.table_checksum = checksum(table.data(), table.size());
  header.header_checksum = checksum_of(header);
  file_.write(table);
  file_.write_at(0, &header, sizeof(header));
  const FileRecord record{file_.size(), header.table_checksum};
  file_.commit(durable);
  return record;
}

bool Container::is_container(const fs::path& path) {
  const MappedFile file(path);
  return file.size() >= sizeof(Header) && std::memcmp(file.data(), kMagic, sizeof(kMagic)) == 0;
}

Container Container::open(const fs::path& path, std::string_view kind) {
  Container c;
  c.path_ = path;
  c.file_ = MappedFile(path);
  Header header = {};
  if (c.file_.size() < sizeof(header)) {
    throw damaged(path, "storage.truncated", "is too short")
        .found(fmt::format("{} bytes", c.file_.size()))
        .expected(fmt::format("a header of {} bytes", sizeof(header)))
        .build();
  }
  std::memcpy(&header, c.file_.data(), sizeof(header));
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic)) != 0) {
    throw damaged(path, "storage.not_a_container", "is not a file of twhin")
        .found("other first bytes")
        .expected("TWHINFMT")
        .build();
  }
  if (header.format_version > kFormatVersion) {
    throw ErrorBuilder(ErrorKind::version_mismatch, "storage.newer_version")
        .what(fmt::format("{} was written by a newer twhin", quote(path.string())))
        .found(fmt::format("format version {}", header.format_version))
        .expected(fmt::format("at most {}", kFormatVersion))
        .hint("use the twhin that wrote it, or a newer one")
        .build();
  }
  if (header.header_checksum != checksum_of(header) || header.byte_order != kByteOrder) {
    throw damaged(path, "storage.checksum_mismatch", "has a damaged header").build();
  }
  if (header.table_bytes > kMaxTableBytes || header.table_offset > c.file_.size() ||
      header.table_bytes > c.file_.size() - header.table_offset) {
    throw damaged(path, "storage.truncated", "is cut off")
        .found(fmt::format("{} bytes", c.file_.size()))
        .expected(fmt::format("{} bytes", header.table_offset + header.table_bytes))
        .build();
  }
  const std::byte* table = c.file_.data() + header.table_offset;
  c.root_checksum_ = checksum(table, header.table_bytes);
  if (c.root_checksum_ != header.table_checksum) {
    throw damaged(path, "storage.checksum_mismatch", "has a damaged table of sections").build();
  }
  TableReader reader(path, table, header.table_bytes);
  c.kind_ = reader.get_text();
  for (auto left = reader.get<std::uint32_t>(); left > 0; --left) {
    Section s;
    s.name = reader.get_text();
    s.type = static_cast<DataType>(reader.get<std::uint32_t>());
    s.rows = reader.get<std::uint64_t>();
    s.cols = reader.get<std::uint64_t>();
    s.offset = reader.get<std::uint64_t>();
    s.checksum = reader.get<std::uint64_t>();
    std::uint64_t size = 0;
    const bool fits = size_of(s.type) > 0 && !__builtin_mul_overflow(s.rows, s.cols, &size) &&
                      !__builtin_mul_overflow(size, size_of(s.type), &size) &&
                      s.offset % kAlignment == 0 && s.offset <= header.table_offset &&
                      size <= header.table_offset - s.offset;
    if (!fits) reader.fail();
    c.sections_.push_back(std::move(s));
  }
  if (!kind.empty() && c.kind_ != kind) {
    throw damaged(path, "storage.wrong_kind", "holds something else")
        .found(quote(c.kind_))
        .expected(quote(kind))
        .build();
  }
  return c;
}

const Section* Container::find(std::string_view name) const {
  for (const Section& s : sections_) {
    if (s.name == name) return &s;
  }
  return nullptr;
}

const Section& Container::section(std::string_view name) const {
  if (const Section* s = find(name)) return *s;
  std::vector<std::string> names;
  for (const Section& s : sections_) names.push_back(s.name);
  throw damaged(path_, "storage.missing_section", "lacks a section")
      .found(list(names))
      .expected(quote(name))
      .build();
}

const Section& Container::section_of_type(std::string_view name, DataType type) const {
  const Section& s = section(name);
  if (s.type == type) return s;
  throw damaged(path_, "storage.wrong_section",
                fmt::format("has a section {} of another type", quote(name)))
      .found(to_string(s.type))
      .expected(to_string(type))
      .build();
}

std::string_view Container::text(std::string_view name) const {
  const Section& s = section_of_type(name, DataType::u8);
  return {reinterpret_cast<const char*>(bytes(s)), s.num_bytes()};
}

void Container::verify(const Section& s) const { verify(s, checksum(bytes(s), s.num_bytes())); }

void Container::verify(const Section& s, std::uint64_t found) const {
  if (found == s.checksum) return;
  throw damaged(path_, "storage.checksum_mismatch",
                fmt::format("is damaged in section {}", quote(s.name)))
      .found(fmt::format("checksum {} over {} bytes", to_hex(found), s.num_bytes()))
      .expected(fmt::format("checksum {}", to_hex(s.checksum)))
      .build();
}

void Container::verify() const {
  for (const Section& s : sections_) verify(s);
}

FileRecord record_of(const fs::path& path) {
  if (Container::is_container(path)) return Container::open(path, "").record();
  const MappedFile file(path);
  return {file.size(), checksum(file.data(), file.size())};
}

}  // namespace twhin
