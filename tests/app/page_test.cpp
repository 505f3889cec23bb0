#include "app/chat/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using testing::Contains;
using testing::Each;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::StartsWith;

std::string_view content(const program::own_page& own, std::string_view path) {
  const auto found = std::ranges::find(own.files, path, &callsign::memory_file::path);
  return found == own.files.end() ? std::string_view{"missing"} : found->content;
}

TEST(Page, IsPartOfTheProgram) {
  const chat::page page{"/chat", 65536};
  const auto own = page.files();

  EXPECT_THAT(own.files, Each(Field(&callsign::memory_file::content, Not(IsEmpty()))));
  EXPECT_THAT(own.files, Each(Field(&callsign::memory_file::content_type, Not(IsEmpty()))));
  EXPECT_THAT(std::string{content(own, "/index.html")}, StartsWith("<!doctype html>"));
  EXPECT_THAT(std::string{content(own, "/chat.js")}, HasSubstr("WebSocket"));
  EXPECT_THAT(std::string{content(own, "/chat.css")}, HasSubstr("{"));
  EXPECT_THAT(std::string{content(own, "/favicon.svg")}, HasSubstr("<svg"));
}

TEST(Page, AsksForItsWebSocketAtThePathOfTheProgram) {
  const chat::page page{"/talk", 65536};
  const auto own = page.files();

  const std::string html{content(own, "/index.html")};
  EXPECT_THAT(html, HasSubstr(R"(<meta name="callsign-path" content="/talk">)"));
  EXPECT_THAT(html, Not(HasSubstr(R"(content="/chat")")));
}

TEST(Page, KnowsTheLargestMessageThatTheProgramTakes) {
  const chat::page page{"/chat", 1000};
  const auto own = page.files();

  EXPECT_THAT(std::string{content(own, "/index.html")},
              HasSubstr(R"(<meta name="callsign-max-message" content="1000">)"));
}

TEST(Page, WithTheUsualFlagsIsTheFileAsItIs) {
  const chat::page page{"/chat", 65536};
  const auto own = page.files();

  EXPECT_EQ(content(own, "/index.html"),
            std::ranges::find(chat::embedded_files(), "/index.html", &callsign::memory_file::path)
                ->content);
}

TEST(Page, APathCannotLeaveItsAttribute) {
  EXPECT_EQ(
      chat::with_meta(R"(a<meta name="callsign-path" content="/chat">z)", "path",
                      R"(/"><script>&'</script>)"),
      R"(a<meta name="callsign-path" content="/&quot;&gt;&lt;script&gt;&amp;&#39;&lt;/script&gt;">z)");
}

TEST(Page, MustSayExactlyOnceWhereThePathGoes) {
  EXPECT_THROW(static_cast<void>(chat::with_meta("<html>", "path", "/a")), std::logic_error);
  EXPECT_THROW(static_cast<void>(chat::with_meta(R"(<meta name="callsign-path" content="/a">)"
                                                 R"(<meta name="callsign-path" content="/b">)",
                                                 "path", "/c")),
               std::logic_error);
  EXPECT_THROW(
      static_cast<void>(chat::with_meta(R"(<meta name="callsign-path" content=")", "path", "/c")),
      std::logic_error);
}

TEST(Page, GoesWithAStrictPolicy) {
  const chat::page page{"/chat", 65536};

  EXPECT_THAT(
      page.files().headers,
      Contains(Pair("Content-Security-Policy",
                    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                    "connect-src 'self'; base-uri 'none'; form-action 'none'; "
                    "frame-ancestors 'none'")));
  EXPECT_THAT(page.files().headers, Contains(Pair("Referrer-Policy", "no-referrer")));
}

} // namespace
