#include "cli/user_labels.h"

#include <fmt/format.h>

#include <map>

#include "twhin/base/error.h"
#include "twhin/base/file.h"

namespace twhin::cli {
namespace {

Error bad_line(const std::filesystem::path& file, std::size_t number, std::string_view what,
               std::string_view line) {
  return ErrorBuilder(ErrorKind::invalid_argument, "cli.bad_user_group")
      .what(what)
      .at(fmt::format("{}:{}", file.string(), number))
      .found(quote(line))
      .expected("a name and its group, divided by a tab or a comma; each name once")
      .build();
}

}  // namespace

UserLabels read_user_labels(const std::filesystem::path& file, const Vocabulary& users,
                            const Observer& observer) {
  const std::string text = read_text(file);
  UserLabels out{"group", {}, {}};
  std::map<std::string, std::uint32_t, std::less<>> group_of;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> known;  // by place
  std::size_t number = 0, num_unknown = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = std::string_view(text).substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const std::size_t tab = line.rfind('\t');
    const std::size_t split = tab == std::string_view::npos ? line.rfind(',') : tab;
    if (split == std::string_view::npos || split + 1 == line.size()) {
      throw bad_line(file, number, "a line names no group", line);
    }
    const std::string_view name = line.substr(0, split), group = line.substr(split + 1);
    const auto [place, is_new] =
        group_of.try_emplace(std::string(group), static_cast<std::uint32_t>(out.groups.size()));
    if (is_new) out.groups.emplace_back(group);
    const std::optional<EntityId> user = users.find(name);
    if (!user) {
      ++num_unknown;
    } else if (!known.try_emplace({user->partition, user->row}, place->second).second) {
      throw bad_line(file, number, fmt::format("{} has a group already", quote(name)), line);
    }
  }
  for (const auto& [user, group] : known) {
    out.users.push_back({EntityId{user.first, user.second}, group});
  }
  if (num_unknown > 0) {
    observer.warn(fmt::format("{}: {} of {} names are no users of the model", file.string(),
                              num_unknown, num_unknown + known.size()));
  }
  return out;
}

}  // namespace twhin::cli
