// What counts as JSON for data type `object`.

#include "net/src/door/door.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using callsign::door::json_complaint;

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Json, GoodTextHasNoComplaint) {
  for (const std::string good :
       {"{}", " [1, 2.5e3, -0] \n", "\"\\u00fc \\ud83d\\ude00\"", "null", "true",
        "{\"a\":1,\"a\":2}", "1e999", "{\"Grüße\": [\"✓\"]}", "123456789012345678901234567890"}) {
    EXPECT_EQ(json_complaint(good), "") << good;
  }
}

TEST(Json, AnythingElseHasOne) {
  for (const std::string bad :
       {"", " ", "{", "[1,]", "{\"a\"}", "nul", "01", "'a'", "\"\\ud83d\"", "\"\\x\"", "\"a\nb\"",
        "{} {}", "1 2", "[1] x", "// no\n1", "NaN", "\xff", "\"\xc3\""}) {
    EXPECT_NE(json_complaint(bad), "") << bad;
  }
}

TEST(Json, DepthHasALimit) {
  EXPECT_EQ(json_complaint(nested(32)), "");
  EXPECT_NE(json_complaint(nested(33)), "");
  EXPECT_NE(json_complaint(std::string(10'000'000, '[')), "") << "and a deep one costs nothing";
}

} // namespace
