#include "index/directory.h"

#include <fmt/format.h>

#include "twhin/storage/manifest.h"

namespace twhin {

Comparator comparator_of(const ModelVersion& version) {
  return ScoreFunction::raw(version).comparator();
}

std::filesystem::path indexes_directory(const ModelVersion& version) {
  return version.path() / "indexes";
}

std::string index_name(const ModelVersion& version, std::uint32_t type, IndexKind kind,
                       Comparator comparator) {
  std::string name =
      fmt::format("{}.{}", file_name_for(version.schema().entities[type].name), enum_name(kind));
  if (comparator != comparator_of(version)) name += fmt::format(".{}", enum_name(comparator));
  return name;
}

SearchTarget target_of(const ModelVersion& version, std::uint32_t type, const IndexInfo& info) {
  SearchTarget out;
  out.type = version.schema().entities[type];
  out.rows = version.rows(type);
  out.effort = info.effort;
  out.effort_k = info.options.recall_k;
  const bool lists = info.kind == IndexKind::ivf_pq || info.kind == IndexKind::ivf_opq;
  out.rescored = lists ? info.options.rescored : 1;
  return out;
}

}  // namespace twhin
