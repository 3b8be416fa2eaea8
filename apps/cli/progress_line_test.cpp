#include "cli/progress_line.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace twhin::cli {
namespace {

class Line : public ::testing::Test {
 protected:
  // A line whose clock the test moves.
  ProgressLine line(bool is_terminal, std::size_t width = 200) {
    return ProgressLine({is_terminal, [width] { return width; },
                         [this](std::string_view text) { written_.emplace_back(text); },
                         [this] { return now_s_; }});
  }

  static Progress at(std::uint64_t done, const std::string& stage = "epoch 1") {
    return {stage, done, 1000, "edges", {{"loss", "0.5"}}};
  }

  double now_s_ = 100.0;
  std::vector<std::string> written_;
};

TEST_F(Line, ShowsNothingForAJobOfLessThanTwoSeconds) {
  for (const bool is_terminal : {false, true}) {
    now_s_ = 100.0;
    ProgressLine progress = line(is_terminal);
    for (; now_s_ < 101.9; now_s_ += 0.1) progress.update(at(10));
    progress.finish();
    EXPECT_TRUE(written_.empty());
  }
}

TEST_F(Line, IsWrittenAtMostEveryFiveSecondsWhereThereIsNoTerminal) {
  ProgressLine progress = line(false);
  progress.update(at(0));
  for (int i = 1; i <= 200; ++i) {
    now_s_ = 100.0 + 0.1 * i;
    progress.update(at(static_cast<std::uint64_t>(i)));
  }
  ASSERT_EQ(written_.size(), 4u);  // after 2, 7, 12 and 17 seconds
  EXPECT_EQ(written_[0], "epoch 1    2.0 %  20/1000 edges  10 edges/s  ETA 1:38  loss 0.5\n");
  progress.finish();
  EXPECT_EQ(written_.back(), "epoch 1   20.0 %  200/1000 edges  10 edges/s  ETA 1:20  loss 0.5\n");
  progress.finish();
  EXPECT_EQ(written_.size(), 5u);
}

TEST_F(Line, IsRedrawnAtMostTenTimesASecondOnATerminal) {
  ProgressLine progress = line(true);
  for (int i = 0; i <= 3000; ++i) {
    now_s_ = 100.0 + 0.001 * i;
    progress.update(at(static_cast<std::uint64_t>(i) / 3));
  }
  EXPECT_GE(written_.size(), 10u);
  EXPECT_LE(written_.size(), 11u);
  for (const std::string& text : written_) {
    EXPECT_EQ(text.substr(0, 8), "\repoch 1");
    EXPECT_EQ(text.substr(text.size() - 3), "\x1b[K");
  }
  progress.finish();
  EXPECT_EQ(written_.back(), "\n");
}

TEST_F(Line, IsCutToTheWidthOfTheTerminal) {
  ProgressLine progress = line(true, 21);
  now_s_ += 3.0;
  progress.update({"Prüfung der Einträge", 1, 2, "edges", {}});
  EXPECT_EQ(written_.back(), "\rPrüfung der Einträge\x1b[K");
}

TEST_F(Line, MakesRoomForNotesAndData) {
  ProgressLine progress = line(true);
  progress.print("note");
  EXPECT_EQ(written_.back(), "note\n");
  now_s_ += 3.0;
  progress.update(at(10));
  progress.print("note");
  EXPECT_EQ(written_[written_.size() - 2], "\r\x1b[K");
  EXPECT_EQ(written_.back(), "note\n");
  const std::size_t before = written_.size();
  progress.clear();
  EXPECT_EQ(written_.size(), before);  // it was away already
}

TEST_F(Line, CountsTheRateFromWhereAStageBegan) {
  ProgressLine progress = line(false);
  progress.update(at(900));
  now_s_ += 10.0;
  progress.update(at(950));
  EXPECT_EQ(written_.back(), "epoch 1   95.0 %  950/1000 edges  5 edges/s  ETA 0:10  loss 0.5\n");
  progress.update(at(0, "epoch 2"));
  now_s_ += 10.0;
  progress.update(at(500, "epoch 2"));
  EXPECT_EQ(written_.back(), "epoch 2   50.0 %  500/1000 edges  50 edges/s  ETA 0:10  loss 0.5\n");
}

TEST_F(Line, LeavesOutWhatIsNotKnown) {
  ProgressLine progress = line(false);
  progress.update({"reading", 0, 0, "rows", {}});
  now_s_ += 10.0;
  progress.update({"reading", 0, 0, "rows", {}});
  EXPECT_EQ(written_.back(), "reading  0 rows\n");
  now_s_ += 10.0;
  progress.update({"reading", std::uint64_t{3} << 30, 0, "bytes", {}});
  EXPECT_EQ(written_.back(), "reading  3.00 GiB  153.6 MiB/s\n");
}

TEST(Texts, OfAmountsHaveThreeDigits) {
  EXPECT_EQ(amount_text(0, "edges"), "0");
  EXPECT_EQ(amount_text(0.25, "edges"), "0.2");
  EXPECT_EQ(amount_text(7, "edges"), "7");
  EXPECT_EQ(amount_text(9999, "edges"), "9999");
  EXPECT_EQ(amount_text(10000, "edges"), "10k");
  EXPECT_EQ(amount_text(1234567, "edges"), "1.23M");
  EXPECT_EQ(amount_text(999600, "edges"), "1M");
  EXPECT_EQ(amount_text(2.5e9, "edges"), "2.5G");
  EXPECT_EQ(amount_text(4e15, "edges"), "4e+03T");
}

TEST(Texts, OfDurations) {
  EXPECT_EQ(duration_text(0.4), "0:00");
  EXPECT_EQ(duration_text(65), "1:05");
  EXPECT_EQ(duration_text(3599.6), "1:00:00");
  EXPECT_EQ(duration_text(11045), "3:04:05");
  EXPECT_EQ(duration_text(2 * 86400 + 3 * 3600 + 4 * 60), "2d 03:04");
}

}  // namespace
}  // namespace twhin::cli
