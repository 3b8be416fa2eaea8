#include "cli/progress_line.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdlib>

#include "twhin/base/memory.h"

namespace twhin::cli {
namespace {

constexpr double kQuietBegin_s = 2.0;
constexpr double kRedraw_s = 0.1;
constexpr double kNewLine_s = 5.0;
constexpr double kLongestEta_s = 1000.0 * 86400.0;  // beyond it the figure says nothing

// The first `width` characters of UTF-8 text.
std::string cut(const std::string& text, std::size_t width) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;
    if (characters++ == width) return text.substr(0, i);
  }
  return text;
}

std::string line_text(const Progress& progress, double stage_s, std::uint64_t stage_done) {
  std::string text = progress.stage;
  const double done = static_cast<double>(progress.done);
  const double total = static_cast<double>(progress.total);
  const bool known = progress.total > 0;
  if (known) text += fmt::format("  {:5.1f} %", 100.0 * std::min(1.0, done / total));
  text += "  " + amount_text(done, progress.unit);
  if (known) text += '/' + amount_text(total, progress.unit);
  if (progress.unit != "bytes") text += ' ' + progress.unit;
  const double rate = stage_s > 0.0 ? static_cast<double>(stage_done) / stage_s : 0.0;
  if (rate > 0.0) {
    text += "  " + amount_text(rate, progress.unit);
    text += progress.unit == "bytes" ? "/s" : fmt::format(" {}/s", progress.unit);
    const double eta_s = (total - done) / rate;
    if (known && eta_s >= 0.0 && eta_s < kLongestEta_s) text += "  ETA " + duration_text(eta_s);
  }
  for (const auto& [name, value] : progress.fields) text += fmt::format("  {} {}", name, value);
  return text;
}

}  // namespace

std::string amount_text(double amount, const std::string& unit) {
  if (unit == "bytes") return format_bytes(static_cast<std::uint64_t>(amount));
  const bool has_fraction = amount < 10.0 && amount != std::floor(amount);
  if (amount < 9999.5) return fmt::format("{:.{}f}", amount, has_fraction ? 1 : 0);
  const char* suffix = "";
  for (const char* next : {"k", "M", "G", "T"}) {
    if (amount < 999.5) break;
    amount /= 1000.0;
    suffix = next;
  }
  return fmt::format("{:.3g}{}", amount, suffix);
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  const std::uint64_t minutes = whole / 60, hours = minutes / 60, days = hours / 24;
  if (days > 0) return fmt::format("{}d {:02}:{:02}", days, hours % 24, minutes % 60);
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes % 60, whole % 60);
  return fmt::format("{}:{:02}", minutes, whole % 60);
}

Screen standard_error() {
  Screen screen;
  const char* kind = std::getenv("TERM");
  screen.is_terminal = isatty(STDERR_FILENO) && kind && std::string_view(kind) != "dumb";
  screen.width = [] {
    winsize size = {};
    const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? std::size_t{size.ws_col} : std::size_t{80};
  };
  // What cannot be told there cannot be told at all: a failed write is no reason to stop a job.
  screen.write = [](std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::write(STDERR_FILENO, text.data(), text.size());
      if (count <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  };
  screen.now_s = [] {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(now).count();
  };
  return screen;
}

ProgressLine::ProgressLine(Screen screen) : screen_(std::move(screen)), begin_s_(screen_.now_s()) {}

void ProgressLine::update(const Progress& progress) {
  const std::lock_guard lock(mutex_);
  const double now_s = screen_.now_s();
  if (!has_stage_ || progress.stage != last_.stage) {
    stage_begin_s_ = now_s;
    stage_begin_done_ = progress.done;
    has_stage_ = true;
  }
  last_ = progress;
  is_current_ = false;
  const double interval_s = screen_.is_terminal ? kRedraw_s : kNewLine_s;
  if (now_s - begin_s_ < kQuietBegin_s) return;
  if (!was_drawn_ || now_s - drawn_s_ >= interval_s) draw(now_s);
}

void ProgressLine::print(const std::string& line) {
  const std::lock_guard lock(mutex_);
  erase();
  screen_.write(line + '\n');
}

void ProgressLine::clear() {
  const std::lock_guard lock(mutex_);
  erase();
}

void ProgressLine::finish() {
  const std::lock_guard lock(mutex_);
  if (!was_drawn_) return;
  if (!is_current_) draw(screen_.now_s());
  if (is_visible_) screen_.write("\n");
  is_visible_ = false;
  was_drawn_ = false;
}

void ProgressLine::draw(double now_s) {
  const std::string text = line_text(last_, now_s - stage_begin_s_,
                                     last_.done - std::min(last_.done, stage_begin_done_));
  if (screen_.is_terminal) {
    // One column stays free: a line that fills the width wraps on some terminals.
    const std::size_t width = screen_.width();
    screen_.write("\r" + cut(text, width > 1 ? width - 1 : 1) + "\x1b[K");
    is_visible_ = true;
  } else {
    screen_.write(text + '\n');
  }
  drawn_s_ = now_s;
  was_drawn_ = is_current_ = true;
}

void ProgressLine::erase() {
  if (is_visible_) screen_.write("\r\x1b[K");
  is_visible_ = false;
}

}  // namespace twhin::cli
