#include "train/type_buffer.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "train/initial_vectors.h"
#include "twhin/model/rows.h"

namespace twhin::training {
namespace fs = std::filesystem;

TypeBuffer::TypeBuffer(const Graph& graph, const TrainedType& type, const RowFormat& format,
                       const InitialRows& initial, std::size_t capacity, fs::path directory,
                       IoThread& io)
    : graph_(graph),
      type_(type),
      format_(format),
      initial_(initial),
      capacity_(capacity == 0 ? type.partition_sizes.size()
                              : std::min(capacity, type.partition_sizes.size())),
      directory_(std::move(directory)),
      io_(io),
      slots_(num_slots(type.partition_sizes.size(), capacity)) {
  for (Slot& slot : slots_) slot.part = Part(format, type.largest_partition());
}

std::size_t TypeBuffer::num_slots(std::size_t num_partitions, std::size_t capacity) {
  return capacity == 0 ? num_partitions : std::min(num_partitions, capacity + 2);
}

std::uint64_t TypeBuffer::bytes(const TrainedType& type, const RowFormat& format,
                                std::size_t capacity) {
  return num_slots(type.partition_sizes.size(), capacity) *
         std::uint64_t{type.largest_partition()} * format.bytes();
}

void TypeBuffer::expect(std::vector<std::vector<std::uint32_t>> uses) {
  io_.wait_until_idle();
  uses_ = std::move(uses);
  std::vector<std::uint32_t> held;
  for (const Slot& slot : slots_) {
    if (slot.state == State::ready) held.push_back(slot.partition);
  }
  swaps_ = buffer_schedule(uses_, capacity_, std::move(held));
  next_load_ = next_eviction_ = 0;
}

TypeBuffer::Slot* TypeBuffer::find(std::uint32_t partition, State state) {
  for (Slot& slot : slots_) {
    if (slot.state == state && slot.partition == partition) return &slot;
  }
  return nullptr;
}

std::size_t TypeBuffer::count(State state) const {
  return static_cast<std::size_t>(std::count_if(
      slots_.begin(), slots_.end(), [&](const Slot& slot) { return slot.state == state; }));
}

bool TypeBuffer::is_ready(std::size_t step) {
  return std::all_of(uses_[step].begin(), uses_[step].end(),
                     [&](std::uint32_t p) { return find(p, State::ready) != nullptr; });
}

void TypeBuffer::advance(std::size_t step) {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(io_.mutex());
    // Swaps are followed in their order, so a partition that comes and goes twice does so in turn.
    for (; next_eviction_ < swaps_.size(); ++next_eviction_) {
      const Swap& swap = swaps_[next_eviction_];
      if (!swap.out) continue;
      Slot* slot = find(*swap.out, State::ready);
      if (swap.out_free_at > step || slot == nullptr) break;
      tasks.push_back(eviction_of(*slot));
    }
    for (; next_load_ < swaps_.size(); ++next_load_) {
      const Swap& swap = swaps_[next_load_];
      // Still there from before, or on its way: the swap that gives it up comes first.
      if (find(swap.in, State::ready) || find(swap.in, State::loading)) break;
      // One slot is left to what must be written next, unless the step itself cannot wait.
      const std::size_t num_free = count(State::free);
      const bool has_room = num_free + count(State::writing) > 1 || swap.needed_at <= step ||
                            slots_.size() == type_.partition_sizes.size();
      if (num_free == 0 || !has_room) break;
      const auto slot = std::find_if(slots_.begin(), slots_.end(),
                                     [](const Slot& each) { return each.state == State::free; });
      tasks.push_back(load_of(*slot, swap.in));
    }
  }
  for (std::function<void()>& task : tasks) io_.add(std::move(task));
}

void TypeBuffer::enter(std::size_t step) {
  const auto begin = std::chrono::steady_clock::now();
  for (;;) {
    advance(step);
    bool ready = false;
    io_.wait_until([&] {
      ready = is_ready(step);
      return ready || (next_load_ < swaps_.size() && swaps_[next_load_].needed_at <= step &&
                       count(State::free) > 0);
    });
    {
      const std::lock_guard lock(io_.mutex());
      ready = is_ready(step);
    }
    if (ready) break;
  }
  const std::lock_guard lock(io_.mutex());
  totals_.wait_seconds +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::function<void()> TypeBuffer::eviction_of(Slot& slot) {
  if (!slot.changed) {
    slot.state = State::free;
    return [] {};
  }
  slot.state = State::writing;
  return [this, &slot] {
    slot.part.save(directory_, type_.name, slot.partition);
    const std::lock_guard lock(io_.mutex());
    slot.state = State::free;
    slot.changed = false;
    totals_.bytes_written += slot.part.num_rows() * format_.bytes();
  };
}

std::function<void()> TypeBuffer::load_of(Slot& slot, std::uint32_t partition) {
  slot.state = State::loading;
  slot.partition = partition;
  return [this, &slot] {
    const bool was_written = fill(slot.part, slot.partition);
    const std::lock_guard lock(io_.mutex());
    slot.state = State::ready;
    slot.changed = !was_written;
    ++totals_.loads;
    if (was_written) totals_.bytes_read += slot.part.num_rows() * format_.bytes();
  };
}

// Returns whether there was a file to read.
bool TypeBuffer::fill(Part& part, std::uint32_t partition) const {
  part.assign(type_.partition_sizes[partition]);
  if (has_file(partition)) {
    part.load(directory_, type_.name, partition);
    return true;
  }
  // Opened for this only: its pages would stay in memory.
  const Vocabulary names = graph_.vocabulary(type_.graph_type);
  part.init(names, partition, initial_.scale, initial_.seed, initial_.num_threads);
  if (!type_.vectors.empty()) place_vectors(names, type_.vectors, partition, part);
  return false;
}

bool TypeBuffer::has_file(std::uint32_t partition) const {
  return fs::exists(directory_ / embeddings_file(type_.name, partition, format_.type));
}

Part* TypeBuffer::part(std::uint32_t partition) {
  const std::lock_guard lock(io_.mutex());
  return &find(partition, State::ready)->part;
}

void TypeBuffer::touch(std::uint32_t partition) {
  const std::lock_guard lock(io_.mutex());
  find(partition, State::ready)->changed = true;
}

void TypeBuffer::save() {
  io_.wait_until_idle();
  for (Slot& slot : slots_) {
    if (slot.state != State::ready || !slot.changed) continue;
    slot.part.save(directory_, type_.name, slot.partition);
    slot.changed = false;
    totals_.bytes_written += slot.part.num_rows() * format_.bytes();
  }
  Part room;  // only if no slot is free, early in the first epoch
  for (std::uint32_t p = 0; p < type_.partition_sizes.size(); ++p) {
    if (has_file(p)) continue;
    const auto slot = std::find_if(slots_.begin(), slots_.end(),
                                   [](const Slot& each) { return each.state == State::free; });
    if (slot == slots_.end() && room.format().dim == 0) {
      room = Part(format_, type_.largest_partition());
    }
    Part& part = slot == slots_.end() ? room : slot->part;
    fill(part, p);
    part.save(directory_, type_.name, p);
    totals_.bytes_written += part.num_rows() * format_.bytes();
  }
}

IoTotals TypeBuffer::io_totals() const {
  const std::lock_guard lock(io_.mutex());
  return totals_;
}

}  // namespace twhin::training
