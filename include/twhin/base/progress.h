// twhin/base/progress.h -- how a long job tells its caller where it is. The library never prints.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace twhin {

/// One report of a job under way. Amounts are of `unit`; total 0 means that it is not known.
struct Progress {
  std::string stage;  ///< "reading follows.parquet", "epoch 3 of 10"
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::string unit = "edges";
  /// Further figures in the order in which they are shown, as text: {"loss", "0.412"}.
  std::vector<std::pair<std::string, std::string>> fields;
};

/// What a job is given to report with; either member may be empty.
/// Threads   both may be called from any thread of the job, never from two at once.
struct Observer {
  std::function<void(const Progress&)> progress;    ///< called often: must be cheap
  std::function<void(const std::string&)> note;     ///< one line worth keeping
  std::function<void(const std::string&)> warning;  ///< one line that the user should act on

  void report(const Progress& p) const {
    if (progress) progress(p);
  }
  void say(const std::string& line) const {
    if (note) note(line);
  }
  void warn(const std::string& line) const {
    if (warning) warning(line);
  }
};

}  // namespace twhin
