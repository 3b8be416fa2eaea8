#include "graph/partial_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <string>
#include <vector>

#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/graph/graph.h"
#include "twhin/storage/manifest.h"

namespace twhin {
namespace fs = std::filesystem;
namespace {

bool is_alive(const std::string& pid_text) {
  int pid = 0;
  const char* end = pid_text.data() + pid_text.size();
  if (std::from_chars(pid_text.data(), end, pid).ptr != end || pid <= 0) return true;  // not ours
  return ::kill(pid, 0) == 0 || errno != ESRCH;
}

void remove_left_overs(const fs::path& target) {
  const std::string prefix = target.filename().string() + ".partial-";
  for (const fs::directory_entry& entry : fs::directory_iterator(target.parent_path())) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(prefix, 0) == 0 && !is_alive(name.substr(prefix.size()))) {
      fs::remove_all(entry.path());
    }
  }
}

void refuse_other_directories(const fs::path& target) {
  if (!fs::exists(target)) return;
  if (fs::is_directory(target) && fs::is_empty(target)) return;
  if (fs::is_directory(target)) {
    try {
      Manifest::read(target, Graph::kFormat);
      return;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::corrupt_data || error.kind() == ErrorKind::version_mismatch) {
        return;  // a damaged graph, or one of a newer twhin: may be imported anew
      }
    }
  }
  throw ErrorBuilder(ErrorKind::invalid_argument, "graph.not_a_graph")
      .what(
          fmt::format("{} is in the way: it is not empty and not a graph", quote(target.string())))
      .hint("name another directory, or move that one away")
      .build();
}

}  // namespace

PartialDirectory::PartialDirectory(const fs::path& target)
    : target_(fs::absolute(target).lexically_normal()) {
  if (!target_.has_filename()) target_ = target_.parent_path();  // a slash at the end
  refuse_other_directories(target_);
  make_directories(target_.parent_path());
  remove_left_overs(target_);
  path_ = target_;
  path_ += fmt::format(".partial-{}", ::getpid());
  fs::remove_all(path_);
  make_directories(path_);
}

PartialDirectory::~PartialDirectory() {
  if (published_) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void PartialDirectory::sync() const {
  constexpr std::size_t kManyFiles =
      64;  // one sync of the whole disk is faster than as many of files
  std::vector<fs::path> files, directories{path_};
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path_)) {
    (entry.is_directory() ? directories : files).push_back(entry.path());
  }
  if (files.size() > kManyFiles) {
    const int fd = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) throw_system_error("file.open", "cannot open", path_, errno);
    const int failed = ::syncfs(fd) == 0 ? 0 : errno;
    ::close(fd);
    if (failed != 0) throw_system_error("file.sync", "cannot sync", path_, failed);
    return;
  }
  for (const fs::path& file : files) sync_file(file);
  for (const fs::path& directory : directories) sync_directory(directory);
}

void PartialDirectory::publish() {
  replace_directory(path_, target_);
  published_ = true;
}

}  // namespace twhin
