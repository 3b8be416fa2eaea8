#include "twhin/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace twhin {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

void append_part(std::string& message, std::string_view label, std::string_view text) {
  if (!text.empty()) message += fmt::format("\n  {:<10} {}", fmt::format("{}:", label), text);
}

}  // namespace

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_argument:
      return "invalid_argument";
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::io:
      return "io";
    case ErrorKind::corrupt_data:
      return "corrupt_data";
    case ErrorKind::version_mismatch:
      return "version_mismatch";
    case ErrorKind::unavailable:
      return "unavailable";
    case ErrorKind::cancelled:
      return "cancelled";
    case ErrorKind::internal:
      return "internal";
  }
  return "internal";
}

Error::Error(ErrorKind kind, std::string id, const std::string& message)
    : std::runtime_error(message), kind_(kind), id_(std::move(id)) {}

ErrorBuilder& ErrorBuilder::what(std::string_view sentence) {
  what_ = sentence;
  return *this;
}
ErrorBuilder& ErrorBuilder::at(std::string_view place) {
  at_ = place;
  return *this;
}
ErrorBuilder& ErrorBuilder::found(std::string_view text) {
  found_ = text;
  return *this;
}
ErrorBuilder& ErrorBuilder::expected(std::string_view text) {
  expected_ = text;
  return *this;
}
ErrorBuilder& ErrorBuilder::hint(std::string_view text) {
  if (!text.empty()) hints_.emplace_back(text);
  return *this;
}

Error ErrorBuilder::build() const {
  std::string message = what_;
  append_part(message, "at", at_);
  append_part(message, "found", found_);
  append_part(message, "expected", expected_);
  for (const std::string& hint : hints_) append_part(message, "hint", hint);
  append_part(message, "id", id_);
  return Error(kind_, id_, message);
}

std::string quote(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string out = "\"";
  for (const char c : text.substr(0, kLongest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
  out += text.size() > kLongest ? fmt::format("...\" ({} bytes)", text.size()) : "\"";
  return out;
}

std::string list(const std::vector<std::string>& names, std::size_t limit) {
  if (names.empty()) return "none";
  const std::size_t shown = std::min(limit, names.size());
  std::string out = fmt::format("{}", fmt::join(names.begin(), names.begin() + shown, ", "));
  if (shown < names.size()) out += fmt::format(", ... ({} more)", names.size() - shown);
  return out;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& names) {
  const std::string* best = nullptr;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : names) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best = &candidate;
      best_distance = distance;
    }
  }
  return best ? fmt::format("did you mean {}?", quote(*best)) : std::string();
}

}  // namespace twhin
