#include "graph/vocabulary_writer.h"

#include <fmt/format.h>

#include <limits>
#include <mutex>

#include "twhin/base/error.h"
#include "twhin/base/threads.h"
#include "twhin/storage/vocabulary.h"

namespace twhin {
namespace {

template <class T>
void append(ContainerWriter& writer, const std::vector<T>& values) {
  writer.append(values.data(), values.size() * sizeof(T));
}

// One column of some shards, one after the other.
template <class T, class Body>
void for_each_shard(std::span<SortedNames> shards, const Spill& spill,
                    std::uint64_t (*offset)(const SortedNames&),
                    std::uint64_t (*size)(const SortedNames&), Body&& body) {
  std::vector<T> column;
  for (const SortedNames& shard : shards) {
    column.resize(size(shard));
    spill.read(shard.blob, offset(shard), column.data(), column.size() * sizeof(T));
    body(column);
  }
}

FileRecord write_partition(const std::filesystem::path& path, std::span<SortedNames> shards,
                           std::uint64_t hash_seed, const Spill& spill) {
  const auto num_names = [](const SortedNames& s) { return s.num_names; };
  ContainerWriter writer(path, "vocabulary");
  writer.begin("bytes", DataType::u8);
  for_each_shard<std::uint8_t>(
      shards, spill, [](const SortedNames& s) { return s.bytes_offset(); },
      [](const SortedNames& s) { return s.num_bytes; },
      [&](const std::vector<std::uint8_t>& bytes) { append(writer, bytes); });
  writer.begin("offsets", DataType::u64);
  std::uint64_t end = 0;
  writer.append(&end, sizeof(end));
  std::vector<std::uint64_t> ends;
  for_each_shard<std::uint32_t>(
      shards, spill, [](const SortedNames& s) { return s.lengths_offset(); }, num_names,
      [&](const std::vector<std::uint32_t>& lengths) {
        ends.clear();
        for (const std::uint32_t length : lengths) ends.push_back(end += length);
        append(writer, ends);
      });
  writer.begin("hashes", DataType::u64);
  for_each_shard<std::uint64_t>(
      shards, spill, [](const SortedNames&) { return std::uint64_t{0}; }, num_names,
      [&](const std::vector<std::uint64_t>& hashes) { append(writer, hashes); });
  writer.add<std::uint64_t>("seed", {&hash_seed, 1});
  return writer.commit(/*durable=*/false);
}

}  // namespace

std::vector<std::uint32_t> write_vocabulary(const std::filesystem::path& directory, NameSet& names,
                                            std::uint64_t hash_seed, std::size_t num_threads,
                                            Spill& spill, Manifest& manifest) {
  std::vector<SortedNames> shards(names.num_shards());
  parallel_for(shards.size(), num_threads,
               [&](std::size_t s) { shards[s] = names.finish(static_cast<std::uint32_t>(s)); });
  std::vector<std::uint32_t> sizes(names.num_partitions());
  std::mutex mutex;
  parallel_for(sizes.size(), num_threads, [&](std::size_t p) {
    const auto partition = static_cast<std::uint32_t>(p);
    const std::span<SortedNames> mine(shards.data() + p * names.shards_per_partition(),
                                      names.shards_per_partition());
    std::uint64_t num_names = 0;
    for (const SortedNames& shard : mine) num_names += shard.num_names;
    if (num_names > std::numeric_limits<std::uint32_t>::max()) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "graph.too_many_entities")
          .what(fmt::format("a partition of type {} is too large", quote(names.type())))
          .found(fmt::format("{} entities", num_names))
          .expected("fewer than 2^32")
          .hint(fmt::format("give the type more partitions than {}", sizes.size()))
          .build();
    }
    sizes[p] = static_cast<std::uint32_t>(num_names);
    const std::string file = Vocabulary::file_name(names.type(), partition);
    const FileRecord record = write_partition(directory / file, mine, hash_seed, spill);
    for (SortedNames& shard : mine) spill.drop(std::move(shard.blob));
    const std::lock_guard lock(mutex);
    manifest.files[file] = record;
  });
  return sizes;
}

}  // namespace twhin
