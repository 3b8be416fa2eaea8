// cli/command.h -- what a verb of the command line is.
//
// A verb is a file in verbs/ that defines one Command, a line in commands.h and one in
// commands.cpp. It neither catches nor prints errors: data goes to `out`, which is stdout, what it
// says on the way to args.observer(), which is stderr.
#pragma once

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "twhin/config/describe.h"

namespace twhin::cli {

class Args;

// Exit statuses; stable.
inline constexpr int kExitOk = 0;
inline constexpr int kExitEnvironment = 1;     ///< I/O, memory, a damaged file
inline constexpr int kExitUsage = 2;           ///< the user's input is wrong
inline constexpr int kExitBelowThreshold = 3;  ///< a threshold that the user gave was missed
inline constexpr int kExitBug = 70;
inline constexpr int kExitInterrupted = 130;

/// Chapters of the help, along the life of an edge.
enum class Group { network, training, evaluation, use, versions, files, about, hidden };

/// What stands without a name: `twhin eval MODEL`.
struct Argument {
  std::string name;
  std::string value;  ///< in capitals, for the usage line: "MODEL"
  std::string help;
  bool optional = false;
  bool repeated = false;  ///< the last one only
};

/// `--name VALUE`, or `-n VALUE` if the name is one letter; without VALUE a flag. A VALUE called N
/// is a whole number and one called X a number: they are checked before the verb runs.
struct Option {
  std::string name;
  std::string value;
  std::string help;
  std::string standard = {};  ///< what Args gives if the option is absent
  bool repeated = false;
};

struct Command {
  std::string name;
  Group group;
  std::string summary;  ///< one line, no capital, no full stop
  std::vector<Argument> arguments = {};
  std::vector<config::Field> options = {};  ///< options_of<T…>(); read with args.fields<T>()
  std::vector<Option> extra_options = {};
  bool reads_config = false;  ///< adds `--set`; the argument "config" names the file
  int (*run)(const Args& args, std::ostream& out);
};

using Commands = std::vector<const Command*>;

/// Fields of structs of options as `--batch-size`; maps are left to the config. One that several
/// structs have is described as by the first.
template <config::Declared... T>
std::vector<config::Field> options_of() {
  std::vector<config::Field> fields;
  const auto add = [&](std::vector<config::Field> more) {
    for (config::Field& field : more) {
      const bool known = std::any_of(fields.begin(), fields.end(), [&](const config::Field& each) {
        return each.name == field.name;
      });
      if (!known && field.type.shape != config::Shape::map) fields.push_back(std::move(field));
    }
  };
  (add(config::describe<T>()), ...);
  return fields;
}

/// "batch_size" as it is typed: "batch-size".
std::string option_name(const config::Field& field);

/// What a verb has of its own: extra options, its fields, `--set`.
std::vector<Option> own_options(const Command& command);
/// What every verb has: `--threads`, `--quiet`, `--help`.
std::vector<Option> common_options();
std::vector<Option> all_options(const Command& command);

inline Option json_option() { return {"json", "", "print JSON instead of a table"}; }

}  // namespace twhin::cli
