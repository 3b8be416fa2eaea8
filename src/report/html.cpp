#include "report/html.h"

#include <cstddef>

namespace twhin::report {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

/// The length of the character that starts at text[i]; 0 if none that XML may hold does.
std::size_t character_length(std::string_view text, std::size_t i) {
  const auto at = [&](std::size_t k) {
    return k < text.size() ? static_cast<unsigned char>(text[k]) : 0u;
  };
  const auto follows = [&](std::size_t k) { return (at(k) & 0xc0u) == 0x80u; };
  const unsigned first = at(i);
  if (first < 0x80) {
    const bool is_control =
        (first < 0x20 && first != '\t' && first != '\n' && first != '\r') || first == 0x7f;
    return is_control ? 0 : 1;
  }
  if (first >= 0xc2 && first <= 0xdf) return follows(i + 1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (!follows(i + 1) || !follows(i + 2)) return 0;
    const unsigned code =
        ((first & 0x0fu) << 12) | ((at(i + 1) & 0x3fu) << 6) | (at(i + 2) & 0x3fu);
    const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
    return code < 0x800 || is_surrogate || code >= 0xfffe ? 0 : 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (!follows(i + 1) || !follows(i + 2) || !follows(i + 3)) return 0;
    const unsigned high = ((first & 0x07u) << 6) | (at(i + 1) & 0x3fu);  // code point >> 12
    return high < 0x10 || high > 0x10f ? 0 : 4;
  }
  return 0;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_length(text, i);
    if (length == 0) {
      out += kReplacement;
      ++i;
      continue;
    }
    switch (text[i]) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += text.substr(i, length);
    }
    i += length;
  }
  return out;
}

std::string escape_with_code(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t open = text.find('`');
    const std::size_t close = open == text.npos ? open : text.find('`', open + 1);
    if (close == text.npos) return out + escape(text);
    out += escape(text.substr(0, open));
    out += "<code>" + escape(text.substr(open + 1, close - open - 1)) + "</code>";
    text.remove_prefix(close + 1);
  }
}

}  // namespace twhin::report
