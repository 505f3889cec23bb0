// Which pages may connect.

#include "net/src/rules/origin.hpp"

#include <gtest/gtest.h>

namespace {

using callsign::rules::may_come_from;

TEST(Origin, ThePageOfThisVeryHostMay) {
  EXPECT_TRUE(may_come_from("http://example.com", "example.com", {}));
  EXPECT_TRUE(may_come_from("http://example.com:80", "example.com", {}));
  EXPECT_TRUE(may_come_from("http://example.com", "example.com:80", {}));
  EXPECT_TRUE(may_come_from("http://localhost:8080", "localhost:8080", {}));
  EXPECT_TRUE(may_come_from("https://example.com", "example.com:443", {}));
  EXPECT_TRUE(may_come_from("HTTP://Example.COM", "example.com", {}));
  EXPECT_TRUE(may_come_from("http://[::1]:8080", "[::1]:8080", {}));
  EXPECT_TRUE(may_come_from("http://[::1]", "[::1]:80", {}));
}

TEST(Origin, AnotherHostPortOrSchemeMayNot) {
  EXPECT_FALSE(may_come_from("http://evil.com", "example.com", {}));
  EXPECT_FALSE(may_come_from("http://example.com:81", "example.com", {}));
  EXPECT_FALSE(may_come_from("http://example.com.evil.com", "example.com", {}));
  EXPECT_FALSE(may_come_from("http://evil.com/example.com", "example.com", {}));
  EXPECT_FALSE(may_come_from("file://example.com", "example.com", {}));
  EXPECT_FALSE(may_come_from("null", "example.com", {}));
  EXPECT_FALSE(may_come_from("null", "null", {}));
  EXPECT_FALSE(may_come_from("", "example.com", {}));
  EXPECT_FALSE(may_come_from("http://", "", {}));
  EXPECT_FALSE(may_come_from("http://[::1]:8080", "[::2]:8080", {}));
}

TEST(Origin, AListedOriginMayInAnyCase) {
  EXPECT_TRUE(may_come_from("https://app.example.com", "example.com", {"https://APP.example.com"}));
  EXPECT_FALSE(may_come_from("https://app.example.com", "example.com", {"https://example.com"}));
  EXPECT_FALSE(may_come_from("https://app.example.com", "example.com", {"app.example.com"}));
  EXPECT_TRUE(may_come_from("null", "example.com", {"null"}));
  EXPECT_TRUE(may_come_from("anything", "example.com", {"*"}));
}

} // namespace
