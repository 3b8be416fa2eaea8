#include "graph/sample.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include "graph/piece_queue.h"
#include "twhin/base/rng.h"
#include "twhin/base/threads.h"

namespace twhin {
namespace {

constexpr std::uint64_t kPieceBytes = 1 << 20, kPieceRows = 1 << 16;

/// A reader and what it gave.
struct Source {
  std::unique_ptr<TableReader> reader;
  std::size_t file = 0;
  bool seeks = false;
  double pieces = 0.0;  // about
  std::mutex mutex;
  std::uint64_t rows_read = 0, bytes_read = 0, pieces_read = 0;  // bytes of text
};

/// Pieces of a table in one go: a row group's dictionaries are read before its first rows.
constexpr std::uint32_t kPiecesInARow = 4;

/// What a thread reads next: the next piece of a source, or the one at an offset, which is never 0,
/// where headers stand.
struct Ticket {
  std::uint32_t source = 0;
  std::uint64_t offset = 0;
};

bool is_compressed(const InputFile& file) {
  const std::string ending = file.path.extension().string();
  return ending == ".gz" || ending == ".zst";
}

double pieces_of(const InputFile& file) {
  const bool dense = is_compressed(file) || file.format == TableFormat::parquet ||
                     file.format == TableFormat::arrow;
  return std::max(1.0, static_cast<double>(file.num_bytes) * (dense ? 4.0 : 1.0) / kPieceBytes);
}

// At most `most` files, spread over all.
std::vector<std::size_t> files_to_open(std::size_t num_files, std::size_t most) {
  std::vector<std::size_t> files;
  for (std::size_t i = 0; i < std::min(num_files, most); ++i) {
    files.push_back(num_files <= most ? i : i * num_files / most);
  }
  return files;
}

class Sampler {
 public:
  Sampler(ImportRun& run, const SampleLimits& limits) : run_(run), limits_(limits) {}

  Sample read() {
    const auto begin = std::chrono::steady_clock::now();
    sample_.named.resize(run_.names.size());
    open();
    draw_tickets();
    const IntakeContext context{run_.options,   run_.files, run_.split_of_source,
                                run_.relations, run_.names, run_.edges};
    std::deque<Intake> intakes;
    sample_.taken.resize(run_.plan.num_threads);
    for (std::size_t t = 0; t < run_.plan.num_threads; ++t) intakes.emplace_back(context);
    const auto is_over = [&] {
      const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
      return !sample_.whole && (passed.count() > limits_.seconds || num_rows_ >= limits_.rows);
    };
    run_threads(run_.plan.num_threads, [&](std::size_t thread) {
      Intake& intake = intakes[thread];
      take_dictionaries(run_, thread, intake);
      sample_.taken[thread].reserve(
          std::min<std::uint64_t>(limits_.rows, kPieceRows * tickets_.size()) /
              run_.plan.num_threads +
          kPieceRows);
      for (std::size_t t; (t = next_ticket_.fetch_add(1)) < tickets_.size() && !is_over();) {
        run_.report.check_stop();
        read(tickets_[t], static_cast<std::uint32_t>(t), intake, sample_.taken[thread]);
      }
      intake.finish();
    });
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
    sample_.seconds = passed.count();
    if (cut_short_) {
      sample_.whole = false;
      sample_.front_only = true;
    }
    count_rows(run_, intakes);
    count_names();
    extrapolate();
    return std::move(sample_);
  }

 private:
  void open() {
    std::vector<std::size_t> tables;
    for (std::size_t f = 0; f < run_.files.size(); ++f) {
      if (!run_.files[f].names_of) tables.push_back(f);
    }
    for (const std::size_t t : files_to_open(tables.size(), limits_.files)) {
      const std::size_t f = tables[t];
      opened_.push_back(f);
      for (auto& reader : open_file(run_, f)) {
        Source& source = sources_.emplace_back();
        source.file = f;
        const std::uint64_t rows = reader->num_rows();
        source.pieces = rows > 0 ? static_cast<double>(rows + kPieceRows - 1) / kPieceRows
                                 : pieces_of(run_.files[f]);
        source.seeks = run_.files[f].num_bytes > kPieceBytes && reader->skip_to(0);
        const bool in_order = rows == 0 || run_.files[f].format == TableFormat::pbg;
        if (in_order && !source.seeks && source.pieces > 1.5) sample_.front_only = true;
        known_rows_ = known_rows_ && rows > 0;
        source.reader = std::move(reader);
      }
    }
    double pieces = 0.0;
    for (const Source& source : sources_) pieces += source.pieces;
    num_tables_ = tables.size();
    sample_.num_files = opened_.size();
    sample_.whole =
        opened_.size() == run_.files.size() && pieces <= static_cast<double>(limits_.whole_pieces);
    if (!sample_.whole) return;
    sample_.front_only = false;
    for (Source& source : sources_) {
      if (source.seeks) source.reader = std::move(open_file(run_, source.file)[0]);
      source.seeks = false;
    }
  }

  // Names that tables and dictionaries give, whether or not an edge has them.
  void count_names() {
    for (const Inputs::Entities& entities : run_.inputs.entities) {
      sample_.named[entities.type] += static_cast<double>(entities.names->names().size());
    }
    for (std::size_t f = 0; f < run_.files.size(); ++f) {
      const InputFile& file = run_.files[f];
      if (!file.names_of) continue;
      for (const auto& reader : open_file(run_, f)) {
        auto rows = static_cast<double>(reader->num_rows());
        if (const auto piece = rows == 0.0 ? reader->next() : nullptr) {
          double read = 0.0;
          Batch batch;
          for (bool more = true; more;) {
            more = piece->parse(batch);
            read += static_cast<double>(batch.num_rows);
          }
          const double bytes = static_cast<double>(
              std::max<std::uint64_t>(1, std::min(reader->position(), file.num_bytes)));
          rows = read / bytes * static_cast<double>(file.num_bytes);
        }
        sample_.named[*file.names_of] += rows;
      }
    }
  }

  void draw_tickets() {
    for (std::uint32_t s = 0; s < sources_.size(); ++s) {
      const auto pieces = static_cast<std::uint64_t>(sources_[s].pieces + 0.5);
      const std::uint64_t num = sample_.whole       ? 1
                                : sources_[s].seeks ? pieces
                                                    : (pieces + kPiecesInARow - 1) / kPiecesInARow;
      for (std::uint64_t i = 0; i < num; ++i)
        tickets_.push_back({s, i * kPieceBytes + kPieceBytes / 2});
    }
    const std::vector<Ticket> in_order = tickets_;
    const Permutation order(in_order.size(), Rng(1, RngPurpose::sample));
    for (std::size_t i = 0; i < tickets_.size(); ++i) tickets_[i] = in_order[order(i)];
  }

  void read(const Ticket& ticket, std::uint32_t number, Intake& intake,
            std::vector<TakenRow>& taken) {
    Source& source = sources_[ticket.source];
    const std::uint32_t most = source.seeks ? 1 : kPiecesInARow;
    for (std::uint32_t i = 0; sample_.whole || i < most; ++i) {
      // A small file may hold very much.
      if (sample_.whole && num_rows_ >= limits_.rows) {
        cut_short_ = true;
        return;
      }
      run_.report.check_stop();
      std::unique_ptr<Piece> piece;
      {
        const std::lock_guard lock(source.mutex);
        if (source.seeks) source.reader->skip_to(ticket.offset);
        piece = source.reader->next();
      }
      if (!piece) return;
      Batch batch;
      std::uint64_t rows = 0;
      intake.log_to(&taken, number * kPiecesInARow + i % kPiecesInARow);
      const std::uint64_t bytes = piece->num_bytes();
      for (bool more = true; more;) {
        more = piece->parse(batch);
        rows += batch.num_rows + batch.bad_rows.size();
        intake.take(batch);
      }
      num_rows_ += rows;
      const std::lock_guard lock(source.mutex);
      source.rows_read += rows;
      source.bytes_read += bytes;
      ++source.pieces_read;
    }
  }

  // Rows of all files: counted where the format says, else by the bytes that those read took; of
  // files that were not opened, by those of the same source, or of all where none of it was.
  void extrapolate() {
    struct OfSource {
      double rows = 0.0, bytes = 0.0;
    };
    std::map<std::size_t, OfSource> by_source;
    std::map<std::size_t, double> rows_of_file, bytes_of_file;
    for (const Source& source : sources_) {
      const InputFile& file = run_.files[source.file];
      const double read = static_cast<double>(source.rows_read);
      double rows = static_cast<double>(source.reader->num_rows());
      double bytes = static_cast<double>(source.bytes_read);
      if (!source.seeks) {
        bytes = std::min<double>(static_cast<double>(file.num_bytes),
                                 static_cast<double>(source.reader->position()));
      }
      if (sample_.whole) {
        rows = read;
      } else if (rows == 0.0 && bytes > 0.0) {
        rows = read / bytes * static_cast<double>(file.num_bytes);
      }
      rows_of_file[source.file] += rows;
      sample_.rows_read += source.rows_read;
      sample_.bytes_read += static_cast<std::uint64_t>(bytes);
      sample_.pieces_read += source.pieces_read;
    }
    OfSource all;
    for (const auto& [f, rows] : rows_of_file) {
      for (OfSource* of : {&by_source[run_.files[f].source], &all}) {
        of->rows += rows;
        of->bytes += static_cast<double>(run_.files[f].num_bytes);
      }
    }
    for (std::size_t f = 0; f < run_.files.size(); ++f) {
      if (run_.files[f].names_of) continue;
      const auto known = rows_of_file.find(f);
      const OfSource& same = by_source[run_.files[f].source];
      const OfSource& of = same.bytes > 0.0 ? same : all;
      sample_.rows += known != rows_of_file.end() ? known->second
                      : of.bytes > 0.0
                          ? of.rows / of.bytes * static_cast<double>(run_.files[f].num_bytes)
                          : 0.0;
    }
    sample_.rows = std::max(sample_.rows, static_cast<double>(sample_.rows_read));
    sample_.rows_are_known = sample_.whole || (known_rows_ && opened_.size() == num_tables_);
    sample_.pieces = static_cast<double>(sample_.pieces_read) / std::max(1e-9, sample_.share());
  }

  ImportRun& run_;
  const SampleLimits limits_;
  Sample sample_;
  std::vector<std::size_t> opened_;
  std::deque<Source> sources_;
  std::vector<Ticket> tickets_;
  std::atomic<std::size_t> next_ticket_{0};
  std::atomic<std::uint64_t> num_rows_{0};
  std::atomic<bool> cut_short_{false};
  std::size_t num_tables_ = 0;  // of edges
  bool known_rows_ = true;
};

}  // namespace

double sample_share(const std::vector<InputFile>& files, const SampleLimits& limits) {
  double pieces = 0.0;
  for (const InputFile& file : files) pieces += pieces_of(file);
  if (pieces <= static_cast<double>(limits.whole_pieces)) return 1.0;
  return std::min(1.0, static_cast<double>(limits.rows) / (pieces * kPieceRows));
}

Sample read_sample(ImportRun& run, const SampleLimits& limits) {
  return Sampler(run, limits).read();
}

}  // namespace twhin
