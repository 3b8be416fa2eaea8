// twhin/config/declared.h -- the visitors over a struct's `fields`: read, write, describe, check.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "twhin/config/value.h"

namespace twhin::config {

/// A node as one line of YAML, for messages and documents: `[a, b]`, `{column: 3}`.
std::string inline_text(const Node& node);

/// Throws unless the limit admits the value: config.unknown_value for one_of, else out_of_range.
template <class Limit, class Member>
void enforce(const Limit& limit, const Member& value, const std::string& at,
             std::string_view path) {
  if (holds(limit, value)) return;
  const std::string found = inline_text(Value<Member>::write(value));
  if constexpr (std::is_same_v<Limit, OneOf>) {
    throw unknown_value(at, path, found, limit.names);
  } else {
    throw out_of_range(at, path, found, limit.text());
  }
}

template <class... Limits>
inline constexpr bool is_required = (std::is_same_v<Limits, Required> || ...);

/// Fills a struct from a map; what the map lacks keeps its default.
template <class T>
class Reader {
 public:
  Reader(const Place& map, T& out) : map_(map), out_(out) {}

  template <class Member, class Owner, class... Limits>
  void operator()(const char* name, Member Owner::*member, const char*, const Limits&... limits) {
    const std::optional<Place> given = map_.find(name);
    if (given) {
      Value<Member>::read(*given, out_.*member);
      (enforce(limits, out_.*member, given->text(), given->path()), ...);
    } else if (is_required<Limits...>) {
      throw missing_key(map_, name);
    }
  }

 private:
  const Place& map_;
  T& out_;
};

/// Writes every option of a struct, the defaults too.
template <class T>
class Writer {
 public:
  explicit Writer(const T& options) : options_(options) {}

  template <class Member, class Owner, class... Limits>
  void operator()(const char* name, Member Owner::*member, const char*, const Limits&...) {
    map.add(name, Value<Member>::write(options_.*member));
  }

  Node map = Node::map();

 private:
  const T& options_;
};

/// Describes every option of a struct; the default is what T{} holds.
template <class T>
class Describer {
 public:
  template <class Member, class Owner, class... Limits>
  void operator()(const char* name, Member Owner::*member, const char* sentence,
                  const Limits&... limits) {
    Field field{name, Value<Member>::type(), sentence, {}, {}, is_required<Limits...>};
    if (!field.required) field.default_text = inline_text(Value<Member>::write(defaults_.*member));
    (describe_limit(field, limits), ...);
    fields.push_back(std::move(field));
  }

  std::vector<Field> fields;

 private:
  template <class Limit>
  static void describe_limit(Field& field, const Limit& limit) {
    if constexpr (!std::is_same_v<Limit, Required>) field.limits.push_back(limit.text());
  }

  T defaults_{};
};

/// Checks the limits of every option of a struct, those of nested structs and `validate` too.
template <class T>
class Checker {
 public:
  Checker(const T& options, std::string path) : options_(options), path_(std::move(path)) {}

  static void check(const T& options, const std::string& path) {
    Checker checker(options, path);
    T::fields(checker);
    if constexpr (requires { options.validate(path); }) options.validate(path);
  }

  template <class Member, class Owner, class... Limits>
  void operator()(const char* name, Member Owner::*member, const char*, const Limits&... limits) {
    const std::string path = join_path(path_, name);
    (enforce(limits, options_.*member, path, path), ...);
    check_inside(options_.*member, path);
  }

 private:
  template <class V>
  static void check_inside(const V& value, const std::string& path) {
    if constexpr (Declared<V>) Checker<V>::check(value, path);
  }
  template <class V>
  static void check_inside(const std::optional<V>& value, const std::string& path) {
    if (value) check_inside(*value, path);
  }
  template <class V>
  static void check_inside(const std::vector<V>& values, const std::string& path) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      check_inside(V(values[i]), path + "[" + std::to_string(i) + "]");
    }
  }
  template <class V>
  static void check_inside(const Named<V>& values, const std::string& path) {
    for (const auto& [name, value] : values) check_inside(value, join_path(path, name));
  }

  const T& options_;
  std::string path_;
};

template <Declared T>
struct Value<T> {
  static void read(const Place& at, T& out) {
    const std::vector<std::string> known = names_of<T>();
    for (const Place& entry : read_map(at)) {
      if (std::find(known.begin(), known.end(), entry.node().key) == known.end()) {
        throw unknown_key(entry, known);
      }
    }
    Reader<T> reader(at, out);
    T::fields(reader);
    if constexpr (requires { out.validate(std::string()); }) out.validate(at.text());
  }
  static Node write(const T& options) {
    Writer<T> writer(options);
    T::fields(writer);
    return std::move(writer.map);
  }
  static Type type() {
    Describer<T> describer;
    T::fields(describer);
    return {"map", std::move(describer.fields), {}, {}, Shape::map};
  }
};

}  // namespace twhin::config
