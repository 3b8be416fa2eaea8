#include "twhin/storage/version_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/storage/manifest.h"

namespace twhin {
namespace fs = std::filesystem;
namespace {

constexpr const char* kHistory = "HISTORY";
constexpr std::size_t kLongestHistory = 1000;

// "v12" + suffix → 12.
std::optional<std::uint32_t> number_of(std::string_view name, std::string_view suffix) {
  if (name.size() <= 1 + suffix.size() || name[0] != 'v' || !name.ends_with(suffix)) {
    return std::nullopt;
  }
  name = name.substr(1, name.size() - 1 - suffix.size());
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (failed != std::errc() || end != name.data() + name.size() || number == 0) return std::nullopt;
  return number;
}

std::vector<std::uint32_t> numbers_in(const fs::path& root, std::string_view suffix) {
  std::vector<std::uint32_t> numbers;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(root, failed)) {
    if (const auto number = number_of(entry.path().filename().string(), suffix)) {
      numbers.push_back(*number);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

// "models/all@v3", "models/all@3" → models/all and 3. What exists under its whole name is no such
// text.
struct NamedVersion {
  fs::path network;
  std::uint32_t number = 0;
};

std::optional<NamedVersion> named_version(const fs::path& model) {
  const std::string text = model.string();
  const std::size_t at = text.rfind('@');
  if (at == std::string::npos || at == 0 || fs::exists(model)) return std::nullopt;
  const std::string name = text.substr(at + 1);
  const auto number = number_of(name.starts_with('v') ? name : "v" + name, "");
  if (!number) return std::nullopt;
  return NamedVersion{text.substr(0, at), *number};
}

std::vector<std::string> names_of_versions(const VersionDirectory& network) {
  std::vector<std::string> names;
  for (const std::uint32_t number : network.versions()) names.push_back(fmt::format("v{}", number));
  return names;
}

Error no_version(const VersionDirectory& network, std::uint32_t number) {
  const std::vector<std::string> there = names_of_versions(network);
  ErrorBuilder error(ErrorKind::not_found, "model.not_found");
  error.what(fmt::format("{} has no version v{}", quote(network.root().string()), number));
  error.found(there.empty() ? "no versions" : list(there));
  return error.build();
}

Error current_is_gone(const VersionDirectory& network, std::uint32_t number) {
  const std::vector<std::string> there = names_of_versions(network);
  ErrorBuilder error(ErrorKind::not_found, "model.not_found");
  error.what(fmt::format("CURRENT of {} names v{}, which is not there",
                         quote(network.root().string()), number));
  error.found(there.empty() ? "no versions" : list(there));
  if (!there.empty()) {
    error.hint(fmt::format("twhin promote {} {}", network.root().string(), there.back()));
  }
  return error.build();
}

}  // namespace

std::vector<std::uint32_t> VersionDirectory::versions() const {
  std::vector<std::uint32_t> numbers = numbers_in(root_, "");
  std::erase_if(
      numbers, [&](std::uint32_t n) { return !fs::exists(version_path(n) / Manifest::kFileName); });
  return numbers;
}

std::vector<std::uint32_t> VersionDirectory::numbers() const { return numbers_in(root_, ""); }

std::optional<std::uint32_t> VersionDirectory::current() const {
  if (!fs::exists(root_ / "CURRENT")) return std::nullopt;
  std::string text = read_text(root_ / "CURRENT", 64);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return number_of(text, "");
}

std::uint32_t VersionDirectory::next() const {
  std::uint32_t highest = 0;
  for (const std::string_view suffix : {"", ".partial"}) {
    const auto numbers = numbers_in(root_, suffix);
    if (!numbers.empty()) highest = std::max(highest, numbers.back());
  }
  return highest + 1;
}

std::optional<std::uint32_t> VersionDirectory::partial() const {
  const auto numbers = numbers_in(root_, ".partial");
  return numbers.empty() ? std::nullopt : std::optional(numbers.back());
}

std::optional<fs::path> VersionDirectory::newest_checkpoint() const {
  const auto run = partial();
  if (!run) return std::nullopt;
  const fs::path path = partial_path(*run);
  if (fs::exists(path / Manifest::kFileName)) return path;
  std::optional<fs::path> newest;
  std::error_code none;
  // Names are numbers with leading zeros, so the last one by name is the newest.
  for (const auto& entry : fs::directory_iterator(path / "checkpoints", none)) {
    std::error_code gone;
    if (!fs::exists(entry.path() / Manifest::kFileName, gone)) continue;
    if (!newest || entry.path().filename() > newest->filename()) newest = entry.path();
  }
  return newest;
}

fs::path VersionDirectory::version_path(std::uint32_t number) const {
  return root_ / fmt::format("v{}", number);
}
fs::path VersionDirectory::partial_path(std::uint32_t number) const {
  return root_ / fmt::format("v{}.partial", number);
}

std::vector<std::uint32_t> VersionDirectory::history() const {
  const auto now = current();
  if (!now) return {};
  std::vector<std::uint32_t> numbers;
  if (fs::exists(root_ / kHistory)) {
    std::istringstream lines(read_text(root_ / kHistory, 1 << 20));
    for (std::string line; std::getline(lines, line);) {
      if (const auto number = number_of(line, "")) numbers.push_back(*number);
    }
  }
  const auto last = std::find(numbers.rbegin(), numbers.rend(), *now);
  if (last == numbers.rend()) {
    numbers.push_back(*now);  // written by a process that died, or before there were histories
  } else {
    numbers.erase(last.base(), numbers.end());
  }
  return numbers;
}

void VersionDirectory::publish(std::uint32_t number, bool promote) const {
  Manifest::read(partial_path(number), "");
  rename_durably(partial_path(number), version_path(number));
  if (promote) set_current(number);
}

void VersionDirectory::set_current(std::uint32_t number) const {
  std::vector<std::uint32_t> numbers = history();
  if (numbers.empty() || numbers.back() != number) numbers.push_back(number);
  write_current(number, numbers);
}

void VersionDirectory::roll_back(std::uint32_t number) const {
  std::vector<std::uint32_t> numbers = history();
  const auto last = std::find(numbers.rbegin(), numbers.rend(), number);
  numbers.erase(last == numbers.rend() ? numbers.begin() : last.base(), numbers.end());
  if (numbers.empty()) numbers.push_back(number);
  write_current(number, numbers);
}

void VersionDirectory::write_current(std::uint32_t number,
                                     const std::vector<std::uint32_t>& history) const {
  const std::size_t kept = std::min(history.size(), kLongestHistory);
  std::string text;
  for (auto it = history.end() - static_cast<std::ptrdiff_t>(kept); it != history.end(); ++it) {
    text += fmt::format("v{}\n", *it);
  }
  write_text(root_ / kHistory, text);
  write_text(root_ / "CURRENT", fmt::format("v{}\n", number));
}

fs::path VersionDirectory::resolve(const fs::path& model) {
  if (fs::exists(model / Manifest::kFileName)) return model;
  if (const auto named = named_version(model)) {
    const VersionDirectory network(named->network);
    const fs::path version = network.version_path(named->number);
    if (!fs::exists(version / Manifest::kFileName)) throw no_version(network, named->number);
    return version;
  }
  const VersionDirectory network(model);
  if (const auto number = network.current()) {
    const fs::path version = network.version_path(*number);
    if (fs::exists(version / Manifest::kFileName)) return version;
    throw current_is_gone(network, *number);
  }
  ErrorBuilder error(ErrorKind::not_found, "model.not_found");
  error.what(fmt::format("{} is not a model", quote(model.string())));
  error.expected("a version (…/v3, or NETWORK@v3) or a network's directory with CURRENT");
  std::vector<std::string> there;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(model, failed)) {
    there.push_back(entry.path().filename().string());
  }
  std::sort(there.begin(), there.end());
  error.found(failed ? "no such directory" : "a directory with " + list(there));
  if (const auto partial = network.partial()) {
    error.hint(fmt::format("a run that has not ended lies in {}: twhin train CONFIG --resume",
                           network.partial_path(*partial).filename().string()));
  }
  if (const auto numbers = network.versions(); !network.current() && !numbers.empty()) {
    error.hint(fmt::format("no version has been promoted yet: twhin promote {} v{}", model.string(),
                           numbers.back()));
  }
  throw error.build();
}

}  // namespace twhin
