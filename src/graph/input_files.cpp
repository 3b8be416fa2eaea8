#include "graph/input_files.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>

#include "twhin/base/error.h"

namespace twhin {
namespace fs = std::filesystem;
namespace {

bool ends_with(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() && text.substr(text.size() - ending.size()) == ending;
}

std::vector<fs::path> matches(const fs::path& pattern) {
  ::glob_t found = {};
  std::vector<fs::path> paths;
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) paths.emplace_back(found.gl_pathv[i]);
  }
  ::globfree(&found);
  return paths;
}

// Names that begin with "." or "_" are what other programs leave beside their tables.
std::vector<fs::path> files_in(const fs::path& directory) {
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name[0] != '.' && name[0] != '_') paths.push_back(entry.path());
  }
  return paths;
}

// "a*b" against names beside it, for the hint.
std::string nearest_file(const fs::path& path) {
  std::error_code ignored;
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(path.parent_path(), ignored)) {
    names.push_back(entry.path().filename().string());
  }
  return did_you_mean(path.filename().string(), names);
}

TableFormat format_of(const InputFile& file, TableFormat wanted) {
  if (wanted != TableFormat::automatic) return wanted;
  std::string name = file.path.filename().string();
  for (const char* ending : {".gz", ".zst"}) {
    if (ends_with(name, ending)) name.resize(name.size() - std::string_view(ending).size());
  }
  constexpr std::pair<const char*, TableFormat> kEndings[] = {
      {".csv", TableFormat::csv},        {".tsv", TableFormat::tsv},
      {".txt", TableFormat::text},       {".dat", TableFormat::text},
      {".edgelist", TableFormat::text},  {".edges", TableFormat::text},
      {".data", TableFormat::text},      {".parquet", TableFormat::parquet},
      {".pq", TableFormat::parquet},     {".arrow", TableFormat::arrow},
      {".feather", TableFormat::arrow},  {".ipc", TableFormat::arrow},
      {".truncated", TableFormat::text},
  };
  std::vector<std::string> known;
  for (const auto& [ending, format] : kEndings) {
    if (ends_with(name, ending)) return format;
    known.emplace_back(ending);
  }
  throw ErrorBuilder(ErrorKind::invalid_argument, "graph.unknown_format")
      .what(fmt::format("the ending of {} does not tell how it is written", quote(file.name)))
      .expected("one of " + list(known) + ", or an option `format` of the source")
      .build();
}

}  // namespace

std::vector<InputFile> find_input_files(const SourceOptions& source, std::size_t index,
                                        const std::string& at) {
  const fs::path& wanted = source.path.resolved;
  std::vector<fs::path> paths;
  if (fs::is_directory(wanted)) {
    paths = files_in(wanted);
  } else if (fs::exists(wanted)) {
    paths = {wanted};
  } else {
    paths = matches(wanted);
    paths.erase(std::remove_if(paths.begin(), paths.end(),
                               [](const fs::path& p) { return !fs::is_regular_file(p); }),
                paths.end());
  }
  if (paths.empty()) {
    throw ErrorBuilder(ErrorKind::not_found, "graph.no_such_file")
        .what(fs::is_directory(wanted) ? fmt::format("{} has no files", quote(source.path.text))
                                       : fmt::format("there is no {}", quote(source.path.text)))
        .at(at)
        .found(wanted.string() == source.path.text ? "" : "looked for " + wanted.string())
        .hint(nearest_file(wanted))
        .build();
  }
  std::sort(paths.begin(), paths.end());
  // "logs/*.tsv" below the config's folder: messages need not repeat the folder.
  const std::string whole = wanted.string();
  const std::string folder =
      fs::path(source.path.text).is_relative() && ends_with(whole, "/" + source.path.text)
          ? whole.substr(0, whole.size() - source.path.text.size())
          : "";
  std::vector<InputFile> files;
  for (const fs::path& path : paths) {
    InputFile file;
    file.path = path;
    file.name = path.string().substr(path.string().rfind(folder, 0) == 0 ? folder.size() : 0);
    file.num_bytes = fs::file_size(path);
    file.format = format_of(file, source.format);
    file.source = index;
    file.at = at;
    if (file.num_bytes == 0) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "graph.empty_file")
          .what(fmt::format("{} is empty", quote(file.name)))
          .at(at)
          .hint("was it written completely? If it may be empty, leave it out of the source")
          .build();
    }
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace twhin
