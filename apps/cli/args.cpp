#include "cli/args.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "cli/progress_line.h"
#include "cli/signals.h"
#include "twhin/base/threads.h"

namespace twhin::cli {
namespace {

// One typed value as a node that is blamed as the user typed it.
config::Place typed(const std::string& option, const std::string& text, config::Node& node) {
  node = config::Node::scalar(text, false);
  node.source =
      std::make_shared<const config::Source>(config::Source{option + ' ' + text, {}, option});
  return {node, option};
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string dashed(const std::string& name) { return (name.size() == 1 ? "-" : "--") + name; }

}  // namespace

Args::Args(const Command& command, const Commands& commands, Values values, ProgressLine* progress)
    : command_(command),
      commands_(commands),
      options_(all_options(command)),
      values_(std::move(values)),
      progress_(progress) {}

const Option& Args::option(const std::string& name) const {
  static const Option argument;  // arguments have no standard value
  for (const Argument& each : command_.arguments) {
    if (each.name == name) return argument;
  }
  for (const Option& each : options_) {
    if (each.name == name) return each;
  }
  throw ErrorBuilder(ErrorKind::internal, "cli.undeclared")
      .what(fmt::format("verb {} asks for {}, which it has not declared", quote(command_.name),
                        quote(name)))
      .build();
}

void Args::check() const {
  for (const Option& each : options_) {
    if (each.value == "N") count(each.name);
    if (each.value == "X") number(each.name);
  }
  threads();
}

bool Args::given(const std::string& name) const {
  option(name);
  return values_.count(name) > 0;
}

std::string Args::text(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? option(name).standard : found->second.front();
}

std::vector<std::string> Args::texts(const std::string& name) const {
  const auto found = values_.find(name);
  if (found != values_.end()) return found->second;
  const std::string& standard = option(name).standard;
  return standard.empty() ? std::vector<std::string>() : std::vector<std::string>{standard};
}

bool Args::flag(const std::string& name) const { return text(name) == "true"; }

std::optional<double> Args::number(const std::string& name) const {
  const std::string value = text(name);
  if (value.empty() && !given(name)) return std::nullopt;
  config::Node node;
  return config::read_double(typed(dashed(name), value, node));
}

std::optional<std::uint64_t> Args::count(const std::string& name) const {
  const std::string value = text(name);
  if (value.empty() && !given(name)) return std::nullopt;
  config::Node node;
  return config::read_unsigned(typed(dashed(name), value, node), ~std::uint64_t{0});
}

std::size_t Args::threads() const {
  const auto wanted = count("threads");
  if (!wanted) return num_hardware_threads();
  constexpr std::uint64_t kMost = 4096;
  if (*wanted < 1 || *wanted > kMost) {
    throw config::out_of_range("--threads " + text("threads"), "--threads", text("threads"),
                               fmt::format("between 1 and {}", kMost));
  }
  return static_cast<std::size_t>(*wanted);
}

void Args::refuse(const std::vector<std::string>& names, const std::vector<std::string>& except,
                  const std::string& belong_to) const {
  for (const config::Field& field : command_.options) {
    if (!contains(names, field.name) || contains(except, field.name)) continue;
    const std::string name = option_name(field);
    if (!given(name)) continue;
    throw ErrorBuilder(ErrorKind::invalid_argument, "cli.conflicting_options")
        .what(fmt::format("option {} belongs to {}", quote(dashed(name)), belong_to))
        .hint(fmt::format("twhin help {} explains it", command_.name))
        .build();
  }
}

config::Document Args::typed_fields(const std::vector<std::string>& names) const {
  config::Node root = config::Node::map();
  for (const config::Field& field : command_.options) {
    if (!contains(names, field.name)) continue;
    const auto found = values_.find(option_name(field));
    if (found == values_.end()) continue;
    const std::string& text = found->second.front();
    const auto source = std::make_shared<const config::Source>(
        config::Source{fmt::format("{} {}", dashed(option_name(field)), text),
                       std::filesystem::current_path(), field.name});
    const auto scalar = [&](std::string value) {
      config::Node node = config::Node::scalar(std::move(value), false);
      node.source = source;
      return node;
    };

    config::Node node = scalar(text);
    const bool takes_null = field.type.name.ends_with(" or null");
    if (takes_null && text == "null") {
      node = config::Node();
    } else if (field.type.shape == config::Shape::list) {
      node = config::Node::list();
      for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        node.nodes.push_back(scalar(text.substr(begin, end - begin)));
        begin = end + 1;
      }
    }
    node.source = source;
    root.add(field.name, std::move(node));
  }
  return config::Document::of(std::move(root));
}

config::Document Args::typed_over(const config::Document& document, const std::string& section,
                                  const std::vector<std::string>& names) const {
  config::Node root = config::Node::map();
  if (const auto found = document.find(section)) root = found->node();
  const config::Document typed = typed_fields(names);
  for (const config::Node& entry : typed.root().node().nodes) {
    if (config::Node* there = root.find(entry.key)) {
      *there = entry;
    } else {
      root.add(entry.key, entry);
    }
  }
  return config::Document::of(std::move(root));
}

config::Document Args::document() const {
  config::Document document = config::Document::read(text("config"));
  for (const std::string& assignment : texts("set")) document.set(assignment);
  return document;
}

Observer Args::observer() const {
  ProgressLine* line = progress_;
  Observer observer;
  observer.warning = [line](const std::string& text) { line->print("warning: " + text); };
  if (!flag("quiet")) {
    observer.progress = [line](const Progress& progress) { line->update(progress); };
    observer.note = [line](const std::string& text) { line->print(text); };
  }
  return observer;
}

const StopFlag& Args::stop() const { return stop_on_signals(); }

}  // namespace twhin::cli
