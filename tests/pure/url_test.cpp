// Targets, escapes, parameters, names of files.

#include "net/src/rules/url.hpp"
#include "actors/src/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace callsign::rules;

TEST(Target, HasThreeForms) {
  const auto origin = split_target("/a/b?c=d?e");
  ASSERT_TRUE(origin);
  EXPECT_EQ(origin->path, "/a/b");
  EXPECT_EQ(origin->query, "c=d?e");
  EXPECT_EQ(origin->authority, "");

  const auto absolute = split_target("HTTP://h.example:80/a?b");
  ASSERT_TRUE(absolute);
  EXPECT_EQ(absolute->authority, "h.example:80");
  EXPECT_EQ(absolute->path, "/a");
  EXPECT_EQ(absolute->query, "b");

  EXPECT_EQ(split_target("http://h")->path, "/");
  EXPECT_EQ(split_target("http://h?q")->query, "q");
  EXPECT_EQ(split_target("ws://[::1]:1/x")->authority, "[::1]:1");
  EXPECT_EQ(split_target("*")->path, "*");
  for (const std::string bad : {"", "a", "http:/x", "http://", "http:///x", "ftp://h/", "h:443",
                                "/#x", "http://u@h/", "http://h:x/"}) {
    EXPECT_FALSE(split_target(bad)) << bad;
  }
}

TEST(Path, IsDecodedOrRefused) {
  EXPECT_EQ(decode_path("/a%20b%2Fc%e2%9c%93"), "/a b/c✓");
  EXPECT_EQ(decode_path("/a+b"), "/a+b") << "a plus is a plus";
  EXPECT_EQ(decode_path("/%25%32%30"), "/%20") << "decoded once";
  for (const std::string bad : {"/%", "/%1", "/%zz", "/%00", "/%c0%af", "/%ff", "/%ed%a0%80"})
    EXPECT_FALSE(decode_path(bad)) << bad;
}

TEST(Query, IsDecodedAndTheLastCounts) {
  const auto all = parse_query("a=1&b=x+y%21&a=2&&c&=d&e=f=g&bad=%zz&worse=%ff");

  EXPECT_EQ(all.at("a"), "2");
  EXPECT_EQ(all.at("b"), "x y!");
  EXPECT_EQ(all.at("c"), "");
  EXPECT_EQ(all.at(""), "d");
  EXPECT_EQ(all.at("e"), "f=g");
  EXPECT_EQ(all.at("bad"), "%zz");
  EXPECT_EQ(all.at("worse"), "%ff");
  EXPECT_TRUE(parse_query("").empty());
}

TEST(FileName, NeverLeadsOutNorToHiddenFiles) {
  EXPECT_EQ(file_name_of("/a/b c.txt"), "a/b c.txt");
  EXPECT_EQ(file_name_of("/"), "");
  EXPECT_EQ(file_name_of("/dir/"), "dir/");
  for (const std::string bad : {"", "a", "//a", "/a//b", "/..", "/../a", "/a/..", "/a/../b", "/./a",
                                "/.git", "/a/.b", "/a\\b", "/..\\a"}) {
    EXPECT_FALSE(file_name_of(bad)) << bad;
  }
  EXPECT_FALSE(file_name_of(std::string_view("/a\0b", 4)));
}

TEST(Authority, IsANameOrAnAddressWithAPort) {
  for (const std::string good : {"h", "a.b-c:80", "127.0.0.1:1", "[::1]", "[::1]:65535", "h:"})
    EXPECT_TRUE(is_authority(good)) << good;
  for (const std::string bad : {"", ":80", "a b", "a/b", "u@h", "h:8x", "[::1", "[]", "[::1]x",
                                "[g::]", "h:123456", "a,b\"", "a?b"}) {
    EXPECT_FALSE(is_authority(bad)) << bad;
  }
}

TEST(Utf8, IsWellFormedOrNot) {
  for (const std::string good : {"", "plain and long enough for the fast path", "Grüße",
                                 "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
                                 "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "12345678\xc3\xa4"}) {
    EXPECT_TRUE(callsign::detail::is_utf8(good)) << good;
  }
  for (const std::string bad :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xe2\x82", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf0\x90\x80",
        "\xff", "12345678\xc3", "\xe2\x28\xa1", "\xf0\x90\x28\xbc"}) {
    EXPECT_FALSE(callsign::detail::is_utf8(bad)) << bad;
  }
}

} // namespace
