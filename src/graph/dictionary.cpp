#include "graph/dictionary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "graph/import_plan.h"
#include "graph/name_set.h"
#include "twhin/base/checksum.h"
#include "twhin/base/error.h"
#include "twhin/base/file.h"

namespace twhin {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kNamesPerReport = 1 << 16;

[[noreturn]] void fail(const std::string& at, const std::string& what, const std::string& found,
                       const std::string& expected, const std::string& hint = "") {
  throw ErrorBuilder(ErrorKind::invalid_argument, "graph.bad_dictionary")
      .what(what)
      .at(at)
      .found(found)
      .expected(expected)
      .hint(hint)
      .build();
}

[[noreturn]] void fail_count(const std::string& name, std::uint64_t found, std::uint64_t counted,
                             const std::string& counted_in) {
  throw ErrorBuilder(ErrorKind::corrupt_data, "graph.wrong_count")
      .what(fmt::format("{} has another number of names than it should", quote(name)))
      .found(fmt::format("{} names", found))
      .expected(fmt::format("{} ({})", counted, counted_in))
      .hint("was it written completely?")
      .build();
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<std::uint64_t> to_id(std::string_view text) {
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return id;
}

struct Line {
  std::string_view text;
  std::uint64_t number = 0;  ///< from 1
};

/// Counts lines without holding them.
std::uint64_t count_lines(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::vector<char> buffer(1 << 16);
  std::uint64_t lines = 1;
  do {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    lines +=
        static_cast<std::uint64_t>(std::count(buffer.begin(), buffer.begin() + in.gcount(), '\n'));
  } while (in);
  return lines;
}

/// The file, once: pages of a mapped one would count beside their copy.
std::string read_once(const fs::path& path) {
  std::string text(fs::file_size(path), '\0');
  std::ifstream in(path, std::ios::binary);
  if (!in.read(text.data(), static_cast<std::streamsize>(text.size()))) {
    throw_system_error("file.read", "cannot read", path, EIO);
  }
  return text;
}

/// Errors    not_found, io as base/file.h; "graph.not_enough_memory".
std::string read_lines(const fs::path& path, const DictionaryReading& reading) {
  const std::uint64_t size = MappedFile(path).size();
  reading.require(size + count_lines(path) * DictionaryReading::kBytesPerName);
  return read_once(path);
}

// The lines that are not empty.
std::vector<Line> lines_of(std::string_view text, std::uint64_t first_number,
                           const std::string& name, const DictionaryReading& reading) {
  std::vector<Line> lines;
  lines.reserve(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1);
  std::uint64_t number = first_number;
  for (std::size_t begin = 0; begin < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = trimmed(text.substr(begin, end - begin));
    if (!line.empty()) lines.push_back({line, number});
    if (number % kNamesPerReport == 0) reading.advance(name, end, text.size(), "bytes");
    begin = end + 1;
  }
  return lines;
}

struct Pair {
  std::string_view name, id;
};

// Whether the ids of the lines are 0 … n-1, each once.
template <class Split>
bool are_ids(const std::vector<Line>& lines, const Split& split) {
  std::vector<bool> seen(lines.size());
  for (const Line& line : lines) {
    const auto id = to_id(split(line.text).id);
    if (!id || *id >= lines.size() || seen[*id]) return false;
    seen[*id] = true;
  }
  return true;
}

// Puts each name at its id; says which line is wrong.
template <class Split>
std::vector<std::string_view> by_id(const std::vector<Line>& lines, const std::string& name,
                                    const Split& split) {
  std::vector<std::string_view> names(lines.size());
  std::vector<std::uint64_t> line_of(lines.size());
  for (const Line& line : lines) {
    const std::string at = fmt::format("{}:{}", name, line.number);
    const Pair pair = split(line.text);
    const auto id = to_id(pair.id);
    if (!id || pair.name.empty()) fail(at, "a line is no name with an id", quote(line.text), "");
    if (*id >= lines.size()) {
      fail(at, "an id is out of range", fmt::format("id {}", *id),
           fmt::format("0 to {}, since there are {} names", lines.size() - 1, lines.size()));
    }
    if (line_of[*id] != 0) {
      fail(at, fmt::format("id {} has two names", *id),
           fmt::format("{} and {} (line {})", quote(pair.name), quote(names[*id]), line_of[*id]),
           "");
    }
    line_of[*id] = line.number;
    names[*id] = pair.name;
  }
  return names;
}

// Collects the strings of one flat list.
class NamesOfJson : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit NamesOfJson(std::function<void(std::uint64_t)> advance) : advance_(std::move(advance)) {}

  std::string text, problem;
  std::vector<std::size_t> ends;

  bool string(string_t& value) override {
    if (depth_ != 1) return refuse("a text outside of the list");
    text += value;
    ends.push_back(text.size());
    if (ends.size() % kNamesPerReport == 0) advance_(ends.size());
    return true;
  }
  bool start_array(std::size_t) override { return ++depth_ == 1 || refuse("a list in the list"); }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool null() override { return refuse("null"); }
  bool boolean(bool) override { return refuse("a truth value"); }
  bool number_integer(number_integer_t) override { return refuse("a number"); }
  bool number_unsigned(number_unsigned_t) override { return refuse("a number"); }
  bool number_float(number_float_t, const string_t&) override { return refuse("a number"); }
  bool binary(binary_t&) override { return refuse("bytes"); }
  bool start_object(std::size_t) override { return refuse("a map"); }
  bool key(string_t&) override { return refuse("a map"); }
  bool end_object() override { return refuse("a map"); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& e) override {
    return refuse(e.what());
  }

 private:
  bool refuse(const std::string& found) {
    problem = found;
    return false;
  }
  std::function<void(std::uint64_t)> advance_;
  int depth_ = 0;
};

}  // namespace

DictionaryReading::DictionaryReading(const ImportSettings& settings, Reporter& report)
    : settings_(settings), report_(report), granted_bytes_(granted_memory(settings)) {}

void DictionaryReading::require(std::uint64_t bytes) const {
  check_dictionary_memory(settings_, granted_bytes_, held_bytes_ + bytes);
}

void DictionaryReading::hold(const Dictionary& dictionary) {
  held_bytes_ += dictionary.num_bytes();
}

void DictionaryReading::advance(const std::string& file, std::uint64_t done, std::uint64_t total,
                                const char* unit) const {
  report_.check_stop();
  report_.report({"reading " + file, done, total, unit, {}});
}

std::uint64_t read_count(std::string_view text, const std::string& name, std::size_t* end) {
  const std::size_t line_end = std::min(text.find('\n'), text.size());
  const std::string_view line = trimmed(text.substr(0, line_end));
  const auto count = to_id(line);
  if (!count) {
    throw ErrorBuilder(ErrorKind::corrupt_data, "graph.bad_count")
        .what(fmt::format("{} does not begin with a count", quote(name)))
        .at(name + ":1")
        .found(quote(line.substr(0, 60)))
        .expected("a whole number alone on its line")
        .build();
  }
  if (end != nullptr) *end = std::min(line_end + 1, text.size());
  return *count;
}

void Dictionary::check_distinct(const std::vector<const Dictionary*>& dictionaries,
                                const DictionaryReading& reading) {
  struct Place {
    std::uint64_t hash;
    std::uint64_t number;  // over all dictionaries
  };
  std::uint64_t num_names = 0;
  for (const Dictionary* dictionary : dictionaries) num_names += dictionary->size();
  reading.require(num_names * DictionaryReading::kBytesPerCheckedName);
  std::vector<Place> places;
  places.reserve(num_names);
  for (const Dictionary* dictionary : dictionaries) {
    for (std::uint64_t id = 0; id < dictionary->size(); ++id) {
      const std::string_view name = (*dictionary)[id];
      if (!is_valid_name(name)) {
        fail(dictionary->file(), fmt::format("the name of id {} cannot be one", id),
             name.empty() ? "nothing" : "", fmt::format("1 to {} bytes of UTF-8", kMaxNameBytes));
      }
      if (id % kNamesPerReport == 0) {
        reading.advance(dictionary->file(), id, dictionary->size(), "names");
      }
      places.push_back({checksum(name.data(), name.size()), places.size()});
    }
  }
  // Of two equal names the earlier one is told first.
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return std::pair(a.hash, a.number) < std::pair(b.hash, b.number);
  });
  const auto find = [&](std::uint64_t number) {
    std::size_t d = 0;
    while (number >= dictionaries[d]->size()) number -= dictionaries[d++]->size();
    return std::pair(dictionaries[d], number);
  };
  for (std::size_t i = 1; i < places.size(); ++i) {
    if (places[i - 1].hash != places[i].hash) continue;
    const auto [first, a] = find(places[i - 1].number);
    const auto [second, b] = find(places[i].number);
    if ((*first)[a] != (*second)[b]) continue;
    fail(second->file(), fmt::format("two ids have the name {}", quote((*first)[a])),
         fmt::format("id {} of {} and id {} of {}", a, first->file(), b, second->file()),
         "a name of its own for each id");
  }
}

Dictionary Dictionary::read_openke(const fs::path& file, const std::string& name,
                                   DictionaryReading& reading) {
  Dictionary out;
  out.file_ = name;
  out.text_ = std::make_unique<std::string>(read_lines(file, reading));
  std::size_t begin = 0;
  const std::uint64_t count = read_count(*out.text_, name, &begin);
  std::vector<Line> lines = lines_of(std::string_view(*out.text_).substr(begin), 2, name, reading);
  if (lines.size() != count) fail_count(name, lines.size(), count, "its first line");
  // The id stands last; a name may have spaces in it.
  out.names_ = by_id(lines, name, [](std::string_view line) {
    const std::size_t space = line.find_last_of(" \t");
    if (space == std::string_view::npos) return Pair{};
    return Pair{trimmed(line.substr(0, space)), line.substr(space + 1)};
  });
  lines = {};
  out.finish(reading);
  return out;
}

Dictionary Dictionary::read_pairs(const fs::path& file, const std::string& name, char delimiter,
                                  DictionaryReading& reading) {
  Dictionary out;
  out.file_ = name;
  out.text_ = std::make_unique<std::string>(read_lines(file, reading));
  std::vector<Line> lines = lines_of(*out.text_, 1, name, reading);
  const auto id_first = [&](std::string_view line) {
    const std::size_t at = line.find(delimiter);
    if (at == std::string_view::npos) return Pair{};
    return Pair{trimmed(line.substr(at + 1)), trimmed(line.substr(0, at))};
  };
  const auto id_last = [&](std::string_view line) {
    const std::size_t at = line.rfind(delimiter);
    if (at == std::string_view::npos) return Pair{};
    return Pair{trimmed(line.substr(0, at)), trimmed(line.substr(at + 1))};
  };
  const bool first_fits = are_ids(lines, id_first), last_fits = are_ids(lines, id_last);
  const bool same = std::all_of(lines.begin(), lines.end(), [&](const Line& line) {
    return id_first(line.text).id == id_last(line.text).id;
  });
  if (first_fits && last_fits && !same) {
    fail(name, "both columns of a dictionary could be the ids", quote(lines[0].text),
         "names that are not all whole numbers from 0",
         "if the numbers are the names, read the edges as a table without dictionaries");
  }
  // If neither fits, the first line tells what was meant, and by_id which line is wrong.
  const bool meant_first = !first_fits && !last_fits && !lines.empty() &&
                           to_id(id_first(lines[0].text).id) && !to_id(id_last(lines[0].text).id);
  out.names_ =
      first_fits || meant_first ? by_id(lines, name, id_first) : by_id(lines, name, id_last);
  lines = {};
  out.finish(reading);
  return out;
}

Dictionary Dictionary::read_json(const fs::path& names_file, const fs::path& count_file,
                                 const std::string& name, DictionaryReading& reading) {
  const std::uint64_t count =
      read_count(read_text(count_file, 1 << 16), count_file.filename().string());
  Dictionary out;
  out.file_ = name;
  const std::uint64_t size = MappedFile(names_file).size();
  // A name takes three bytes at least, whatever the count says.
  const std::uint64_t most = std::min(count, size / 3 + 1);
  reading.require(size + most * DictionaryReading::kBytesPerName);
  NamesOfJson names([&](std::uint64_t done) { reading.advance(name, done, count, "names"); });
  names.text.reserve(size);
  names.ends.reserve(most);
  std::ifstream in(names_file, std::ios::binary);
  nlohmann::json::sax_parse(in, &names);
  if (!names.problem.empty()) {
    fail(name, fmt::format("{} is no JSON list of names", quote(name)), names.problem,
         "[\"name of id 0\", …]");
  }
  out.text_ = std::make_unique<std::string>(std::move(names.text));
  std::size_t begin = 0;
  out.names_.reserve(names.ends.size());
  for (const std::size_t end : names.ends) {
    out.names_.push_back(std::string_view(*out.text_).substr(begin, end - begin));
    begin = end;
  }
  if (out.size() != count) {
    fail_count(name, out.size(), count, count_file.filename().string());
  }
  out.finish(reading);
  return out;
}

void Dictionary::finish(DictionaryReading& reading) {
  check_distinct({this}, reading);
  reading.hold(*this);
}

std::uint64_t Dictionary::num_bytes() const {
  return text_->capacity() + names_.capacity() * sizeof(names_[0]);
}

Dictionary Dictionary::of(const std::vector<std::string>& names, const std::string& name) {
  Dictionary out;
  out.file_ = name;
  out.text_ = std::make_unique<std::string>();
  for (const std::string& each : names) *out.text_ += each;
  std::size_t begin = 0;
  for (const std::string& each : names) {
    out.names_.push_back(std::string_view(*out.text_).substr(begin, each.size()));
    begin += each.size();
  }
  return out;
}

}  // namespace twhin
