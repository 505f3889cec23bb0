#include "app/echo/upper.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using echo::to_upper;

TEST(Upper, IsTheDocumentationsExample) {
  EXPECT_EQ(to_upper("Hello World! 123"), "HELLO WORLD! 123");
}

TEST(Upper, KnowsMoreThanOneAlphabet) {
  EXPECT_EQ(to_upper("à é ü ñ ø ÿ"), "À É Ü Ñ Ø Ÿ");
  EXPECT_EQ(to_upper("αβγ привет"), "ΑΒΓ ПРИВЕТ");
  EXPECT_EQ(to_upper("\U00010428"), "\U00010400") << "beyond 16 bits";
}

TEST(Upper, LeavesAloneWhatHasNoUpperCase) {
  EXPECT_EQ(to_upper(""), "");
  EXPECT_EQ(to_upper("ß 漢字 \U0001F600"), "ß 漢字 \U0001F600");
  EXPECT_EQ(to_upper(std::string("a\0b", 3)), std::string("A\0B", 3));
}

TEST(Upper, LeavesAloneWhatIsNotUtf8) {
  EXPECT_EQ(to_upper("a\xff"), "A\xff");
  EXPECT_EQ(to_upper("a\xc3"), "A\xc3");
  EXPECT_EQ(to_upper("\xe2\x82z"), "\xe2\x82Z");
  EXPECT_EQ(to_upper("\x80\xbf"), "\x80\xbf");
}

} // namespace
