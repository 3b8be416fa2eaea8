#include "twhin/storage/event_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "twhin/base/file.h"

namespace twhin {
namespace {

// The check value of the catalogue of CRCs, and two of RFC 3720, B.4.
TEST(EventFile, Crc32cIsThatOfThePublishedExamples) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c(""), 0u);
}

// Written out by hand from event.proto; tests/cli/telemetry_test.py reads whole files back.
TEST(EventFile, AnEventIsTheBytesOfTheWireFormat) {
  const std::filesystem::path path = std::filesystem::temp_directory_path() /
                                     ("twhin-events-" + std::to_string(::getpid()) + ".tfevents");
  {
    EventFileWriter writer(path);
    const EventScalar scalar{"a/b", 0.5};
    writer.write(2.0, 300, {&scalar, 1});
  }
  const std::string text = read_text(path);
  std::filesystem::remove(path);
  const std::size_t first = 12 + 9 + 2 + 13 + 4;  // wall time, "brain.Event:2", checksums
  ASSERT_GT(text.size(), first);
  EXPECT_EQ(text.substr(12 + 9, 15),
            "\x1a\x0d"
            "brain.Event:2");
  const std::string message(
      "\x09\0\0\0\0\0\0\0\x40"  // 1: wall_time 2.0
      "\x10\xac\x02"            // 2: step 300
      "\x2a\x0c\x0a\x0a\x0a\x03"
      "a/b"  // 5: 1: 1: tag
      "\x15\0\0\0\x3f",
      26);  // 2: simple_value 0.5
  EXPECT_EQ(text.substr(first, 8), std::string("\x1a\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(text.substr(first + 12, 26), message);
  EXPECT_EQ(text.size(), first + 12 + 26 + 4);
}

}  // namespace
}  // namespace twhin
