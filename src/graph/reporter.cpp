#include "graph/reporter.h"

#include "twhin/base/error.h"

namespace twhin {

void Reporter::report(Progress progress) {
  const std::lock_guard lock(mutex_);
  observer_.report(progress);
}

void Reporter::warn(const std::string& line) {
  const std::lock_guard lock(mutex_);
  observer_.warn(line);
}

void Reporter::check_stop() const {
  if (!stop_.requested()) return;
  throw ErrorBuilder(ErrorKind::cancelled, "graph.stopped")
      .what("the import was stopped")
      .hint("the graph is as it was before")
      .build();
}

}  // namespace twhin
