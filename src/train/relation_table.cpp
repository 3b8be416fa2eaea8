#include "train/relation_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "twhin/base/error.h"
#include "twhin/model/version.h"
#include "twhin/storage/container.h"

namespace twhin::training {
namespace fs = std::filesystem;

RelationTable::RelationTable(const TrainingNetwork& network, const TrainOptions& options)
    : optimizer_(options.relation_optimizer()) {
  for (const TrainedRelation& relation : network.relations) {
    Entry& entry = entries_.emplace_back();
    entry.name = relation.name;
    const std::size_t one = num_operator_params(relation.options.op, options.dim);
    entry.params.resize(options.reciprocal ? 2 * one : one);
    entry.state.resize(optimizer_state_size(optimizer_, entry.params.size()));
    const std::span<float> params = entry.params;
    const std::size_t number = entries_.size() - 1;
    init_operator(relation.options.op, options.dim, options.seed, number, params.first(one));
    if (options.reciprocal) {
      init_operator(relation.options.op, options.dim, options.seed,
                    network.relations.size() + number, params.last(one));
    }
  }
  if (!options.global_embedding) return;
  for (const TrainedType& type : network.types) {
    Entry& entry = globals_.emplace_back();
    entry.name = type.name;
    entry.params.resize(options.dim);
    entry.state.resize(optimizer_state_size(optimizer_, options.dim));
  }
}

std::size_t RelationTable::most_params() const {
  std::size_t most = 0;
  for (const Entry& entry : entries_) most = std::max(most, entry.params.size());
  return most;
}

std::uint64_t RelationTable::num_params() const {
  std::uint64_t sum = 0;
  for (const Entries* entries : {&entries_, &globals_}) {
    for (const Entry& entry : *entries) sum += entry.params.size();
  }
  return sum;
}

void RelationTable::read(const Entry& entry, std::span<float> out) const {
  if (entry.params.empty()) return;
  const std::lock_guard lock(entry.mutex);
  std::copy(entry.params.begin(), entry.params.end(), out.begin());
}

void RelationTable::update(Entry& entry, std::span<const float> gradient, float learning_rate) {
  if (entry.params.empty()) return;
  const std::lock_guard lock(entry.mutex);
  update_row(optimizer_, learning_rate, gradient, entry.state, entry.params);
}

void RelationTable::read(std::uint32_t relation, std::span<float> out) const {
  read(entries_[relation], out);
}

void RelationTable::update(std::uint32_t relation, std::span<const float> gradient,
                           float learning_rate) {
  update(entries_[relation], gradient, learning_rate);
}

void RelationTable::read_global(std::uint32_t type, std::span<float> out) const {
  read(globals_[type], out);
}

void RelationTable::update_global(std::uint32_t type, std::span<const float> gradient,
                                  float learning_rate) {
  update(globals_[type], gradient, learning_rate);
}

void RelationTable::save(const Entries& entries, const fs::path& file, std::string_view kind) {
  ContainerWriter writer(file, kind);
  for (const Entry& entry : entries) {
    writer.add<float>(entry.name, entry.params, std::max<std::size_t>(1, entry.params.size()));
    writer.add<float>(entry.name + "#state", entry.state,
                      std::max<std::size_t>(1, entry.state.size()));
  }
  writer.commit(false);
}

namespace {

// A section's numbers, times a factor.
void fill(const Container& file, const std::string& section, std::vector<float>& out,
          float factor = 1.0f) {
  const auto values = file.array<float>(section);
  if (values.size() != out.size()) {
    throw ErrorBuilder(ErrorKind::corrupt_data, "train.wrong_shape")
        .what(fmt::format("{} does not fit the config", quote(file.path().string())))
        .found(fmt::format("{} numbers in section {}", values.size(), quote(section)))
        .expected(fmt::format("{}", out.size()))
        .build();
  }
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = factor * values[i];
}

}  // namespace

void RelationTable::load(const fs::path& path, std::string_view kind, Entries& entries) {
  const Container file = Container::open(path, kind);
  file.verify();
  for (Entry& entry : entries) {
    fill(file, entry.name, entry.params);
    fill(file, entry.name + "#state", entry.state);
  }
}

template <class Take>
void RelationTable::take(const fs::path& version, const std::vector<std::uint32_t>& relations,
                         const std::vector<std::uint32_t>& types, const Take& take_entry) {
  const Container file = Container::open(version / ModelVersion::kRelationsFile, "relations");
  file.verify();
  for (const std::uint32_t r : relations) take_entry(file, entries_[r]);
  if (!has_globals()) return;
  const Container globals = Container::open(version / ModelVersion::kTypesFile, "types");
  globals.verify();
  for (const std::uint32_t t : types) take_entry(globals, globals_[t]);
}

void RelationTable::carry(const fs::path& version, const std::vector<std::uint32_t>& relations,
                          const std::vector<std::uint32_t>& types, float state_factor) {
  take(version, relations, types, [&](const Container& file, Entry& entry) {
    fill(file, entry.name, entry.params);
    if (state_factor > 0.0f) fill(file, entry.name + "#state", entry.state, state_factor);
  });
}

void RelationTable::remember(const fs::path& version, const std::vector<std::uint32_t>& relations,
                             const std::vector<std::uint32_t>& types) {
  take(version, relations, types, [](const Container& file, Entry& entry) {
    entry.before.resize(entry.params.size());
    fill(file, entry.name, entry.before);
  });
}

void RelationTable::save(const fs::path& directory) const {
  save(entries_, directory / ModelVersion::kRelationsFile, "relations");
  if (has_globals()) save(globals_, directory / ModelVersion::kTypesFile, "types");
}

void RelationTable::load(const fs::path& directory) {
  load(directory / ModelVersion::kRelationsFile, "relations", entries_);
  if (has_globals()) load(directory / ModelVersion::kTypesFile, "types", globals_);
}

}  // namespace twhin::training
