// What is no script is refused, with line and column.

#include <callsign/testkit/script.hpp>

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace {

using callsign::testkit::altitude;
using callsign::testkit::script;
using callsign::testkit::script_error;
using testing::HasSubstr;

struct wrong_text {
  std::string text;
  std::size_t line;
  std::size_t column;
  std::string words;
};

class WrongScript : public testing::TestWithParam<wrong_text> {};

TEST_P(WrongScript, IsRefusedAtItsPlace) {
  try {
    static_cast<void>(script::parse(GetParam().text, "some.script"));
    FAIL() << "it is taken";
  } catch (const script_error& error) {
    EXPECT_EQ(error.line(), GetParam().line) << error.what();
    EXPECT_EQ(error.column(), GetParam().column) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(GetParam().words));
    EXPECT_THAT(error.what(), HasSubstr("some.script:" + std::to_string(GetParam().line) + ':' +
                                        std::to_string(GetParam().column) + ": "));
  }
}

const std::vector<wrong_text> wrong_texts{
    {"ana jumps", 1, 1, "nobody knows what 'ana' is"},
    {"ana joins\nana jumps", 2, 5, "nobody can do this; ana can: joins"},
    {"ana -> \"hello\"", 1, 1, "ana has not joined"},
    {"ana joins\n\n# a comment\nbob <- \"hello\"", 4, 1, "bob has not joined"},
    {"bob leaves", 1, 1, "bob has not joined"},
    {"ana joins nowhere", 1, 11, "here comes a path, from, with, or speaking"},
    {"ana joins with \"Origin\"", 1, 16, "a header looks like"},
    {"ana joins\nana -> \"hello", 2, 8, "this text has no end"},
    {"ana joins\nana -> \"hé\" \"llo", 2, 13, "this text has no end"},
    {"ana joins\nana -> \"h\\x\"", 2, 10, "after a \\ comes one of"},
    {"ana joins\nana -> \"h\\u{D800}\"", 2, 10, "there is no such character"},
    {"ana joins\nana -> \"h\\u{zz}\"", 2, 13, "this is no hexadecimal digit"},
    {"ana joins\nana -> <0>", 2, 9, "pairs of hexadecimal digits"},
    {"ana joins\nana -> <01 02", 2, 8, "these bytes have no end"},
    {"ana joins\nana <- {\"a\": [1}", 2, 8, "this JSON has no end"},
    {"ana joins\nana <- {a: 1}", 2, 8, "this is no JSON"},
    {"ana joins\nana <- $hello", 2, 8, "there is no variable $hello"},
    {"ana joins\nana <- \"x${hello}\"", 2, 10, "there is no variable $hello"},
    {"ana joins\nana <- \"x${hello\"", 2, 10, "a variable within a text looks like"},
    {"ana joins\nana <-", 2, 7, "here comes a text in quotes"},
    {"ana joins\nana <- any order", 2, 17, "here comes a text in quotes"},
    {"ana joins\nana <- any order \"a\" <01>", 2, 18, "only texts"},
    {"ana joins\nana leaves 999", 2, 12, "a close code is between 1000 and 4999"},
    {"ana joins\nana leaves 1000 <01>", 2, 17, "here comes a reason in quotes"},
    {"ana joins\nana is refused", 2, 15, "here comes an HTTP status"},
    {"ana joins\nana is refused 4x", 2, 16, "not '4x'"},
    {"ana joins\nana is happy", 2, 8, "refused, told goodbye, or cut off"},
    {"ana joins\nana reads slowly", 2, 17, "here comes a number of bytes"},
    {"ana joins\nana reads slowly 0", 2, 19, "who reads slowly takes some bytes"},
    {"pass", 1, 5, "here comes a time"},
    {"pass 20", 1, 6, "a time is a number and ms, s or min"},
    {"pass -1s", 1, 6, "a time is a number and ms, s or min"},
    {"pass 1s now", 1, 9, "nothing more comes here"},
    {"let x \"a\"", 1, 7, "here comes ="},
    {"let x- = \"a\"", 1, 5, "a variable is named with letters"},
    {"only at sea", 1, 9, "there are three altitudes"},
    {"at once\nquiet", 1, 1, "'at once' has no 'end'"},
    {"at once\nat once", 2, 8, "'at once' does not stand within another"},
    {"watch", 1, 6, "here comes 'promises'"},
    {"promises are", 1, 13, "here comes 'kept'"},
    {"end", 1, 4, "there is no 'at once'"},
    {"ana joins\nat once\nana hears nothing", 3, 11, "within 'at once' nobody hears"},
    {"ana joins\nat once\nana hears anything", 3, 11, "within 'at once' nobody hears"},
    {"ana joins\nat once\nana <- \"a\"", 3, 8, "within 'at once' nobody hears"},
    {"%", 1, 1, "nobody knows what '%' is"},
    {"\"hello\"", 1, 1, "here comes somebody who does something"},
};
INSTANTIATE_TEST_SUITE_P(Texts, WrongScript, testing::ValuesIn(wrong_texts));

TEST(ScriptText, MayHaveCommentsEmptyLinesAndLineEndsOfAllKinds) {
  EXPECT_NO_THROW(static_cast<void>(
      script::parse("# nothing\r\n\r\n  \t\nana joins # she does\r\nana -> \"#\" # not she")));
}

TEST(ScriptText, SaysWhoseItIsAndWhereItMayBePlayed) {
  const auto all = script::parse("program chat\n");
  const auto some = script::parse("only at actors, program\n");

  EXPECT_EQ(all.program(), "chat");
  EXPECT_TRUE(all.is_for(altitude::wire));
  EXPECT_TRUE(some.is_for(altitude::actors));
  EXPECT_TRUE(some.is_for(altitude::program));
  EXPECT_FALSE(some.is_for(altitude::wire));
}

TEST(ScriptText, ThatIsNowhereIsAnError) {
  EXPECT_THROW(static_cast<void>(script::load("/nowhere/at-all.script")), script_error);
}

} // namespace
