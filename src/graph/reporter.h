// graph/reporter.h -- where the stages of an import say how far they are and learn of a stop.
#pragma once

#include <mutex>
#include <string>

#include "twhin/base/progress.h"
#include "twhin/base/stop.h"

namespace twhin {

/// Passes reports on, one at a time.
class Reporter {
 public:
  Reporter(const Observer& observer, const StopFlag& stop) : observer_(observer), stop_(stop) {}

  void report(Progress progress);
  void warn(const std::string& line);
  /// Errors    cancelled "graph.stopped" after a request to stop.
  void check_stop() const;

 private:
  const Observer& observer_;
  const StopFlag& stop_;
  std::mutex mutex_;
};

}  // namespace twhin
