// cli/args.h -- what the user typed after the verb, as the verb asks for it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "twhin/base/progress.h"
#include "twhin/base/stop.h"
#include "twhin/config/load.h"

namespace twhin::cli {

class ProgressLine;

/// Errors    those of config/load.h, with the option as typed for the place; internal
/// "cli.undeclared"
///           if the verb asks for what it has not declared.
class Args {
 public:
  /// Values by the name of argument or option; a flag that was given has the value "true".
  using Values = std::map<std::string, std::vector<std::string>>;

  Args(const Command& command, const Commands& commands, Values values, ProgressLine* progress);

  /// Refuses what is no number where one is needed, before hours of work depend on it.
  void check() const;

  /// An argument or option; the option's standard value, or "", if it was not given.
  std::string text(const std::string& name) const;
  /// Of one that may be repeated.
  std::vector<std::string> texts(const std::string& name) const;
  bool flag(const std::string& name) const;
  bool given(const std::string& name) const;
  std::optional<double> number(const std::string& name) const;
  std::optional<std::uint64_t> count(const std::string& name) const;

  /// Threads to use: --threads, or all that the process may use.
  std::size_t threads() const;

  /// A struct of those whose options_of the verb declared: what was typed, else the defaults.
  template <config::Declared T>
  T fields() const {
    return config::load<T>(typed_fields(config::names_of<T>()));
  }
  /// The same over a section of a config file: what was typed, else what the section says, else the
  /// defaults.
  template <config::Declared T>
  T fields(const config::Document& document, const std::string& section) const {
    return config::load<T>(typed_over(document, section, config::names_of<T>()));
  }
  /// Refuses options of `Other` that `Used` does not have.
  /// Errors    invalid_argument "cli.conflicting_options", with what they belong to.
  template <config::Declared Other, config::Declared Used>
  void refuse_options_of(const std::string& belong_to) const {
    refuse(config::names_of<Other>(), config::names_of<Used>(), belong_to);
  }

  /// The file named by the argument "config", with each --set applied.
  config::Document document() const;
  template <config::Declared T>
  T config() const {
    return config::load<T>(document());
  }

  /// Shows progress, notes and warnings on stderr; with --quiet only warnings.
  Observer observer() const;
  /// From the first call on, SIGINT and SIGTERM set the flag and the job ends in its own way; a
  /// second one ends the program at once. Without a call the first one does.
  const StopFlag& stop() const;

  const Commands& commands() const { return commands_; }

 private:
  const Option& option(const std::string& name) const;
  config::Document typed_fields(const std::vector<std::string>& names) const;
  config::Document typed_over(const config::Document& document, const std::string& section,
                              const std::vector<std::string>& names) const;
  void refuse(const std::vector<std::string>& names, const std::vector<std::string>& except,
              const std::string& belong_to) const;

  const Command& command_;
  const Commands& commands_;
  std::vector<Option> options_;
  Values values_;
  ProgressLine* progress_;
};

}  // namespace twhin::cli
