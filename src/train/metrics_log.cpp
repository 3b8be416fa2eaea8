#include "train/metrics_log.h"

#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

#include "twhin/base/file.h"

namespace twhin::training {

MetricsLog::MetricsLog(std::filesystem::path file)
    : path_(std::move(file)), file_(path_, std::ios::app) {
  if (!file_) throw_system_error("file.open", "cannot open", path_, errno);
}

void MetricsLog::write(const nlohmann::json& line) {
  errno = 0;
  file_ << line.dump() << '\n' << std::flush;
  if (!file_) throw_system_error("file.write", "cannot write", path_, errno);
}

}  // namespace twhin::training
