// The sequence charts in failures.

#include "tests/kit/src/chart.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace {

using callsign::testkit::chart_row;
using callsign::testkit::draw;

TEST(Chart, HasALifelineForEachAndAnArrowForEachStep) {
  const std::vector<chart_row> rows{
      {"ana", "program", "joins /chat"}, {"program", "bob", "\"hello\""}, {"", "", "20 s pass"},
      {"bob", "", "takes 5 bytes more"}, {"bob", "ana", "by hand"},
  };

  EXPECT_EQ(draw(rows), "\n  ana    program    bob"
                        "\n   |------->|        |   joins /chat"
                        "\n   |        |------->|   \"hello\""
                        "\n  ~|~~~~~~~~|~~~~~~~~|   20 s pass"
                        "\n   |        |        *   takes 5 bytes more"
                        "\n   |<----------------|   by hand");
}

TEST(Chart, KeepsTheOrderOfLifelinesThatItIsGiven) {
  const std::vector<chart_row> rows{{"program", "bob", "\"hello\""}};

  EXPECT_EQ(draw(rows, {"ana", "bob", "program"}), "\n  bob    program"
                                                   "\n   |<-------|   \"hello\"");
}

TEST(Chart, CountsCharactersAndNotBytes) {
  const std::vector<chart_row> rows{{"André", "program", "hello"}};

  EXPECT_EQ(draw(rows), "\n  André    program"
                        "\n    |-------->|   hello");
}

TEST(Chart, OfNothingIsNothing) { EXPECT_EQ(draw({}), ""); }

TEST(Chart, WithoutLifelinesIsOnlyWords) {
  const std::vector<chart_row> rows{{"", "", "20 s pass"}};

  EXPECT_EQ(draw(rows), "\n  20 s pass");
}

} // namespace
