// cli/output.h -- stdout that notices when nobody reads it, or the disk is full.
#pragma once

#include <functional>
#include <streambuf>
#include <string>

namespace twhin::cli {

/// Thrown by a write to a pipe whose reader has gone (`twhin ... | head`): the program ends
/// quietly.
struct ReaderGone {};

/// Buffers a file descriptor. Use it in a stream with exceptions(badbit), so that what it throws
/// comes out of the stream.
/// Errors    io "cli.stdout" if a write fails; ReaderGone.
class Output : public std::streambuf {
 public:
  /// `before_write` is called before each write, so that a progress line can make room.
  Output(int descriptor, std::function<void()> before_write);

 protected:
  int_type overflow(int_type c) override;
  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int sync() override;

 private:
  void write_out();

  int descriptor_;
  std::function<void()> before_write_;
  std::string pending_;
};

}  // namespace twhin::cli
