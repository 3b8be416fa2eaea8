#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "config/parse.h"

namespace twhin::config {
namespace {

// Characters of the text, and how many of them the parser has taken: its events have no position.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, std::size_t* taken) : at_(at), taken_(taken) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*taken_;
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  std::size_t* taken_;
};

class Handler : public nlohmann::json::json_sax_t {
 public:
  Handler(std::string_view text, std::shared_ptr<const Source> source)
      : text_(text), source_(std::move(source)), builder_(source_) {}

  std::size_t taken = 0;
  Node take() { return builder_.take(); }

  bool null() override { return add(Node()); }
  bool boolean(bool value) override { return add(Node::scalar(value ? "true" : "false", false)); }
  bool number_integer(number_integer_t value) override { return number(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return number(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return number(text); }
  bool string(string_t& value) override { return add(Node::scalar(value, true)); }
  bool binary(binary_t&) override { return false; }  // not in JSON text

  bool start_object(std::size_t) override { return open(Node::Kind::map); }
  bool start_array(std::size_t) override { return open(Node::Kind::list); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    builder_.key(name, line());
    return true;
  }

  bool parse_error(std::size_t position, const std::string& last_token,
                   const nlohmann::json::exception&) override {
    const std::size_t end = std::min(position > 0 ? position - 1 : 0, text_.size());
    const std::string_view before = text_.substr(0, end);
    const std::size_t newline = before.rfind('\n');
    const std::size_t column = newline == std::string_view::npos ? end : end - newline - 1;
    throw syntax_error(*source_, text_, line_at(end), static_cast<int>(column) + 1,
                       last_token.empty() ? std::string("this is not valid JSON")
                                          : "this is not valid JSON at " + quote(last_token));
  }

 private:
  // The parser has just taken the last character of a token, or one more after a number.
  int line() {
    const std::size_t end = std::max<std::size_t>(taken, 1) - 1;
    line_ += static_cast<int>(std::count(text_.begin() + counted_, text_.begin() + end, '\n'));
    counted_ = end;
    return line_;
  }
  int line_at(std::size_t end) const {
    return 1 + static_cast<int>(std::count(text_.begin(), text_.begin() + end, '\n'));
  }
  bool number(std::string text) { return add(Node::scalar(std::move(text), false)); }
  bool add(Node node) {
    builder_.add(std::move(node), line());
    return true;
  }
  bool open(Node::Kind kind) {
    builder_.open(kind, line());
    return true;
  }
  bool close() {
    builder_.close();
    return true;
  }

  std::string_view text_;
  std::shared_ptr<const Source> source_;
  TreeBuilder builder_;
  std::size_t counted_ = 0;
  int line_ = 1;
};

}  // namespace

Node parse_json(std::string_view text, const std::shared_ptr<const Source>& source) {
  Handler handler(text, source);
  nlohmann::json::sax_parse(CountingIterator(text.data(), &handler.taken),
                            CountingIterator(text.data() + text.size(), &handler.taken), &handler);
  return handler.take();
}

}  // namespace twhin::config
