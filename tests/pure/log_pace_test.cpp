// How often lines of one kind are written to the log.

#include "net/src/rules/log_pace.hpp"

#include <gtest/gtest.h>

namespace {

using namespace callsign::rules;
using namespace std::chrono_literals;

TEST(LogPace, TheFirstIsWrittenAndThenOneASecondWithTheNumberOfTheOthers) {
  log_pace pace;
  constexpr time_point start{1000h};

  EXPECT_EQ(pace.may_write(start), 0U);
  EXPECT_EQ(pace.may_write(start), std::nullopt);
  EXPECT_EQ(pace.may_write(start + 999ms), std::nullopt);
  EXPECT_EQ(pace.may_write(start + 1s), 2U);
  EXPECT_EQ(pace.may_write(start + 1500ms), std::nullopt);
  EXPECT_EQ(pace.may_write(start + 5s), 1U);
  EXPECT_EQ(pace.may_write(start + 6s), 0U);
}

} // namespace
