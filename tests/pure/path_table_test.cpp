// Which server an upgrade request belongs to: rules S-20 to S-25.

#include "net/src/rules/path_table.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace {

using namespace callsign::rules;

class PathTable : public testing::Test {
protected:
  bool add(const std::string& path) {
    return table.add(*parse_pattern(path), path.empty() ? "(any)" : path);
  }
  std::string find(const std::string& path) const {
    const auto* found = table.find(path);
    return found == nullptr ? "(none)" : *found;
  }
  path_table<std::string> table;
};

TEST(PathPattern, BadPathsAreRefused) {
  for (const auto* bad : {"chat", "/a*b", "/**", "/a?b", "/a#b", "/%zz", "/%", "/%00", "/%ff", "*"})
    EXPECT_FALSE(parse_pattern(bad)) << bad;
  for (const auto* good : {"", "/", "/*", "/chat", "/chat/", "/chat/*", "/chat*", "/caf%C3%A9"})
    EXPECT_TRUE(parse_pattern(good)) << good;
}

TEST(PathPattern, IsDecodedAndLosesOneTrailingSlash) {
  EXPECT_EQ(parse_pattern("/chat/"), parse_pattern("/chat"));
  EXPECT_EQ(parse_pattern("/caf%C3%A9"), parse_pattern("/caf\xC3\xA9"));
  EXPECT_NE(parse_pattern("/chat"), parse_pattern("/Chat"));
  EXPECT_NE(parse_pattern("/chat//"), parse_pattern("/chat"));
}

TEST_F(PathTable, FindsTheExactPath) {
  add("/chat");
  EXPECT_EQ(find("/chat"), "/chat");
  EXPECT_EQ(find("/chat/"), "/chat");
  EXPECT_EQ(find("/chat//"), "(none)");
  EXPECT_EQ(find("/cha"), "(none)");
  EXPECT_EQ(find("/chatter"), "(none)");
  EXPECT_EQ(find("/"), "(none)");
}

TEST_F(PathTable, TheRootIsAPath) {
  add("/");
  EXPECT_EQ(find("/"), "/");
  EXPECT_EQ(find("/x"), "(none)");
}

TEST_F(PathTable, APrefixTakesTheFolderAndAllBelow) {
  add("/rooms/*");
  EXPECT_EQ(find("/rooms"), "/rooms/*");
  EXPECT_EQ(find("/rooms/"), "/rooms/*");
  EXPECT_EQ(find("/rooms/a"), "/rooms/*");
  EXPECT_EQ(find("/rooms/a/b/"), "/rooms/*");
  EXPECT_EQ(find("/roomservice"), "(none)");
  EXPECT_EQ(find("/room"), "(none)");
}

TEST_F(PathTable, APrefixWithoutASlashIsJustAPrefix) {
  add("/rooms*");
  EXPECT_EQ(find("/rooms"), "/rooms*");
  EXPECT_EQ(find("/rooms/a"), "/rooms*");
  EXPECT_EQ(find("/roomservice"), "/rooms*");
  EXPECT_EQ(find("/room"), "(none)");
}

TEST_F(PathTable, TheMostSpecificWins) {
  for (const auto* path : {"", "/*", "/a/*", "/a/b/*", "/a/b", "/a/b/c"})
    EXPECT_TRUE(add(path));
  EXPECT_EQ(find("/a/b/c"), "/a/b/c");
  EXPECT_EQ(find("/a/b/c/d"), "/a/b/*");
  EXPECT_EQ(find("/a/b"), "/a/b");
  EXPECT_EQ(find("/a/x"), "/a/*");
  EXPECT_EQ(find("/x"), "/*");
  table.remove(*parse_pattern("/*"));
  EXPECT_EQ(find("/x"), "(any)");
}

TEST_F(PathTable, TheLongestPrefixWinsWhateverLiesBetween) {
  const std::vector<std::string> prefixes{"/*",    "/a*",    "/ab*",    "/ab/*", "/abc/d*",
                                          "/b/*",  "/b/a/*", "/b/a/a",  "/c*",   "/c/z*",
                                          "/cc/*", "/ccc*",  "/d/d/d/*"};
  for (const auto& one : prefixes)
    ASSERT_TRUE(add(one));
  std::string path = "/";
  const auto expect = [&] {
    std::string best = path == "/b/a/a" ? path : "/*";
    for (const auto& one : prefixes) {
      const auto text = one.substr(0, one.size() - 1);
      if (best != path && one.back() == '*' && (path + '/').starts_with(text) &&
          one.size() > best.size())
        best = one;
    }
    EXPECT_EQ(find(path), best) << path;
  };
  // Every path of six characters.
  for (int n = 0; n < 5 * 5 * 5 * 5 * 5; ++n) {
    path = "/";
    for (int rest = n, i = 0; i < 5; ++i, rest /= 5)
      path += "/abcd"[rest % 5];
    while (path.size() > 1 && path.back() == '/')
      path.pop_back();
    expect();
  }
}

TEST_F(PathTable, AVeryLongPathCostsNoMoreThanItsLength) {
  add("/rooms/*");
  add("/rooms/a*");

  // Were it the square, this would take minutes.
  EXPECT_EQ(find("/rooms/" + std::string(std::size_t{4} << 20, 'b')), "/rooms/*");
}

TEST_F(PathTable, APathIsTakenOnce) {
  EXPECT_TRUE(add("/chat"));
  EXPECT_FALSE(add("/chat/"));
  EXPECT_TRUE(add("/chat/*"));
  EXPECT_TRUE(add(""));
  EXPECT_FALSE(add(""));
  table.remove(*parse_pattern("/chat"));
  EXPECT_TRUE(add("/chat"));
}

} // namespace
