// Heads of requests: where they end, what stands in them, what they mean.

#include "net/src/rules/http_head.hpp"
#include "net/src/rules/http_request.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace callsign::rules;
using state = head_scanner::state;

/// Looks after every single byte; answers the last state and where it stopped.
std::pair<state, std::size_t> byte_by_byte(head_scanner& scanner, const std::string& all) {
  for (std::size_t n = 1; n <= all.size(); ++n) {
    const state now = scanner.look(std::string_view{all}.substr(0, n));
    if (now != state::more)
      return {now, n};
  }
  return {state::more, all.size()};
}

TEST(HttpHead, EndsBehindItsEmptyLine) {
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

  head_scanner at_once;
  EXPECT_EQ(at_once.look(head + "GET"), state::complete);
  EXPECT_EQ(at_once.end(), head.size());
  head_scanner slow;
  EXPECT_EQ(byte_by_byte(slow, head + "GET"), std::pair(state::complete, head.size()));
}

TEST(HttpHead, OneEmptyLineMayStandInFront) {
  head_scanner one;
  EXPECT_EQ(one.look("\r\nGET / HTTP/1.0\r\n\r\n"), state::complete);
  EXPECT_EQ(one.begin(), 2U);
  head_scanner two;
  EXPECT_EQ(two.look("\r\n\r\n"), state::bad);
}

TEST(HttpHead, WhatCannotStandInItIsRefusedAtItsFirstByte) {
  const std::vector<std::pair<std::string, std::size_t>> all{
      {"\x16\x03\x01", 1},
      {"(GET", 1},
      {"GET / HTTP/1.1\n", 15},
      {"GET / HTTP/1.1\rX", 16},
      {"GET /\t HTTP/1.1", 6},
      {std::string("GET /\0", 6), 6},
      {"GET / HTTP/1.1\r\nA: \x01", 20},
      {"GET / HTTP/1.1\r\nA: \x7f", 20},
  };
  for (const auto& [bytes, where] : all) {
    head_scanner scanner;
    EXPECT_EQ(byte_by_byte(scanner, bytes + "more"), std::pair(state::bad, where)) << bytes;
    EXPECT_EQ(scanner.wrong().status, 400);
    EXPECT_EQ(scanner.look(bytes + "more and more"), state::bad) << "once bad, always bad";
  }
}

TEST(HttpHead, TheLimitIsExact) {
  const std::string head = "GET / HTTP/1.1\r\nA: b\r\n\r\n";
  head_scanner enough{{head.size(), 100}};
  EXPECT_EQ(enough.look(head), state::complete);
  head_scanner too_small{{head.size() - 1, 100}};
  EXPECT_EQ(too_small.look(head), state::bad);
  EXPECT_EQ(too_small.wrong().status, 431);
  head_scanner first_line{{8, 100}};
  EXPECT_EQ(first_line.look(head), state::bad);
  EXPECT_EQ(first_line.wrong().status, 414);
}

TEST(HttpHead, HeadersAreCounted) {
  head_scanner two{{8192, 2}};
  EXPECT_EQ(two.look("GET / HTTP/1.1\r\nA: b\r\nC: d\r\n\r\n"), state::complete);
  head_scanner three{{8192, 2}};
  EXPECT_EQ(three.look("GET / HTTP/1.1\r\nA: b\r\nC: d\r\nE: f\r\n\r\n"), state::bad);
  EXPECT_EQ(three.wrong().status, 431);
}

TEST(HttpHead, HeadersKeepTheirOrderAndSpelling) {
  request_head head;
  ASSERT_FALSE(
      parse_head("GET /a?b HTTP/1.1\r\nhOST:h\r\nX-A: \t 1 \t\r\nx-a:\r\nX-A: 3\r\n\r\n", head));

  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.target, "/a?b");
  EXPECT_EQ(head.version, 11U);
  ASSERT_EQ(head.headers.size(), 4U);
  EXPECT_EQ(head.headers.begin()->first, "hOST");
  EXPECT_EQ(head.headers.find("Host"), "h");
  EXPECT_EQ(head.headers.values("X-a"), (std::vector<std::string_view>{"1", "", "3"}));
  EXPECT_EQ(head.headers.find("none"), std::nullopt);
}

/// The status of a whole request; 0 if it is good.
int judge(const std::string& head, request_meaning* meaning = nullptr) {
  request_head parsed;
  request_meaning here;
  if (const auto bad = parse_head(head, parsed))
    return bad.status;
  return understand(parsed, 1000, meaning != nullptr ? *meaning : here).status;
}

std::string with(const std::string& headers) {
  return "GET / HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n";
}

TEST(HttpRequest, WhatKeepsTheLine) {
  const std::vector<std::pair<std::string, bool>> all{
      {with(""), true},
      {with("Connection: close\r\n"), false},
      {with("Connection: x, CLOSE\r\n"), false},
      {with("Connection: x\r\nConnection: close\r\n"), false},
      {"GET / HTTP/1.0\r\n\r\n", false},
      {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
      {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false},
  };
  for (const auto& [head, keeps] : all) {
    request_meaning meaning;
    EXPECT_EQ(judge(head, &meaning), 0) << head;
    EXPECT_EQ(meaning.keeps_line, keeps) << head;
  }
}

TEST(HttpRequest, BodiesHaveOneClearLength) {
  EXPECT_EQ(judge(with("Content-Length: 1000\r\n")), 0);
  EXPECT_EQ(judge(with("Content-Length: 1001\r\n")), 413);
  EXPECT_EQ(judge(with("Content-Length: 18446744073709551617\r\n")), 413);
  EXPECT_EQ(judge(with("Content-Length: 1, 1\r\n")), 400);
  EXPECT_EQ(judge(with("Content-Length: 0x1\r\n")), 400);
  EXPECT_EQ(judge(with("Content-Length:\r\n")), 400);
  EXPECT_EQ(judge(with("Transfer-Encoding: Chunked\r\n")), 0);
  EXPECT_EQ(judge(with("Transfer-Encoding: gzip, chunked\r\n")), 501);
  EXPECT_EQ(judge(with("Transfer-Encoding: xchunked\r\n")), 501);
  EXPECT_EQ(judge(with("Transfer-Encoding: chunked, identity\r\n")), 400);
  EXPECT_EQ(judge(with("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n")), 400);
}

TEST(HttpRequest, AnAbsoluteTargetTakesThePlaceOfTheHost) {
  request_head head;
  request_meaning meaning;
  ASSERT_FALSE(
      parse_head("GET http://a.example:81/x%20y?q HTTP/1.1\r\nA: 1\r\nHost: b\r\n\r\n", head));
  ASSERT_FALSE(understand(head, 0, meaning));

  EXPECT_EQ(head.headers.values("host"), (std::vector<std::string_view>{"a.example:81"}));
  EXPECT_EQ(head.target, "/x%20y?q");
  EXPECT_EQ(meaning.path, "/x y");
  EXPECT_TRUE(meaning.is_absolute);
}

TEST(HttpRequest, OnlyOptionsAsksAboutEverything) {
  EXPECT_EQ(judge("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
  EXPECT_EQ(judge("GET * HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(judge("get / HTTP/1.1\r\nHost: h\r\n\r\n"), 501) << "methods have their case";
}

TEST(HttpRequest, AnEmptyHostIsAHost) {
  EXPECT_EQ(judge("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 0);
  EXPECT_EQ(judge("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400);
  EXPECT_EQ(judge("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), 400);
  EXPECT_EQ(judge("GET / HTTP/1.1\r\nHost: user@h\r\n\r\n"), 400);
}

} // namespace
