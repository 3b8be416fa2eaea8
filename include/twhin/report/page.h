// twhin/report/page.h -- one HTML page that needs nothing but itself.
//
// No network, no script, no fonts to load: style sheet and drawings are inside. It follows the
// reader's light or dark mode, prints in black on white, and is well-formed XML, so that tools can
// read it. All text is escaped: names from data may hold anything. Text between two backticks is
// set as code, in paragraphs, notes and list entries.
//
//     Page page("Evaluation of follow/v7", "exact, filtered, 20,466 edges");
//     page.section("Quality").table(table).chart(line_chart);
//     write_file(path, page.html());
//
// Errors    those of chart.h; invalid_argument "report.size_mismatch" if a row has not as many
// cells
//           as the table has columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "twhin/report/chart.h"
#include "twhin/report/table.h"

namespace twhin::report {

/// One line of a key-value block; `value` is ready to read (see format_number()).
struct Fact {
  std::string key;
  std::string value;
};

/// A figure that the reader should see first.
struct Headline {
  std::string label;
  std::string value;
  std::string detail = {};  ///< below it: a comparison, an interval
};

class Page {
 public:
  explicit Page(std::string_view title, std::string_view subtitle = {});

  /// Starts a section. From three sections on the page has a table of contents.
  Page& section(std::string_view title, std::string_view intro = {});
  Page& paragraph(std::string_view text);
  /// Smaller and lighter: caveats, sources.
  Page& note(std::string_view text);
  Page& list(const std::vector<std::string>& entries);
  Page& headlines(const std::vector<Headline>& headlines);
  Page& facts(const std::vector<Fact>& facts);
  Page& table(const Table& table);
  /// As it is, line by line.
  Page& code(std::string_view text, std::string_view caption = {});
  Page& chart(const LineChart& chart);
  Page& chart(const BarChart& chart);
  Page& chart(const ScatterChart& chart);
  Page& chart(const Histogram& chart);
  /// At the end of the page: program, version, command.
  Page& footer(std::string_view text);

  /// The whole page, UTF-8.
  std::string html() const;

 private:
  struct Section {
    std::string title, id;
  };

  /// Ends a row of half-width charts that others do not belong to, then takes `element`.
  void append(const std::string& element);
  template <class Chart>
  Page& append_chart(const Chart& chart);
  std::string contents() const;

  std::string title_, subtitle_, footer_;
  std::vector<Section> sections_;
  std::string body_;
  std::size_t num_charts_ = 0;
  bool in_row_ = false;  ///< a row of half-width charts is open
};

}  // namespace twhin::report
