#include "twhin/storage/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "twhin/base/error.h"
#include "twhin/base/threads.h"
#include "twhin/storage/manifest.h"

namespace twhin {
namespace fs = std::filesystem;
namespace {

/// One file with what its directory's manifest says of it.
struct Item {
  fs::path directory;
  Manifest manifest;  // of this file only; none: a container that is checked by itself
  fs::path path;
};

bool is_damage(ErrorKind kind) {
  return kind == ErrorKind::corrupt_data || kind == ErrorKind::not_found ||
         kind == ErrorKind::version_mismatch;
}

bool ends_with_partial(const fs::path& path) { return path.extension() == ".partial"; }

class Verification {
 public:
  Verification(std::size_t threads, const Observer& observer, const StopFlag& stop)
      : threads_(threads), observer_(observer), stop_(stop) {}

  void add_directory(const fs::path& directory) {
    guarded(directory / Manifest::kFileName, [&] {
      const Manifest all = Manifest::read(directory, "");
      for (const auto& [name, record] : all.records()) {
        Item item{directory, {}, directory / name};
        item.manifest.files[name] = record;
        items_.push_back(std::move(item));
      }
      return fs::file_size(directory / Manifest::kFileName);
    });
  }

  /// Every directory with a manifest, at any depth.
  void add_tree(const fs::path& root) {
    if (fs::exists(root / Manifest::kFileName)) add_directory(root);
    for (auto at = fs::recursive_directory_iterator(root); at != fs::end(at); ++at) {
      if (!at->is_directory()) continue;
      if (ends_with_partial(at->path())) {
        ++result_.num_partial;
        at.disable_recursion_pending();
      } else if (fs::exists(at->path() / Manifest::kFileName)) {
        add_directory(at->path());
      }
    }
  }

  void add_file(const fs::path& path) {
    if (Container::is_container(path)) {
      items_.push_back({path.parent_path(), {}, path});
    } else {
      add_listed_file(path);
    }
  }

  bool empty() const { return items_.empty() && result_.num_files == 0; }

  VerifyResult run() {
    progress_ = {"verifying", 0, 0, "bytes", {}};
    for (const Item& item : items_) {
      std::error_code failed;
      const auto size = fs::file_size(item.path, failed);
      if (!failed) progress_.total += size;
    }
    parallel_for(items_.size(), threads_, [&](std::size_t i) {
      if (stop_.requested()) {
        throw ErrorBuilder(ErrorKind::cancelled, "storage.cancelled")
            .what("the check was interrupted")
            .build();
      }
      check(items_[i]);
    });
    std::sort(result_.damaged.begin(), result_.damaged.end(),
              [](const Damage& a, const Damage& b) { return a.path < b.path; });
    return std::move(result_);
  }

 private:
  /// A file without checksums of its own, if a manifest above it lists it.
  void add_listed_file(const fs::path& path) {
    for (fs::path directory = fs::absolute(path).parent_path();;
         directory = directory.parent_path()) {
      if (fs::exists(directory / Manifest::kFileName)) {
        const Manifest all = Manifest::read(directory, "");
        const std::string name = fs::absolute(path).lexically_relative(directory).generic_string();
        const auto records = all.records();
        if (const auto found = records.find(name); found != records.end()) {
          Item item{directory, {}, path};
          item.manifest.files[name] = found->second;
          items_.push_back(std::move(item));
        }
        return;
      }
      if (!directory.has_relative_path()) return;
    }
  }

  void check(const Item& item) {
    guarded(item.path, [&]() -> std::uint64_t {
      if (!item.manifest.files.empty()) return item.manifest.verify(item.directory, true);
      const Container container = Container::open(item.path, "");
      container.verify();
      return container.record().num_bytes;
    });
  }

  /// Counts the file with the bytes that body() returns, or as damaged if it throws so.
  template <class Body>
  void guarded(const fs::path& path, const Body& body) {
    std::uint64_t num_bytes = 0;
    std::vector<Damage> damaged;
    try {
      num_bytes = body();
    } catch (const Error& error) {
      if (!is_damage(error.kind())) throw;
      damaged.push_back({path, error.id(), error.what()});
    }
    const std::lock_guard lock(mutex_);
    ++result_.num_files;
    result_.num_bytes += num_bytes;
    result_.damaged.insert(result_.damaged.end(), damaged.begin(), damaged.end());
    progress_.done += num_bytes;
    if (progress_.total > 0) observer_.report(progress_);
  }

  std::size_t threads_;
  const Observer& observer_;
  const StopFlag& stop_;
  std::vector<Item> items_;
  std::mutex mutex_;
  VerifyResult result_;
  Progress progress_;
};

}  // namespace

VerifyResult verify(const fs::path& path, std::size_t threads, const Observer& observer,
                    const StopFlag& stop) {
  if (!fs::exists(path)) {
    throw ErrorBuilder(ErrorKind::not_found, "file.not_found")
        .what(fmt::format("{} does not exist", quote(path.string())))
        .build();
  }
  Verification verification(threads, observer, stop);
  if (fs::is_directory(path)) {
    verification.add_tree(path);
  } else if (path.filename() == Manifest::kFileName) {
    verification.add_directory(path.parent_path());
  } else {
    verification.add_file(path);
  }
  if (verification.empty()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "storage.nothing_to_verify")
        .what(fmt::format("nothing in {} has a checksum", quote(path.string())))
        .expected("a graph, a version, a network's versions, or a file of one of them")
        .build();
  }
  return verification.run();
}

}  // namespace twhin
