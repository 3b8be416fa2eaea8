// cli/page_file.h -- the file that a page is written to.
#pragma once

#include <filesystem>

namespace twhin::cli {

/// A page that cannot be written is better refused before the work than after it.
/// Errors    not_found "cli.no_folder" if the folder of `page`, that of --html, does not exist.
void check_folder(const std::filesystem::path& page);

}  // namespace twhin::cli
