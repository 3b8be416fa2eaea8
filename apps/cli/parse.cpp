#include "cli/parse.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>

#include "cli/help.h"

namespace twhin::cli {
namespace {

std::string typed_name(const Option& option) {
  return (option.name.size() == 1 ? "-" : "--") + option.name;
}

Error usage_error(const Command& command, std::string_view id, const std::string& sentence,
                  const std::string& hint = {}) {
  return ErrorBuilder(ErrorKind::invalid_argument, id)
      .what(sentence)
      .expected(usage(command))
      .hint(hint)
      .hint(fmt::format("twhin help {} explains it", command.name))
      .build();
}

Error unknown_option(const Command& command, const std::vector<Option>& options,
                     const std::string& word) {
  std::vector<std::string> names;
  for (const Option& option : options) names.push_back(typed_name(option));
  const std::string name = word.substr(0, word.find('='));
  return usage_error(command, "cli.unknown_option", fmt::format("unknown option {}", quote(name)),
                     did_you_mean(name, names));
}

}  // namespace

Args::Values parse(const Command& command, const std::vector<std::string>& words) {
  const std::vector<Option> options = all_options(command);
  CLI::App app;
  app.set_help_flag("");
  app.allow_extras();

  std::vector<CLI::Option*> taken;
  for (const Option& option : options) {
    CLI::Option* made = option.value.empty() ? app.add_flag(typed_name(option))
                                             : app.add_option(typed_name(option))->expected(1);
    made->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    made->allow_extra_args(false);
    taken.push_back(made);
  }
  // Everything behind "--" is an argument, even if it looks like an option.
  const auto dashes = std::find(words.begin(), words.end(), "--");

  try {
    app.parse(std::vector<std::string>(std::make_reverse_iterator(dashes), words.rend()));
  } catch (const CLI::ParseError& e) {
    // The only mistakes left to the library; its text begins with the option's name.
    const std::string text = e.what();
    throw usage_error(
        command, "cli.missing_value",
        fmt::format("option {} needs a value", quote(text.substr(0, text.find(':')))));
  }
  std::vector<std::string> arguments = app.remaining();
  for (const std::string& word : arguments) {
    if (word.size() > 1 && word[0] == '-') throw unknown_option(command, options, word);
  }
  if (dashes != words.end()) arguments.insert(arguments.end(), dashes + 1, words.end());

  Args::Values values;
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (taken[i]->count() == 0) continue;
    if (taken[i]->count() > 1 && !options[i].repeated && !options[i].value.empty()) {
      throw usage_error(command, "cli.repeated_option",
                        fmt::format("option {} is given {} times", quote(typed_name(options[i])),
                                    taken[i]->count()));
    }
    const std::vector<std::string>& results = taken[i]->results();
    const bool is_flag = options[i].value.empty();
    if (is_flag && results.back() != "true" && results.back() != "false") {
      throw usage_error(command, "cli.wrong_value",
                        fmt::format("flag {} has the value {}", quote(typed_name(options[i])),
                                    quote(results.back())),
                        "leave the value away, or write true or false");
    }
    values[options[i].name] = is_flag ? std::vector<std::string>{results.back()} : results;
  }
  std::size_t taken_words = 0;
  for (const Argument& argument : command.arguments) {
    const std::size_t left = arguments.size() - taken_words;
    const std::size_t count = argument.repeated ? left : std::min<std::size_t>(left, 1);
    if (count == 0 && !argument.optional && values.count("help") == 0) {
      throw usage_error(command, "cli.missing_argument",
                        fmt::format("argument {} is missing", argument.value));
    }
    if (count == 0) continue;
    const auto begin = arguments.begin() + static_cast<std::ptrdiff_t>(taken_words);
    values[argument.name].assign(begin, begin + static_cast<std::ptrdiff_t>(count));
    taken_words += count;
  }
  if (taken_words < arguments.size()) {
    throw usage_error(command, "cli.unexpected_argument",
                      fmt::format("unexpected argument {}", quote(arguments[taken_words])));
  }
  return values;
}

}  // namespace twhin::cli
