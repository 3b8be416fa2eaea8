#include "twhin/storage/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>

#include "twhin/base/error.h"
#include "twhin/storage/manifest.h"

namespace twhin {
namespace fs = std::filesystem;

std::string Vocabulary::file_name(std::string_view type, std::uint32_t partition) {
  return fmt::format("vocabulary/{}.{}.names", file_name_for(type), partition);
}

std::size_t find_hash(std::span<const std::uint64_t> hashes, std::uint64_t hash, std::uint64_t low,
                      std::uint64_t width) {
  const std::size_t n = hashes.size();
  if (n == 0) return n;
  // The i-th of n evenly spread hashes is expected at low + (i + 1/2) * width / n.
  const std::uint64_t distance = hash - low;
  std::size_t guess =
      width == 0 ? static_cast<std::size_t>(mul_high(distance, n))
                 : static_cast<std::size_t>(static_cast<unsigned __int128>(distance) * n / width);
  guess = std::min(guess, n - 1);
  // Gallop from the guess until the hash is bracketed, then bisect the bracket.
  std::size_t first = guess, last = guess;  // hash, if there, lies in [first, last]
  std::size_t step = 8;
  while (first > 0 && hashes[first] > hash) {
    last = first;
    first -= std::min(first, step);
    step *= 2;
  }
  step = 8;
  while (last < n - 1 && hashes[last] < hash) {
    first = last;
    last += std::min(n - 1 - last, step);
    step *= 2;
  }
  const auto end = hashes.begin() + static_cast<std::ptrdiff_t>(last) + 1;
  const auto it = std::lower_bound(hashes.begin() + static_cast<std::ptrdiff_t>(first), end, hash);
  return it != end && *it == hash ? static_cast<std::size_t>(it - hashes.begin()) : n;
}

Vocabulary Vocabulary::open(const fs::path& directory, std::string_view type,
                            std::uint32_t num_partitions) {
  Vocabulary v;
  v.type_ = type;
  for (std::uint32_t p = 0; p < num_partitions; ++p) {
    Part part;
    part.container = std::make_shared<const Container>(
        Container::open(directory / file_name(type, p), "vocabulary"));
    const Container& c = *part.container;
    part.offsets = c.array<std::uint64_t>("offsets");
    part.hashes = c.array<std::uint64_t>("hashes");
    part.bytes = c.text("bytes");
    if (c.has("rows")) part.rows = c.array<std::uint32_t>("rows");
    part.num_rows = static_cast<std::uint32_t>(part.hashes.size());
    const bool consistent = part.offsets.size() == part.hashes.size() + 1 &&
                            part.offsets.back() == part.bytes.size() &&
                            (part.rows.empty() || part.rows.size() == part.hashes.size()) &&
                            c.array<std::uint64_t>("seed").size() == 1;
    if (!consistent) {
      throw ErrorBuilder(ErrorKind::corrupt_data, "storage.wrong_section")
          .what(fmt::format("{} has sections that do not fit together", quote(c.path().string())))
          .build();
    }
    v.seed_ = c.array<std::uint64_t>("seed")[0];
    v.parts_.push_back(std::move(part));
  }
  return v;
}

std::uint64_t Vocabulary::size() const {
  std::uint64_t total = 0;
  for (const Part& part : parts_) total += part.num_rows;
  return total;
}

std::optional<EntityId> Vocabulary::find(std::string_view wanted) const {
  const std::uint64_t hash = name_hash(wanted, seed_).low;
  const std::uint32_t p = partition_of(hash, num_partitions());
  const Part& part = parts_[p];
  // The smallest hash of partition p is the smallest x with mul_high(x, P) = p.
  const auto border = [&](std::uint64_t q) {
    const unsigned __int128 whole = static_cast<unsigned __int128>(q) << 64;
    return static_cast<std::uint64_t>((whole + num_partitions() - 1) / num_partitions());
  };
  const std::uint64_t width = num_partitions() == 1 ? 0 : border(p + 1) - border(p);
  const std::size_t i = find_hash(part.hashes, hash, border(p), width);
  if (i == part.hashes.size()) return std::nullopt;
  const EntityId id{p, part.rows.empty() ? static_cast<std::uint32_t>(i) : part.rows[i]};
  if (id.row >= part.num_rows || name(id) != wanted) return std::nullopt;
  return id;
}

std::string_view Vocabulary::name(EntityId id) const {
  const Part& part = parts_[id.partition];
  const std::uint64_t begin = part.offsets[id.row], end = part.offsets[id.row + 1];
  if (begin > end || end > part.bytes.size()) {
    throw ErrorBuilder(ErrorKind::corrupt_data, "storage.wrong_section")
        .what(fmt::format("{} has an offset outside of its names",
                          quote(part.container->path().string())))
        .hint("run twhin verify on the directory")
        .build();
  }
  return part.bytes.substr(begin, end - begin);
}

std::string Vocabulary::nearest(std::string_view wanted) const {
  constexpr std::uint32_t kMostNames = 20000;  // enough for small types; a second for none
  std::vector<std::string> names;
  for (std::uint32_t p = 0; p < num_partitions(); ++p) {
    for (std::uint32_t row = 0; row < size(p) && names.size() < kMostNames; ++row) {
      names.emplace_back(name({p, row}));
    }
  }
  return did_you_mean(wanted, names);
}

}  // namespace twhin
