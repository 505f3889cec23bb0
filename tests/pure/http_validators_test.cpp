// Tags, dates, kinds of content, and text that is made safe.

#include "net/src/rules/content_type.hpp"
#include "net/src/rules/http_page.hpp"
#include "net/src/rules/http_text.hpp"
#include "net/src/rules/http_validators.hpp"

#include <gtest/gtest.h>

namespace {

using namespace callsign::rules;

TEST(HttpTag, IsFoundInAListComparedWeakly) {
  const std::string tag = "\"abc\"";
  for (const std::string list : {"\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "\"x\",W/\"abc\",\"y\"",
                                 "*", " * ", "\"a,b\", \"abc\""}) {
    EXPECT_TRUE(names_tag(list, tag)) << list;
  }
  for (const std::string list : {"", "abc", "\"abcd\"", "\"ab", "\"x, \"abc", "**", "\"*\""}) {
    EXPECT_FALSE(names_tag(list, tag)) << list;
  }
}

TEST(HttpTag, ChangesWithTheContent) {
  EXPECT_NE(tag_of_content("a"), tag_of_content("b"));
  EXPECT_NE(tag_of_content(""), tag_of_content(std::string(1, '\0')));
  EXPECT_EQ(tag_of_content("a"), tag_of_content("a"));
  EXPECT_NE(tag_of_file(1, 2, 3), tag_of_file(1, 3, 3));
  EXPECT_NE(tag_of_file(1, 2, 3), tag_of_file(1, 2, 4));
  EXPECT_EQ(tag_of_file(0x1F, 0xAB, 7), "\"1f-ab-7\"");
}

TEST(HttpDate, GoesThereAndBack) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  for (const std::time_t when :
       {std::time_t{0}, std::time_t{951782400}, std::time_t{1709164800}, std::time_t{4102444799}}) {
    EXPECT_EQ(parse_http_date(http_date(when)), when);
  }
}

TEST(HttpDate, WhatIsNoneIsIgnored) {
  for (const std::string text :
       {"", "yesterday", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:4x:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"}) {
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  }
}

TEST(ContentType, GoesByTheEnding) {
  EXPECT_EQ(content_type_of("/index.html"), "text/html; charset=utf-8");
  EXPECT_EQ(content_type_of("/A/B.JS"), "text/javascript; charset=utf-8");
  EXPECT_EQ(content_type_of("x.tar.gz"), "application/gzip");
  EXPECT_EQ(content_type_of("/a.html/file"), "application/octet-stream");
  EXPECT_EQ(content_type_of("/none"), "application/octet-stream");
  EXPECT_EQ(content_type_of("/odd."), "application/octet-stream");
  EXPECT_EQ(content_type_of("/favicon.svg"), "image/svg+xml; charset=utf-8");
}

TEST(StatusPage, EscapesWhatItSays) {
  const std::string page = status_page(404, "<script>alert('&\"')</script>");

  EXPECT_NE(page.find("404 Not Found"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;alert(&#39;&amp;&quot;&#39;)"), std::string::npos);
  EXPECT_EQ(page.find("<script>"), std::string::npos);
  EXPECT_NE(status_page(299, "").find("299 Error"), std::string::npos);
}

TEST(LogText, StaysOnItsLine) {
  EXPECT_EQ(escape_controls("a\nb\r\tc\x1b[31m\x7f\\"), "a\\nb\\r\\tc\\x1b[31m\\x7f\\\\");
  EXPECT_EQ(escape_controls("Grüße \xc2\x85"), "Grüße \\x85");
  EXPECT_EQ(escape_controls(std::string("\0", 1)), "\\x00");
}

TEST(HttpList, IsSplitAtCommas) {
  EXPECT_TRUE(list_has("a, B ,c", "b"));
  EXPECT_FALSE(list_has("ab, bc", "b"));
  EXPECT_FALSE(list_has("", "b"));
  EXPECT_FALSE(list_has(",,", ""));
}

} // namespace
