#include "graph/name_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <tuple>

#include "twhin/base/error.h"
#include "twhin/base/rng.h"

namespace twhin {
namespace {

constexpr std::size_t kRecentNames = 1 << 14;   // 256 KiB a thread and type
constexpr std::size_t kPendingNames = 1 << 14;  // 512 KiB
constexpr std::size_t kFirstSlots = 16;
constexpr double kFullestLoad = 0.7;
// A run that is much smaller than this costs more to merge than it frees.
constexpr std::uint64_t kSmallestRunBytes = 1 << 14, kLeastRunBytes = 1 << 10;

std::uint32_t saturating_sum(std::uint32_t a, std::uint32_t b) {
  return a + std::min(b, std::numeric_limits<std::uint32_t>::max() - a);
}

std::string_view as_text(const char* data, std::size_t size) { return {data, size}; }

}  // namespace

NameSet::NameSet(std::string type, std::uint32_t num_partitions, std::uint32_t min_shards,
                 std::uint32_t min_degree, MemoryBudget& budget, Spill& spill)
    : type_(std::move(type)),
      num_partitions_(num_partitions),
      shards_per_partition_((min_shards + num_partitions - 1) / num_partitions),
      min_degree_(min_degree),
      // All shards together, not yet worth a run, must leave room for those that are.
      smallest_run_bytes_(
          std::clamp(budget.limit() / 4 / num_shards(), kLeastRunBytes, kSmallestRunBytes)),
      budget_(budget),
      spill_(spill),
      shards_(new Shard[num_shards()]) {}

NameSet::Collector::Collector(NameSet& set)
    : set_(&set),
      recent_(kRecentNames),
      recent_counts_(set.counts() ? kRecentNames : 0),
      begins_(set.num_shards() + 1) {
  pending_.reserve(kPendingNames);
}

void NameSet::Collector::add_unseen(std::size_t i, const Hash128& hash, std::string_view name,
                                    bool copy) {
  if (!recent_counts_.empty()) {
    if (recent_counts_[i] > 0) add_pending(recent_[i], {}, recent_counts_[i]);
    recent_counts_[i] = 1;
  }
  if (copy) {  // after what may flush, which forgets the copies
    if (copies_.capacity() - copies_.size() < name.size()) {
      flush();  // what is pending points into the old memory
      copies_.reserve(std::max(copies_.capacity(), kPendingNames * 24));
    }
    copies_.insert(copies_.end(), name.begin(), name.end());
    name = {copies_.data() + copies_.size() - name.size(), name.size()};
  }
  recent_[i] = hash;
  add_pending(hash, name, 0);
}

void NameSet::Collector::add_pending(const Hash128& hash, std::string_view name,
                                     std::uint32_t count) {
  pending_.push_back({hash, name.data(), static_cast<std::uint32_t>(name.size()),
                      static_cast<std::uint32_t>(mul_high(hash.low, set_->num_shards())), count});
  if (pending_.size() == kPendingNames) flush();
}

void NameSet::Collector::finish() {
  for (std::size_t i = 0; i < recent_counts_.size(); ++i) {
    if (recent_counts_[i] > 0) add_pending(recent_[i], {}, recent_counts_[i]);
  }
  recent_counts_.assign(recent_counts_.size(), 0);
  flush();
}

void NameSet::Collector::flush() {
  // Shard by shard: one lock for many names, and a table that stays in the cache meanwhile.
  std::fill(begins_.begin(), begins_.end(), 0);
  for (const Pending& p : pending_) ++begins_[p.shard + 1];
  std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
  order_.resize(pending_.size());
  for (std::uint32_t i = 0; i < pending_.size(); ++i) order_[begins_[pending_[i].shard]++] = i;
  for (std::size_t i = 0; i < order_.size();) {
    const std::uint32_t s = pending_[order_[i]].shard;
    const std::size_t end = begins_[s];  // where the counting above has left it
    Shard& shard = set_->shards_[s];
    const std::lock_guard lock(shard.mutex);
    for (std::size_t k = i; k < end && !shard.slots.empty(); ++k) {
      const std::size_t mask = shard.slots.size() - 1;
      __builtin_prefetch(&shard.slots[pending_[order_[k]].hash.low & mask]);
    }
    for (; i < end; ++i) set_->insert(shard, pending_[order_[i]]);
  }
  pending_.clear();
  copies_.clear();
}

std::size_t NameSet::entry_bytes(std::size_t name_bytes) const {
  return name_bytes + sizeof(std::uint16_t) + (counts() ? sizeof(std::uint32_t) : 0);
}

std::string_view NameSet::name_at(const Shard& shard, std::uint32_t position) const {
  const char* at = shard.arena.data() + position + (counts() ? sizeof(std::uint32_t) : 0);
  std::uint16_t size = 0;
  std::memcpy(&size, at, sizeof(size));
  return {at + sizeof(size), size};
}

std::uint32_t NameSet::count_at(const Shard& shard, std::uint32_t position) const {
  std::uint32_t count = 0;
  if (counts()) std::memcpy(&count, shard.arena.data() + position, sizeof(count));
  return count;
}

void NameSet::add_count(Shard& shard, std::uint32_t position, std::uint32_t count) const {
  if (count == 0) return;
  const std::uint32_t sum = saturating_sum(count_at(shard, position), count);
  std::memcpy(shard.arena.data() + position, &sum, sizeof(sum));
}

void NameSet::insert(Shard& shard, const Collector::Pending& name) {
  reserve(shard, name.size);
  const std::size_t mask = shard.slots.size() - 1;
  const auto check = static_cast<std::uint32_t>(name.hash.high);
  for (std::size_t i = name.hash.low & mask;; i = (i + 1) & mask) {
    Slot& slot = shard.slots[i];
    if (slot.position == 0) {
      // A count whose name is in a run already makes an entry with an empty name.
      slot = {name.hash.low, check, static_cast<std::uint32_t>(shard.arena.size())};
      const auto put = [&](const auto& value) {
        const char* bytes = reinterpret_cast<const char*>(&value);
        shard.arena.insert(shard.arena.end(), bytes, bytes + sizeof(value));
      };
      if (counts()) put(name.count);
      put(static_cast<std::uint16_t>(name.size));
      shard.arena.insert(shard.arena.end(), name.data, name.data + name.size);
      ++shard.num_used;
      return;
    }
    if (slot.low != name.hash.low) continue;
    if (slot.check != check) {
      fail_collision(name_at(shard, slot.position), as_text(name.data, name.size));
    }
    return add_count(shard, slot.position, name.count);
  }
}

// Makes room for one more name of that size, or writes the shard out and begins it anew.
void NameSet::reserve(Shard& shard, std::size_t name_bytes) {
  const std::size_t arena_bytes = shard.arena.size() + entry_bytes(name_bytes);
  const bool full = static_cast<double>(shard.num_used + 1) >
                    kFullestLoad * static_cast<double>(shard.slots.size());
  if (!full && arena_bytes <= shard.arena.capacity()) return;
  const std::size_t num_slots =
      !full ? shard.slots.size() : std::max(kFirstSlots, shard.slots.size() * 2);
  const std::size_t capacity = arena_bytes <= shard.arena.capacity()
                                   ? shard.arena.capacity()
                                   : std::max<std::size_t>(256, arena_bytes + arena_bytes / 2);
  const std::uint64_t wanted = num_slots * sizeof(Slot) + capacity;
  const bool fits = budget_.take(wanted - shard.taken_bytes) && arena_bytes < (1ull << 31);
  if (!fits) {
    if (shard.taken_bytes >= smallest_run_bytes_) {
      write_run(shard);
      return reserve(shard, name_bytes);
    }
    budget_.take_anyway(wanted - shard.taken_bytes);
  }
  shard.taken_bytes = wanted;
  if (shard.arena.empty()) shard.arena.push_back('\0');  // position 0 means empty
  shard.arena.reserve(capacity);
  if (!full) return;
  std::vector<Slot> old(num_slots, Slot{0, 0, 0});
  old.swap(shard.slots);
  for (const Slot& slot : old) {
    if (slot.position == 0) continue;
    std::size_t i = slot.low & (num_slots - 1);
    while (shard.slots[i].position != 0) i = (i + 1) & (num_slots - 1);
    shard.slots[i] = slot;
  }
}

void NameSet::clear(Shard& shard) {
  budget_.give_back(shard.taken_bytes);
  shard.taken_bytes = 0;
  shard.num_used = 0;
  std::vector<Slot>().swap(shard.slots);
  std::vector<char>().swap(shard.arena);
}

namespace {

// Sorts what is used to the front of `slots` by hash.
template <class Slot>
void sort_slots(std::vector<Slot>& slots, std::size_t num_used) {
  std::remove_if(slots.begin(), slots.end(), [](const Slot& s) { return s.position == 0; });
  slots.resize(num_used);
  std::sort(slots.begin(), slots.end(), [](const Slot& a, const Slot& b) { return a.low < b.low; });
}

}  // namespace

void NameSet::write_run(Shard& shard) {
  sort_slots(shard.slots, shard.num_used);
  SortedNames run;
  run.num_names = shard.num_used;
  for (const Slot& slot : shard.slots) run.num_bytes += name_at(shard, slot.position).size();
  const std::uint64_t size = run.num_names * 20 + run.num_bytes;
  const Bytes8 data = allocate_bytes(size);
  auto* hashes = reinterpret_cast<std::uint64_t*>(data.get());
  auto* checks = reinterpret_cast<std::uint32_t*>(hashes + run.num_names);
  std::uint32_t* lengths = checks + run.num_names;
  std::uint32_t* name_counts = lengths + run.num_names;
  char* bytes = reinterpret_cast<char*>(name_counts + run.num_names);
  for (std::size_t i = 0; i < shard.slots.size(); ++i) {
    const std::string_view name = name_at(shard, shard.slots[i].position);
    hashes[i] = shard.slots[i].low;
    checks[i] = shard.slots[i].check;
    lengths[i] = static_cast<std::uint32_t>(name.size());
    name_counts[i] = count_at(shard, shard.slots[i].position);
    bytes = std::copy(name.begin(), name.end(), bytes);
  }
  run.blob = spill_.put_on_disk(data.get(), size);
  shard.runs.push_back(std::move(run));
  clear(shard);
}

SortedNames NameSet::finish(std::uint32_t index) {
  Shard& shard = shards_[index];
  struct Item {
    std::uint64_t low;
    std::uint32_t check;
    std::uint32_t size;
    std::uint32_t count;
    const char* data;
  };
  std::vector<Item> items;
  std::vector<Bytes8> loaded;
  items.reserve(shard.num_used);
  for (const Slot& slot : shard.slots) {
    if (slot.position == 0) continue;
    const std::string_view name = name_at(shard, slot.position);
    items.push_back({slot.low, slot.check, static_cast<std::uint32_t>(name.size()),
                     count_at(shard, slot.position), name.data()});
  }
  for (SortedNames& run : shard.runs) {
    loaded.push_back(spill_.take(std::move(run.blob)));
    const auto* hashes = reinterpret_cast<const std::uint64_t*>(loaded.back().get());
    const auto* checks = reinterpret_cast<const std::uint32_t*>(hashes + run.num_names);
    const std::uint32_t* lengths = checks + run.num_names;
    const std::uint32_t* name_counts = lengths + run.num_names;
    const char* bytes = reinterpret_cast<const char*>(name_counts + run.num_names);
    for (std::uint64_t i = 0; i < run.num_names; ++i) {
      items.push_back({hashes[i], checks[i], lengths[i], name_counts[i], bytes});
      bytes += lengths[i];
    }
  }
  shard.runs.clear();
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.low < b.low; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < items.size();) {
    Item item = items[i];
    for (++i; i < items.size() && items[i].low == item.low; ++i) {
      if (item.check != items[i].check) {
        fail_collision(as_text(item.data, item.size), as_text(items[i].data, items[i].size));
      }
      item.count = saturating_sum(item.count, items[i].count);
      if (item.size == 0) std::tie(item.size, item.data) = std::tie(items[i].size, items[i].data);
    }
    if (!counts() || item.count >= min_degree_) items[kept++] = item;
  }
  items.resize(kept);
  SortedNames names;
  names.num_names = items.size();
  for (const Item& item : items) names.num_bytes += item.size;
  const std::uint64_t size = names.bytes_offset() + names.num_bytes;
  Bytes8 data = allocate_bytes(size);
  auto* hashes = reinterpret_cast<std::uint64_t*>(data.get());
  auto* lengths = reinterpret_cast<std::uint32_t*>(hashes + names.num_names);
  char* bytes = reinterpret_cast<char*>(lengths + names.num_names);
  for (std::size_t i = 0; i < items.size(); ++i) {
    hashes[i] = items[i].low;
    lengths[i] = items[i].size;
    bytes = std::copy(items[i].data, items[i].data + items[i].size, bytes);
  }
  clear(shard);
  names.blob = spill_.put(std::move(data), size);
  return names;
}

void NameSet::fail_collision(std::string_view a, std::string_view b) const {
  throw ErrorBuilder(ErrorKind::invalid_argument, "graph.name_hash_collision")
      .what(fmt::format("two names of type {} have the same hash", quote(type_)))
      .found(fmt::format("{} and {}", quote(std::min(a, b)), quote(std::max(a, b))))
      .hint("set another `import.hash_seed`, e.g. 1; ids change with it")
      .build();
}

bool is_valid_name(std::string_view text) {
  if (text.empty() || text.size() > kMaxNameBytes) return false;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned char c = byte(i);
    if (c < 0x80) {
      if (c == 0) return false;
      ++i;
      continue;
    }
    const std::size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    if (c < 0xc2 || c > 0xf4 || i + more >= text.size()) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      if ((byte(i + k) & 0xc0) != 0x80) return false;
    }
    const unsigned char next = byte(i + 1);
    // Overlong forms, surrogates and what lies beyond U+10FFFF.
    if ((c == 0xe0 && next < 0xa0) || (c == 0xed && next > 0x9f) || (c == 0xf0 && next < 0x90) ||
        (c == 0xf4 && next > 0x8f)) {
      return false;
    }
    i += more + 1;
  }
  return true;
}

}  // namespace twhin
