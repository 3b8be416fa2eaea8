#include "graph/vocabulary_writer.h"

#include <fmt/format.h>

#include <limits>
#include <mutex>

#include "twhin/base/error.h"
#include "twhin/base/threads.h"

namespace twhin {
namespace {

using Shards = std::span<SortedNames>;

/// A section that is written in small pieces.
template <class T>
class Column {
 public:
  Column(ContainerWriter& writer, std::string_view name) : writer_(writer) {
    writer.begin(name, data_type_of<T>());
  }
  void add(T value) {
    buffer_.push_back(value);
    if (buffer_.size() >= kBuffered) flush();
  }
  void add(const T* values, std::size_t n) {
    buffer_.insert(buffer_.end(), values, values + n);
    if (buffer_.size() >= kBuffered) flush();
  }
  void flush() {
    writer_.append(buffer_.data(), buffer_.size() * sizeof(T));
    buffer_.clear();
  }

 private:
  static constexpr std::size_t kBuffered = 1 << 16;
  ContainerWriter& writer_;
  std::vector<T> buffer_;
};

// Calls body(hash, name) in ascending order of the hashes; one shard is in memory at a time.
template <class Body>
void for_each_name(Shards shards, const Spill& spill, Body&& body) {
  for (const SortedNames& shard : shards) {
    const Bytes8 data = allocate_bytes(shard.blob.size);
    spill.read(shard.blob, 0, data.get(), shard.blob.size);
    const auto* hashes = reinterpret_cast<const std::uint64_t*>(data.get());
    const auto* lengths =
        reinterpret_cast<const std::uint32_t*>(data.get() + shard.lengths_offset());
    const char* bytes = reinterpret_cast<const char*>(data.get() + shard.bytes_offset());
    for (std::uint64_t i = 0; i < shard.num_names; ++i) {
      body(hashes[i], std::string_view(bytes, lengths[i]));
      bytes += lengths[i];
    }
  }
}

[[noreturn]] void fail_collision(std::string_view type, std::string_view a, std::string_view b) {
  throw ErrorBuilder(ErrorKind::invalid_argument, "graph.name_hash_collision")
      .what(fmt::format("a name of type {} has the hash of one in the base graph", quote(type)))
      .found(fmt::format("{} and {}", quote(a), quote(b)))
      .hint("import without a base, with another `import.hash_seed`; ids change with it")
      .build();
}

/// One partition: the base's entities, if there is a base, and the names of some shards.
class Partition {
 public:
  Partition(const Vocabulary* base, std::uint32_t index, Shards shards, const Spill& spill)
      : base_(base), index_(index), shards_(shards), spill_(spill) {
    if (base == nullptr) {
      for (const SortedNames& shard : shards) num_new_ += shard.num_names;
      return;
    }
    num_old_ = base->size(index);
    for_each_entity([&](std::uint64_t, bool old, bool in_set, std::string_view) {
      num_kept_ += old && in_set;
      num_new_ += !old;
    });
  }

  std::uint64_t size() const { return num_old_ + num_new_; }
  std::uint64_t num_kept() const { return num_kept_; }
  std::uint64_t num_new() const { return num_new_; }
  std::uint64_t num_vanished() const { return num_old_ - num_kept_; }

  FileRecord write(const std::filesystem::path& path, std::uint64_t hash_seed) const {
    ContainerWriter writer(path, "vocabulary");
    {
      Column<std::uint8_t> bytes(writer, "bytes");
      const auto add = [&](std::string_view name) {
        bytes.add(reinterpret_cast<const std::uint8_t*>(name.data()), name.size());
      };
      for (std::uint32_t row = 0; row < num_old_; ++row) add(base_->name({index_, row}));
      for_each_new([&](std::string_view name) { add(name); });
      bytes.flush();
    }
    {
      Column<std::uint64_t> offsets(writer, "offsets");
      std::uint64_t end = 0;
      offsets.add(end);
      for (std::uint32_t row = 0; row < num_old_; ++row) {
        offsets.add(end += base_->name({index_, row}).size());
      }
      for_each_new([&](std::string_view name) { offsets.add(end += name.size()); });
      offsets.flush();
    }
    {
      Column<std::uint64_t> hashes(writer, "hashes");
      for_each_entity([&](std::uint64_t hash, bool, bool, std::string_view) { hashes.add(hash); });
      hashes.flush();
    }
    if (base_ != nullptr) write_rows(writer);
    writer.add<std::uint64_t>("seed", {&hash_seed, 1});
    return writer.commit(/*durable=*/false);
  }

 private:
  // Calls body(hash, whether the base has it, whether the set has it, name if it does) in ascending
  // order of the hashes.
  template <class Body>
  void for_each_entity(Body&& body) const {
    if (base_ == nullptr) {
      for_each_name(shards_, spill_, [&](std::uint64_t hash, std::string_view name) {
        body(hash, false, true, name);
      });
      return;
    }
    const std::span<const std::uint64_t> old = base_->hashes(index_);
    std::size_t next = 0;
    for_each_name(shards_, spill_, [&](std::uint64_t hash, std::string_view name) {
      for (; next < old.size() && old[next] < hash; ++next) body(old[next], true, false, "");
      const bool is_old = next < old.size() && old[next] == hash;
      if (is_old) {
        const std::string_view old_name = base_->name({index_, old_row(next)});
        if (old_name != name) fail_collision(base_->type(), name, old_name);
        ++next;
      }
      body(hash, is_old, true, name);
    });
    for (; next < old.size(); ++next) body(old[next], true, false, "");
  }

  template <class Body>
  void for_each_new(Body&& body) const {
    for_each_entity([&](std::uint64_t, bool old, bool, std::string_view name) {
      if (!old) body(name);
    });
  }

  std::uint32_t old_row(std::size_t place) const {
    const std::span<const std::uint32_t> rows = base_->rows(index_);
    return rows.empty() ? static_cast<std::uint32_t>(place) : rows[place];
  }

  void write_rows(ContainerWriter& writer) const {
    Column<std::uint32_t> rows(writer, "rows");
    std::size_t next_old = 0;
    auto next_new = static_cast<std::uint32_t>(num_old_);
    for_each_entity([&](std::uint64_t, bool old, bool, std::string_view) {
      rows.add(old ? old_row(next_old++) : next_new++);
    });
    rows.flush();
  }

  const Vocabulary* base_;
  std::uint32_t index_;
  Shards shards_;
  const Spill& spill_;
  std::uint64_t num_old_ = 0, num_kept_ = 0, num_new_ = 0;
};

}  // namespace

WrittenVocabulary write_vocabulary(const std::filesystem::path& directory, NameSet& names,
                                   std::uint64_t hash_seed, const Vocabulary* base,
                                   std::size_t num_threads, Spill& spill, Manifest& manifest) {
  std::vector<SortedNames> shards(names.num_shards());
  parallel_for(shards.size(), num_threads,
               [&](std::size_t s) { shards[s] = names.finish(static_cast<std::uint32_t>(s)); });
  WrittenVocabulary written;
  written.partition_sizes.resize(names.num_partitions());
  std::mutex mutex;
  parallel_for(written.partition_sizes.size(), num_threads, [&](std::size_t p) {
    const auto index = static_cast<std::uint32_t>(p);
    const Shards mine(shards.data() + p * names.shards_per_partition(),
                      names.shards_per_partition());
    const Partition partition(base, index, mine, spill);
    if (partition.size() > std::numeric_limits<std::uint32_t>::max()) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "graph.too_many_entities")
          .what(fmt::format("a partition of type {} is too large", quote(names.type())))
          .found(fmt::format("{} entities", partition.size()))
          .expected("fewer than 2^32")
          .hint(fmt::format("give the type more partitions than {}", names.num_partitions()))
          .build();
    }
    const std::string file = Vocabulary::file_name(names.type(), index);
    const FileRecord record = partition.write(directory / file, hash_seed);
    for (SortedNames& shard : mine) spill.drop(std::move(shard.blob));
    const std::lock_guard lock(mutex);
    written.partition_sizes[p] = static_cast<std::uint32_t>(partition.size());
    written.num_kept += partition.num_kept();
    written.num_new += partition.num_new();
    written.num_vanished += partition.num_vanished();
    manifest.files[file] = record;
  });
  return written;
}

}  // namespace twhin
