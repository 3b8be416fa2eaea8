#include "graph/named_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "twhin/base/error.h"

namespace twhin {
namespace {

// The id in a cell, or what is wrong with it.
std::optional<std::uint64_t> id_of(const Cells& cells, std::size_t row, RowProblem& problem) {
  if (cells.is_null(row)) {
    problem = {"graph.null_cell", "an id has no value", "", "", ""};
    return std::nullopt;
  }
  if (cells.kind == Cells::Kind::integer) {
    if (cells.integers[row] >= 0) return static_cast<std::uint64_t>(cells.integers[row]);
    problem = {"graph.id_out_of_range", "an id is negative", fmt::format("{}", cells.integers[row]),
               "", ""};
    return std::nullopt;
  }
  std::string_view text = cells.text[row];
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error == std::errc() && end == text.data() + text.size()) return id;
  problem = {"graph.bad_id", "an id is no whole number", quote(text), "", ""};
  return std::nullopt;
}

// Reads the id in a cell and checks that it has a name.
bool find_id(const Cells& cells, std::size_t row, const Dictionary& names, const char* kind,
             std::uint64_t& id, RowProblem& problem) {
  const auto found = id_of(cells, row, problem);
  if (!found) return false;
  id = *found;
  if (id < names.size()) return true;
  problem = {"graph.id_out_of_range", fmt::format("the id of the {} has no name", kind),
             fmt::format("id {}", id),
             names.size() == 0
                 ? fmt::format("no id at all: {} is empty", quote(names.file()))
                 : fmt::format("0 to {}, as in {}", names.size() - 1, quote(names.file())),
             ""};
  return false;
}

template <class T>
void keep(std::vector<T>& values, const std::vector<std::uint8_t>& bad) {
  if (values.empty()) return;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (bad[i] == 0) values[kept++] = values[i];
  }
  values.resize(kept);
}

// Takes the marked rows out; positions of the others stay what they were.
void remove_rows(Batch& batch, const std::vector<std::uint8_t>& bad) {
  if (batch.offsets.empty()) {
    for (std::uint32_t i = 0; i < batch.num_rows; ++i) batch.offsets.push_back(i);
  }
  keep(batch.offsets, bad);
  for (Cells& cells : batch.columns) {
    keep(cells.text, bad);
    keep(cells.integers, bad);
    keep(cells.reals, bad);
    keep(cells.nulls, bad);
  }
  batch.num_rows = batch.offsets.size();
  std::stable_sort(batch.bad_rows.begin(), batch.bad_rows.end(),
                   [](const BadRow& a, const BadRow& b) { return a.position < b.position; });
}

void put_names(Batch& batch, const IdNames& names) {
  Cells relation, lhs, rhs;
  for (Cells* cells : {&relation, &lhs, &rhs}) {
    cells->kind = Cells::Kind::text;
    cells->text.resize(batch.num_rows);
  }
  std::vector<std::uint8_t> bad(batch.num_rows);
  const std::size_t num_bad = batch.bad_rows.size();
  for (std::size_t row = 0; row < batch.num_rows; ++row) {
    RowProblem problem;
    std::uint64_t r = 0, l = 0, t = 0;
    const auto find = [&](Slot slot, const Dictionary& dictionary, const char* kind,
                          std::uint64_t& id) {
      return find_id(batch.columns[slot], row, dictionary, kind, id, problem);
    };
    if (!find(kRelation, *names.relations, "relation", r) || !find(kLhs, *names.lhs[r], "lhs", l) ||
        !find(kRhs, *names.rhs[r], "rhs", t)) {
      bad[row] = 1;
      batch.bad_rows.push_back({batch.position(row), std::move(problem)});
      continue;
    }
    relation.text[row] = (*names.relations)[r];
    lhs.text[row] = (*names.lhs[r])[l];
    rhs.text[row] = (*names.rhs[r])[t];
  }
  batch.columns[kRelation] = std::move(relation);
  batch.columns[kLhs] = std::move(lhs);
  batch.columns[kRhs] = std::move(rhs);
  if (batch.bad_rows.size() > num_bad) remove_rows(batch, bad);
}

class NamedPiece final : public Piece {
 public:
  NamedPiece(std::unique_ptr<Piece> piece, const IdNames& names)
      : piece_(std::move(piece)), names_(names) {}

  bool parse(Batch& batch) override {
    const bool more = piece_->parse(batch);
    put_names(batch, names_);
    return more;
  }
  std::uint64_t num_bytes() const override { return piece_->num_bytes(); }

 private:
  std::unique_ptr<Piece> piece_;
  const IdNames& names_;
};

class NamedReader final : public TableReader {
 public:
  NamedReader(std::unique_ptr<TableReader> reader, const IdNames& names)
      : reader_(std::move(reader)), names_(names) {}

  std::unique_ptr<Piece> next() override {
    std::unique_ptr<Piece> piece = reader_->next();
    return piece ? std::make_unique<NamedPiece>(std::move(piece), names_) : nullptr;
  }
  std::uint64_t position() const override { return reader_->position(); }
  bool skip_to(std::uint64_t offset) override { return reader_->skip_to(offset); }
  std::uint64_t num_rows() const override { return reader_->num_rows(); }

 private:
  std::unique_ptr<TableReader> reader_;
  const IdNames& names_;
};

}  // namespace

std::unique_ptr<TableReader> read_named(std::unique_ptr<TableReader> reader, const IdNames& names) {
  return std::make_unique<NamedReader>(std::move(reader), names);
}

}  // namespace twhin
