#include "graph/text_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <optional>
#include <utility>

#include "graph/input_stream.h"
#include "twhin/base/error.h"

namespace twhin {
namespace {

constexpr std::size_t kBlockBytes = 1 << 20;    // stays in the second-level cache
constexpr std::size_t kLongestLine = 8u << 20;  // more is a file that is not made of lines
constexpr std::size_t kBatchRows = 1 << 16;     // of a piece that are taken apart at a time
constexpr char kWhitespace = '\0';              // as a delimiter: any run of spaces and tabs

constexpr const char* kQuotesHint =
    "is a quote missing? If quotes are plain characters in this file, set `quotes: false`";

bool is_space(char c) { return c == ' ' || c == '\t'; }

/// How the lines of one file are taken apart.
struct LineFormat {
  char delimiter = '\t';
  bool quotes = false;
  bool lists = false;
  std::string comment;
  std::size_t num_fields = 0;  ///< of every line; not checked for lists
  struct Wanted {
    std::size_t field;
    std::size_t slot;
  };
  std::vector<Wanted> wanted;  ///< ascending by field
};

/// Text that had to be changed to be read (doubled quotes); addresses stay.
using Unescaped = std::deque<std::string>;

// Field at p, which ends before `end`; sets p behind its delimiter, or to null after the last.
std::string_view quoted_field(const char*& p, const char* end, char delimiter, Unescaped& unescaped,
                              bool& broken) {
  const char* begin = ++p;
  bool doubled = false;
  const char* close = begin;
  while (true) {
    close =
        static_cast<const char*>(std::memchr(close, '"', static_cast<std::size_t>(end - close)));
    if (close == nullptr) {
      broken = true;
      p = nullptr;
      return {};
    }
    if (close + 1 < end && close[1] == '"') {
      doubled = true;
      close += 2;
      continue;
    }
    break;
  }
  std::string_view field(begin, static_cast<std::size_t>(close - begin));
  const char* after = close + 1;
  if (after == end) {
    p = nullptr;
  } else if (*after == delimiter) {
    p = after + 1;
  } else {
    broken = true;
    p = nullptr;
  }
  if (doubled) {
    std::string& text = unescaped.emplace_back();
    for (std::size_t i = 0; i < field.size(); ++i) {
      text += field[i];
      if (field[i] == '"') ++i;
    }
    field = text;
  }
  return field;
}

/// The fields of a line, one after the other.
class Fields {
 public:
  Fields() = default;
  Fields(const char* begin, const char* end) : p_(begin), end_(end) {}

  /// False at the end, or where the quotes do not fit: then `broken`.
  bool next(const LineFormat& format, Unescaped& unescaped, std::string_view& field) {
    if (format.delimiter == kWhitespace) {
      while (p_ < end_ && is_space(*p_)) ++p_;
      const char* begin = p_;
      while (p_ < end_ && !is_space(*p_)) ++p_;
      field = {begin, static_cast<std::size_t>(p_ - begin)};
      return p_ > begin;
    }
    if (p_ == nullptr) return false;
    if (format.quotes && p_ < end_ && *p_ == '"') {
      field = quoted_field(p_, end_, format.delimiter, unescaped, broken_);
      return !broken_;
    }
    const auto* stop = static_cast<const char*>(
        std::memchr(p_, format.delimiter, static_cast<std::size_t>(end_ - p_)));
    const char* field_end = stop == nullptr ? end_ : stop;
    field = {p_, static_cast<std::size_t>(field_end - p_)};
    p_ = stop == nullptr ? nullptr : stop + 1;
    return true;
  }
  bool broken() const { return broken_; }

 private:
  const char* p_ = nullptr;
  const char* end_ = nullptr;
  bool broken_ = false;
};

// End of the line that begins at p: the first line end outside of quotes, or `end`.
const char* find_line_end(const char* p, const char* end, bool quotes) {
  const auto find = [](const char* from, const char* to, char c) {
    const void* at = std::memchr(from, c, static_cast<std::size_t>(to - from));
    return at == nullptr ? to : static_cast<const char*>(at);
  };
  const char* line_end = find(p, end, '\n');
  if (!quotes) return line_end;
  bool inside = false;
  while (true) {
    const char* quote = find(p, line_end, '"');
    if (quote < line_end) {
      inside = !inside;
      p = quote + 1;
    } else if (inside && line_end < end) {  // this line end is data
      p = line_end + 1;
      line_end = find(p, end, '\n');
    } else {
      return line_end;
    }
  }
}

bool is_plain(std::string_view text) {
  unsigned char high = 0, nul = 0;  // a loop without branches, which the compiler vectorises
  for (const char c : text) {
    high |= static_cast<unsigned char>(c);
    nul |= static_cast<unsigned char>(c == '\0');
  }
  return high < 0x80 && nul == 0;
}

class TextPiece final : public Piece {
 public:
  TextPiece(std::shared_ptr<const LineFormat> format, std::string text, std::uint64_t first_line,
            std::size_t num_lines, std::size_t file)
      : format_(std::move(format)), first_line_(first_line), num_lines_(num_lines), file_(file) {
    owner_ = std::make_shared<Owner>();
    owner_->text = std::move(text);
    at_ = owner_->text.data();
    plain_ = is_plain(owner_->text);
  }

  void reject(BadRow row) { bad_rows_.push_back(std::move(row)); }

  std::uint64_t num_bytes() const override { return owner_->text.size(); }

  bool parse(Batch& batch) override {
    batch = {};
    batch.file = file_;
    batch.first_position = first_line_;
    batch.columns.resize(kNumSlots);
    batch.bad_rows = std::move(bad_rows_);
    bad_rows_.clear();
    batch.owner = owner_;
    for (const LineFormat::Wanted& w : format_->wanted) {
      if (w.slot >= batch.columns.size()) batch.columns.resize(w.slot + 1);
      batch.columns[w.slot].kind = Cells::Kind::text;
      batch.columns[w.slot].plain = plain_;
      batch.columns[w.slot].text.reserve(std::min(num_lines_, kBatchRows));
    }
    batch.offsets.reserve(std::min(num_lines_, kBatchRows));
    const char* end = owner_->text.data() + owner_->text.size();
    while (at_ < end && batch.offsets.size() + batch.bad_rows.size() < kBatchRows) {
      const char* line_end = find_line_end(at_, end, format_->quotes);
      const char* text_end = line_end > at_ && line_end[-1] == '\r' ? line_end - 1 : line_end;
      if (text_end > at_ && !is_comment(at_, text_end)) {
        if (!format_->lists) {
          parse_row(at_, text_end, line_, batch);
        } else if (!parse_list(at_, text_end, line_, batch)) {
          break;
        }
      }
      ++line_;
      if (format_->quotes) line_ += static_cast<std::uint32_t>(std::count(at_, line_end, '\n'));
      at_ = line_end + 1;
    }
    batch.num_rows = batch.offsets.size();
    return at_ < end;
  }

 private:
  struct Owner {
    std::string text;
    Unescaped unescaped;
  };

  bool is_comment(const char* p, const char* end) const {
    const std::string& c = format_->comment;
    return !c.empty() && static_cast<std::size_t>(end - p) >= c.size() &&
           std::memcmp(p, c.data(), c.size()) == 0;
  }

  void parse_row(const char* p, const char* end, std::uint32_t line, Batch& batch) {
    const auto& wanted = format_->wanted;
    std::size_t next = 0, num_fields = 0;
    std::string_view cells[16];  // more wanted columns than that are filters of the same row
    std::vector<std::string_view> more;
    std::string_view* values = cells;
    if (wanted.size() > std::size(cells)) {
      more.resize(wanted.size());
      values = more.data();
    }
    Fields fields(p, end);
    for (std::string_view text; fields.next(*format_, owner_->unescaped, text); ++num_fields) {
      while (next < wanted.size() && wanted[next].field == num_fields) values[next++] = text;
    }
    if (fields.broken()) return reject_quotes(line, batch);
    if (num_fields != format_->num_fields) {
      batch.bad_rows.push_back(
          {first_line_ + line,
           {"graph.ragged_row", "a row has another number of columns than the first one",
            fmt::format("{} columns", num_fields), fmt::format("{} columns", format_->num_fields),
            format_->quotes && std::find(p, end, '"') != end ? kQuotesHint : ""}});
      return;
    }
    for (std::size_t k = 0; k < wanted.size(); ++k) {
      batch.columns[wanted[k].slot].text.push_back(values[k]);
    }
    batch.offsets.push_back(line);
  }

  // False if the batch is full before the line is at its end; the next call goes on there.
  bool parse_list(const char* p, const char* end, std::uint32_t line, Batch& batch) {
    if (!in_list_) {
      items_ = Fields(p, end);
      if (!items_.next(*format_, owner_->unescaped, list_lhs_)) {
        if (items_.broken()) reject_quotes(line, batch);
        return true;
      }
    }
    in_list_ = true;
    for (std::string_view item; items_.next(*format_, owner_->unescaped, item);) {
      batch.columns[kLhs].text.push_back(list_lhs_);
      batch.columns[kRhs].text.push_back(item);
      batch.offsets.push_back(line);
      if (batch.offsets.size() >= kBatchRows) return false;
    }
    if (items_.broken()) reject_quotes(line, batch);
    in_list_ = false;
    return true;
  }

  void reject_quotes(std::uint32_t line, Batch& batch) {
    batch.bad_rows.push_back({first_line_ + line,
                              {"graph.bad_quotes", "a quoted field does not end before a delimiter",
                               "", "", kQuotesHint}});
  }

  std::shared_ptr<const LineFormat> format_;
  std::shared_ptr<Owner> owner_;
  std::vector<BadRow> bad_rows_;
  std::uint64_t first_line_;
  std::size_t num_lines_;
  std::size_t file_;
  const char* at_ = nullptr;  // where the next batch begins: a line, or one of lists that is open
  std::uint32_t line_ = 0;    // of it, from first_line_
  bool plain_ = false;
  bool in_list_ = false;
  Fields items_;
  std::string_view list_lhs_;
};

class TextReader final : public TableReader {
 public:
  TextReader(const InputFile& file, std::size_t file_index, const SourceOptions& source,
             const WantedColumns& wanted)
      : file_(file), file_index_(file_index), stream_(file) {
    fill(kBlockBytes);
    skip_byte_order_mark();
    auto format = std::make_shared<LineFormat>();
    format->comment = source.comment;
    format->lists = file.format == TableFormat::lists;
    format->quotes = source.quotes.value_or(file.format == TableFormat::csv);
    format_ = format;
    for (std::uint32_t i = 0; i < source.skip_lines; ++i) discard_line();
    const std::string first = first_line();
    format->delimiter = delimiter_of(source.delimiter, file.format, first);
    if (format->lists) {
      format->wanted = {{0, kLhs}, {1, kRhs}};
      return;
    }
    Unescaped unescaped;
    std::vector<std::string> names;
    Fields head(first.data(), first.data() + first.size());
    for (std::string_view text; head.next(*format, unescaped, text);) names.emplace_back(text);
    const bool has_header = source.header.value_or(
        std::any_of(wanted.begin(), wanted.end(), [](const auto& c) { return c && c->by_name(); }));
    format->num_fields = names.size();
    const std::vector<int> fields = find_columns(file, wanted, names, has_header);
    for (std::size_t slot = 0; slot < fields.size(); ++slot) {
      if (fields[slot] >= 0)
        format->wanted.push_back({static_cast<std::size_t>(fields[slot]), slot});
    }
    std::sort(format->wanted.begin(), format->wanted.end(),
              [](const auto& a, const auto& b) { return a.field < b.field; });
    if (has_header) skip_first_line();
  }

  std::unique_ptr<Piece> next() override {
    std::optional<BadRow> bad;
    std::size_t cut = 0;
    if (in_long_line_) {
      in_long_line_ = !discard_line(kLongestLine);
      if (in_long_line_) return make_piece("");  // so that somebody may stop the reading
    }
    while (true) {
      if (buffer_.size() < kBlockBytes) fill(kBlockBytes - buffer_.size());
      if (buffer_.empty()) return nullptr;
      cut = end_of_last_line();
      if (cut > 0) break;
      if (at_end_) {
        cut = buffer_.size();
        break;
      }
      if (buffer_.size() < kLongestLine) {
        fill(buffer_.size());
        continue;
      }
      // It may go on for very long: whoever stops at bad rows is not made to wait for its end.
      bad = BadRow{line_,
                   {"graph.long_line", "a line is too long",
                    fmt::format("more than {} bytes without a line end", kLongestLine),
                    "lines of text", format_->quotes ? kQuotesHint : ""}};
      in_long_line_ = true;
      break;
    }
    std::string text = std::move(buffer_);  // not copied: a line may be long
    buffer_ = text.substr(cut);
    text.resize(cut);
    auto piece = make_piece(std::move(text));
    if (bad) piece->reject(std::move(*bad));
    return piece;
  }

  std::uint64_t position() const override { return stream_.position(); }

  bool skip_to(std::uint64_t offset) override {
    if (format_->quotes) return false;  // the byte may lie within a field
    if (!stream_.seek(offset)) return false;
    buffer_.clear();
    at_end_ = false;
    fill(kBlockBytes);
    discard_line();
    line_ = kNearByte | offset;
    return true;
  }

 private:
  // Appends up to `size` bytes to the buffer.
  void fill(std::size_t size) {
    if (at_end_ || size == 0) return;
    const std::size_t old = buffer_.size();
    buffer_.resize(old + size);
    const std::size_t got = stream_.read(buffer_.data() + old, size);
    buffer_.resize(old + got);
    at_end_ = got < size;
  }

  void skip_byte_order_mark() {
    using namespace std::string_view_literals;
    const std::string_view head(buffer_);
    if (head.substr(0, 3) == "\xef\xbb\xbf"sv) {
      buffer_.erase(0, 3);
    } else if (head.substr(0, 2) == "\xff\xfe"sv || head.substr(0, 2) == "\xfe\xff"sv) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "graph.encoding")
          .what(fmt::format("{} is UTF-16", quote(file_.name)))
          .expected("UTF-8")
          .hint("iconv -f UTF-16 -t UTF-8 converts it")
          .build();
    }
  }

  // The first line that is neither empty nor a comment; what comes before it is dropped.
  std::string first_line() {
    std::size_t passed = 0;  // bytes of the buffer that hold no such line
    const auto drop_passed = [&] { buffer_.erase(0, std::exchange(passed, 0)); };
    while (true) {
      const char* begin = buffer_.data() + passed;
      const char* end = buffer_.data() + buffer_.size();
      const char* line_end = find_line_end(begin, end, format_->quotes);
      if (line_end == end && !at_end_ && buffer_.size() - passed < kLongestLine) {
        drop_passed();
        fill(std::max(buffer_.size(), kBlockBytes));
        continue;
      }
      std::string line(begin, line_end);
      if (!line.empty() && line.back() == '\r') line.pop_back();
      const std::string& comment = format_->comment;
      if (line_end == end && !at_end_) {
        throw ErrorBuilder(ErrorKind::invalid_argument, "graph.long_line")
            .what("the first line is too long")
            .at(fmt::format("{}:{}", file_.name, line_))
            .found(fmt::format("more than {} bytes without a line end", kLongestLine))
            .expected("lines of text")
            .build();
      }
      if (!line.empty() && (comment.empty() || line.rfind(comment, 0) != 0)) {
        drop_passed();
        return line;
      }
      if (line_end == end) {
        throw ErrorBuilder(ErrorKind::invalid_argument, "graph.empty_file")
            .what(fmt::format("{} has no rows", quote(file_.name)))
            .build();
      }
      line_ += static_cast<std::uint64_t>(std::count(begin, line_end + 1, '\n'));
      passed += static_cast<std::size_t>(line_end - begin) + 1;
    }
  }

  void skip_first_line() {
    const char* begin = buffer_.data();
    const char* line_end = find_line_end(begin, begin + buffer_.size(), format_->quotes);
    const auto size = std::min(buffer_.size(), static_cast<std::size_t>(line_end - begin) + 1);
    line_ += static_cast<std::uint64_t>(std::count(begin, begin + size, '\n'));
    buffer_.erase(0, size);
  }

  static char delimiter_of(const std::string& given, TableFormat format, std::string_view line) {
    if (given == "whitespace") return kWhitespace;
    if (!given.empty()) return given[0];
    if (format == TableFormat::csv) return ',';
    if (format == TableFormat::tsv) return '\t';
    if (format == TableFormat::lists) return kWhitespace;
    for (const char delimiter : {'\t', ','}) {
      if (line.find(delimiter) != std::string_view::npos) return delimiter;
    }
    return ' ';
  }

  // Number of bytes up to the end of the last whole row in the buffer; 0 if there is none.
  std::size_t end_of_last_line() const {
    std::size_t cut = buffer_.rfind('\n') + 1;  // npos + 1 is 0
    if (!format_->quotes || cut == 0) return cut;
    // A line end after an odd number of quotes lies inside of a field: go back before that field.
    bool inside =
        std::count(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(cut), '"') % 2 !=
        0;
    while (inside && cut > 0) {
      const std::size_t quote = buffer_.rfind('"', cut - 1);
      const std::size_t line_end = quote == 0 ? std::string::npos : buffer_.rfind('\n', quote - 1);
      const std::size_t earlier = line_end == std::string::npos ? 0 : line_end + 1;
      const auto begin = buffer_.begin();
      const bool odd = std::count(begin + static_cast<std::ptrdiff_t>(earlier),
                                  begin + static_cast<std::ptrdiff_t>(cut), '"') %
                           2 !=
                       0;
      inside = inside != odd;
      cut = earlier;
    }
    return cut;
  }

  std::unique_ptr<TextPiece> make_piece(std::string text) {
    const std::uint64_t first = line_;
    const auto num_lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    line_ += (line_ & kNearByte) != 0 ? text.size() : num_lines;
    return std::make_unique<TextPiece>(format_, std::move(text), first, num_lines + 1, file_index_);
  }

  // Drops everything up to and with the next line end; false if it is farther than that.
  bool discard_line(std::uint64_t most_bytes = ~std::uint64_t{0}) {
    for (std::uint64_t dropped = 0; dropped < most_bytes;) {
      const std::size_t line_end = buffer_.find('\n');
      if (line_end != std::string::npos) {
        buffer_.erase(0, line_end + 1);
        ++line_;
        return true;
      }
      dropped += buffer_.size();
      buffer_.clear();
      if (at_end_) return true;
      fill(kBlockBytes);
    }
    return false;
  }

  const InputFile file_;
  std::size_t file_index_;
  InputStream stream_;
  std::shared_ptr<const LineFormat> format_;
  std::string buffer_;      // what has been read and not yet handed out; begins at line_
  std::uint64_t line_ = 1;  // after skip_to: kNearByte and a byte
  bool at_end_ = false;
  bool in_long_line_ = false;  // the buffer begins in a line that was rejected
};

}  // namespace

std::vector<int> find_columns(const InputFile& file, const WantedColumns& wanted,
                              const std::vector<std::string>& names, bool has_names) {
  std::vector<int> found;
  for (const std::optional<ColumnRef>& column : wanted) {
    int index = -1;
    if (column && column->by_name() && has_names) {
      const auto it = std::find(names.begin(), names.end(), column->name);
      if (it != names.end()) index = static_cast<int>(it - names.begin());
    } else if (column && !column->by_name() && column->number < names.size()) {
      index = static_cast<int>(column->number);
    }
    if (column && index < 0) {
      throw ErrorBuilder(ErrorKind::not_found, "graph.missing_column")
          .what(fmt::format("{} has no {}", quote(file.name), column->text()))
          .at(file.at)
          .found(has_names ? fmt::format("{} columns: {}", names.size(), list(names, 30))
                           : fmt::format("{} columns without names", names.size()))
          .expected(column->by_name() ? "" : "a number from 0 to the number of columns less one")
          .hint(column->by_name() && has_names ? did_you_mean(column->name, names) : "")
          .build();
    }
    found.push_back(index);
  }
  return found;
}

std::unique_ptr<TableReader> open_text(const InputFile& file, std::size_t file_index,
                                       const SourceOptions& source, const WantedColumns& wanted) {
  return std::make_unique<TextReader>(file, file_index, source, wanted);
}

}  // namespace twhin
