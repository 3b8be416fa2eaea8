#include "graph/intake.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "twhin/base/checksum.h"

namespace twhin {
namespace {

using Kind = Cells::Kind;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// The text of a cell that may be a number; numbers are written into `buffer`.
std::string_view text_of(const Cells& cells, std::size_t row, char (&buffer)[32]) {
  switch (cells.kind) {
    case Kind::text:
      return cells.text[row];
    case Kind::integer: {
      const auto end = std::to_chars(buffer, buffer + sizeof(buffer), cells.integers[row]).ptr;
      return {buffer, static_cast<std::size_t>(end - buffer)};
    }
    case Kind::unsigned_integer: {
      const auto value = static_cast<std::uint64_t>(cells.integers[row]);
      const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
      return {buffer, static_cast<std::size_t>(end - buffer)};
    }
    case Kind::real: {
      const auto end = std::to_chars(buffer, buffer + sizeof(buffer), cells.reals[row]).ptr;
      return {buffer, static_cast<std::size_t>(end - buffer)};
    }
    case Kind::absent:
      break;
  }
  return {};
}

template <class Number>
bool parse(std::string_view text, Number& out) {
  text = trimmed(text);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_number(const Cells& cells, std::size_t row, double& number) {
  switch (cells.kind) {
    case Kind::real:
      number = cells.reals[row];
      return true;
    case Kind::integer:
      number = static_cast<double>(cells.integers[row]);
      return true;
    case Kind::unsigned_integer:
      number = static_cast<double>(static_cast<std::uint64_t>(cells.integers[row]));
      return true;
    default:
      return parse(cells.text[row], number);
  }
}

bool read_timestamp(const Cells& cells, std::size_t row, std::int64_t& time) {
  switch (cells.kind) {
    case Kind::integer:
      time = cells.integers[row];
      return true;
    case Kind::unsigned_integer:
      time = cells.integers[row];
      return time >= 0;  // more than an i64 holds
    case Kind::real:
      time = static_cast<std::int64_t>(std::clamp(cells.reals[row], -9e18, 9e18));
      return static_cast<double>(time) == cells.reals[row];
    default:
      return parse(cells.text[row], time);
  }
}

RowProblem bad_name(std::string_view name) {
  if (name.empty()) return {"graph.empty_name", "a name is empty", "", "", ""};
  if (name.size() > kMaxNameBytes) {
    return {"graph.bad_name", "a name is too long", fmt::format("{} bytes", name.size()),
            fmt::format("at most {}", kMaxNameBytes), ""};
  }
  if (name.find('\0') != std::string_view::npos) {
    return {"graph.bad_name", "a name has a NUL byte in it", "", "text", ""};
  }
  return {"graph.bad_name", "a name is not valid UTF-8", "", "UTF-8",
          "iconv -t UTF-8 converts a file whose encoding you know"};
}

void check_names(const Cells& cells, const ColumnRef& column, const InputFile& file) {
  if (cells.kind != Kind::real) return;
  throw ErrorBuilder(ErrorKind::invalid_argument, "graph.column_type")
      .what(fmt::format("{} of {} cannot be names", column.text(), quote(file.name)))
      .found("floating-point numbers")
      .expected("text or whole numbers")
      .build();
}

bool comes_before(const Rejected& a, const Rejected& b) {
  return std::pair(a.file, a.position) < std::pair(b.file, b.position);
}

}  // namespace

void IntakeCounts::add(const IntakeCounts& other) {
  rows += other.rows;
  self_loops += other.self_loops;
  filtered += other.filtered;
  rejected += other.rejected;
  with_timestamp += other.with_timestamp;
  without_timestamp += other.without_timestamp;
  latest = std::max(latest, other.latest);
}

WantedColumns wanted_columns(const SourceOptions& source) {
  WantedColumns wanted(kNumSlots);
  wanted[kLhs] = source.lhs;
  wanted[kRhs] = source.rhs;
  wanted[kRelation] = source.relation.column;
  wanted[kWeight] = source.weight.column;
  wanted[kTimestamp] = source.timestamp;
  for (const FilterOptions& filter : source.filters) wanted.push_back(filter.column);
  return wanted;
}

Intake::Intake(const IntakeContext& context)
    : context_(context), edges_(context.edges), choices_(context.options.sources.size()) {
  for (NameSet& names : context_.names) collectors_.emplace_back(names);
}

IntakeCounts& Intake::counts_of(std::uint32_t relation) {
  if (relation >= counts_.size()) counts_.resize(relation + 1);
  return counts_[relation];
}

const Intake::Choice& Intake::choose(const SourceOptions& source, std::size_t index,
                                     std::string_view value) {
  Choices& known = choices_[index];
  if (const auto it = known.find(value); it != known.end()) return it->second;
  Choice choice;
  const auto& values = source.relation.values;
  const auto listed = std::find_if(values.begin(), values.end(),
                                   [&](const auto& each) { return each.first == value; });
  if (listed != values.end() && !listed->second) {
    choice.filtered = true;
  } else {
    const std::string_view name = listed == values.end() ? value : *listed->second;
    if (is_valid_name(name)) choice.relation = context_.relations.find_or_add(name);
  }
  return known.emplace(value, choice).first->second;
}

void Intake::take_names(const Batch& batch, std::uint32_t type) {
  const InputFile& file = context_.files[batch.file];
  const Cells& cells = batch.columns[kLhs];
  check_names(cells, context_.options.sources[file.source].lhs, file);
  if (!batch.bad_rows.empty()) {
    const BadRow& bad = batch.bad_rows.front();
    throw BadRowFound{{batch.file, bad.position, bad.problem}};
  }
  if (context_.names[type].counts()) return;
  char buffer[32];
  for (std::size_t row = 0; row < batch.num_rows; ++row) {
    const std::string_view name = cells.is_null(row) ? "" : text_of(cells, row, buffer);
    if (!is_valid_name(name)) {
      throw BadRowFound{{batch.file, batch.position(row), bad_name(name)}};
    }
    add_name(name, type, cells.kind != Kind::text);
  }
  collectors_[type].flush();
}

void Intake::take_names(std::span<const std::string_view> names, std::uint32_t type) {
  if (context_.names[type].counts()) return;
  for (const std::string_view name : names) add_name(name, type, false);
  collectors_[type].flush();
}

void Intake::add_name(std::string_view name, std::uint32_t type, bool copy) {
  collectors_[type].add(name_hash(name, context_.options.import.hash_seed), name, copy);
}

void Intake::take(const Batch& batch) {
  const InputFile& file = context_.files[batch.file];
  const SourceOptions& source = context_.options.sources[file.source];
  check_names(batch.columns[kLhs], source.lhs, file);
  check_names(batch.columns[kRhs], source.rhs, file);
  const bool by_column = source.relation.column.has_value();
  const Choice* fixed = by_column ? nullptr : &choose(source, file.source, source.relation.name);
  num_rows_ += batch.num_rows + batch.bad_rows.size();
  auto bad = batch.bad_rows.begin();
  const auto reject_until = [&](std::uint64_t position) {
    for (; bad != batch.bad_rows.end() && bad->position < position; ++bad) {
      IntakeCounts& counts = by_column ? unassigned_ : counts_of(fixed->relation->id);
      ++counts.rows;
      reject(batch.file, bad->position, counts, bad->problem);
    }
  };
  for (std::size_t row = 0; row < batch.num_rows; ++row) {
    if (bad != batch.bad_rows.end()) reject_until(batch.position(row));
    take_row(batch, row, source, fixed);
  }
  reject_until(~std::uint64_t{0});
  for (NameSet::Collector& collector : collectors_) collector.flush();  // the text goes now
}

Intake::Wanted Intake::is_wanted(const Batch& batch, std::size_t row, const SourceOptions& source,
                                 RowProblem& problem) const {
  char buffer[32];
  for (std::size_t f = 0; f < source.filters.size(); ++f) {
    const FilterOptions& filter = source.filters[f];
    const Cells& cells = batch.columns[kNumSlots + f];
    if (cells.is_null(row)) return Wanted::no;
    const std::string_view text = text_of(cells, row, buffer);
    if (filter.equals && text != *filter.equals) return Wanted::no;
    if (!filter.in.empty() &&
        std::find(filter.in.begin(), filter.in.end(), text) == filter.in.end()) {
      return Wanted::no;
    }
    if (!filter.min && !filter.max) continue;
    double number = 0.0;
    if (!read_number(cells, row, number)) {
      problem = {"graph.bad_number", fmt::format("{} is no number", filter.column.text()),
                 quote(text), "a number, since a filter asks for its range", ""};
      return Wanted::unreadable;
    }
    // Written so that a NaN is not wanted.
    if (filter.min && !(number >= *filter.min)) return Wanted::no;
    if (filter.max && !(number <= *filter.max)) return Wanted::no;
  }
  return Wanted::yes;
}

void Intake::take_row(const Batch& batch, std::size_t row, const SourceOptions& source,
                      const Choice* fixed) {
  const auto fail = [&](IntakeCounts& counts, RowProblem problem) {
    reject(batch.file, batch.position(row), counts, std::move(problem));
  };
  const auto is_null = [&](Slot slot) { return batch.columns[slot].is_null(row); };
  const std::size_t index = context_.files[batch.file].source;
  char buffers[3][32];

  std::string_view value;
  if (fixed == nullptr) value = text_of(batch.columns[kRelation], row, buffers[2]);
  const Choice& choice = fixed != nullptr ? *fixed : choose(source, index, value);
  if (!source.filters.empty()) {
    IntakeCounts& counts = choice.relation ? counts_of(choice.relation->id) : unassigned_;
    RowProblem problem;
    const Wanted wanted = is_wanted(batch, row, source, problem);
    counts.rows += wanted != Wanted::yes;
    counts.filtered += wanted == Wanted::no;
    if (wanted == Wanted::unreadable) return fail(counts, std::move(problem));
    if (wanted == Wanted::no) return;
  }
  if (!choice.relation) {
    ++unassigned_.rows;
    if (choice.filtered) {
      ++unassigned_.filtered;
      return;
    }
    return fail(unassigned_,
                {"graph.unknown_relation", fmt::format("unknown relation {}", quote(value)), "",
                 "one of " + list(context_.relations.declared()),
                 did_you_mean(std::string(value), context_.relations.declared())});
  }
  const RelationRegistry::Entry& relation = *choice.relation;
  IntakeCounts& counts = counts_of(relation.id);
  ++counts.rows;

  for (const Slot slot : {kLhs, kRhs, kWeight, kTimestamp}) {
    if (!is_null(slot)) continue;
    constexpr const char* kNames[] = {"lhs", "rhs", "relation", "weight", "timestamp"};
    return fail(counts,
                {"graph.null_cell", fmt::format("the {} has no value", kNames[slot]), "", "", ""});
  }

  double weight = source.weight.constant;
  if (source.weight.column) {
    const Cells& cells = batch.columns[kWeight];
    const bool is_number = read_number(cells, row, weight);
    if (!is_number || !(weight >= 0.0) || !std::isfinite(static_cast<float>(weight))) {
      return fail(counts, {"graph.bad_weight", "a weight cannot be used",
                           quote(text_of(cells, row, buffers[2])),
                           "a finite number that is not negative", ""});
    }
  }
  if (source.weight.transform == WeightTransform::log1p) weight = std::log1p(weight);

  std::int64_t timestamp = 0;
  if (source.timestamp) {
    const Cells& cells = batch.columns[kTimestamp];
    if (!read_timestamp(cells, row, timestamp)) {
      return fail(counts,
                  {"graph.bad_timestamp", "a timestamp cannot be used",
                   quote(text_of(cells, row, buffers[2])), "a whole number of 64 bits", ""});
    }
    const ImportSettings& window = context_.options.import;
    if ((window.since && timestamp < *window.since) ||
        (window.until && timestamp >= *window.until)) {
      ++counts.filtered;
      return;
    }
  }

  std::string_view names[2];
  for (const Slot slot : {kLhs, kRhs}) {
    const Cells& cells = batch.columns[slot];
    names[slot] = text_of(cells, row, buffers[slot]);
    const bool fits = cells.kind != Kind::text ||
                      (cells.plain ? !names[slot].empty() && names[slot].size() <= kMaxNameBytes
                                   : is_valid_name(names[slot]));
    if (!fits) return fail(counts, bad_name(names[slot]));
  }
  const std::uint64_t seed = context_.options.import.hash_seed;
  const Hash128 lhs = name_hash(names[kLhs], seed), rhs = name_hash(names[kRhs], seed);
  if (relation.self_loops == SelfLoopPolicy::drop &&
      relation.lhs_base_type == relation.rhs_base_type && lhs.low == rhs.low &&
      lhs.high == rhs.high) {
    ++counts.self_loops;
    return;
  }
  collectors_[relation.lhs_type].add(lhs, names[kLhs], batch.columns[kLhs].kind != Kind::text);
  collectors_[relation.rhs_type].add(rhs, names[kRhs], batch.columns[kRhs].kind != Kind::text);
  ++(source.timestamp ? counts.with_timestamp : counts.without_timestamp);
  if (source.timestamp) counts.latest = std::max(counts.latest, timestamp);
  if (log_ != nullptr) log_->push_back({lhs.low, rhs.low, relation.id, piece_});
  edges_.add(lhs.low, rhs.low, EdgeTag::make(relation.id, context_.split_of_source[index]),
             static_cast<float>(weight) + 0.0f, timestamp);  // -0 becomes 0
}

void Intake::reject(std::size_t file, std::uint64_t position, IntakeCounts& counts,
                    RowProblem problem) {
  ++counts.rejected;
  Rejected row{file, position, std::move(problem)};
  if (context_.options.import.on_bad_row == BadRowPolicy::fail) throw BadRowFound{std::move(row)};
  const auto at = std::upper_bound(rejected_.begin(), rejected_.end(), row, comes_before);
  rejected_.insert(at, std::move(row));
  if (rejected_.size() > kShownRows) rejected_.pop_back();
}

void Intake::finish() {
  for (NameSet::Collector& collector : collectors_) collector.finish();
  edges_.flush();
}

std::string one_line(const RowProblem& problem) {
  std::string line = problem.what;
  if (!problem.found.empty()) line += ": found " + problem.found;
  if (!problem.expected.empty()) {
    line += (problem.found.empty() ? ": expected " : ", expected ") + problem.expected;
  }
  return line;
}

std::string place_of(const InputFile& file, std::uint64_t position) {
  if ((position & kNearByte) == 0) return fmt::format("{}:{}", file.name, position);
  return fmt::format("{}: near byte {}", file.name, position & ~kNearByte);
}

Error to_error(const Rejected& row, const std::vector<InputFile>& files) {
  const bool may_be_left_out = !files[row.file].names_of;
  return ErrorBuilder(ErrorKind::invalid_argument, row.problem.id)
      .what(row.problem.what)
      .at(place_of(files[row.file], row.position))
      .found(row.problem.found)
      .expected(row.problem.expected)
      .hint(row.problem.hint)
      .hint(may_be_left_out ? "`import.on_bad_row: skip` leaves such rows out and counts them" : "")
      .build();
}

}  // namespace twhin
