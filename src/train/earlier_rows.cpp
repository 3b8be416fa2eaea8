#include "train/earlier_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "twhin/base/error.h"
#include "twhin/model/rows.h"
#include "twhin/storage/manifest.h"

namespace twhin::training {
namespace fs = std::filesystem;

EarlierRows::EarlierRows(const fs::path& directory, std::string_view type, std::uint32_t partition,
                         const RowFormat& format, std::size_t num_rows, float pull)
    : rows_file_(
          Container::open(directory / embeddings_file(type, partition, format.type), "embeddings")),
      carried_file_(Container::open(directory / carried_file(type, partition), "carried")),
      format_(format),
      num_rows_(num_rows),
      pull_(pull) {
  const Section& rows = rows_file_.section("rows");
  bits_ = carried_file_.array<std::uint64_t>("bits");
  if (rows.type != data_type(format.type) || rows.rows != num_rows || rows.cols != format.dim ||
      bits_.size() != (num_rows + 63) / 64) {
    throw ErrorBuilder(ErrorKind::corrupt_data, "train.wrong_shape")
        .what(fmt::format("{} does not fit the graph and the config",
                          quote(rows_file_.path().string())))
        .found(fmt::format("{} [{}, {}]", to_string(rows.type), rows.rows, rows.cols))
        .expected(
            fmt::format("{} [{}, {}]", to_string(data_type(format.type)), num_rows, format.dim))
        .build();
  }
  rows_file_.verify();
  carried_file_.verify();
  rows_ = rows_file_.bytes(rows);
}

kernel::SharedRows EarlierRows::rows() const {
  return {const_cast<void*>(rows_), format_.type, num_rows_, format_.dim};
}

std::string EarlierRows::carried_file(std::string_view type, std::uint32_t partition) {
  return fmt::format("carried/{}.{}.bits", file_name_for(type), partition);
}

void EarlierRows::write_carried(const fs::path& directory, std::string_view type,
                                std::uint32_t partition, const RowBits& carried) {
  ContainerWriter writer(directory / carried_file(type, partition), "carried");
  writer.add<std::uint64_t>("bits", carried.words());
  writer.commit(false);
}

float EarlierTable::read(std::span<const std::uint32_t> ids, std::span<float> weights,
                         MatrixView out) const {
  float pull = 0.0f;
  for (std::size_t k = 0; k < ids.size(); ++k) {
    // The last partition that begins at or before the id; empty ones begin where the next does.
    const auto next = std::upper_bound(first_ids_.begin(), first_ids_.end(), ids[k]);
    const auto partition = static_cast<std::size_t>(next - first_ids_.begin()) - 1;
    const EarlierRows* rows = rows_[partition].get();
    const std::uint32_t row = ids[k] - first_ids_[partition];
    if (rows == nullptr || !rows->has(row)) {
      weights[k] = 0.0f;
      continue;
    }
    pull = rows->pull();
    kernel::gather(rows->rows(), {&row, 1}, out.middle_rows(k, 1));
  }
  return pull;
}

}  // namespace twhin::training
