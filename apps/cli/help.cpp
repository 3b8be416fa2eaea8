#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>

#include "twhin/base/error.h"
#include "twhin/base/version.h"

namespace twhin::cli {
namespace {

constexpr std::size_t kWidth = 100;

struct Chapter {
  Group group;
  std::string_view title;
};
constexpr Chapter kChapters[] = {
    {Group::network, "make a network"},   {Group::training, "learn vectors"},
    {Group::evaluation, "measure them"},  {Group::use, "use them"},
    {Group::versions, "keep versions"},   {Group::files, "look after files"},
    {Group::about, "about this program"},
};

std::vector<const Command*> in_chapter(const Commands& commands, Group group) {
  std::vector<const Command*> found;
  std::copy_if(commands.begin(), commands.end(), std::back_inserter(found),
               [&](const Command* command) { return command->group == group; });
  return found;
}

// "  name          words words", wrapped and aligned.
void append_entry(std::string& out, const std::string& name, std::string_view text,
                  std::size_t column) {
  std::string line = "  " + name;
  if (line.size() + 2 > column) {
    out += line + '\n';
    line.clear();
  }
  line.append(column - line.size(), ' ');
  bool first = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (!first && line.size() + 1 + end > kWidth) {
      out += line + '\n';
      line.assign(column, ' ');
      first = true;
    }
    if (!first) line += ' ';
    line += text.substr(0, end);
    first = false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  out += line + '\n';
}

std::string with_default(const Option& option) {
  return option.standard.empty() ? option.help
                                 : fmt::format("{} (default {})", option.help, option.standard);
}

std::string signature(const Option& option) {
  const std::string name = (option.name.size() == 1 ? "-" : "--") + option.name;
  return option.value.empty() ? name : name + ' ' + option.value;
}

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

void append_options(std::string& out, const std::vector<Option>& options) {
  for (const Option& option : options) {
    out += fmt::format("| `{}` | {} |\n", signature(option), cell(with_default(option)));
  }
}

void append_markdown(std::string& out, const Command& command) {
  std::string summary = command.summary;
  summary[0] = static_cast<char>(summary[0] - 'a' + 'A');
  out += fmt::format("\n### twhin {}\n\n    {}\n\n{}.\n", command.name, usage(command), summary);
  const std::vector<Option> options = own_options(command);
  if (command.arguments.empty() && options.empty()) return;
  out += "\n| argument or option | meaning |\n|---|---|\n";
  for (const Argument& argument : command.arguments) {
    out += fmt::format("| `{}` | {} |\n", argument.value, cell(argument.help));
  }
  append_options(out, options);
}

}  // namespace

std::string option_name(const config::Field& field) {
  std::string name = field.name;
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::vector<Option> own_options(const Command& command) {
  std::vector<Option> options = command.extra_options;
  for (const config::Field& field : command.options) {
    const bool is_flag = field.type.shape == config::Shape::flag;
    options.push_back({option_name(field), is_flag ? "" : "VALUE",
                       fmt::format("{} {}", field.sentence, config::facts(field))});
  }
  if (command.reads_config) {
    options.push_back({"set",
                       "PATH=VALUE",
                       "override one value of the config, as train.dim=64; may be repeated",
                       {},
                       true});
  }
  return options;
}

std::vector<Option> common_options() {
  return {{"threads", "N", "threads to use; all cores if it is absent"},
          {"quiet", "", "no progress and no notes on stderr, only warnings and errors"},
          {"help", "", "this text"}};
}

std::vector<Option> all_options(const Command& command) {
  std::vector<Option> options = own_options(command);
  for (Option& option : common_options()) options.push_back(std::move(option));
  return options;
}

std::string usage(const Command& command) {
  std::string text = "twhin " + command.name;
  for (const Argument& argument : command.arguments) {
    const std::string value = argument.value + (argument.repeated ? "..." : "");
    text += argument.optional ? fmt::format(" [{}]", value) : ' ' + value;
  }
  return text + " [OPTIONS]";
}

std::string overview(const Commands& commands) {
  std::string out =
      "twhin learns one vector per entity from a network with many kinds of entities and edges.\n\n"
      "usage: twhin VERB ARGUMENTS [OPTIONS]\n";
  for (const Chapter& chapter : kChapters) {
    const std::vector<const Command*> verbs = in_chapter(commands, chapter.group);
    if (verbs.empty()) continue;
    out += fmt::format("\n{}\n", chapter.title);
    for (const Command* verb : verbs) append_entry(out, verb->name, verb->summary, 16);
  }
  return out +
         "\ntwhin help VERB explains a verb, twhin help config the keys of the config.\n"
         "Exit status: 0 done, 1 environment (I/O, memory), 2 wrong input, 3 a threshold was "
         "missed,\n"
         "70 a bug, 130 interrupted.\n";
}

std::string help(const Command& command) {
  std::string out = fmt::format("usage: {}\n\n{}\n", usage(command), command.summary);
  if (!command.arguments.empty()) out += "\narguments\n";
  const std::vector<Option> options = all_options(command);
  std::size_t column = 0;
  for (const Argument& each : command.arguments) column = std::max(column, each.value.size());
  for (const Option& each : options) column = std::max(column, signature(each).size());
  column = std::min<std::size_t>(column, 26) + 4;
  for (const Argument& each : command.arguments) append_entry(out, each.value, each.help, column);
  out += "\noptions\n";
  for (const Option& each : options) {
    append_entry(out, signature(each), with_default(each), column);
  }
  return out;
}

std::string markdown(const Commands& commands) {
  std::string out =
      "# The command line\n\n"
      "Made from the program by `twhin docs cli`; do not edit. Data goes to stdout, messages and "
      "the progress\n"
      "line to stderr. Exit status: 0 done, 1 environment (I/O, memory), 2 wrong input, 3 a "
      "threshold was\n"
      "missed, 70 a bug, 130 interrupted. SIGINT and SIGTERM let a long job stop at its next safe "
      "point; a\n"
      "second one ends it at once.\n\n"
      "| option of every verb | meaning |\n|---|---|\n";
  append_options(out, common_options());
  for (const Chapter& chapter : kChapters) {
    const std::vector<const Command*> verbs = in_chapter(commands, chapter.group);
    if (verbs.empty()) continue;
    std::string title(chapter.title);
    title[0] = static_cast<char>(title[0] - 'a' + 'A');
    out += fmt::format("\n## {}\n", title);
    for (const Command* verb : verbs) append_markdown(out, *verb);
  }
  return out;
}

const Command& find_command(const Commands& commands, const std::string& name) {
  std::vector<std::string> names;
  for (const Command* command : commands) {
    if (command->name == name) return *command;
    if (command->group != Group::hidden) names.push_back(command->name);
  }
  throw ErrorBuilder(ErrorKind::invalid_argument, "cli.unknown_verb")
      .what(fmt::format("unknown verb {}", quote(name)))
      .expected("one of " + list(names, names.size()))
      .hint(did_you_mean(name, names))
      .build();
}

}  // namespace twhin::cli
