#include "cli/page_file.h"

#include <fmt/format.h>

#include "twhin/base/error.h"

namespace twhin::cli {

void check_folder(const std::filesystem::path& page) {
  if (!page.has_parent_path() || std::filesystem::is_directory(page.parent_path())) return;
  throw ErrorBuilder(ErrorKind::not_found, "cli.no_folder")
      .what(fmt::format("there is no folder {} for the page", quote(page.parent_path().string())))
      .at("--html " + page.string())
      .build();
}

}  // namespace twhin::cli
