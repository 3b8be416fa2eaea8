#include "train/type_buffer.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "train/earlier_rows.h"
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
      num_places_(num_places(type.partition_sizes.size(), capacity)),
      memory_(std::make_unique<RowMemory>(format, type.num_entities())) {
  for (std::uint32_t p = 0; p < type.partition_sizes.size(); ++p) {
    places_.push_back({Part(*memory_, type.first_id(p), type.partition_sizes[p])});
  }
  if (type.pull == 0.0f || initial.before.empty()) return;
  std::vector<std::uint32_t> first_ids;
  for (const Place& place : places_) first_ids.push_back(place.part.first());
  earlier_ = std::make_unique<EarlierTable>(std::move(first_ids));
  memory_->set_earlier(earlier_.get());
}

std::size_t TypeBuffer::num_places(std::size_t num_partitions, std::size_t capacity) {
  return capacity == 0 ? num_partitions : std::min(num_partitions, capacity + 2);
}

std::uint64_t TypeBuffer::bytes(const TrainedType& type, const RowFormat& format,
                                std::size_t capacity) {
  return num_places(type.partition_sizes.size(), capacity) *
         std::uint64_t{type.largest_partition()} * format.bytes();
}

void TypeBuffer::expect(std::vector<std::vector<std::uint32_t>> uses) {
  io_.wait_until_idle();
  uses_ = std::move(uses);
  std::vector<std::uint32_t> held;
  for (std::uint32_t p = 0; p < places_.size(); ++p) {
    if (places_[p].state == State::ready) held.push_back(p);
  }
  swaps_ = buffer_schedule(uses_, capacity_, std::move(held));
  next_load_ = next_eviction_ = 0;
}

std::size_t TypeBuffer::count(State state) const {
  return static_cast<std::size_t>(std::count_if(
      places_.begin(), places_.end(), [&](const Place& place) { return place.state == state; }));
}

bool TypeBuffer::is_ready(std::size_t step) const {
  return std::all_of(uses_[step].begin(), uses_[step].end(),
                     [&](std::uint32_t p) { return places_[p].state == State::ready; });
}

void TypeBuffer::advance(std::size_t step) {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(io_.mutex());
    // Swaps are followed in their order, so a partition that comes and goes twice does so in turn.
    for (; next_eviction_ < swaps_.size(); ++next_eviction_) {
      const Swap& swap = swaps_[next_eviction_];
      if (!swap.out) continue;
      if (swap.out_free_at > step || places_[*swap.out].state != State::ready) break;
      tasks.push_back(eviction_of(*swap.out));
    }
    for (; next_load_ < swaps_.size(); ++next_load_) {
      const Swap& swap = swaps_[next_load_];
      // Still there from before, or on its way: the swap that gives it up comes first.
      if (places_[swap.in].state != State::absent) break;
      // One place is left to what must be written next, unless the step itself cannot wait.
      const bool has_room = num_free() + count(State::writing) > 1 || swap.needed_at <= step ||
                            num_places_ == places_.size();
      if (num_free() == 0 || !has_room) break;
      tasks.push_back(load_of(swap.in));
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
      return ready ||
             (next_load_ < swaps_.size() && swaps_[next_load_].needed_at <= step && num_free() > 0);
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

void TypeBuffer::vacate(Place& place) {
  place.part.release();
  if (earlier_) earlier_->set(static_cast<std::size_t>(&place - places_.data()), nullptr);
  place.state = State::absent;
  place.changed = false;
}

std::function<void()> TypeBuffer::eviction_of(std::uint32_t partition) {
  Place& place = places_[partition];
  if (!place.changed) {
    vacate(place);
    return [] {};
  }
  place.state = State::writing;
  return [this, &place, partition] {
    place.part.save(directory_, type_.name, partition);
    const std::lock_guard lock(io_.mutex());
    vacate(place);
    totals_.bytes_written += place.part.num_rows() * format_.bytes();
  };
}

std::function<void()> TypeBuffer::load_of(std::uint32_t partition) {
  Place& place = places_[partition];
  place.state = State::loading;
  return [this, &place, partition] {
    const bool was_written = fill(partition);
    if (earlier_) {
      earlier_->set(partition, std::make_shared<const EarlierRows>(
                                   initial_.before, type_.name, partition, format_,
                                   place.part.num_rows(), type_.pull));
    }
    const std::lock_guard lock(io_.mutex());
    place.state = State::ready;
    place.changed = !was_written;
    ++totals_.loads;
    if (was_written) totals_.bytes_read += place.part.num_rows() * format_.bytes();
  };
}

// Returns whether there was a file to read.
bool TypeBuffer::fill(std::uint32_t partition) const {
  const Part& part = places_[partition].part;
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

Part* TypeBuffer::part(std::uint32_t partition) { return &places_[partition].part; }

void TypeBuffer::touch(std::uint32_t partition) {
  const std::lock_guard lock(io_.mutex());
  places_[partition].changed = true;
}

void TypeBuffer::save() {
  io_.wait_until_idle();
  for (std::uint32_t p = 0; p < places_.size(); ++p) {
    Place& place = places_[p];
    const bool is_new = place.state == State::absent && !has_file(p);  // early in the first epoch
    if (is_new) fill(p);
    if (!is_new && !(place.state == State::ready && place.changed)) continue;
    place.part.save(directory_, type_.name, p);
    place.changed = false;
    totals_.bytes_written += place.part.num_rows() * format_.bytes();
    if (is_new) place.part.release();
  }
}

IoTotals TypeBuffer::io_totals() const {
  const std::lock_guard lock(io_.mutex());
  return totals_;
}

}  // namespace twhin::training
