#include "train/metrics_log.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "twhin/base/file.h"
#include "twhin/base/memory.h"

namespace twhin::training {
using Json = nlohmann::json;
namespace {

// What says where a line belongs, not how the run goes.
constexpr std::array<std::string_view, 7> kPlaceKeys = {
    "event", "time", "run_edges", "epoch", "chunk", "lhs_partition", "rhs_partition"};

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

double mean(double sum, std::uint64_t count) {
  return count == 0 ? 0.0 : sum / static_cast<double>(count);
}

// What buckets and epochs have in common.
Json figures(const PassTotals& totals) {
  const double wall = totals.seconds + totals.wait_seconds;
  return {{"edges", totals.edges},
          {"loss", mean(totals.loss, totals.edges)},
          {"penalty", mean(totals.penalty, totals.edges)},
          {"masked", totals.masked},
          {"seconds", totals.seconds},
          {"cpu_seconds", totals.cpu_seconds},
          {"wait_seconds", totals.wait_seconds},
          {"wait_share", wall > 0 ? totals.wait_seconds / wall : 0.0},
          {"edges_per_s", wall > 0 ? static_cast<double>(totals.edges) / wall : 0.0}};
}

void add_scalars(const std::string& prefix, const Json& object, std::vector<EventScalar>& out) {
  for (const auto& [key, value] : object.items()) {
    if (std::find(kPlaceKeys.begin(), kPlaceKeys.end(), key) != kPlaceKeys.end()) continue;
    const std::string tag = prefix + "/" + key;
    if (value.is_object()) add_scalars(tag, value, out);
    if (value.is_number()) out.push_back({tag, value.get<double>()});
  }
}

void write_event(EventFileWriter& events, const Json& line) {
  std::vector<EventScalar> scalars;
  add_scalars(line.at("event").get<std::string>(), line, scalars);
  events.write(line.at("time").get<double>(), line.at("run_edges").get<std::int64_t>(), scalars);
}

}  // namespace

MetricsLog::MetricsLog(std::filesystem::path file,
                       const std::optional<std::filesystem::path>& events)
    : path_(std::move(file)), file_(path_, std::ios::app) {
  if (!file_) throw_system_error("file.open", "cannot open", path_, errno);
  if (!events) return;
  events_.emplace(*events);
  std::ifstream written(path_);
  for (std::string line; std::getline(written, line);) write_event(*events_, Json::parse(line));
}

void MetricsLog::bucket(const LogPlace& place, const Step& step, const PassTotals& totals,
                        const IoTotals& io, const Json& held_out) {
  Json line = figures(totals);
  line.update({{"chunk", step.chunk},
               {"lhs_partition", step.buckets.front().lhs},
               {"rhs_partition", step.buckets.front().rhs},
               {"buckets", step.buckets.size()},
               {"bytes_read", io.bytes_read},
               {"bytes_written", io.bytes_written},
               {"resident_bytes", resident_bytes()}});
  if (!held_out.is_null()) line["held_out"] = held_out;
  write("bucket", place, std::move(line));
}

void MetricsLog::epoch(const LogPlace& place, const PassTotals& totals,
                       const PassTotals& run_totals) {
  Json line = figures(totals);
  line.update({{"peak_resident_bytes", peak_resident_bytes()},
               {"run_seconds", run_totals.seconds + run_totals.wait_seconds}});
  write("epoch", place, std::move(line));
}

void MetricsLog::validation(const LogPlace& place, Json result) {
  write("validation", place, std::move(result));
}

void MetricsLog::checkpoint(const LogPlace& place, double seconds) {
  write("checkpoint", place, {{"seconds", seconds}});
}

void MetricsLog::vectors(const LogPlace& place, const std::string& type,
                         const VectorCounts& counts) {
  write("vectors", place,
        {{"type", type},
         {"placed", counts.placed},
         {"missing", counts.missing},
         {"unknown", counts.unknown}});
}

void MetricsLog::warm_start(const LogPlace& place, Json result) {
  write("warm_start", place, std::move(result));
}

void MetricsLog::best(const LogPlace& place, const BestEpoch& best) {
  write("best", place, {{"best_epoch", best.epoch}, {"mrr", best.mrr}});
}

void MetricsLog::write(const char* event, const LogPlace& place, Json line) {
  line.update(
      {{"event", event}, {"time", now()}, {"epoch", place.epoch}, {"run_edges", place.run_edges}});
  errno = 0;
  file_ << line.dump() << '\n' << std::flush;
  if (!file_) throw_system_error("file.write", "cannot write", path_, errno);
  if (events_) write_event(*events_, line);
}

}  // namespace twhin::training
