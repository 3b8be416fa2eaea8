// train/type_buffer.h -- the partitions of one entity type that are in memory.
//
// A buffer of B holds B partitions for training; one more is read and one is written meanwhile, so
// there is room for B + 2 (all partitions, if they are no more). Each has its own place in the
// type's memory, which takes room only while the partition is there:
//
//   absent -> loading -> ready -> writing -> absent
//
// Reading and writing is done by an IoThread, in the order of the steps to come; that order also
// keeps a partition from being read before its last version is written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "train/buffer_schedule.h"
#include "train/earlier_rows.h"
#include "train/io_thread.h"
#include "train/part.h"
#include "train/training_network.h"

namespace twhin::training {

/// What partitions hold that were never written.
struct InitialRows {
  float scale = 0.0f;
  std::uint64_t seed = 0;
  std::size_t num_threads = 1;
  /// Where train/earlier_rows.h finds what they are pulled to; empty: nothing pulls.
  std::filesystem::path before;
};

/// How much was read and written, and how long training waited for it.
struct IoTotals {
  std::uint64_t bytes_read = 0, bytes_written = 0, loads = 0;
  double wait_seconds = 0.0;

  /// What came since `before`.
  IoTotals operator-(const IoTotals& before) const {
    return {bytes_read - before.bytes_read, bytes_written - before.bytes_written,
            loads - before.loads, wait_seconds - before.wait_seconds};
  }
};

/// Threads   for one thread; the IoThread works behind it.
class TypeBuffer {
 public:
  /// `capacity` 0: all partitions. Files lie below `directory`. Borrows graph, type and io, which
  /// must outlive it.
  TypeBuffer(const Graph& graph, const TrainedType& type, const RowFormat& format,
             const InitialRows& initial, std::size_t capacity, std::filesystem::path directory,
             IoThread& io);

  /// The partitions that the coming steps use, counted from 0. Replaces what was expected before.
  void expect(std::vector<std::vector<std::uint32_t>> uses);
  /// Step `step` begins, steps before it are over: writes and reads what can be, ahead of the
  /// steps.
  void advance(std::size_t step);
  /// The same; then waits until the partitions of the step are in memory.
  void enter(std::size_t step);

  /// Requires a partition of the step that was entered last.
  Part* part(std::uint32_t partition);
  /// Says that the part is changed: it is written when it goes.
  void touch(std::uint32_t partition);

  /// Writes what is in memory and changed, and what was never written, so that `directory` is
  /// complete. Not synced.
  void save();

  IoTotals io_totals() const;
  /// Memory of the partitions that there is room for.
  static std::uint64_t bytes(const TrainedType& type, const RowFormat& format,
                             std::size_t capacity);
  static std::size_t num_places(std::size_t num_partitions, std::size_t capacity);

 private:
  enum class State { absent, loading, ready, writing };
  struct Place {
    Part part;
    State state = State::absent;
    bool changed = false;
  };

  std::size_t count(State state) const;
  std::size_t num_free() const { return num_places_ + count(State::absent) - places_.size(); }
  bool is_ready(std::size_t step) const;
  void vacate(Place& place);
  std::function<void()> eviction_of(std::uint32_t partition);
  std::function<void()> load_of(std::uint32_t partition);
  bool fill(std::uint32_t partition) const;
  bool has_file(std::uint32_t partition) const;

  const Graph& graph_;
  const TrainedType& type_;
  RowFormat format_;
  InitialRows initial_;
  std::size_t capacity_;
  std::filesystem::path directory_;
  IoThread& io_;  // its mutex guards states of places and totals_
  std::size_t num_places_;
  std::unique_ptr<RowMemory> memory_;
  std::unique_ptr<EarlierTable> earlier_;  // if rows are pulled
  std::vector<Place> places_;              // by partition
  std::vector<std::vector<std::uint32_t>> uses_;
  std::vector<Swap> swaps_;
  std::size_t next_load_ = 0, next_eviction_ = 0;  // places in swaps_
  IoTotals totals_;
};

}  // namespace twhin::training
