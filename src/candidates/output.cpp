#include "twhin/candidates/output.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "twhin/graph/table_writer.h"

namespace twhin {

CandidateNames::CandidateNames(const CandidateGenerator& generator)
    : asking_type_(generator.version().schema().entities[generator.asking_type()].name),
      candidate_type_(generator.version().schema().entities[generator.candidate_type()].name),
      model_version_(fmt::format("{}/v{}", generator.version().info().network,
                                 generator.version().info().version)),
      asking_(generator.version().vocabulary(generator.asking_type())),
      candidates_(generator.version().vocabulary(generator.candidate_type())) {}

std::string_view CandidateNames::asking(const CandidateQuery& query) const {
  if (!query.name.empty() || !query.entity) return query.name;
  return asking_.name(*query.entity);
}

std::string CandidateNames::typed(const CandidateQuery& query) const {
  const std::string_view name = asking(query);
  return query.entity ? fmt::format("{}:{}", asking_type_, name) : std::string(name);
}

std::string CandidateNames::typed(EntityId candidate) const {
  return fmt::format("{}:{}", candidate_type_, candidates_.name(candidate));
}

struct CandidateTable::State {
  TableWriter table;
  const CandidateNames& names;
};

CandidateTable::CandidateTable(const std::filesystem::path& path, const CandidateNames& names)
    : state_(new State{TableWriter(path, {{"user", ColumnType::text},
                                          {"candidate", ColumnType::text},
                                          {"rank", ColumnType::integer},
                                          {"score", ColumnType::real},
                                          {"component", ColumnType::integer},
                                          {"model_version", ColumnType::text}}),
                       names}) {}
CandidateTable::~CandidateTable() = default;

void CandidateTable::add(const CandidateQuery& query, const CandidateList& list) {
  TableWriter& table = state_->table;
  const std::string_view user = state_->names.asking(query);
  for (std::size_t i = 0; i < list.candidates.size(); ++i) {
    const Candidate& each = list.candidates[i];
    table.text(user);
    table.text(state_->names.candidate(each.id));
    table.integer(static_cast<std::int64_t>(i + 1));
    table.real(each.score);
    table.integer(each.component);
    table.text(state_->names.model_version());
  }
}

std::uint64_t CandidateTable::num_rows() const { return state_->table.num_rows(); }
void CandidateTable::commit() { state_->table.commit(); }

std::string to_json(const CandidateNames& names, const CandidateQuery& query,
                    const CandidateList& list) {
  nlohmann::ordered_json out = {{"query", names.typed(query)},
                                {"model_version", names.model_version()},
                                {"components", nlohmann::ordered_json::array()}};
  for (const Component& each : list.components) {
    out["components"].push_back({{"component", each.cluster}, {"weight", each.weight}});
  }
  if (!list.refused.empty()) out["refused"] = list.refused;
  out["candidates"] = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < list.candidates.size(); ++i) {
    const Candidate& each = list.candidates[i];
    nlohmann::ordered_json row = {
        {"rank", i + 1}, {"entity", names.typed(each.id)}, {"score", each.score}};
    if (each.component != kNoComponent) row["component"] = each.component;
    out["candidates"].push_back(std::move(row));
  }
  return out.dump();
}

}  // namespace twhin
