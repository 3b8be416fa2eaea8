#include "train/partition_buffer.h"

#include "twhin/base/file.h"

namespace twhin::training {

PartitionBuffer::PartitionBuffer(const Graph& graph, const TrainingNetwork& network,
                                 const RowFormat& format, const InitialRows& initial,
                                 std::size_t capacity, const std::filesystem::path& directory)
    : network_(network) {
  make_directories(directory / "embeddings");
  make_directories(directory / "optimizer");
  for (const TrainedType& type : network.types) {
    types_.emplace_back(graph, type, format, initial, capacity, directory, io_);
  }
}

void PartitionBuffer::expect(const std::vector<std::vector<PartId>>& parts) {
  std::vector<std::vector<std::vector<std::uint32_t>>> uses(types_.size());
  for (auto& of_type : uses) of_type.resize(parts.size());
  for (std::size_t step = 0; step < parts.size(); ++step) {
    for (const PartId& part : parts[step]) uses[part.type][step].push_back(part.partition);
  }
  for (std::size_t t = 0; t < types_.size(); ++t) types_[t].expect(std::move(uses[t]));
}

void PartitionBuffer::enter(std::size_t step) {
  for (TypeBuffer& type : types_) type.advance(step);
  for (TypeBuffer& type : types_) type.enter(step);
  // What was written while this waited has made room for more.
  for (TypeBuffer& type : types_) type.advance(step);
}

void PartitionBuffer::save() {
  for (TypeBuffer& type : types_) type.save();
}

IoTotals PartitionBuffer::io_totals() const {
  IoTotals sum;
  for (const TypeBuffer& type : types_) {
    const IoTotals totals = type.io_totals();
    sum.bytes_read += totals.bytes_read;
    sum.bytes_written += totals.bytes_written;
    sum.loads += totals.loads;
    sum.wait_seconds += totals.wait_seconds;
  }
  return sum;
}

}  // namespace twhin::training
