#include "train/part.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <limits>
#include <numbers>
#include <vector>

#include "twhin/base/checksum.h"
#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/base/memory.h"
#include "twhin/base/rng.h"
#include "twhin/base/threads.h"
#include "twhin/model/rows.h"
#include "twhin/storage/container.h"
#include "twhin/storage/manifest.h"

namespace twhin::training {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kRowsPerTask = 4096;
constexpr std::uint64_t kBytesPerRead = 1 << 18;

// Box-Muller on the two halves of each number: two normal floats for one draw.
void draw_normal(Rng rng, float scale, std::size_t n, float* out) {
  constexpr float kTwoPi = 2.0f * std::numbers::pi_v<float>;
  for (std::size_t i = 0; i < n; i += 2) {
    const std::uint64_t bits = rng();
    const float u = static_cast<float>((bits >> 40) + 1) * 0x1.0p-24f;  // (0, 1]
    const float v = static_cast<float>((bits >> 8) & 0xffffff) * 0x1.0p-24f;
    const float radius = scale * std::sqrt(-2.0f * std::log(u));
    out[i] = radius * std::cos(kTwoPi * v);
    if (i + 1 < n) out[i + 1] = radius * std::sin(kTwoPi * v);
  }
}

// Reads a section into `out` and checks it. Not through the container's map: a partition's pages
// would count twice in this process's memory until the map goes.
void read_section(const fs::path& path, std::string_view kind, std::string_view name, DataType type,
                  std::size_t rows, std::size_t cols, void* out) {
  const Container container = Container::open(path, kind);
  const Section& section = container.section(name);
  if (section.type != type || section.rows != rows || section.cols != cols) {
    throw ErrorBuilder(ErrorKind::corrupt_data, "train.wrong_shape")
        .what(fmt::format("{} does not fit the graph and the config", quote(path.string())))
        .found(fmt::format("{} [{}, {}]", to_string(section.type), section.rows, section.cols))
        .expected(fmt::format("{} [{}, {}]", to_string(type), rows, cols))
        .build();
  }
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(section.offset));
  Checksum sum;
  char* at = static_cast<char*>(out);
  for (std::uint64_t left = section.num_bytes(); left > 0;) {
    const auto piece = std::min<std::uint64_t>(left, kBytesPerRead);
    if (!file.read(at, static_cast<std::streamsize>(piece))) {
      throw_system_error("file.read", "cannot read", path, errno);
    }
    sum.update(at, piece);  // while it is in the cache
    at += piece;
    left -= piece;
  }
  container.verify(section, sum.value());
}

}  // namespace

std::string optimizer_file(std::string_view type, std::uint32_t partition) {
  return fmt::format("optimizer/{}.{}.state", file_name_for(type), partition);
}

RowMemory::RowMemory(const RowFormat& format, std::uint64_t num_rows)
    : format_(format), num_rows_(num_rows) {
  if (num_rows > std::numeric_limits<std::uint32_t>::max()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "train.too_many_entities")
        .what("a type has more entities than training can number")
        .found(fmt::format("{}", num_rows))
        .expected("fewer than 2^32")
        .build();
  }
  rows_ = HugeBuffer(checked_product(num_rows, format.row_bytes(), "embeddings of a type"));
  state_ =
      HugeFloats(checked_product(num_rows, format.state_floats(), "optimizer state of a type"));
}

void RowMemory::release(std::size_t first, std::size_t count) {
  rows_.release(first * format_.row_bytes(), count * format_.row_bytes());
  state_.release(first * format_.state_floats(), count * format_.state_floats());
}

void Part::init(const Vocabulary& names, std::uint32_t partition, float scale, std::uint64_t seed,
                std::size_t num_threads, const EntityMatch* carried) const {
  const std::uint64_t type_key = name_hash(names.type()).low;
  const auto hashes = names.hashes(partition);
  const auto row_of = names.rows(partition);
  const kernel::SharedRows shared = rows();
  const std::size_t dim = format().dim;
  const std::size_t num_tasks = (num_rows_ + kRowsPerTask - 1) / kRowsPerTask;
  parallel_for(num_tasks, num_threads, [&](std::size_t task) {
    std::vector<float> values(dim);
    const std::size_t end = std::min<std::size_t>(num_rows_, (task + 1) * kRowsPerTask);
    for (std::size_t i = task * kRowsPerTask; i < end; ++i) {
      const std::uint32_t row = row_of.empty() ? static_cast<std::uint32_t>(i) : row_of[i];
      if (carried != nullptr && carried->has(row)) continue;
      const Rng rng(seed, RngPurpose::init_entities, type_key, hashes[i]);
      draw_normal(rng, scale, dim, values.data());
      kernel::store(shared, {&row, 1}, ConstMatrixView(values.data(), 1, dim));
    }
  });
  std::fill_n(state().data, num_rows_ * format().state_floats(), 0.0f);
}

void Part::save(const fs::path& directory, std::string_view type, std::uint32_t partition) const {
  const RowFormat& format = this->format();
  ContainerWriter values(directory / embeddings_file(type, partition, format.type), "embeddings");
  values.begin("rows", data_type(format.type), format.dim);
  values.append(rows().data, num_rows_ * format.row_bytes());
  values.commit(false);
  ContainerWriter sums(directory / optimizer_file(type, partition), "optimizer");
  sums.begin("state", DataType::f32, format.state_floats());
  sums.append(state().data, num_rows_ * format.state_floats() * sizeof(float));
  sums.commit(false);
}

void Part::load(const fs::path& directory, std::string_view type, std::uint32_t partition) const {
  const RowFormat& format = this->format();
  const std::size_t width = format.state_floats();
  read_section(directory / embeddings_file(type, partition, format.type), "embeddings", "rows",
               data_type(format.type), num_rows_, format.dim, rows().data);
  read_section(directory / optimizer_file(type, partition), "optimizer", "state", DataType::f32,
               width == 0 ? 0 : num_rows_, width, state().data);
}

}  // namespace twhin::training
