// cli/progress_line.h -- one line on stderr that tells how far a job is.
//
//     epoch 3 of 10   42.0 %  4.2M/10M edges  1.25M edges/s  ETA 0:05  loss 0.412
//
// On a terminal the line is redrawn at most ten times a second; elsewhere a new one is written at
// most every five seconds. A job of less than two seconds shows nothing. Threads   all members may
// be called concurrently.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "twhin/base/progress.h"

namespace twhin::cli {

/// Where the line goes; a test puts its own clock and text here.
struct Screen {
  bool is_terminal = false;
  std::function<std::size_t()> width;  ///< columns, asked at each drawing; only for a terminal
  std::function<void(std::string_view)> write;
  std::function<double()> now_s;  ///< a clock that never goes back
};

/// stderr as it is.
Screen standard_error();

class ProgressLine {
 public:
  explicit ProgressLine(Screen screen);

  void update(const Progress& progress);
  /// A whole line that stays: a note or a warning.
  void print(const std::string& line);
  /// Takes the line away, so that something else can be written.
  void clear();
  /// The job is over: its last state stays if anything was shown.
  void finish();

 private:
  void draw(double now_s);
  void erase();

  Screen screen_;
  std::mutex mutex_;
  Progress last_;
  double begin_s_, stage_begin_s_ = 0.0, drawn_s_ = 0.0;
  std::uint64_t stage_begin_done_ = 0;  // a resumed job does not begin at 0
  bool has_stage_ = false;
  bool was_drawn_ = false;   // ever
  bool is_current_ = true;   // the last drawing shows last_
  bool is_visible_ = false;  // on the terminal now
};

/// "950", "4.2M", "10M", "1.25G"; bytes as "1.5 GiB".
std::string amount_text(double amount, const std::string& unit);
/// "0:05", "12:34", "3:04:05", "2d 03:04".
std::string duration_text(double seconds);

}  // namespace twhin::cli
