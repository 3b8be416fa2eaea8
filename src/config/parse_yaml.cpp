#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <unordered_map>

#include "config/parse.h"

namespace twhin::config {
namespace {

// yaml-cpp says what its scanner missed; the user wants to know what to change.
struct Sentence {
  std::string_view library, ours;
};
const Sentence kSentences[] = {
    {YAML::ErrorMsg::END_OF_MAP,
     "the indentation does not fit the lines above, or \":\" is missing"},
    {YAML::ErrorMsg::END_OF_SEQ,
     "the indentation does not fit the list above, or \"-\" is missing"},
    {YAML::ErrorMsg::END_OF_MAP_FLOW, "a \"{\" is not closed, or a comma is missing"},
    {YAML::ErrorMsg::END_OF_SEQ_FLOW, "a \"[\" is not closed, or a comma is missing"},
    {YAML::ErrorMsg::FLOW_END, "a closing bracket has no opening one"},
    {YAML::ErrorMsg::MAP_VALUE,
     "a \":\" stands where none can; text with \": \" in it needs quotes"},
    {YAML::ErrorMsg::MAP_KEY, "a key stands where none can"},
    {YAML::ErrorMsg::BLOCK_ENTRY, "a \"-\" stands where no list can begin"},
    {YAML::ErrorMsg::TAB_IN_INDENTATION, "a tab in the indentation; YAML wants spaces"},
    {YAML::ErrorMsg::EOF_IN_SCALAR, "a quote is not closed"},
    {YAML::ErrorMsg::DOC_IN_SCALAR, "a quote is not closed before the next document"},
    {YAML::ErrorMsg::UNKNOWN_TOKEN, "a character that cannot begin a value; quote the text"},
    {YAML::ErrorMsg::UNKNOWN_ANCHOR,
     "an alias without an anchor; text that begins with * needs quotes"},
    {YAML::ErrorMsg::ALIAS_NOT_FOUND,
     "an alias without a name; text that begins with * needs quotes"},
    {YAML::ErrorMsg::CHAR_IN_ALIAS,
     "an alias with a bad name; text that begins with * needs quotes"},
    {YAML::ErrorMsg::ALIAS_CONTENT, "an alias cannot have a value of its own"},
};

std::string plain_sentence(const std::string& message) {
  for (const Sentence& each : kSentences) {
    if (message == each.library) return std::string(each.ours);
  }
  if (message.rfind(YAML::ErrorMsg::INVALID_ESCAPE, 0) == 0) {
    return "an unknown escape in double quotes; write \\\\ for a backslash, or use single quotes";
  }
  return "this is not valid YAML";
}

// Whether the quoted text that begins here, after an anchor or a tag, has its second quote. True
// for other text.
bool is_closed(std::string_view text) {
  while (!text.empty() && (text[0] == '&' || text[0] == '!')) {
    text.remove_prefix(std::min(text.find_first_of(" \n"), text.size()));
    text.remove_prefix(std::min(text.find_first_not_of(" \r\n"), text.size()));
  }
  if (text.empty() || (text[0] != '"' && text[0] != '\'')) return true;
  const char quote = text[0];
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 == text.size() || text[i + 1] != quote) return true;
      ++i;  // two single quotes stand for one
    }
  }
  return false;
}

class Handler : public YAML::EventHandler {
 public:
  Handler(std::string_view text, std::shared_ptr<const Source> source)
      : text_(text), source_(std::move(source)), builder_(source_) {}

  // yaml-cpp takes a quoted text that reaches the end of the file as closed there.
  Node finish() {
    if (last_quoted_.line >= 0 && !is_closed(text_from(last_quoted_))) {
      throw error(last_quoted_, "a quote is not closed");
    }
    return builder_.take();
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++num_documents_ > 1) {
      throw error(mark, "a second document begins; a config is one document");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (builder_.wants_key()) throw error(mark, "a key is empty");
    remember(anchor, builder_.add(Node(), line(mark)));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (builder_.wants_key()) return builder_.key(value, line(mark));
    if (tag == "!") last_quoted_ = mark;
    const bool is_text = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!is_text) check_tag(mark, tag);
    remember(anchor, builder_.add(Node::scalar(value, is_text), line(mark)));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (builder_.wants_key()) throw error(mark, "an alias cannot be a key");
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end()) throw error(mark, "an alias to the value that it is part of");
    builder_.add(found->second, line(mark));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::list, mark, tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::map, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  static int line(const YAML::Mark& mark) { return mark.line + 1; }

  Error error(const YAML::Mark& mark, std::string_view sentence) const {
    return syntax_error(*source_, text_, mark.line + 1, mark.column + 1, sentence);
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (!tag.empty() && tag != "?" && tag.rfind("tag:yaml.org,2002:", 0) != 0) {
      throw error(mark, "a tag that means nothing here; text that begins with ! needs quotes");
    }
  }

  std::string_view text_from(const YAML::Mark& mark) const {
    const std::size_t begin = line_begin(text_, mark.line + 1);
    return text_.substr(std::min(begin + static_cast<std::size_t>(mark.column), text_.size()));
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    check_tag(mark, tag);
    if (builder_.wants_key()) throw error(mark, "a key must be text, not a list or a map");
    builder_.open(kind, line(mark));
    open_anchors_.push_back(anchor);
  }

  void close() {
    const YAML::anchor_t anchor = open_anchors_.back();
    open_anchors_.pop_back();
    remember(anchor, builder_.close());
  }

  void remember(YAML::anchor_t anchor, const Node& node) {
    if (anchor != 0) anchored_[anchor] = node;
  }

  std::string_view text_;
  std::shared_ptr<const Source> source_;
  TreeBuilder builder_;
  std::vector<YAML::anchor_t> open_anchors_;
  std::unordered_map<YAML::anchor_t, Node> anchored_;
  YAML::Mark last_quoted_ = YAML::Mark::null_mark();
  int num_documents_ = 0;
};

}  // namespace

Node parse_yaml(std::string_view text, const std::shared_ptr<const Source>& source) {
  Handler handler(text, source);
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(handler)) {
    }
  } catch (const YAML::Exception& e) {
    const int line = std::max(0, e.mark.line) + 1;
    const std::string_view rest = text.substr(line_begin(text, line));
    const std::size_t indented = std::min(rest.find_first_not_of(" \t"), rest.size());
    const bool has_tab = rest.substr(0, indented).find('\t') != std::string_view::npos;
    throw syntax_error(
        *source, text, line, std::max(0, e.mark.column) + 1,
        has_tab ? "a tab in the indentation; YAML wants spaces" : plain_sentence(e.msg));
  }
  return handler.finish();
}

}  // namespace twhin::config
