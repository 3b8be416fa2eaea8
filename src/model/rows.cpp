#include "twhin/model/rows.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/storage/manifest.h"

namespace twhin {
namespace {

float from_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

// IEEE half precision; subnormals are scaled by 2^-24, which float holds exactly.
float from_f16(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1fu, mantissa = bits & 0x3ffu;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1.0p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 31 ? 0xffu : exponent + 112;
  return std::bit_cast<float>(sign | (wide << 23) | (mantissa << 13));
}

void widen(const std::byte* bytes, DataType type, std::size_t n, float* out) {
  if (type == DataType::f32) {
    std::memcpy(out, bytes, n * sizeof(float));
    return;
  }
  const bool brain = type == DataType::bf16;
  for (std::size_t i = 0; i < n; ++i) {
    std::uint16_t half;
    std::memcpy(&half, bytes + i * sizeof half, sizeof half);
    out[i] = brain ? from_bf16(half) : from_f16(half);
  }
}

class StoredRows : public Rows {
 public:
  StoredRows(const std::filesystem::path& version, const EntityType& type, std::size_t dim,
             RowType row_type, std::span<const float> global)
      : dim_(dim), global_(global.begin(), global.end()) {
    if (!global.empty() && global.size() != dim) {
      throw ErrorBuilder(ErrorKind::corrupt_data, "model.wrong_shape")
          .what("the global embedding of type " + quote(type.name) + " does not fit the model")
          .at(version.string())
          .found(fmt::format("{} numbers", global.size()))
          .expected(fmt::format("{}", dim))
          .build();
    }
    for (std::uint32_t p = 0; p < type.num_partitions(); ++p) {
      Container c =
          Container::open(version / embeddings_file(type.name, p, row_type), "embeddings");
      const Section& s = c.section("rows");
      if (s.type != data_type(row_type) || s.rows != type.partition_sizes[p] || s.cols != dim) {
        throw ErrorBuilder(ErrorKind::corrupt_data, "model.wrong_shape")
            .what(fmt::format("{} does not fit the model", quote(c.path().string())))
            .found(fmt::format("{} [{}, {}]", to_string(s.type), s.rows, s.cols))
            .expected(fmt::format("{} [{}, {}]", to_string(data_type(row_type)),
                                  type.partition_sizes[p], dim))
            .build();
      }
      parts_.push_back(std::move(c));
    }
  }

  std::size_t dim() const override { return dim_; }
  std::uint32_t num_partitions() const override {
    return static_cast<std::uint32_t>(parts_.size());
  }
  std::uint32_t size(std::uint32_t partition) const override {
    return static_cast<std::uint32_t>(section(partition).rows);
  }

  void read(std::uint32_t partition, std::uint32_t first, std::uint32_t count,
            float* out) const override {
    const Section& s = section(partition);
    const std::byte* bytes =
        parts_[partition].bytes(s) + std::size_t{first} * dim_ * size_of(s.type);
    widen(bytes, s.type, std::size_t{count} * dim_, out);
    add_global(count, out);
  }

  const float* in_place(std::uint32_t partition) const override {
    const Section& s = section(partition);
    if (s.type != DataType::f32 || !global_.empty()) return nullptr;
    return reinterpret_cast<const float*>(parts_[partition].bytes(s));
  }

  const Section& section(std::uint32_t partition) const {
    return parts_[partition].section("rows");
  }
  const std::filesystem::path& path(std::uint32_t partition) const {
    return parts_[partition].path();
  }

 protected:
  void add_global(std::uint32_t count, float* out) const {
    if (global_.empty()) return;
    for (std::uint32_t row = 0; row < count; ++row) {
      for (std::size_t d = 0; d < dim_; ++d) out[row * dim_ + d] += global_[d];
    }
  }

 private:
  std::size_t dim_;
  std::vector<float> global_;
  std::vector<Container> parts_;
};

class UnmappedRows final : public StoredRows {
 public:
  UnmappedRows(const std::filesystem::path& version, const EntityType& type, std::size_t dim,
               RowType row_type, std::span<const float> global)
      : StoredRows(version, type, dim, row_type, global) {
    for (std::uint32_t p = 0; p < num_partitions(); ++p) {
      const int file = ::open(path(p).c_str(), O_RDONLY | O_CLOEXEC);
      if (file < 0) throw_system_error("file.open", "cannot open", path(p), errno);
      files_.emplace_back(file);
    }
  }

  void read(std::uint32_t partition, std::uint32_t first, std::uint32_t count,
            float* out) const override {
    const Section& s = section(partition);
    const std::size_t row_bytes = dim() * size_of(s.type), n = std::size_t{count} * dim();
    if (s.type == DataType::f32) {
      read_at(partition, s.offset + first * row_bytes, count * row_bytes, out);
    } else {
      thread_local std::vector<std::byte> bytes;
      bytes.resize(count * row_bytes);
      read_at(partition, s.offset + first * row_bytes, bytes.size(), bytes.data());
      widen(bytes.data(), s.type, n, out);
    }
    add_global(count, out);
  }

  const float* in_place(std::uint32_t) const override { return nullptr; }

 private:
  struct File {
    explicit File(int descriptor) : fd(descriptor) {}
    File(File&& other) noexcept : fd(std::exchange(other.fd, -1)) {}
    File& operator=(File&&) = delete;
    ~File() {
      if (fd >= 0) ::close(fd);
    }
    int fd;
  };

  void read_at(std::uint32_t partition, std::uint64_t offset, std::size_t size, void* out) const {
    for (std::size_t done = 0; done < size;) {
      const ssize_t count = ::pread(files_[partition].fd, static_cast<std::byte*>(out) + done,
                                    size - done, static_cast<off_t>(offset + done));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) throw_system_error("file.read", "cannot read", path(partition), errno);
      done += static_cast<std::size_t>(count);
    }
  }

  std::vector<File> files_;
};

}  // namespace

std::uint64_t Rows::size() const {
  std::uint64_t total = 0;
  for (std::uint32_t p = 0; p < num_partitions(); ++p) total += size(p);
  return total;
}

void Rows::read(std::span<const EntityId> ids, float* out) const {
  for (std::size_t i = 0; i < ids.size(); ++i) read(ids[i], out + i * dim());
}

std::string embeddings_file(std::string_view type, std::uint32_t partition, RowType row_type) {
  return fmt::format("embeddings/{}.{}.{}", file_name_for(type), partition, enum_name(row_type));
}

std::unique_ptr<Rows> open_rows(const std::filesystem::path& version, const EntityType& type,
                                std::size_t dim, RowType row_type, std::span<const float> global) {
  return std::make_unique<StoredRows>(version, type, dim, row_type, global);
}

std::unique_ptr<Rows> open_rows_unmapped(const std::filesystem::path& version,
                                         const EntityType& type, std::size_t dim, RowType row_type,
                                         std::span<const float> global) {
  return std::make_unique<UnmappedRows>(version, type, dim, row_type, global);
}

}  // namespace twhin
