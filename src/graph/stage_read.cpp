// Stage 1 of an import: rows become hashes; distinct names are collected.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "graph/arrow_reader.h"
#include "graph/import_run.h"
#include "graph/named_reader.h"
#include "graph/pbg_edges.h"
#include "graph/piece_queue.h"
#include "twhin/base/error.h"
#include "twhin/base/threads.h"

namespace twhin {

namespace {

std::vector<std::unique_ptr<TableReader>> open_table(const ImportRun& run, std::size_t index) {
  const InputFile& file = run.files[index];
  const SourceOptions& source = run.options.sources[file.source];
  const TimeUnit time_unit = run.options.import.timestamp_unit;
  WantedColumns wanted = wanted_columns(source);
  if (file.names_of) wanted = {source.lhs};
  if (file.format == TableFormat::parquet) return open_parquet(file, index, wanted, time_unit);
  std::vector<std::unique_ptr<TableReader>> readers;
  if (file.format == TableFormat::arrow) {
    readers.push_back(open_arrow(file, index, wanted, time_unit));
  } else if (file.format == TableFormat::pbg) {
    readers.push_back(open_pbg(file, index));
  } else {
    readers.push_back(open_text(file, index, source, wanted));
  }
  return readers;
}

}  // namespace

std::vector<std::unique_ptr<TableReader>> open_file(const ImportRun& run, std::size_t index) {
  std::vector<std::unique_ptr<TableReader>> readers = open_table(run, index);
  if (const IdNames* ids = run.files[index].ids.get()) {
    for (auto& reader : readers) reader = read_named(std::move(reader), *ids);
  }
  return readers;
}

void take_dictionaries(const ImportRun& run, std::size_t thread, Intake& intake) {
  constexpr std::size_t kNamesAtOnce = 1 << 14;
  std::size_t turn = 0;
  for (const Inputs::Entities& entities : run.inputs.entities) {
    const std::span<const std::string_view> names(entities.names->names());
    for (std::size_t i = 0; i < names.size(); i += kNamesAtOnce) {
      if (turn++ % run.plan.num_threads != thread) continue;
      run.report.check_stop();
      intake.take_names(names.subspan(i, std::min(kNamesAtOnce, names.size() - i)), entities.type);
    }
  }
}

namespace {

// A file that begins with the number of its rows has as many.
void check_counted(const InputFile& file, std::uint64_t found) {
  if (!file.num_rows || *file.num_rows == found) return;
  throw ErrorBuilder(ErrorKind::corrupt_data, "graph.wrong_count")
      .what(fmt::format("{} has another number of rows than its first line says", quote(file.name)))
      .found(fmt::format("{} rows", found))
      .expected(fmt::format("{} rows", *file.num_rows))
      .hint("was it written completely?")
      .build();
}

}  // namespace

void count_rows(ImportRun& run, const std::deque<Intake>& intakes) {
  run.counts.resize(run.relations.size());
  IntakeCounts unassigned;
  std::vector<Rejected> rejected;
  for (const Intake& intake : intakes) {
    for (std::size_t r = 0; r < intake.counts().size(); ++r) run.counts[r].add(intake.counts()[r]);
    unassigned.add(intake.unassigned());
    run.summary.num_rows += intake.num_rows();
    rejected.insert(rejected.end(), intake.rejected().begin(), intake.rejected().end());
  }
  run.summary.unassigned_rejected = unassigned.rejected;
  run.summary.unassigned_filtered = unassigned.filtered;
  std::sort(rejected.begin(), rejected.end(), [](const Rejected& a, const Rejected& b) {
    return std::pair(a.file, a.position) < std::pair(b.file, b.position);
  });
  rejected.resize(std::min(rejected.size(), Intake::kShownRows));
  for (const Rejected& row : rejected) {
    run.summary.rejected.push_back(
        {place_of(run.files[row.file], row.position), one_line(row.problem)});
  }
  if (run.summary.num_rows == 0) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "graph.no_rows")
        .what("the sources have no rows")
        .found(fmt::format("{} files, the first is {}", run.files.size(), quote(run.files[0].name)))
        .build();
  }
  for (std::uint32_t r = 0; r < run.relations.size(); ++r) {
    const IntakeCounts& c = run.counts[r];
    if (c.with_timestamp > 0 && c.without_timestamp > 0) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "graph.mixed_timestamps")
          .what(fmt::format("some rows of relation {} have timestamps and some have none",
                            quote(run.relations.name(r))))
          .found(fmt::format("{} with, {} without", c.with_timestamp, c.without_timestamp))
          .hint("name the timestamp column in all sources of the relation, or in none")
          .build();
    }
    if (c.rows == 0) {
      run.report.warn(fmt::format("relation {} has no rows", quote(run.relations.name(r))));
    }
  }
}

void read_rows(ImportRun& run) {
  std::uint64_t total_bytes = 0;
  for (const InputFile& file : run.files) total_bytes += file.num_bytes;
  run.summary.num_files = run.files.size();
  run.summary.input_bytes = total_bytes;
  const IntakeContext context{run.options,   run.files, run.split_of_source,
                              run.relations, run.names, run.edges};
  std::deque<Intake> intakes;
  for (std::size_t t = 0; t < run.plan.num_threads; ++t) intakes.emplace_back(context);
  PieceQueue queue(run.files.size(), [&run](std::size_t file) { return open_file(run, file); });
  std::mutex mutex;
  std::optional<Rejected> first_bad;
  std::atomic<std::uint64_t> num_rows{0};
  std::vector<std::atomic<std::uint64_t>> rows_of(run.files.size());
  run_threads(run.plan.num_threads, [&](std::size_t thread) {
    try {
      take_dictionaries(run, thread, intakes[thread]);
      Batch batch;
      while (const auto piece = queue.next()) {
        run.report.check_stop();
        for (bool more = true; more;) {
          more = piece->parse(batch);
          rows_of[batch.file] += batch.num_rows + batch.bad_rows.size();
          if (const auto type = run.files[batch.file].names_of) {
            intakes[thread].take_names(batch, *type);
          } else {
            intakes[thread].take(batch);
            num_rows += batch.num_rows;
          }
        }
        run.report.report({"reading",
                           queue.position(),
                           total_bytes,
                           "bytes",
                           {{"rows", fmt::format("{}", num_rows.load())}}});
      }
      intakes[thread].finish();
    } catch (BadRowFound& bad) {
      queue.stop();
      const std::lock_guard lock(mutex);
      const auto place = [](const Rejected& row) { return std::pair(row.file, row.position); };
      if (!first_bad || place(bad.row) < place(*first_bad)) first_bad = std::move(bad.row);
    } catch (...) {
      queue.stop();
      throw;
    }
  });
  if (first_bad) throw to_error(*first_bad, run.files);
  for (std::size_t i = 0; i < run.files.size(); ++i) check_counted(run.files[i], rows_of[i]);
  count_rows(run, intakes);
}

}  // namespace twhin
