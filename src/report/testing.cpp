#include "report/testing.h"

#include <algorithm>
#include <cctype>

namespace twhin::report::testing {
namespace {

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == ':'; }

std::string text_fault(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 && byte != '\n' && byte != '\t' && byte != '\r') return "a control character";
    if (text[i] != '&') continue;
    const std::string_view rest = text.substr(i, 8);
    const auto known = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    if (std::none_of(known.begin(), known.end(), [&](auto e) { return rest.starts_with(e); })) {
      return "a bare & before " + std::string(rest);
    }
  }
  return {};
}

struct Tag {
  std::string name;
  bool closes = false, empty = false;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::string fault;
};

Tag parse_tag(std::string_view inside) {
  Tag tag;
  std::size_t i = 0;
  if (i < inside.size() && inside[i] == '/') tag.closes = true, ++i;
  while (i < inside.size() && is_name(inside[i])) tag.name += inside[i++];
  if (tag.name.empty()) tag.fault = "a tag without name";
  while (tag.fault.empty() && i < inside.size()) {
    if (inside[i] == '/' && i + 1 == inside.size()) {
      tag.empty = true;
      break;
    }
    if (!std::isspace(static_cast<unsigned char>(inside[i]))) {
      tag.fault = "no space before an attribute of " + tag.name;
      break;
    }
    while (i < inside.size() && std::isspace(static_cast<unsigned char>(inside[i]))) ++i;
    std::string name;
    while (i < inside.size() && is_name(inside[i])) name += inside[i++];
    if (name.empty() || inside.substr(i, 2) != "=\"") {
      tag.fault = "attribute " + name + " of " + tag.name + " has no quoted value";
      break;
    }
    const std::size_t end = inside.find('"', i + 2);
    if (end == inside.npos) {
      tag.fault = "attribute " + name + " does not end";
      break;
    }
    const std::string value(inside.substr(i + 2, end - i - 2));
    tag.fault = text_fault(value);
    for (const auto& other : tag.attributes) {
      if (other.first == name) tag.fault = "attribute " + name + " twice";
    }
    tag.attributes.emplace_back(name, value);
    i = end + 1;
  }
  return tag;
}

/// Calls on_tag(tag) for each tag; returns the first fault.
template <class OnTag>
std::string walk(std::string_view xml, OnTag on_tag) {
  constexpr std::string_view kDoctype = "<!DOCTYPE html>";
  if (xml.starts_with(kDoctype)) xml.remove_prefix(kDoctype.size());
  std::vector<std::string> open;
  for (std::size_t i = 0; i < xml.size();) {
    const std::size_t begin = std::min(xml.find('<', i), xml.size());
    if (const std::string fault = text_fault(xml.substr(i, begin - i)); !fault.empty())
      return fault;
    if (begin == xml.size()) break;
    const std::size_t end = xml.find('>', begin);
    if (end == xml.npos) return "a tag that does not end";
    if (xml.substr(begin + 1, end - begin - 1).find('<') != xml.npos) return "a bare <";
    const Tag tag = parse_tag(xml.substr(begin + 1, end - begin - 1));
    if (!tag.fault.empty()) return tag.fault;
    if (tag.closes) {
      if (open.empty() || open.back() != tag.name) return "</" + tag.name + "> closes nothing";
      open.pop_back();
    } else if (!tag.empty) {
      open.push_back(tag.name);
    }
    on_tag(tag);
    i = end + 1;
  }
  return open.empty() ? std::string() : "<" + open.back() + "> is not closed";
}

}  // namespace

std::string xml_fault(std::string_view xml) {
  return walk(xml, [](const Tag&) {});
}

std::string skeleton(std::string_view xml, const std::vector<std::string>& without) {
  std::string out;
  std::size_t hidden = 0;  // depth below an element that is left out
  walk(xml, [&](const Tag& tag) {
    const bool hides = std::count(without.begin(), without.end(), tag.name) > 0;
    if (hidden > 0 || hides) {
      if (tag.closes) --hidden;
      if (!tag.closes && !tag.empty) ++hidden;
      return;
    }
    if (tag.closes) {
      if (out.back() == '(') {
        out.pop_back();
      } else {
        out += ")";
      }
      return;
    }
    if (!out.empty() && out.back() != '(') out += " ";
    out += tag.name;
    if (!tag.empty) out += "(";
  });
  return out;
}

std::vector<std::string> attributes(std::string_view xml, std::string_view name) {
  std::vector<std::string> out;
  walk(xml, [&](const Tag& tag) {
    for (const auto& [key, value] : tag.attributes) {
      if (key == name) out.push_back(value);
    }
  });
  return out;
}

}  // namespace twhin::report::testing
