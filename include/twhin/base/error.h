// twhin/base/error.h -- the one exception type, and how a message is built.
//
// An error says what is wrong, where, what was found, what was expected and what to do:
//
//     error: unknown entity type "usr"
//       at:        run.yaml:31, relations.follow.lhs
//       found:     ...
//       expected:  one of user, tweet, advertiser
//       hint:      did you mean "user"?
//       id:        config.unknown_entity_type
//
// Thrown where the mistake is known; only apps/ prints or exits. An id, once released, is never
// reused for something else. Expected absence is a std::optional, never an Error.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace twhin {

/// What the caller can do about it; decides the exit status of the command line.
enum class ErrorKind {
  invalid_argument,  ///< change the call, the config or the input (exit 2)
  not_found,         ///< name something that exists (exit 2)
  io,                ///< make room, retry, check permissions (exit 1)
  corrupt_data,      ///< restore the file (exit 1)
  version_mismatch,  ///< upgrade one side (exit 1)
  unavailable,       ///< somebody else holds it; try later (exit 1)
  cancelled,         ///< the user interrupted (exit 130)
  internal,          ///< a bug: report it (exit 70)
};

/// The kind as text, e.g. "invalid_argument".
std::string_view to_string(ErrorKind kind);

/// See the head of the file. what() is the whole message, without the leading "error: ".
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, std::string id, const std::string& message);

  ErrorKind kind() const { return kind_; }
  /// Stable, "<area>.<what>", for programs and documents.
  const std::string& id() const { return id_; }

 private:
  ErrorKind kind_;
  std::string id_;
};

/// Builds an Error from its parts; parts that are left out are not printed.
class ErrorBuilder {
 public:
  ErrorBuilder(ErrorKind kind, std::string_view id) : kind_(kind), id_(id) {}

  /// One sentence, values quoted, no function names, no full stop. Required.
  ErrorBuilder& what(std::string_view sentence);
  /// file:line, the path of the config key, the row, the partition.
  ErrorBuilder& at(std::string_view place);
  ErrorBuilder& found(std::string_view text);
  ErrorBuilder& expected(std::string_view text);
  /// The command or the change that helps. May be given several times; an empty one is left out.
  ErrorBuilder& hint(std::string_view text);

  Error build() const;

 private:
  ErrorKind kind_;
  std::string id_, what_, at_, found_, expected_;
  std::vector<std::string> hints_;
};

/// `"name"`: printable, control characters escaped, cut at 80 characters.
std::string quote(std::string_view text);
/// "a, b, c", at most `limit` of them, then "... (12 more)"; "none" if empty.
std::string list(const std::vector<std::string>& names, std::size_t limit = 12);
/// `did you mean "user"?` if one of `names` is near to `name` (edit distance), otherwise empty.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& names);

}  // namespace twhin
