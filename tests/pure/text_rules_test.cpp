// Small rules about text from outside: lists of extensions, and text that stops too early.

#include "actors/src/utf8.hpp"
#include "net/src/rules/extension_list.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace {

using namespace callsign::rules;

TEST(ExtensionList, FollowsTheGrammarOfRfc6455Section9) {
  for (const std::string_view good :
       {"permessage-deflate", "permessage-deflate; client_max_window_bits", "a, b;c=d , e; f=\"g\"",
        "a,,b", "x;y = z"})
    EXPECT_TRUE(is_extension_list(good)) << good;

  for (const std::string_view bad :
       {"=", ";", ";;;", "x; ", "x;;y", "x; y=", "x; y=\"unfinished", "x; y=\"a b\"", "x y", "x=1",
        "\"x\"", "x; y=\"\"", "x; =y", "a, ;b"})
    EXPECT_FALSE(is_extension_list(bad)) << bad;
}

TEST(Utf8, WhatIsNotAllThereIsJudgedAsFarAsItGoes) {
  for (const std::string_view whole :
       {"", "a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\xA4\xAD\xA2", "a\xE2\x82\xAC"})
    EXPECT_EQ(callsign::detail::check_utf8(whole).good, whole.size()) << whole;

  for (const std::string_view cut :
       {"\xC3", "a\xE2", "\xE2\x82", "\xF0", "\xF0\xA4", "aa\xF0\xA4\xAD"})
    EXPECT_TRUE(callsign::detail::check_utf8(cut).good < cut.size() &&
                !callsign::detail::check_utf8(cut).is_bad)
        << cut;

  for (const std::string_view bad :
       {"\x80", "a\xC0", "\xE0\x80", "\xED\xA0", "\xF4\x90", "\xF5", "aa\xF0\xA4\x41", "\xC3z"})
    EXPECT_TRUE(callsign::detail::check_utf8(bad).is_bad) << "nothing to come can mend it";
}

} // namespace
