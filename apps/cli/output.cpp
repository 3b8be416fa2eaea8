#include "cli/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "twhin/base/error.h"

namespace twhin::cli {
namespace {

constexpr std::size_t kBuffered = std::size_t{1} << 16;

}  // namespace

Output::Output(int descriptor, std::function<void()> before_write)
    : descriptor_(descriptor), before_write_(std::move(before_write)) {}

Output::int_type Output::overflow(int_type c) {
  if (!traits_type::eq_int_type(c, traits_type::eof())) {
    const char character = traits_type::to_char_type(c);
    xsputn(&character, 1);
  }
  return traits_type::not_eof(c);
}

std::streamsize Output::xsputn(const char* text, std::streamsize size) {
  pending_.append(text, static_cast<std::size_t>(size));
  if (pending_.size() >= kBuffered) write_out();
  return size;
}

int Output::sync() {
  write_out();
  return 0;
}

void Output::write_out() {
  if (pending_.empty()) return;
  before_write_();
  // Given up before the write: what failed once is not tried again when the stream is closed.
  const std::string text = std::move(pending_);
  pending_.clear();
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t count = ::write(descriptor_, text.data() + written, text.size() - written);
    if (count >= 0) {
      written += static_cast<std::size_t>(count);
    } else if (errno == EPIPE) {
      throw ReaderGone();
    } else if (errno != EINTR) {
      throw ErrorBuilder(ErrorKind::io, "cli.stdout")
          .what("cannot write the output")
          .found(std::strerror(errno))
          .build();
    }
  }
}

}  // namespace twhin::cli
