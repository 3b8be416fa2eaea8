// twhin/config/value.h -- how each type of option is read, written and described.
//
// The customisation point: a type that an option may have specialises Value with
//
//     static void read(const Place& at, T& out);     // throws wrong_type, out_of_range, ...
//     static Node write(const T& value);             // read gives the same value back
//     static Type type();                            // for help and documents
//
// Structs of options have theirs in twhin/config/declared.h, which most code includes through
// load.h.
//
// `out` holds the default when read is called. What `read` accepts beyond one scalar (a name or a
// number, a name or a map) is its own business; the functions of node.h give it its messages.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "twhin/config/field.h"
#include "twhin/config/node.h"
#include "twhin/config/types.h"

namespace twhin::config {

struct Field;

/// How an option is written on a command line: `--x`, `--x V`, `--x V,V`; a map is not.
enum class Shape { flag, scalar, list, map };

/// What an option takes, in words.
struct Type {
  std::string name;           ///< "whole number", "list of numbers", "map of names to maps"
  std::vector<Field> fields;  ///< of the struct, or of the struct that is the element
  std::string element = {};   ///< how the element is addressed: "" (a struct), "NAME", "[]"
  std::vector<std::pair<std::string, std::string>> values = {};  ///< of an enum: name, sentence
  Shape shape = Shape::scalar;
};

/// One declared option, as `describe` returns it.
struct Field {
  std::string name;
  Type type;
  std::string sentence;
  std::string default_text;         ///< one line of YAML; empty if required
  std::vector<std::string> limits;  ///< "at least 1", ...
  bool required = false;
};

template <class T>
struct Value;

/// Names of a struct's options, in order.
class NameCollector {
 public:
  template <class Member, class Owner, class... Limits>
  void operator()(const char* name, Member Owner::*, const char*, const Limits&...) {
    names.emplace_back(name);
  }
  std::vector<std::string> names;
};

/// A struct of options.
template <class T>
concept Declared = requires(NameCollector& visitor) {
  T::fields(visitor);
};

template <Declared T>
std::vector<std::string> names_of() {
  NameCollector collector;
  T::fields(collector);
  return collector.names;
}

/// "number" to "numbers"; words that have no plural, as "text", stay.
std::string plural(std::string_view type_name);

// Readers of scalars; each throws wrong_type or out_of_range.
bool read_bool(const Place& at);
std::int64_t read_signed(const Place& at, std::int64_t lowest, std::int64_t highest);
std::uint64_t read_unsigned(const Place& at, std::uint64_t highest);
float read_float(const Place& at);
double read_double(const Place& at);
std::string read_text(const Place& at);
Bytes read_bytes(const Place& at);
Seconds read_seconds(const Place& at);
Path read_path(const Place& at);
/// Index into `names`; unknown_value if there is no such name.
std::size_t read_name(const Place& at, const std::vector<std::string>& names);
/// Checks the kind; null counts as empty, since `users:` with nothing below it is an empty map.
std::vector<Place> read_list(const Place& at);
std::vector<Place> read_map(const Place& at);

template <>
struct Value<bool> {
  static void read(const Place& at, bool& out) { out = read_bool(at); }
  static Node write(bool value) { return Node::scalar(value ? "true" : "false", false); }
  static Type type() { return {"true or false", {}, {}, {}, Shape::flag}; }
};

template <class T>
requires std::is_integral_v<T>
struct Value<T> {
  static void read(const Place& at, T& out) {
    using Limits = std::numeric_limits<T>;
    if constexpr (std::is_signed_v<T>) {
      out = static_cast<T>(read_signed(at, Limits::min(), Limits::max()));
    } else {
      out = static_cast<T>(read_unsigned(at, Limits::max()));
    }
  }
  static Node write(T value) { return Node::scalar(to_text(value), false); }
  static Type type() { return {"whole number", {}}; }
};

template <class T>
requires std::is_floating_point_v<T>
struct Value<T> {
  static void read(const Place& at, T& out) {
    if constexpr (std::is_same_v<T, float>) {
      out = read_float(at);
    } else {
      out = read_double(at);
    }
  }
  static Node write(T value) { return Node::scalar(to_text(value), false); }
  static Type type() { return {"number", {}}; }
};

template <>
struct Value<std::string> {
  static void read(const Place& at, std::string& out) { out = read_text(at); }
  static Node write(const std::string& value) { return Node::scalar(value, true); }
  static Type type() { return {"text", {}}; }
};

template <>
struct Value<Bytes> {
  static void read(const Place& at, Bytes& out) { out = read_bytes(at); }
  static Node write(Bytes value) { return Node::scalar(to_text(value), true); }
  static Type type() { return {"size", {}}; }
};

template <>
struct Value<Seconds> {
  static void read(const Place& at, Seconds& out) { out = read_seconds(at); }
  static Node write(Seconds value) { return Node::scalar(to_text(value), true); }
  static Type type() { return {"time", {}}; }
};

/// Written absolute if it was resolved, so that a stored config means the same from any folder.
template <>
struct Value<Path> {
  static void read(const Place& at, Path& out) { out = read_path(at); }
  static Node write(const Path& value) { return Node::scalar(value.resolved.string(), true); }
  static Type type() { return {"path", {}}; }
};

template <class E>
requires std::is_enum_v<E>
struct Value<E> {
  static void read(const Place& at, E& out) {
    std::vector<std::string> names;
    for (const EnumName<E>& each : EnumNames<E>::values) names.emplace_back(each.name);
    out = EnumNames<E>::values[read_name(at, names)].value;
  }
  static Node write(E value) { return Node::scalar(std::string(enum_name(value)), true); }
  static Type type() {
    Type type{"name", {}};
    for (const EnumName<E>& each : EnumNames<E>::values) {
      type.values.emplace_back(each.name, each.sentence);
    }
    return type;
  }
};

template <class T>
struct Value<std::optional<T>> {
  static void read(const Place& at, std::optional<T>& out) {
    if (at.node().kind == Node::Kind::null) {
      out.reset();
    } else {
      Value<T>::read(at, out.emplace());
    }
  }
  static Node write(const std::optional<T>& value) {
    return value ? Value<T>::write(*value) : Node();
  }
  static Type type() {
    Type type = Value<T>::type();
    type.name = type.shape == Shape::flag ? "true, false or null" : type.name + " or null";
    return type;
  }
};

/// The list of the config replaces the default as a whole.
template <class T>
struct Value<std::vector<T>> {
  static void read(const Place& at, std::vector<T>& out) {
    out.clear();
    for (const Place& element : read_list(at)) {
      T value{};
      Value<T>::read(element, value);
      out.push_back(std::move(value));
    }
  }
  static Node write(const std::vector<T>& values) {
    Node node = Node::list();
    for (const T& value : values) node.nodes.push_back(Value<T>::write(value));
    return node;
  }
  static Type type() {
    Type type = Value<T>::type();
    type.name = "list of " + plural(type.name);
    type.element = "[]" + type.element;
    type.shape = type.shape == Shape::map ? Shape::map : Shape::list;
    return type;
  }
};

/// Named<T>; likewise replaced as a whole.
template <class T>
struct Value<std::vector<std::pair<std::string, T>>> {
  static void read(const Place& at, Named<T>& out) {
    out.clear();
    for (const Place& entry : read_map(at)) {
      T value{};
      Value<T>::read(entry, value);
      out.emplace_back(entry.node().key, std::move(value));
    }
  }
  static Node write(const Named<T>& values) {
    Node node = Node::map();
    for (const auto& [name, value] : values) node.add(name, Value<T>::write(value));
    return node;
  }
  static Type type() {
    Type type = Value<T>::type();
    type.name = "map of names to " + plural(type.name);
    type.element = ".NAME" + type.element;
    type.shape = Shape::map;
    return type;
  }
};

}  // namespace twhin::config
