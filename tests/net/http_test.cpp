// The web server's lines: files, keep-alive, limits, and everything that is no good HTTP.

#include "tests/net/raw_client.hpp"
#include "tests/net/stub_desk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace callsign;
using namespace callsign::test;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Http : public testing::Test, public socket_fixture_base {
protected:
  void SetUp() override {
    how.files = {{"/index.html", "<h1>home</h1>", {}},
                 {"/chat page.css", "b{}", {}},
                 {"/sub/index.html", "sub", {}}};
    how.headers = {{"Content-Security-Policy", "default-src 'self'"}};
  }
  void TearDown() override {
    EXPECT_TRUE(stop());
    if (!folder.empty())
      std::filesystem::remove_all(folder);
  }
  void make_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "callsign-http-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
    std::filesystem::create_directories(folder / "root" / "sub dir");
    how.root = folder / "root";
    put("root/plain.txt", "plain");
    put("root/sub dir/a b.txt", "spaced");
    put("root/.secret", "no");
    put("outside.txt", "outside");
  }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream{folder / name} << text;
  }

  /// One request on a line of its own.
  [[nodiscard]] http_answer ask(const std::string& text,
                                body_rule body = body_rule::by_length) const {
    raw_client ana{port()};
    ana.send(text);
    return read_answer(ana, body);
  }
  [[nodiscard]] http_answer get(const std::string& target, const std::string& more = {}) const {
    return ask("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n");
  }

  /// Whether that line comes into the log, so many times at least.
  [[nodiscard]] bool logs(const std::string& line, std::ptrdiff_t times = 1) {
    const bool came = notes.wait([&] { return std::ranges::count(log, line) >= times; });
    notes.write([&] {
      for (const auto& one : log)
        EXPECT_TRUE(came) << "the log has: " << one;
    });
    return came;
  }

  web_server_options how;
  std::filesystem::path folder;
};

// D-16: a path with %20 in it
TEST_F(Http, AFileFromMemoryIsServedWithItsTypeAndTag) {
  start(how);

  const auto page = get("/index.html");

  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "<h1>home</h1>");
  EXPECT_EQ(page.header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.header("Server"), "callsign");
  EXPECT_EQ(page.header("Content-Security-Policy"), "default-src 'self'");
  EXPECT_EQ(page.header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(page.header("Cache-Control"), "no-cache");
  EXPECT_THAT(page.header("Date"), HasSubstr(" GMT"));
  EXPECT_TRUE(page.has("ETag"));
  EXPECT_EQ(get("/chat%20page.css").body, "b{}");
  EXPECT_EQ(get("/").body, "<h1>home</h1>");
  EXPECT_EQ(get("/sub/").body, "sub");
  EXPECT_EQ(counted(counter::requests_answered), 4U);
}

TEST_F(Http, AFolderWithoutItsSlashIsRedirected) {
  start(how);

  const auto moved = get("/sub?a=1");

  EXPECT_EQ(moved.status, 301);
  EXPECT_EQ(moved.header("Location"), "/sub/?a=1");
  EXPECT_EQ(get("//sub").status, 404) << "never a redirect to another host";
}

TEST_F(Http, WhatTheClientHasIsNotSentAgain) {
  start(how);
  const std::string tag = get("/").header("ETag");

  EXPECT_EQ(get("/", "If-None-Match: " + tag + "\r\n").status, 304);
  EXPECT_EQ(get("/", "If-None-Match: \"other\", W/" + tag + "\r\n").status, 304);
  EXPECT_EQ(get("/", "If-None-Match: *\r\n").status, 304);
  EXPECT_EQ(get("/", "If-None-Match: \"other\"\r\n").status, 200);
}

TEST_F(Http, HeadHasTheHeadersOfGetAndNoBody) {
  start(how);
  raw_client ana{port()};

  ana.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\nHEAD /none HTTP/1.1\r\nHost: h\r\nConnection: "
           "close\r\n\r\n");

  const auto found = read_answer(ana, body_rule::none);
  EXPECT_EQ(found.status, 200);
  EXPECT_EQ(found.header("Content-Length"), "13");
  EXPECT_EQ(read_answer(ana, body_rule::none).status, 404);
  EXPECT_EQ(ana.read_to_end(), "");
}

// D-16: a path with %20 in it
TEST_F(Http, AFolderIsServedAndNothingLeadsOutOfIt) {
  make_folder();
  std::filesystem::create_symlink(folder / "outside.txt", folder / "root" / "escape.txt");
  std::filesystem::create_symlink("plain.txt", folder / "root" / "within.txt");
  ASSERT_EQ(::mkfifo((folder / "root" / "pipe").c_str(), 0600), 0);
  start(how);

  EXPECT_EQ(get("/plain.txt").body, "plain");
  EXPECT_EQ(get("/sub%20dir/a%20b.txt").body, "spaced");
  EXPECT_EQ(get("/sub%20dir").header("Location"), "/sub%20dir/");
  EXPECT_EQ(get("/sub%20dir/").status, 404) << "no listing";
  for (const std::string path :
       {"/../outside.txt", "/%2e%2e/outside.txt", "/..%2foutside.txt",
        "/sub%20dir/../../outside.txt", "/escape.txt", "/.secret", "/%2esecret", "/pipe",
        "/plain.txt/", "/sub%20dir//a%20b.txt", "/..%5coutside.txt", "/./plain.txt"}) {
    const auto refused = get(path);
    EXPECT_EQ(refused.status, 404) << path;
    EXPECT_THAT(refused.body, Not(HasSubstr("outside"))) << path;
  }
}

TEST_F(Http, AFileOfAFolderIsAskedAboutByTagAndDate) {
  make_folder();
  start(how);
  const auto first = get("/plain.txt");
  const std::string modified = first.header("Last-Modified");

  EXPECT_EQ(get("/plain.txt", "If-Modified-Since: " + modified + "\r\n").status, 304);
  EXPECT_EQ(get("/plain.txt", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n").status, 200);
  EXPECT_EQ(get("/plain.txt", "If-None-Match: " + first.header("ETag") + "\r\n").status, 304);
  put("root/plain.txt", "longer than before");
  EXPECT_EQ(get("/plain.txt", "If-None-Match: " + first.header("ETag") + "\r\n").body,
            "longer than before");
}

TEST_F(Http, ALargeFileComesWholeAndASlowReaderHoldsNobodyUp) {
  make_folder();
  std::string large(5'000'000, '\0');
  for (std::size_t i = 0; i < large.size(); ++i)
    large[i] = static_cast<char>(i * 7 / 3);
  put("root/large.bin", large);
  start(how, 1);
  raw_client slow{port()};
  slow.send("GET /large.bin HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_THAT(slow.read_until("\r\n"), StartsWith("HTTP/1.1 200"));

  const auto fast = get("/large.bin");

  EXPECT_EQ(fast.header("Content-Type"), "application/octet-stream");
  EXPECT_TRUE(fast.body == large);
  static_cast<void>(slow.read_until("\r\n\r\n"));
  EXPECT_TRUE(slow.read_exactly(large.size()) == large);
}

TEST_F(Http, PagesOfOurOwnTakeThePlaceOfTheBuiltInOnes) {
  make_folder();
  put("root/404.html", "<p>lost?</p>");
  put("root/4xx.html", "<p>your fault</p>");
  start(how);

  EXPECT_EQ(get("/nothing").body, "<p>lost?</p>");
  EXPECT_EQ(ask("DELETE / HTTP/1.1\r\nHost: h\r\n\r\n").body, "<p>your fault</p>");
  EXPECT_THAT(ask("BREW / HTTP/1.1\r\nHost: h\r\n\r\n").body, HasSubstr("501 Not Implemented"));
  const auto moved = get("/sub%20dir");
  EXPECT_EQ(moved.status, 301);
  EXPECT_THAT(moved.body, Not(HasSubstr("your fault"))) << "it is nobody's";
}

TEST_F(Http, MethodsThatAreNotReadingAreRefused) {
  start(how);

  for (const std::string method : {"POST", "PUT", "DELETE", "PATCH", "TRACE"}) {
    const auto refused = ask(method + " / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(refused.status, 405) << method;
    EXPECT_EQ(refused.header("Allow"), "GET, HEAD, OPTIONS") << method;
  }
  EXPECT_EQ(ask("CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n").status, 405);
  EXPECT_EQ(ask("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").status, 204);
  EXPECT_EQ(ask("BREW / HTTP/1.1\r\nHost: h\r\n\r\n").status, 501);
}

TEST_F(Http, ALineCarriesSeveralRequestsUntilItsLimit) {
  how.max_requests_per_line = 3;
  start(how);
  raw_client ana{port()};

  const std::string one = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  ana.send(one + one + one + one);

  EXPECT_EQ(read_answer(ana).header("Connection"), "");
  EXPECT_EQ(read_answer(ana).status, 200);
  EXPECT_EQ(read_answer(ana).header("Connection"), "close");
  EXPECT_EQ(ana.read_to_end(), "");
}

TEST_F(Http, AnOldClientKeepsItsLineOnlyIfItAsks) {
  start(how);
  EXPECT_THAT(raw_client{port()}.is_silent(1ms), true);
  raw_client ana{port()};
  raw_client bob{port()};

  ana.send("GET / HTTP/1.0\r\n\r\n");
  bob.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");

  EXPECT_EQ(read_answer(ana).header("Connection"), "close");
  EXPECT_EQ(ana.read_to_end(), "");
  EXPECT_EQ(read_answer(bob).header("Connection"), "keep-alive");
  bob.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(read_answer(bob).status, 200);
  EXPECT_EQ(bob.read_to_end(), "");
}

TEST_F(Http, ABodyIsReadAndForgotten) {
  start(how);
  raw_client ana{port()};

  ana.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
  ana.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
           "chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: v\r\n\r\n");
  ana.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");

  EXPECT_EQ(read_answer(ana).status, 405);
  EXPECT_EQ(read_answer(ana).status, 405);
  EXPECT_EQ(read_answer(ana).status, 200);
}

TEST_F(Http, ABodyOverTheLimitIsRefused) {
  how.max_body_bytes = 100;
  start(how);

  EXPECT_EQ(ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n").status, 413);
  EXPECT_EQ(
      ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n").status,
      413);
  EXPECT_EQ(ask("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" +
                std::string(101, 'x'))
                .status,
            413);
  EXPECT_EQ(ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'x'))
                .status,
            405);
  EXPECT_EQ(counted(counter::requests_bad), 3U);
  EXPECT_TRUE(logs("a request from 127.0.0.1 was answered 413: the body is too large", 3));
}

TEST_F(Http, AClientThatAsksBeforeItsBodyIsAnsweredInstead) {
  start(how);
  raw_client ana{port()};

  ana.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");

  EXPECT_EQ(read_answer(ana).header("Connection"), "close");
  EXPECT_EQ(ana.read_to_end(), "");
  EXPECT_EQ(ask("GET / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n").status, 417);
}

TEST_F(Http, AnAbsoluteTargetNamesItsOwnHost) {
  start(how);

  EXPECT_EQ(get("http://example.org:81/sub/?q=1").body, "sub");
  EXPECT_EQ(get("http://example.org").body, "<h1>home</h1>");
  EXPECT_EQ(get("ftp://example.org/").status, 400);
}

struct bad_request {
  std::string name;
  std::string bytes;
  int status;
};

const std::string line_and_host = "GET / HTTP/1.1\r\nHost: h\r\n";

const std::vector<bad_request> bad_requests{
    {"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
    {"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
    {"HostIsNone", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
    {"BareLineFeed", "GET / HTTP/1.1\nHost: a\n\n", 400},
    {"BareLineFeedInAHeader", line_and_host + "A: b\nC: d\r\n\r\n", 400},
    {"CarriageReturnAlone", line_and_host + "A: b\rC: d\r\n\r\n", 400},
    {"SpaceBeforeColon", "GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400},
    {"FoldedHeader", line_and_host + "A: b\r\n c\r\n\r\n", 400},
    {"NoColon", line_and_host + "nonsense\r\n\r\n", 400},
    {"EmptyName", line_and_host + ": x\r\n\r\n", 400},
    {"NulInPath", std::string("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n", 29), 400},
    {"EncodedNul", "GET /%00 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"BadEscape", "GET /%g1 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"ShortEscape", "GET /%2 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"OverlongUtf8", "GET /%c0%ae%c0%ae/x HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"ControlInHeader", line_and_host + "A: \x01\r\n\r\n", 400},
    {"DeleteInTarget", "GET /\x7f HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"HighByteInTarget", "GET /\xc3\xa4 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"Fragment", "GET /#x HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"NoTarget", "GET HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"TwoSpaces", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"NoVersion", "GET /\r\nHost: h\r\n\r\n", 400},
    {"Version2", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
    {"RelativeTarget", "GET index.html HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"BothLengths", line_and_host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"TwoLengths", line_and_host + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 400},
    {"SignedLength", line_and_host + "Content-Length: +0\r\n\r\n", 400},
    {"UnknownCoding", line_and_host + "Transfer-Encoding: gzip\r\n\r\n", 501},
    {"ChunkedTwice",
     line_and_host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"CodingBehindChunked", line_and_host + "Transfer-Encoding: chunked, gzip\r\n\r\n", 400},
    {"ChunkedIn10", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"BadChunk", line_and_host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
    {"TlsGreeting", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), 400},
    {"Garbage", "\x01\x02\x03", 400},
    {"HugeRequestLine", "GET /" + std::string(65536, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
    {"HeaderTooLong", line_and_host + "A: " + std::string(8193, 'b') + "\r\n\r\n", 431},
};

class BadHttp : public Http, public testing::WithParamInterface<bad_request> {};

TEST_P(BadHttp, IsAnsweredClosedAndCountedAndTheServerIsHealthy) {
  start(how);
  raw_client eve{port()};

  eve.send(GetParam().bytes);

  const auto answer = read_answer(eve);
  EXPECT_EQ(answer.status, GetParam().status) << answer.head << answer.body;
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_TRUE(eve.is_closed());
  EXPECT_EQ(counted(counter::requests_bad), 1U);
  EXPECT_EQ(get("/").status, 200);
}

INSTANTIATE_TEST_SUITE_P(List, BadHttp, testing::ValuesIn(bad_requests),
                         [](const auto& one) { return one.param.name; });

TEST_F(Http, TheAnswerToBadHttpIsNotTakenBackByAReset) {
  start(how);
  raw_client eve{port()};

  eve.send("BAD\n" + std::string(100'000, 'x'));

  EXPECT_EQ(read_answer(eve).status, 400);
  EXPECT_TRUE(eve.ends_cleanly());
  EXPECT_EQ(eve.send_some("x"), 1U) << "not reset: what was not read is drained before the end";
}

TEST_F(Http, AHundredHeadersAreGoodAndOneMoreIsNot) {
  start(how);
  const auto headers = [](int n) {
    std::string all;
    for (int i = 0; i < n; ++i)
      all += "X-" + std::to_string(i) + ": y\r\n";
    return all;
  };

  EXPECT_EQ(get("/", headers(99)).status, 200) << "with Host a hundred";
  EXPECT_EQ(get("/", headers(100)).status, 431);
  EXPECT_EQ(counted(counter::requests_bad), 1U);
  EXPECT_TRUE(logs("a request from 127.0.0.1 was answered 431: there are too many headers"));
}

TEST_F(Http, AHeadMayBeExactlyAsLongAsItsLimit) {
  how.max_head_bytes = 256;
  start(how);
  const std::string begin = "GET / HTTP/1.1\r\nHost: h\r\nA: ";
  const auto of = [&](std::size_t bytes) {
    return begin + std::string(bytes - begin.size() - 4, 'x') + "\r\n\r\n";
  };

  EXPECT_EQ(ask(of(256)).status, 200);
  EXPECT_EQ(ask(of(257)).status, 431);
  EXPECT_EQ(counted(counter::requests_bad), 1U);
  EXPECT_TRUE(
      logs("a request from 127.0.0.1 was answered 431: the head of the request is too long"));
}

TEST_F(Http, ARequestLineOverTheLimitIsRefused) {
  how.max_head_bytes = 256;
  start(how);

  EXPECT_EQ(ask("GET /" + std::string(256, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n").status, 414);
  EXPECT_EQ(counted(counter::requests_bad), 1U);
  EXPECT_TRUE(logs("a request from 127.0.0.1 was answered 414: the request line is too long"));
}

// Whatever else is no good HTTP is counted only: a scanner brings much of it.
TEST_F(Http, OnlyLimitsAreWorthALine) {
  start(how);

  EXPECT_EQ(ask("GET / HTTP/1.1\r\n\r\n").status, 400);
  EXPECT_EQ(counted(counter::requests_bad), 1U);
  EXPECT_TRUE(stop());
  EXPECT_TRUE(log.empty());
}

TEST_F(Http, ARequestThatDoesNotComeInTimeIsEnded) {
  how.request_deadline = 150ms;
  start(how);
  raw_client silent{port()};
  raw_client half{port()};

  half.send("GET / HTTP/1.1\r\nHo");

  EXPECT_EQ(read_answer(half).status, 408);
  EXPECT_TRUE(half.is_closed());
  EXPECT_EQ(silent.read_to_end(), "") << "nothing was said, nothing is answered";
  EXPECT_EQ(counted(counter::requests_late), 2U);
  EXPECT_TRUE(logs("a request from 127.0.0.1 was answered 408: it did not come in time"));
  EXPECT_TRUE(logs("a line from 127.0.0.1 is cut: the request did not come in time"));
}

TEST_F(Http, AnIdleLineIsClosedAfterAWhile) {
  how.idle_deadline = 150ms;
  start(how);
  raw_client ana{port()};
  ana.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_EQ(read_answer(ana).status, 200);

  EXPECT_EQ(ana.read_to_end(), "");

  EXPECT_EQ(counted(counter::requests_late), 0U);
}

/// How many sockets of this process a program that it starts would inherit.
[[nodiscard]] int inherited_sockets() {
  int count = 0;
  for (const auto& one : std::filesystem::directory_iterator{"/proc/self/fd"}) {
    const int fd = std::stoi(one.path().filename());
    struct stat what {};
    if (::fstat(fd, &what) == 0 && S_ISSOCK(what.st_mode) &&
        (::fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0)
      ++count;
  }
  return count;
}

TEST_F(Http, AProgramThatIsStartedInheritsNoLines) {
  const int before = inherited_sockets();
  start(how);
  raw_client ana{port()};
  ana.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_EQ(read_answer(ana).status, 200);

  EXPECT_EQ(inherited_sockets(), before) << "the line outlives us in every child";
}

TEST_F(Http, AnAnswerThatNobodyReadsIsCut) {
  const std::string large(std::size_t{32} << 20, 'x');
  how.files = {{"/large", large, "text/plain"}};
  how.answer_deadline = 150ms;
  start(how);
  raw_client ana{port()};

  ana.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");

  ASSERT_TRUE(notes.wait([&] { return !log.empty(); }));
  EXPECT_EQ(log[0], "an answer to 127.0.0.1 was cut: the client does not read");
  EXPECT_EQ(counted(counter::answers_cut), 1U);
  EXPECT_TRUE(ana.is_closed());
}

TEST_F(Http, AnAnswerWhoseFileBecomesShorterIsCut) {
  make_folder();
  std::filesystem::resize_file(folder / "root" / "plain.txt", std::size_t{64} << 20);
  start(how);
  raw_client ana{port()};
  ana.send("GET /plain.txt HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_THAT(ana.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));

  std::filesystem::resize_file(folder / "root" / "plain.txt", 5);
  const auto came = ana.read_to_end();

  ASSERT_TRUE(came) << "the length was announced: only the end of the line can take it back";
  EXPECT_LT(came->size(), std::size_t{64} << 20);
  ASSERT_TRUE(notes.wait([&] { return !log.empty(); }));
  EXPECT_EQ(log[0], "an answer to 127.0.0.1 was cut: the file has become shorter");
  EXPECT_EQ(counted(counter::answers_cut), 1U);
}

TEST_F(Http, MoreLinesThanAllowedAreTurnedAway) {
  how.max_lines = 2;
  how.max_lines_per_address = 2;
  start(how);
  raw_client ana{port()};
  raw_client bob{port()};
  ana.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  bob.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_EQ(read_answer(ana).status + read_answer(bob).status, 400);

  EXPECT_EQ(ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").status, 503);

  EXPECT_EQ(counted(counter::lines_refused_full), 1U);
  EXPECT_EQ(counted(counter::lines_accepted), 2U);
  EXPECT_TRUE(logs("a line was refused: there are 2 already"));
}

TEST_F(Http, OneAddressDoesNotTakeAllLines) {
  how.max_lines = 8;
  start(how);
  std::deque<raw_client> hoard;
  for (int i = 0; i < 4; ++i) {
    hoard.emplace_back(port());
    hoard.back().send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_EQ(read_answer(hoard.back()).status, 200);
  }

  EXPECT_EQ(ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").status, 503);
  EXPECT_EQ(counted(counter::lines_refused_address_full), 1U);
  EXPECT_EQ(counted(counter::lines_refused_full), 0U);
  ASSERT_TRUE(notes.wait([&] { return !log.empty(); }));
  EXPECT_EQ(log[0], "a line was refused: there are 4 from 127.0.0.1 already");

  raw_client bob{port(), "127.0.0.1", "127.0.0.9"};
  bob.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(read_answer(bob).status, 200);

  hoard.clear();
  bob.close();
  ASSERT_TRUE(no_lines_are_left());
  EXPECT_EQ(get("/").status, 200) << "the seats are given back";
}

TEST_F(Http, ACrowdThatIsTurnedAwayCostsLittle) {
  how.max_lines = 1;
  start(how);
  raw_client ana{port()};
  ana.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_EQ(read_answer(ana).status, 200);

  std::deque<raw_client> crowd;
  for (int i = 0; i < 200; ++i)
    crowd.emplace_back(port());
  int told = 0;
  for (auto& one : crowd) {
    // Those that are not told find the line closed before those that are.
    if (const auto said = one.read_to_end(); said && said->starts_with("HTTP/1.1 503 "))
      ++told;
  }

  EXPECT_GE(told, 64);
  EXPECT_LE(told, 128) << "each holds a descriptor for a while";
  EXPECT_EQ(counted(counter::lines_refused_full), 200U);
  ASSERT_TRUE(notes.wait([&] { return log.size() >= 2; })) << "who came later is told of later";
  EXPECT_EQ(log[0], "a line was refused: there are 1 already");
  EXPECT_THAT(log[1], testing::EndsWith(" lines were refused: there are 1 already"));
  EXPECT_LE(log.size(), 20U);
}

TEST_F(Http, AThousandLinesThatComeAndGoLeaveNothingBehind) {
  start(how);
  for (int i = 0; i < 1000; ++i) {
    raw_client one{port()};
    if (i % 3 == 0)
      one.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    if (i % 3 == 1)
      one.reset();
  }

  EXPECT_EQ(get("/").status, 200);
  EXPECT_TRUE(stop());
  EXPECT_EQ(sessions(), 0U);
}

/// While it lives the process may open only so many more files.
class no_descriptors {
public:
  explicit no_descriptors(std::size_t left) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit tight = before_;
    tight.rlim_cur = 256;
    ::setrlimit(RLIMIT_NOFILE, &tight);
    for (int one = ::dup(0); one >= 0; one = ::dup(0))
      held_.push_back(one);
    for (; left > 0 && !held_.empty(); --left) {
      ::close(held_.back());
      held_.pop_back();
    }
  }
  ~no_descriptors() {
    for (const int one : held_)
      ::close(one);
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }
  no_descriptors(const no_descriptors&) = delete;
  no_descriptors& operator=(const no_descriptors&) = delete;

private:
  rlimit before_{};
  std::vector<int> held_;
};

TEST_F(Http, WithoutDescriptorsAcceptingPausesAndGoesOn) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer's look at virtual tables needs a pipe of its own";
#endif
  start(how, 1);
  ASSERT_EQ(get("/").status, 200) << "a thread opens files of its own when it begins to work";
  ASSERT_TRUE(no_lines_are_left());
  std::optional<no_descriptors> lack{std::in_place, 1}; // one, for the client
  raw_client unlucky{port()};

  EXPECT_EQ(unlucky.read_to_end(), "") << "it is told at once";
  EXPECT_TRUE(logs("no more lines can be accepted for now: Too many open files; raise the limit of "
                   "open files (ulimit -n)"));
  EXPECT_GE(counted(counter::lines_lost_to_descriptors), 1U);
  lack.reset();

  EXPECT_EQ(get("/").status, 200);
}

TEST_F(Http, WhatListensWhileAllStopsIsStoppedTooOrNeverBegins) {
  start(how);
  how.port = 0;
  how.addresses = {"127.0.0.1"};
  std::vector<std::shared_ptr<door::web_service>> begun;
  std::atomic<bool> is_over = false;
  std::vector<std::future<std::error_code>> listening;
  for (int i = 0; i < 4; ++i) {
    listening.push_back(std::async(std::launch::async, [&] {
      std::vector<error> errors;
      while (errors.empty() && !is_over) {
        if (auto one = sockets->listen(how, desk, errors)) {
          notes.write([&] {
            if (begun.size() < 16)
              begun.push_back(std::move(one)); // the others stop at once
          });
        }
      }
      return errors.empty() ? std::error_code{} : errors.front().code;
    }));
  }
  ASSERT_TRUE(notes.wait([&] { return begun.size() > 8; }));

  EXPECT_TRUE(stop());

  for (auto& one : listening)
    EXPECT_EQ(one.wait_for(5s), std::future_status::ready) << "it listens on and on";
  is_over = true;
  for (auto& one : listening)
    EXPECT_EQ(one.get(), errc::shutting_down);
  for (const auto& one : begun)
    EXPECT_THROW(raw_client{one->port()}, std::runtime_error);
  service.reset();
}

TEST_F(Http, TheLastDescriptorIsNobodysLoss) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer's look at virtual tables needs a pipe of its own";
#endif
  start(how, 1);
  ASSERT_EQ(get("/").status, 200);
  ASSERT_TRUE(no_lines_are_left());
  const no_descriptors lack{2}; // one for the client, one for its line

  raw_client lucky{port()};
  lucky.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");

  EXPECT_EQ(read_answer(lucky).status, 200);
  EXPECT_EQ(counted(counter::lines_lost_to_descriptors), 0U) << "nobody else was there";
}

TEST_F(Http, AListenerThatBeganWithoutAReserveFindsOneLater) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer's look at virtual tables needs a pipe of its own";
#endif
  start(how, 1);
  how.port = 0;
  how.addresses = {"127.0.0.1"};
  ASSERT_EQ(get("/").status, 200);
  ASSERT_TRUE(no_lines_are_left());
  std::vector<error> errors;
  std::optional<no_descriptors> lack{std::in_place, 1}; // one, for the listening socket
  service = sockets->listen(how, desk, errors);
  lack.reset();
  ASSERT_NE(service, nullptr);
  ASSERT_EQ(get("/").status, 200);
  ASSERT_TRUE(no_lines_are_left());

  lack.emplace(1);
  raw_client unlucky{port()};

  EXPECT_EQ(unlucky.read_to_end(), "") << "it is told at once";
  EXPECT_EQ(counted(counter::lines_lost_to_descriptors), 1U);
  lack.reset();
}

TEST_F(Http, StoppingClosesIdleLinesAndWaitsForTheOthers) {
  how.stop_deadline = 5s;
  start(how, 1);
  raw_client idle{port()};
  raw_client busy{port()};
  busy.send("GET / HTTP/1.1\r\nHo");
  idle.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_EQ(read_answer(idle).status, 200);
  // The same line again, so that what was sent before is certainly with the server.
  idle.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_EQ(read_answer(idle).status, 200);
  const auto there = port();

  service->stop_listening();
  bool is_drained = false;
  service->when_drained([&] { notes.write([&] { is_drained = true; }); });

  EXPECT_EQ(idle.read_to_end(), "");
  EXPECT_THROW(raw_client{there}, std::runtime_error);
  busy.send("st: h\r\n\r\n");
  EXPECT_EQ(read_answer(busy).header("Connection"), "close");
  EXPECT_EQ(busy.read_to_end(), "");
  busy.close();
  EXPECT_TRUE(notes.wait([&] { return is_drained; }));
}

TEST_F(Http, StoppingCutsWhoDoesNotFinishInTime) {
  how.stop_deadline = 150ms;
  start(how, 1);
  raw_client busy{port()};
  busy.send("GET / HTTP/1.1\r\nHo");
  raw_client other{port()};
  other.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_EQ(read_answer(other).status, 200);

  service->stop_listening();
  int drained = 0;
  service->when_drained([&] { notes.write([&] { ++drained; }); });

  EXPECT_TRUE(busy.is_closed());
  EXPECT_TRUE(notes.wait([&] { return drained == 1; }));
}

TEST_F(Http, APortThatIsTakenIsSaidWithAddressPortAndRemedy) {
  start(how);
  web_server_options second;
  second.port = port();
  second.addresses = {"127.0.0.1", "127.0.0.2"};
  std::vector<error> errors;

  EXPECT_EQ(sockets->listen(second, desk, errors), nullptr);

  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].code, std::errc::address_in_use);
  EXPECT_EQ(errors[0].attempted, "listen on 127.0.0.1 port " + std::to_string(port()));
  EXPECT_NE(errors[0].remedy, "");
  EXPECT_THROW(raw_client(port(), "127.0.0.2"), std::runtime_error) << "nothing stays bound";
}

TEST_F(Http, EverythingThatIsWrongWithAStartIsSaidAtOnce) {
  start(how);
  web_server_options second;
  second.port = 0;
  second.addresses = {"nonsense", "192.0.2.1"};
  second.root = "/nonexistent/folder";
  second.headers = {{"bad name", "x"}, {"Good", "two\r\nlines"}};
  std::vector<error> errors;

  EXPECT_EQ(sockets->listen(second, desk, errors), nullptr);

  EXPECT_EQ(errors.size(), 4U);
}

TEST_F(Http, OneFreePortServesEveryAddress) {
  how.addresses = {"127.0.0.1", "127.0.0.2", "::1"};
  start(how);

  ASSERT_NE(service, nullptr);
  const std::string p = std::to_string(port());
  EXPECT_EQ(service->urls(),
            (std::vector<std::string>{"http://127.0.0.1:" + p + "/", "http://127.0.0.2:" + p + "/",
                                      "http://[::1]:" + p + "/"}));
  for (const std::string address : {"127.0.0.1", "127.0.0.2", "::1"}) {
    raw_client ana{port(), address};
    ana.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(read_answer(ana).status, 200) << address;
  }
}

TEST_F(Http, APortIsFreeAgainWhenListeningStops) {
  start(how);
  const auto there = port();
  ASSERT_EQ(get("/").status, 200);

  service->stop_listening();
  how.port = there;
  how.addresses = {"127.0.0.1"};
  std::vector<error> errors;
  service = sockets->listen(how, desk, errors);

  ASSERT_NE(service, nullptr) << errors.front().message();
  EXPECT_EQ(get("/").status, 200);
}

TEST_F(Http, APortIsFreeAgainEvenWhileItsThreadIsBusy) {
  start(how, 1);
  const auto there = port();
  ASSERT_EQ(get("/").status, 200);
  std::promise<void> held;
  sockets->threads().front()->post([&] { held.get_future().wait_for(patience); });

  service->stop_listening();

  EXPECT_THROW(raw_client{there}, std::runtime_error);
  how.port = there;
  how.addresses = {"127.0.0.1"};
  std::vector<error> errors;
  service = sockets->listen(how, desk, errors);
  EXPECT_TRUE(errors.empty());
  held.set_value();
  ASSERT_NE(service, nullptr);
  EXPECT_EQ(get("/").status, 200);
}

TEST_F(Http, NobodyElseCanListenBesideUs) {
  start(how);

  std::vector<error> errors;
  web_server_options second;
  second.port = port();
  second.addresses = {"0.0.0.0"};
  EXPECT_EQ(sockets->listen(second, desk, errors), nullptr);
  EXPECT_EQ(errors.size(), 1U);
}

} // namespace
