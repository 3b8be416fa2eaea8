#include "twhin/versions/version_list.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/storage/version_directory.h"
#include "versions/disk_use.h"

namespace twhin {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

std::string name_of(std::uint32_t number) { return fmt::format("v{}", number); }

std::vector<std::string> names_of(const std::vector<std::uint32_t>& numbers) {
  std::vector<std::string> names;
  for (const std::uint32_t number : numbers) names.push_back(name_of(number));
  return names;
}

VersionDirectory open_network(const fs::path& network) {
  const VersionDirectory directory(network);
  if (!directory.numbers().empty()) return directory;
  ErrorBuilder error(ErrorKind::not_found, "versions.no_network");
  error.what(fmt::format("{} has no versions", quote(network.string())));
  error.found(fs::exists(network / Manifest::kFileName) ? "a version itself"
              : fs::exists(network)                     ? "a directory without v1, v2, …"
                                                        : "no such directory");
  error.expected("a network's directory, models/<network>");
  throw error.build();
}

void require_version(const VersionDirectory& directory, std::uint32_t number) {
  const std::vector<std::uint32_t> numbers = directory.numbers();
  if (std::find(numbers.begin(), numbers.end(), number) != numbers.end()) return;
  throw ErrorBuilder(ErrorKind::not_found, "versions.unknown")
      .what(fmt::format("{} has no version {}", quote(directory.root().string()), name_of(number)))
      .expected("one of " + list(names_of(numbers)))
      .build();
}

std::int64_t modified_at(const fs::path& path) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::int64_t>(status.st_mtime) : 0;
}

ListedVersion list_version(const VersionDirectory& directory, std::uint32_t number) {
  ListedVersion version;
  version.number = number;
  version.path = directory.version_path(number);
  version.current = directory.current() == number;
  version.made_at = modified_at(version.path / Manifest::kFileName);
  const DiskUse use = disk_use({version.path});
  version.unique_bytes = use.unique_bytes;
  version.shared_bytes = use.shared_bytes;
  try {
    const Manifest manifest = Manifest::read(version.path, ModelVersion::kFormat);
    version.checksum = manifest.checksum;
    version.info = ModelInfo::from_json(manifest.meta_json);
  } catch (const Error& error) {
    version.problem_id = error.id();
    version.problem = error.what();
  }
  return version;
}

// The version that CURRENT should go back to.
std::uint32_t version_before(const VersionList& list) {
  const auto can_be_read = [&](std::uint32_t number) {
    return number != list.current &&
           std::any_of(list.versions.begin(), list.versions.end(), [&](const ListedVersion& each) {
             return each.number == number && each.info;
           });
  };
  const auto& past = list.history;
  const auto before = std::find_if(past.rbegin(), past.rend(), can_be_read);
  if (before != past.rend()) return *before;
  for (auto it = list.versions.rbegin(); it != list.versions.rend() && past.size() < 2; ++it) {
    if (it->number < list.current.value_or(0) && it->info) return it->number;
  }
  throw ErrorBuilder(ErrorKind::not_found, "versions.nothing_before")
      .what("there is no version to go back to")
      .at(list.network.string())
      .found(list.current ? fmt::format("CURRENT is {}, and none that it named before can be read",
                                        name_of(*list.current))
                          : "no CURRENT")
      .hint("name one: twhin versions lists them")
      .build();
}

}  // namespace

std::uint32_t version_number(std::string_view text) {
  const std::string_view digits = text.substr(text.starts_with('v') ? 1 : 0);
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (failed == std::errc() && end == digits.data() + digits.size() && number > 0) return number;
  throw ErrorBuilder(ErrorKind::invalid_argument, "versions.bad_number")
      .what(quote(text) + " is not a version")
      .expected("v1, v2, …")
      .build();
}

const ListedVersion& VersionList::at(std::uint32_t number) const {
  return *std::find_if(versions.begin(), versions.end(),
                       [&](const ListedVersion& each) { return each.number == number; });
}

VersionList list_versions(const fs::path& network) {
  const VersionDirectory directory = open_network(network);
  VersionList list;
  list.network = network;
  list.current = directory.current();
  list.history = directory.history();
  list.under_way = directory.partial();
  for (const std::uint32_t number : directory.numbers()) {
    list.versions.push_back(list_version(directory, number));
  }
  return list;
}

void promote(const fs::path& network, std::uint32_t number) {
  const VersionDirectory directory = open_network(network);
  require_version(directory, number);
  const fs::path path = directory.version_path(number);
  const Manifest manifest = Manifest::read(path, ModelVersion::kFormat);
  ModelInfo::from_json(manifest.meta_json);
  manifest.verify(path, false);
  directory.set_current(number);
}

std::uint32_t roll_back(const fs::path& network, std::optional<std::uint32_t> number) {
  const VersionDirectory directory = open_network(network);
  if (number) {
    require_version(directory, *number);
  } else {
    number = version_before(list_versions(network));
  }
  const fs::path path = directory.version_path(*number);
  const Manifest manifest = Manifest::read(path, ModelVersion::kFormat);
  ModelInfo::from_json(manifest.meta_json);
  manifest.verify(path, false);
  directory.roll_back(*number);
  return *number;
}

PruneResult prune(const fs::path& network, std::uint32_t keep, bool dry_run) {
  if (keep == 0) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "versions.keep_none")
        .what("at least one version is kept")
        .found("keep 0")
        .build();
  }
  open_network(network);
  std::optional<DirectoryLock> lock;
  if (!dry_run) lock.emplace(network, "prune");
  const VersionList list = list_versions(network);
  std::uint32_t newest = 0;  // versions that can be read, from the newest on
  PruneResult result;
  std::vector<fs::path> paths;
  for (auto it = list.versions.rbegin(); it != list.versions.rend(); ++it) {
    const bool is_kept = newest < keep || it->current;
    if (it->info) ++newest;
    (is_kept ? result.kept : result.removed).push_back(it->number);
    if (!is_kept) paths.push_back(it->path);
  }
  std::reverse(result.kept.begin(), result.kept.end());
  std::reverse(result.removed.begin(), result.removed.end());
  const DiskUse use = disk_use(paths);
  result.freed_bytes = use.unique_bytes;
  result.still_shared_bytes = use.shared_bytes;
  if (dry_run) return result;
  for (const fs::path& path : paths) {
    // Without its manifest a directory is nothing, so that a removal cut short leaves no half.
    fs::remove(path / Manifest::kFileName);
    fs::remove_all(path);
  }
  return result;
}

std::string VersionList::to_json() const {
  const auto or_null = [](const std::optional<std::uint32_t>& number) {
    return number ? Json(name_of(*number)) : Json();
  };
  Json json = {{"network", network.string()},
               {"current", or_null(current)},
               {"history", names_of(history)},
               {"under_way", or_null(under_way)},
               {"versions", Json::array()}};
  for (const ListedVersion& v : versions) {
    Json each = {{"version", name_of(v.number)},   {"current", v.current},
                 {"path", v.path.string()},        {"made_at", v.made_at},
                 {"unique_bytes", v.unique_bytes}, {"shared_bytes", v.shared_bytes}};
    if (v.info) {
      each["parent"] = or_null(v.info->parent);
      each["data_window"] = v.info->data_window
                                ? Json{v.info->data_window->first, v.info->data_window->last}
                                : Json();
      each["checksum"] = to_hex(v.checksum);
      each["graph"] = {{"path", v.info->graph_path}, {"checksum", to_hex(v.info->graph_checksum)}};
      each["dim"] = v.info->dim;
      each["epochs"] = v.info->epochs;
      each["entities"] = Json::object();
      for (const EntityType& type : v.info->schema.entities) {
        each["entities"][type.name] = type.num_entities();
      }
      each["metrics"] = Json::parse(v.info->metrics_json);
    } else {
      each["problem"] = {{"id", v.problem_id}, {"message", v.problem}};
    }
    json["versions"].push_back(std::move(each));
  }
  return json.dump(1);
}

std::string PruneResult::to_json() const {
  const Json json = {{"removed", names_of(removed)},
                     {"kept", names_of(kept)},
                     {"freed_bytes", freed_bytes},
                     {"still_shared_bytes", still_shared_bytes}};
  return json.dump(1);
}

}  // namespace twhin
