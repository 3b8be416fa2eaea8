#include "cli/output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <ostream>
#include <string>

#include "twhin/base/error.h"

namespace twhin::cli {
namespace {

TEST(Output, WritesWhatItIsGivenWhenItIsFlushed) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  int writes = 0;
  Output buffer(ends[1], [&] { ++writes; });
  std::ostream out(&buffer);
  out << "a number: " << 17 << '\n';
  EXPECT_EQ(writes, 0);
  out.flush();
  out.flush();
  EXPECT_EQ(writes, 1);
  char text[64] = {};
  EXPECT_EQ(::read(ends[0], text, sizeof text), 13);
  EXPECT_STREQ(text, "a number: 17\n");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Output, AReaderThatHasGoneIsNoError) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  Output buffer(ends[1], [] {});
  std::ostream out(&buffer);
  out.exceptions(std::ios::badbit);
  out << "text";
  EXPECT_THROW(out.flush(), ReaderGone);
  ::close(ends[1]);
}

TEST(Output, AnyOtherFailureIs) {
  const int read_only = ::open("/dev/null", O_RDONLY);
  Output buffer(read_only, [] {});
  std::ostream out(&buffer);
  out.exceptions(std::ios::badbit);
  try {
    out << std::string(1 << 17, 'x');
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "cli.stdout");
    EXPECT_EQ(error.kind(), ErrorKind::io);
  }
  ::close(read_only);
}

}  // namespace
}  // namespace twhin::cli
