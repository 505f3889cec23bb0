// The opening handshake on the wire, and what happens before the verdict.

#include "tests/net/line_fixture.hpp"

#include "net/src/beast/remote_address.hpp"

#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <future>
#include <string>
#include <vector>

namespace {

using namespace callsign;
using namespace callsign::test;
using namespace std::chrono_literals;
using door::end_cause;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// -- handshake ------------------------------------------------------------------------------------

TEST_F(Line, AHandshakeIsAnsweredAsTheStandardSays) {
  start();
  desk->terms.subprotocol = "chat.v2";
  raw_client ana{port()};

  ana.send(
      good_handshake("/ws/room%20one?name=A%26B&x=1+2",
                     "Sec-WebSocket-Protocol: chat.v1, chat.v2\r\nX-Odd-CASE: v\r\n"
                     "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"));

  const auto said = read_answer(ana, body_rule::none);
  EXPECT_EQ(said.status, 101);
  EXPECT_EQ(said.header("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(said.header("Sec-WebSocket-Protocol"), "chat.v2");
  EXPECT_EQ(said.header("Upgrade"), "websocket");
  EXPECT_EQ(said.header("Connection"), "Upgrade");
  EXPECT_EQ(said.header("Server"), "callsign");
  EXPECT_FALSE(said.has("Sec-WebSocket-Extensions"));
  ASSERT_NE(desk->ear(), nullptr);
  const request& asked = desk->requests.at(0);
  EXPECT_EQ(asked.url, "/ws/room%20one?name=A%26B&x=1+2");
  EXPECT_EQ(asked.path, "/ws/room one");
  EXPECT_EQ(asked.query.at("name"), "A&B");
  EXPECT_EQ(asked.query.at("x"), "1 2");
  EXPECT_EQ(asked.remote_address, "127.0.0.1"); // S-11
  EXPECT_NE(asked.remote_port, 0);
  EXPECT_THAT(asked.subprotocols, ElementsAre("chat.v1", "chat.v2"));
  EXPECT_EQ(asked.headers.find("x-odd-case"), "v");
  EXPECT_TRUE(std::any_of(asked.headers.begin(), asked.headers.end(),
                          [](const auto& h) { return h.first == "X-Odd-CASE"; })); // S-10
}

// S-11
TEST(RemoteAddress, IsDottedAlsoIfMappedAndHasNoZone) {
  const auto shown = [](const char* text) {
    return beast::bare(beast::asio::ip::make_address(text));
  };
  EXPECT_EQ(shown("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(shown("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(shown("fe80::1%7"), "fe80::1");
  EXPECT_EQ(shown("2001:db8::7"), "2001:db8::7");
}

TEST_F(Line, AServerWithoutANameStaysNameless) {
  web_server_options how;
  how.server_name = "";
  start(how);
  raw_client ana{port()};

  ana.send(good_handshake("/ws"));

  EXPECT_EQ(ana.read_until("\r\n\r\n").find("Server"), std::string::npos);
}

TEST_F(Line, AnUpgradeForNobodyIsAnOrdinaryRequest) {
  start();
  raw_client ana{port()};

  ana.send(good_handshake("/elsewhere"));

  EXPECT_EQ(read_answer(ana).status, 404);
  ana.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(read_answer(ana).status, 404) << "the line goes on";
}

TEST_F(Line, ARefusalByTheDeskIsAnHttpAnswer) {
  start();
  raw_client ana{port()};

  ana.send(good_handshake("/no"));

  const auto said = read_answer(ana);
  EXPECT_EQ(said.status, 403);
  EXPECT_THAT(said.body, HasSubstr("not you"));
  EXPECT_EQ(ana.read_to_end(), "");
}

TEST_F(Line, ALateRefusalIsTheSame) {
  start();
  desk->is_slow = true;
  raw_client ana{port()};
  ana.send(good_handshake("/ws"));
  ASSERT_NE(desk->ear(), nullptr);

  desk->ear()->command([](door::session& s) { s.refuse(503, "try <later>"); });

  const auto said = read_answer(ana);
  EXPECT_EQ(said.status, 503);
  EXPECT_THAT(said.body, HasSubstr("try &lt;later&gt;"));
  EXPECT_EQ(ana.read_to_end(), "");
  EXPECT_EQ(end_of().cause, end_cause::dropped);
}

TEST_F(Line, WhoLeavesBeforeTheVerdictIsNoticed) {
  start();
  desk->is_slow = true;
  raw_client ana{port()};
  ana.send(good_handshake("/ws"));
  ASSERT_NE(desk->ear(), nullptr);

  ana.close();

  EXPECT_EQ(end_of().cause, end_cause::line_lost);
}

// Whoever resets its line right behind its request has gone when that is read, and the socket does
// not know its address any more. Without one it would be on nobody's list of the denied.
TEST_F(Line, WhoHasGoneAlreadyStillCameFromItsAddress) {
  start({}, 1);
  std::promise<void> it_has_gone;
  sockets->threads().front()->post([&] { it_has_gone.get_future().wait_for(patience); });
  raw_client ana{port(), "127.0.0.1", "127.0.0.9"};
  ana.send(good_handshake("/ws"));

  ana.reset();
  it_has_gone.set_value();

  ASSERT_NE(desk->ear(), nullptr);
  EXPECT_EQ(desk->requests.at(0).remote_address, "127.0.0.9");
  EXPECT_NE(desk->requests.at(0).remote_port, 0);
  EXPECT_EQ(end_of().cause, end_cause::line_lost);
}

TEST_F(Line, WhoSendsTooMuchBeforeTheVerdictIsStillNoticedWhenItLeaves) {
  start();
  desk->is_slow = true;
  raw_client ana{port()};
  ana.send(good_handshake("/ws") + client_frame(fin | binary, std::string(200'000, 'x')));
  ASSERT_NE(desk->ear(), nullptr);

  ana.reset();

  EXPECT_EQ(end_of().cause, end_cause::line_lost);
}

TEST_F(Line, FramesThatComeBeforeTheVerdictWait) {
  start();
  desk->is_slow = true;
  raw_client ana{port()};
  ana.send(good_handshake("/ws") + client_frame(fin | text, "early") +
           client_frame(fin | text, std::string(40'000, 'e')));
  ASSERT_NE(desk->ear(), nullptr);
  ana.send(client_frame(fin | text, "later"));

  desk->ear()->command([this](door::session& s) { s.admit(desk->terms); });

  EXPECT_THAT(ana.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 101"));
  EXPECT_EQ(read_frame(ana).payload, "early");
  EXPECT_EQ(read_frame(ana).payload, std::string(40'000, 'e'));
  EXPECT_EQ(read_frame(ana).payload, "later");
}

/// Our end of the client's line; -1 if there is none.
int our_end_of(const raw_client& client) {
  sockaddr_in theirs{};
  socklen_t size = sizeof theirs;
  ::getsockname(client.native(), reinterpret_cast<sockaddr*>(&theirs), &size);
  for (const auto& one : std::filesystem::directory_iterator{"/proc/self/fd"}) {
    const int fd = std::stoi(one.path().filename());
    sockaddr_in far{};
    size = sizeof far;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&far), &size) == 0 &&
        far.sin_family == AF_INET && far.sin_port == theirs.sin_port)
      return fd;
  }
  return -1;
}

TEST_F(Line, BeforeTheVerdictLittleIsRead) {
  constexpr int much = 32'000;
  start({}, 1);
  desk->is_slow = true;
  raw_client ana{port()};
  ana.send(good_handshake("/ws"));
  ASSERT_NE(desk->ear(), nullptr);
  const int ours = our_end_of(ana);
  ASSERT_GE(ours, 0);

  ana.send(client_frame(fin | binary, std::string(much, 'e')));

  int unread = 0;
  const auto limit = std::chrono::steady_clock::now() + 5s;
  for (int round = 0; (round < 200 || unread < much - 8'192) && //
                      std::chrono::steady_clock::now() < limit;
       ++round) {
    std::promise<void> been_there;
    sockets->threads().front()->post([&] { been_there.set_value(); });
    been_there.get_future().wait();
    ASSERT_EQ(::ioctl(ours, FIONREAD, &unread), 0);
  }
  EXPECT_GE(unread, much - 8'192) << "it is in no budget";

  desk->ear()->command([this](door::session& s) { s.admit(desk->terms); });
  EXPECT_THAT(ana.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 101"));
  EXPECT_EQ(read_frame(ana).payload.size(), std::size_t{much});
}

struct bad_handshake {
  std::string name;
  std::string bytes;
  int status;
  counter counted;
};

std::string handshake_with(std::string_view line, std::string_view instead) {
  std::string all = good_handshake("/ws");
  const std::size_t at = all.find(line);
  const std::size_t end = all.find("\r\n", at) + 2;
  return all.replace(at, end - at, instead);
}

std::string subprotocols(int n) {
  std::string list;
  for (int i = 0; i < n; ++i)
    list += "p" + std::to_string(i) + ",";
  return "Sec-WebSocket-Protocol: " + list + "last\r\n";
}

constexpr std::string_view key_line = "Sec-WebSocket-Key";
constexpr std::string_view version_line = "Sec-WebSocket-Version";

const std::vector<bad_handshake> bad_handshakes{
    {"Http10", handshake_with("GET", "GET /ws HTTP/1.0\r\n"), 400, counter::refused_upgrade},
    {"Post", handshake_with("GET", "POST /ws HTTP/1.1\r\n"), 405, counter::refused_upgrade},
    {"ContentLength", good_handshake("/ws", "Content-Length: 0\r\n"), 400,
     counter::refused_upgrade},
    {"Chunked", good_handshake("/ws", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400,
     counter::refused_upgrade},
    {"SecondRequestBehind", good_handshake("/ws") + "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400,
     counter::refused_upgrade},
    {"KeyMissing", handshake_with(key_line, ""), 400, counter::refused_upgrade},
    {"KeyOf15Bytes", handshake_with(key_line, "Sec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0\r\n"), 400,
     counter::refused_upgrade},
    {"KeyOf17Bytes", handshake_with(key_line, "Sec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NTY=\r\n"),
     400, counter::refused_upgrade},
    {"KeyNotBase64", handshake_with(key_line, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j!Q==\r\n"),
     400, counter::refused_upgrade},
    {"KeyTwice", good_handshake("/ws", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), 400,
     counter::refused_upgrade},
    {"Version8", handshake_with(version_line, "Sec-WebSocket-Version: 8\r\n"), 426,
     counter::refused_version},
    {"Version99", handshake_with(version_line, "Sec-WebSocket-Version: 99\r\n"), 426,
     counter::refused_version},
    {"VersionMissing", handshake_with(version_line, ""), 426, counter::refused_version},
    {"VersionTwice", good_handshake("/ws", "Sec-WebSocket-Version: 13\r\n"), 426,
     counter::refused_version},
    {"AnotherProtocolBeside", handshake_with("Upgrade", "Upgrade: websocket, h2c\r\n"), 400,
     counter::refused_upgrade},
    {"UpgradeTwice", good_handshake("/ws", "Upgrade: h2c\r\n"), 400, counter::refused_upgrade},
    {"ConnectionWithoutUpgrade", handshake_with("Connection", "Connection: keep-alive\r\n"), 400,
     counter::refused_upgrade},
    {"NoUpgradeHeader", handshake_with("Upgrade", ""), 400, counter::refused_upgrade},
    {"SubprotocolWithSeparator", good_handshake("/ws", "Sec-WebSocket-Protocol: a b\r\n"), 400,
     counter::refused_upgrade},
    {"SubprotocolWithQuotes", good_handshake("/ws", "Sec-WebSocket-Protocol: \"a\"\r\n"), 400,
     counter::refused_upgrade},
    {"AbsoluteTarget", good_handshake("http://elsewhere/ws"), 400, counter::refused_upgrade},
    {"ThousandSubprotocolsOverTheHead", good_handshake("/ws", subprotocols(2000)), 431,
     counter::requests_bad},
};

class BadHandshake : public Line, public testing::WithParamInterface<bad_handshake> {};

TEST_P(BadHandshake, IsNeverA101) {
  start();
  raw_client eve{port()};

  eve.send(GetParam().bytes);

  const auto said = read_answer(eve);
  EXPECT_EQ(said.status, GetParam().status) << said.head << said.body;
  EXPECT_TRUE(eve.is_closed());
  EXPECT_EQ(counted(GetParam().counted), 1U);
  EXPECT_EQ(said.header("Sec-WebSocket-Version"), said.status == 426 ? "13" : "");
  EXPECT_TRUE(desk->ears.empty()) << "the desk is not asked";
  static_cast<void>(joins());
}

INSTANTIATE_TEST_SUITE_P(List, BadHandshake, testing::ValuesIn(bad_handshakes),
                         [](const auto& one) { return one.param.name; });

TEST_F(Line, OddButGoodHandshakesAreGood) {
  start();
  const std::vector<std::string> odd{
      handshake_with("Upgrade", "upgrade: WebSocket\r\n"),
      handshake_with("Connection", "connection: keep-alive, UPGRADE\r\n"),
      handshake_with("Connection", "Connection: keep-alive\r\nConnection: upgrade\r\n"),
      good_handshake("/ws", subprotocols(900)),
      good_handshake("/ws", "Sec-WebSocket-Protocol: ,, a,,b ,\r\n"),
      good_handshake("/ws", "Sec-WebSocket-Extensions: permessage-deflate; "
                            "client_max_window_bits=7,, x; y=\"z\"\r\n"),
  };
  for (const auto& one : odd) {
    raw_client ana{port()};
    ana.send(one);
    EXPECT_EQ(read_answer(ana, body_rule::none).status, 101) << one;
  }
}

TEST_F(Line, ASecondRequestSentBeforeTheVerdictIsRefused) {
  start();
  desk->is_slow = true;
  raw_client eve{port()};
  eve.send(good_handshake("/ws"));
  ASSERT_NE(desk->ear(), nullptr);

  eve.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");

  EXPECT_EQ(read_answer(eve).status, 400);
  EXPECT_EQ(end_of().cause, end_cause::line_lost);
}

} // namespace
