#include "twhin/report/page.h"

#include <fmt/format.h>

#include "report/frame.h"
#include "report/html.h"
#include "report/style.h"
#include "report/table_html.h"

namespace twhin::report {
namespace {

constexpr std::size_t kSectionsWithContents = 3;

std::string paragraph_html(std::string_view text, std::string_view classes = {}) {
  if (text.empty()) return {};
  const std::string attribute = classes.empty() ? "" : fmt::format(R"( class="{}")", classes);
  return fmt::format("<p{}>{}</p>\n", attribute, escape_with_code(text));
}

std::string caption(const ChartText& text) {
  if (text.title.empty() && text.subtitle.empty()) return {};
  std::string out = "<figcaption>";
  if (!text.title.empty()) out += "<b>" + escape(text.title) + "</b>";
  if (!text.subtitle.empty()) out += "<span>" + escape(text.subtitle) + "</span>";
  return out + "</figcaption>";
}

std::string notes(const Drawing& drawing, const ChartText& text) {
  std::string all = text.note;
  for (const std::string& note : drawing.notes) all += (all.empty() ? "" : " ") + note;
  return paragraph_html(all, "note");
}

}  // namespace

Page::Page(std::string_view title, std::string_view subtitle)
    : title_(title), subtitle_(subtitle) {}

void Page::append(const std::string& element) {
  if (in_row_) body_ += "</div>\n";
  in_row_ = false;
  body_ += element;
}

Page& Page::section(std::string_view title, std::string_view intro) {
  const std::string id = fmt::format("section-{}", sections_.size() + 1);
  append(sections_.empty() ? "" : "</section>\n");
  sections_.push_back({std::string(title), id});
  append(fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n{}", id, escape(title),
                     paragraph_html(intro, "intro")));
  return *this;
}

Page& Page::paragraph(std::string_view text) {
  append(paragraph_html(text));
  return *this;
}

Page& Page::note(std::string_view text) {
  append(paragraph_html(text, "note"));
  return *this;
}

Page& Page::list(const std::vector<std::string>& entries) {
  if (entries.empty()) return *this;  // an empty <ul> is no list
  std::string out = R"(<ul class="text">)";
  for (const std::string& entry : entries) out += "<li>" + escape_with_code(entry) + "</li>";
  append(out + "</ul>\n");
  return *this;
}

Page& Page::headlines(const std::vector<Headline>& headlines) {
  if (headlines.empty()) return *this;
  std::string out = R"(<dl class="headlines">)";
  for (const Headline& headline : headlines) {
    out += fmt::format(R"(<div><dt>{}</dt><dd class="value">{}</dd>)", escape(headline.label),
                       escape(headline.value));
    if (!headline.detail.empty()) {
      out += fmt::format(R"(<dd class="detail">{}</dd>)", escape(headline.detail));
    }
    out += "</div>";
  }
  append(out + "</dl>\n");
  return *this;
}

Page& Page::facts(const std::vector<Fact>& facts) {
  if (facts.empty()) return *this;
  std::string out = R"(<dl class="facts">)";
  for (const Fact& fact : facts) {
    out += fmt::format("<dt>{}</dt><dd>{}</dd>", escape(fact.key), escape_with_code(fact.value));
  }
  append(out + "</dl>\n");
  return *this;
}

Page& Page::table(const Table& table) {
  append(render(table));
  return *this;
}

Page& Page::code(std::string_view text, std::string_view caption) {
  std::string out = R"(<div class="listing">)";
  if (!caption.empty()) out += "<p>" + escape_with_code(caption) + "</p>";
  append(out + "<pre><code>" + escape(text) + "</code></pre></div>\n");
  return *this;
}

template <class Chart>
Page& Page::append_chart(const Chart& chart) {
  const std::string id = fmt::format("chart-{}", ++num_charts_);
  const Drawing drawing = draw(chart, id);
  const std::string figure =
      fmt::format(R"(<figure>{}<div class="scroll">{}</div>{}</figure>)", caption(chart.text),
                  drawing.svg, notes(drawing, chart.text)) +
      "\n";
  if (chart.text.width == Width::full) {
    append(figure);
  } else {
    if (!in_row_) body_ += R"(<div class="row">)";
    in_row_ = true;
    body_ += figure;
  }
  return *this;
}

Page& Page::chart(const LineChart& chart) { return append_chart(chart); }
Page& Page::chart(const BarChart& chart) { return append_chart(chart); }
Page& Page::chart(const ScatterChart& chart) { return append_chart(chart); }
Page& Page::chart(const Histogram& chart) { return append_chart(chart); }

Page& Page::footer(std::string_view text) {
  footer_ = text;
  return *this;
}

std::string Page::contents() const {
  if (sections_.size() < kSectionsWithContents) return {};
  std::string out = R"(<nav aria-label="Contents"><ul>)";
  for (const Section& section : sections_) {
    out += fmt::format(R"(<li><a href="#{}">{}</a></li>)", section.id, escape(section.title));
  }
  return out + "</ul></nav>\n";
}

std::string Page::html() const {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
      "<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>\n";
  out += fmt::format("<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n", escape(title_),
                     kStyle);
  out += fmt::format("<header>\n<h1>{}</h1>\n{}{}</header>\n<main>\n", escape(title_),
                     paragraph_html(subtitle_, "subtitle"), contents());
  out += body_;
  if (in_row_) out += "</div>\n";
  if (!sections_.empty()) out += "</section>\n";
  out += "</main>\n";
  if (!footer_.empty()) out += "<footer>" + paragraph_html(footer_) + "</footer>\n";
  return out + "</body>\n</html>\n";
}

}  // namespace twhin::report
