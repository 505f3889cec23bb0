// The WebSocket side of a line: the handshake, messages, and every way to end.

#include "tests/net/raw_client.hpp"
#include "tests/net/stub_desk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace {

using namespace callsign;
using namespace callsign::test;
using namespace std::chrono_literals;
using door::end_cause;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr unsigned fin = 0x80;
constexpr unsigned text = 1;
constexpr unsigned binary = 2;
constexpr unsigned ping = 0x89;
constexpr unsigned pong = 0x8A;

class Line : public testing::Test, public socket_fixture_base {
 protected:
  void TearDown() override {
    EXPECT_TRUE(stop());
    EXPECT_EQ(sessions(), 0U);
    if (desk == nullptr) return;
    for (const auto& one : desk->ears) {
      EXPECT_EQ(one->ends, 1) << "every line ends once";
      EXPECT_EQ(one->partial, 0);
    }
  }
  /// A client whose upgrade was granted.
  [[nodiscard]] raw_client joins(std::string_view early = {}) {
    raw_client client{port()};
    client.send(good_handshake("/ws").append(early));
    const std::string head = client.read_until("\r\n\r\n");
    EXPECT_THAT(head, StartsWith("HTTP/1.1 101 ")) << head;
    return client;
  }
  /// What the ear was told at the end; waits for it.
  [[nodiscard]] door::end_facts end_of(std::size_t n = 0) {
    const auto ear = desk->ear(n);
    if (ear == nullptr || !desk->notes.wait([&] { return ear->ends > 0; })) {
      ADD_FAILURE() << "no end";
      return {};
    }
    return ear->facts;
  }
};

// -- handshake ------------------------------------------------------------------------------------------

TEST_F(Line, AHandshakeIsAnsweredAsTheStandardSays) {
  start();
  desk->terms.subprotocol = "chat.v2";
  raw_client ana{port()};

  ana.send(good_handshake("/ws/room%20one?name=A%26B&x=1+2", "Sec-WebSocket-Protocol: chat.v1, chat.v2\r\nX-Odd-CASE: v\r\n"
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
  EXPECT_EQ(asked.remote_address, "127.0.0.1");
  EXPECT_NE(asked.remote_port, 0);
  EXPECT_THAT(asked.subprotocols, ElementsAre("chat.v1", "chat.v2"));
  EXPECT_EQ(asked.headers.find("x-odd-case"), "v");
  EXPECT_TRUE(std::any_of(asked.headers.begin(), asked.headers.end(), [](const auto& h) { return h.first == "X-Odd-CASE"; }));
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
  ana.send(good_handshake("/ws") + client_frame(fin | text, "early") + client_frame(fin | text, std::string(40'000, 'e')));
  ASSERT_NE(desk->ear(), nullptr);
  ana.send(client_frame(fin | text, "later"));

  desk->ear()->command([this](door::session& s) { s.admit(desk->terms); });

  EXPECT_THAT(ana.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 101"));
  EXPECT_EQ(read_frame(ana).payload, "early");
  EXPECT_EQ(read_frame(ana).payload, std::string(40'000, 'e'));
  EXPECT_EQ(read_frame(ana).payload, "later");
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
  for (int i = 0; i < n; ++i) list += "p" + std::to_string(i) + ",";
  return "Sec-WebSocket-Protocol: " + list + "last\r\n";
}

constexpr std::string_view key_line = "Sec-WebSocket-Key";
constexpr std::string_view version_line = "Sec-WebSocket-Version";

const std::vector<bad_handshake> bad_handshakes{
    {"Http10", handshake_with("GET", "GET /ws HTTP/1.0\r\n"), 400, counter::refused_upgrade},
    {"Post", handshake_with("GET", "POST /ws HTTP/1.1\r\n"), 405, counter::refused_upgrade},
    {"ContentLength", good_handshake("/ws", "Content-Length: 0\r\n"), 400, counter::refused_upgrade},
    {"Chunked", good_handshake("/ws", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400, counter::refused_upgrade},
    {"SecondRequestBehind", good_handshake("/ws") + "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400, counter::refused_upgrade},
    {"KeyMissing", handshake_with(key_line, ""), 400, counter::refused_upgrade},
    {"KeyOf15Bytes", handshake_with(key_line, "Sec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0\r\n"), 400, counter::refused_upgrade},
    {"KeyOf17Bytes", handshake_with(key_line, "Sec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NTY=\r\n"), 400, counter::refused_upgrade},
    {"KeyNotBase64", handshake_with(key_line, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j!Q==\r\n"), 400, counter::refused_upgrade},
    {"KeyTwice", good_handshake("/ws", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), 400, counter::refused_upgrade},
    {"Version8", handshake_with(version_line, "Sec-WebSocket-Version: 8\r\n"), 426, counter::refused_version},
    {"Version99", handshake_with(version_line, "Sec-WebSocket-Version: 99\r\n"), 426, counter::refused_version},
    {"VersionMissing", handshake_with(version_line, ""), 426, counter::refused_version},
    {"VersionTwice", good_handshake("/ws", "Sec-WebSocket-Version: 13\r\n"), 426, counter::refused_version},
    {"AnotherProtocolBeside", handshake_with("Upgrade", "Upgrade: websocket, h2c\r\n"), 400, counter::refused_upgrade},
    {"UpgradeTwice", good_handshake("/ws", "Upgrade: h2c\r\n"), 400, counter::refused_upgrade},
    {"ConnectionWithoutUpgrade", handshake_with("Connection", "Connection: keep-alive\r\n"), 400, counter::refused_upgrade},
    {"NoUpgradeHeader", handshake_with("Upgrade", ""), 400, counter::refused_upgrade},
    {"SubprotocolWithSeparator", good_handshake("/ws", "Sec-WebSocket-Protocol: a b\r\n"), 400, counter::refused_upgrade},
    {"SubprotocolWithQuotes", good_handshake("/ws", "Sec-WebSocket-Protocol: \"a\"\r\n"), 400, counter::refused_upgrade},
    {"ThousandSubprotocolsOverTheHead", good_handshake("/ws", subprotocols(2000)), 431, counter::requests_bad},
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
      good_handshake("/ws", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=7, x;;y, \"\r\n"),
      good_handshake("http://elsewhere/ws"),
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

// -- messages -------------------------------------------------------------------------------------------

TEST_F(Line, MessagesComeAndGoAsTheyAre) {
  start();
  auto ana = joins();

  ana.send(client_frame(fin | text, "Grüße") + client_frame(fin | binary, std::string("\0\xff", 2)) +
           client_frame(fin | text, ""));

  EXPECT_EQ(read_frame(ana).payload, "Grüße");
  const auto second = read_frame(ana);
  EXPECT_EQ(second.first_byte, fin | binary);
  EXPECT_EQ(second.payload, std::string("\0\xff", 2));
  const auto third = read_frame(ana);
  EXPECT_EQ(third.first_byte, fin | text);
  EXPECT_EQ(third.payload, "");
}

TEST_F(Line, EverySplittingOfTheBytesGivesTheSameMessages) {
  start();
  auto ana = joins();

  const std::string all = client_frame(text, "frag") + client_frame(ping, "p") + client_frame(0, "") + client_frame(fin, "ment") +
                          client_frame(fin | binary, std::string(300, 'b'));
  for (const char c : all) ana.send(std::string(1, c));

  const auto answer = read_frame(ana);
  EXPECT_EQ(answer.first_byte, pong);
  EXPECT_EQ(answer.payload, "p");
  EXPECT_EQ(read_frame(ana).payload, "fragment");
  EXPECT_EQ(read_frame(ana).payload, std::string(300, 'b'));
}

TEST_F(Line, LargeMessagesComeWhole) {
  start();
  desk->terms.max_message_bytes = 8'000'000;
  auto ana = joins();
  std::string large(7'000'001, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 / 7);
  const auto ear = desk->ear();
  ear->is_echo = false;

  ana.send(client_frame(fin | binary, large));

  ASSERT_TRUE(desk->notes.wait([&] { return !ear->messages.empty(); }));
  EXPECT_TRUE(ear->messages[0].second == large);
  EXPECT_GT(ear->most_partial, 1'000'000);
  ana.send(client_close(1000));
  EXPECT_EQ(read_frame(ana).close_code(), 1000U);
}

TEST_F(Line, APingIsAnsweredBetweenFragments) {
  start();
  auto ana = joins();

  for (int i = 0; i < 100; ++i) {
    ana.send(client_frame(i == 0 ? text : 0, "x") + client_frame(ping, std::to_string(i)));
    EXPECT_EQ(read_frame(ana).payload, std::to_string(i));
  }
  ana.send(client_frame(pong, "never asked") + client_frame(fin, ""));

  EXPECT_EQ(read_frame(ana).payload, std::string(100, 'x'));
}

TEST_F(Line, AFloodOfPingsNeitherFillsTheOutboxNorStopsTheEcho) {
  start();
  auto ana = joins();
  std::string flood;
  for (int i = 0; i < 20'000; ++i) flood += client_frame(ping, "flood");

  ana.send(flood + client_frame(fin | text, "still here"));

  server_frame last;
  do last = read_frame(ana);
  while (last.first_byte == pong);
  EXPECT_EQ(last.payload, "still here");
}

// -- limits ---------------------------------------------------------------------------------------------

TEST_F(Line, AMessageMayBeExactlyAsLongAsItsLimit) {
  start();
  desk->terms.max_message_bytes = 1000;
  auto ana = joins();

  ana.send(client_frame(fin | text, std::string(1000, 'a')) + client_frame(fin | text, std::string(999, 'a')) +
           client_frame(text, std::string(991, 'a')) + client_frame(fin, std::string(9, 'b')));
  EXPECT_EQ(read_frame(ana).payload.size(), 1000U);
  EXPECT_EQ(read_frame(ana).payload.size(), 999U);
  EXPECT_EQ(read_frame(ana).payload.size(), 1000U);
  ana.send(client_frame(fin | text, std::string(1001, 'a')));

  EXPECT_EQ(read_frame(ana).close_code(), 1009U);
  EXPECT_EQ(ana.read_to_end(), "");
  EXPECT_EQ(end_of().cause, end_cause::message_too_big);
}

TEST_F(Line, ALengthOverTheLimitIsRefusedBeforeItsPayloadComes) {
  start();
  auto ana = joins();

  ana.send(client_frame(text, "begin") + client_frame(0, std::string(70'000, 'x')).substr(0, 14));

  EXPECT_EQ(read_frame(ana).close_code(), 1009U);
  EXPECT_EQ(ana.read_to_end(), "");
  EXPECT_EQ(end_of().cause, end_cause::message_too_big);
}

TEST_F(Line, LengthsThatNoMessageHasAreTooBig) {
  start();
  const std::string mask(4, 'm');
  const std::vector<std::string> lengths{std::string("\x80\0\0\0\0\0\0\0", 8), std::string(8, '\xff'),
                                         std::string("\x7f\xff\xff\xff\xff\xff\xff\xff", 8)};
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    auto eve = joins();
    eve.send("\x82\xff" + lengths[i] + mask);
    EXPECT_EQ(read_frame(eve).close_code(), 1009U);
    EXPECT_EQ(end_of(i).cause, end_cause::message_too_big);
  }
}

TEST_F(Line, OneFragmentTooManyEndsTheLine) {
  start();
  auto ana = joins();
  std::string all = client_frame(text, "");
  for (int i = 1; i < 1023; ++i) all += client_frame(0, "");

  ana.send(all + client_frame(fin, "end"));
  EXPECT_EQ(read_frame(ana).payload, "end") << "1024 are good";
  ana.send(all + client_frame(0, "") + client_frame(0, ""));

  EXPECT_EQ(read_frame(ana).close_code(), 1009U);
  EXPECT_EQ(end_of().cause, end_cause::too_many_fragments);
}

TEST_F(Line, AMessageThatDoesNotArriveInTimeEndsTheLine) {
  start();
  desk->terms.message_deadline = 150ms;
  auto ana = joins();

  ana.send(client_frame(fin | text, "whole") + client_frame(text, "half"));

  EXPECT_EQ(read_frame(ana).payload, "whole");
  EXPECT_EQ(read_frame(ana).close_code(), 1008U);
  EXPECT_EQ(end_of().cause, end_cause::message_late);
}

TEST_F(Line, APartOfAHeadIsAPartOfAMessage) {
  start();
  desk->terms.message_deadline = 150ms;
  auto ana = joins();

  ana.send("\x81");

  EXPECT_EQ(read_frame(ana).close_code(), 1008U);
  EXPECT_EQ(end_of().cause, end_cause::message_late);
}

TEST_F(Line, SilenceBetweenMessagesIsNoDelay) {
  start();
  desk->terms.message_deadline = 100ms;
  auto ana = joins();
  ana.send(client_frame(fin | text, "one"));
  ASSERT_EQ(read_frame(ana).payload, "one");

  EXPECT_TRUE(ana.is_silent(400ms));

  ana.send(client_frame(fin | text, "two"));
  EXPECT_EQ(read_frame(ana).payload, "two");
}

TEST_F(Line, TextThatMustBeUtf8IsCheckedInBinaryFramesToo) {
  start();
  desk->terms.must_be_utf8 = true;
  auto ana = joins();

  ana.send(client_frame(fin | binary, "Grüße") + client_frame(binary, "Gr\xc3") + client_frame(fin, "\xbc") +
           client_frame(fin | binary, "\xff"));

  EXPECT_EQ(read_frame(ana).payload, "Grüße");
  EXPECT_EQ(read_frame(ana).payload, "Grü");
  EXPECT_EQ(read_frame(ana).close_code(), 1007U);
  EXPECT_EQ(end_of().cause, end_cause::invalid_utf8);
}

// -- frames that nobody may send ------------------------------------------------------------------------

struct bad_frame {
  std::string name;
  std::string bytes;
  unsigned code;
  end_cause cause;
};

std::string close_payload(std::string_view payload) { return client_frame(0x88, payload); }

const std::vector<bad_frame> bad_frames = [] {
  const auto wrong = end_cause::protocol_error;
  std::vector<bad_frame> all{
      {"Rsv1", client_frame(0xC1, "x"), 1002, wrong},
      {"Rsv2", client_frame(0xA1, "x"), 1002, wrong},
      {"Rsv3", client_frame(0x91, "x"), 1002, wrong},
      {"RsvOnPing", client_frame(0xC9, "x"), 1002, wrong},
      {"RsvOnContinuation", client_frame(text, "x") + client_frame(0xC0, "x"), 1002, wrong},
      {"Unmasked", "\x81\x02hi", 1002, wrong},
      {"ControlTooLong", client_frame(ping, std::string(126, 'x')), 1002, wrong},
      {"CloseTooLong", client_close(1000, std::string(124, 'x')), 1002, wrong},
      {"PingFragmented", client_frame(0x09, "x"), 1002, wrong},
      {"ContinuationOfNothing", client_frame(fin, "x"), 1002, wrong},
      {"ContinuationBehindWhole", client_frame(0, "x"), 1002, wrong},
      {"MessageInsideMessage", client_frame(text, "x") + client_frame(fin | text, "y"), 1002, wrong},
      {"LongLengthOfSmall", "\x82\xfe" + std::string("\0\x05", 2) + "mmmm12345", 1002, wrong},
      {"LongestLengthOfSmall", "\x82\xff" + std::string("\0\0\0\0\0\0\x01\0", 8) + "mmmm", 1002, wrong},
      {"CloseOfOneByte", close_payload("\x03"), 1002, wrong},
      {"CloseReasonNotUtf8", client_close(1000, "\xff"), 1007, end_cause::invalid_utf8},
      {"CloseReasonCutOff", client_close(1000, "\xce\xba\xe1\xbd"), 1007, end_cause::invalid_utf8},
  };
  for (const unsigned opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
    all.push_back({"Opcode" + std::to_string(opcode), client_frame(fin | opcode, "x"), 1002, wrong});
  }
  for (const unsigned code : {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
    all.push_back({"CloseCode" + std::to_string(code), client_close(code), 1002, wrong});
  }
  const std::vector<std::pair<std::string, std::string>> broken{
      {"LoneTail", "\x80"},           {"LoneLead", "\xc3 "},       {"OverlongSlash", "\xc0\xaf"},
      {"Overlong3", "\xe0\x80\xaf"},  {"Overlong4", "\xf0\x80\x80\xaf"}, {"Surrogate", "\xed\xa0\x80"},
      {"TooHigh", "\xf4\x90\x80\x80"}, {"Lead5", "\xf8\x88\x80\x80\x80"}, {"Impossible", "\xfe"},
      {"CutOff", "\xe2\x82"},
  };
  for (const auto& [name, bytes] : broken) {
    const auto cause = end_cause::invalid_utf8;
    all.push_back({"Utf8" + name, client_frame(fin | text, "good " + bytes), 1007, cause});
    all.push_back({"Utf8Split" + name, client_frame(text, "good " + bytes.substr(0, 1)) + client_frame(fin, bytes.substr(1)), 1007, cause});
  }
  return all;
}();

class BadFrame : public Line, public testing::WithParamInterface<bad_frame> {};

TEST_P(BadFrame, EndsTheLineWithItsCodeBehindWhatWasGood) {
  start();
  auto eve = joins();

  eve.send(client_frame(fin | text, "good") + GetParam().bytes);

  EXPECT_EQ(read_frame(eve).payload, "good");
  EXPECT_EQ(read_frame(eve).close_code(), GetParam().code);
  EXPECT_EQ(eve.read_to_end(), "") << "one Close, nothing behind it";
  EXPECT_EQ(end_of().cause, GetParam().cause);
}

TEST_P(BadFrame, DoesSoWhenItComesByteByByte) {
  start();
  auto eve = joins();

  for (const char c : GetParam().bytes) eve.send(std::string(1, c));

  EXPECT_EQ(read_frame(eve).close_code(), GetParam().code);
  EXPECT_TRUE(eve.is_closed());
  EXPECT_EQ(end_of().cause, GetParam().cause);
}

TEST_P(BadFrame, DoesSoWhenItComesWithTheHandshake) {
  start();
  raw_client eve{port()};

  eve.send(good_handshake("/ws") + client_frame(fin | text, "good") + GetParam().bytes);

  EXPECT_THAT(eve.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 101"));
  EXPECT_EQ(read_frame(eve).payload, "good");
  EXPECT_EQ(read_frame(eve).close_code(), GetParam().code);
  EXPECT_EQ(end_of().cause, GetParam().cause);
}

INSTANTIATE_TEST_SUITE_P(List, BadFrame, testing::ValuesIn(bad_frames), [](const auto& one) { return one.param.name; });

TEST_F(Line, BrokenTextIsNoticedWhileItsFrameIsStillArriving) {
  start();
  // U+110000: wrong at its second byte.
  const std::string payload = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80"
                              "edited";
  const std::string frame = client_frame(fin | text, payload);
  constexpr std::size_t head = 6;
  constexpr std::size_t wrong_at = 12;
  auto eve = joins();

  eve.send(frame.substr(0, head + wrong_at));
  EXPECT_TRUE(eve.is_silent(100ms)) << "still good";
  eve.send(frame.substr(head + wrong_at, 1));

  EXPECT_EQ(read_frame(eve, 1000ms).close_code(), 1007U);
}

// -- ends -----------------------------------------------------------------------------------------------

TEST_F(Line, TheClientsCloseIsEchoedAndReported) {
  start();
  const std::vector<unsigned> codes{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999};
  for (std::size_t i = 0; i < codes.size(); ++i) {
    auto ana = joins();
    ana.send(client_close(codes[i], "so long ✓"));

    EXPECT_EQ(read_frame(ana).close_code(), codes[i]);
    EXPECT_EQ(ana.read_to_end(), "");
    const auto facts = end_of(i);
    EXPECT_EQ(facts.cause, end_cause::closed);
    EXPECT_EQ(facts.client_code, codes[i]);
    EXPECT_EQ(facts.client_reason, "so long ✓");
  }
}

TEST_F(Line, ACloseWithoutACodeHasNone) {
  start();
  auto ana = joins();

  ana.send(client_frame(0x88, ""));

  const auto said = read_frame(ana);
  EXPECT_EQ(said.first_byte, 0x88U);
  EXPECT_EQ(said.payload, "");
  EXPECT_EQ(end_of().client_code, 0);
}

TEST_F(Line, NothingIsHeardBehindTheClientsClose) {
  start();
  auto ana = joins();

  ana.send(client_frame(fin | text, "before") + client_close(1000) + client_frame(fin | text, "behind") + client_close(4000) +
           client_frame(ping, "x"));

  EXPECT_EQ(read_frame(ana).payload, "before");
  EXPECT_EQ(read_frame(ana).close_code(), 1000U);
  EXPECT_EQ(ana.read_to_end(), "");
  EXPECT_EQ(end_of().client_code, 1000);
  EXPECT_EQ(desk->ear()->messages.size(), 1U);
}

TEST_F(Line, ACloseInsideAMessageIsAClose) {
  start();
  auto ana = joins();

  ana.send(client_frame(text, "never ends") + client_close(1001));

  EXPECT_EQ(read_frame(ana).close_code(), 1001U);
  EXPECT_EQ(end_of().cause, end_cause::closed);
  EXPECT_TRUE(desk->ear()->messages.empty());
}

TEST_F(Line, OurCloseIsAnsweredByTheClientAndThenItEnds) {
  start();
  auto ana = joins();
  const auto ear = desk->ear();

  ear->command([&](door::session& s) {
    ear->out().push_close(rules::encode_close(1001, "bye"));
    s.mark_dirty();
  });

  const auto said = read_frame(ana);
  EXPECT_EQ(said.close_code(), 1001U);
  EXPECT_EQ(said.payload.substr(2), "bye");
  EXPECT_EQ(ear->ends, 0) << "the client has not answered";
  ana.send(client_frame(fin | text, "on its way") + client_frame(ping, "too") + client_close(1001));
  EXPECT_EQ(ana.read_to_end(), "") << "one Close, no pong behind it";
  EXPECT_EQ(end_of().cause, end_cause::closed);
  EXPECT_EQ(end_of().client_code, 1001);
}

TEST_F(Line, AClientThatLingersDoesNotDelayTheEnd) {
  start();
  auto ana = joins();

  ana.send(client_close(1000));

  EXPECT_EQ(end_of().cause, end_cause::closed) << "the line is still open on the client's side";
  EXPECT_EQ(read_frame(ana).close_code(), 1000U);
}

TEST_F(Line, ADroppedLineIsCutAndReported) {
  start();
  auto ana = joins();

  desk->ear()->command([](door::session& s) {
    s.drop();
    s.drop();
    s.mark_dirty();
    s.pause_reading();
    s.resume_reading();
  });

  EXPECT_TRUE(ana.is_closed());
  EXPECT_EQ(end_of().cause, end_cause::dropped);
}

TEST_F(Line, ALostLineIsReportedWhereverItBreaks) {
  start();
  const std::string frame = client_frame(fin | text, std::string(200, 'x'));
  std::size_t n = 0;
  for (const std::size_t cut : {0U, 1U, 2U, 3U, 5U, 7U, 8U, 9U, 100U}) {
    auto ana = joins();
    ana.send(client_frame(fin | text, "here") + frame.substr(0, cut));
    ASSERT_EQ(read_frame(ana).payload, "here");
    if (cut % 2 == 0) {
      ana.reset();
    } else {
      ana.shut_down_sending();
    }
    EXPECT_EQ(end_of(n++).cause, end_cause::line_lost) << cut;
  }
}

TEST_F(Line, WhatIsQueuedGoesOutBeforeTheClose) {
  start();
  auto ana = joins();
  const auto ear = desk->ear();
  const std::string large(3'000'000, 'q');
  rules::outbox::limits roomy;
  roomy.max_bytes = 10'000'000;

  ear->command([&](door::session& s) {
    ear->out().set_limits(roomy);
    for (int i = 0; i < 3; ++i) {
      static_cast<void>(ear->out().push(rules::whole(rules::make_block(rules::encode_frame(rules::opcode::binary, large)))));
    }
    ear->out().push_close(rules::encode_close(1000, {}));
    s.mark_dirty();
  });
  // The client closes as well, while most of it is still unwritten.
  ana.send(client_close(1000));

  for (int i = 0; i < 3; ++i) EXPECT_TRUE(read_frame(ana).payload == large);
  EXPECT_EQ(read_frame(ana).close_code(), 1000U);
  EXPECT_EQ(end_of().cause, end_cause::closed);
}

TEST_F(Line, AClientThatClosesButDoesNotReadIsNotWaitedForForEver) {
  start();
  auto ana = joins();
  const auto ear = desk->ear();
  rules::outbox::limits roomy;
  roomy.max_bytes = 100'000'000;
  ear->command([&](door::session& s) {
    ear->out().set_limits(roomy);
    static_cast<void>(
        ear->out().push(rules::whole(rules::make_block(rules::encode_frame(rules::opcode::binary, std::string(20'000'000, 'q'))))));
    s.mark_dirty();
  });

  ana.send(client_close(1000));

  ASSERT_TRUE(desk->notes.wait([&] { return ear->ends > 0; }, 10s));
  EXPECT_EQ(ear->facts.cause, end_cause::closed);
}

// -- pausing --------------------------------------------------------------------------------------------

TEST_F(Line, WhilePausedNothingMoreIsDelivered) {
  start();
  desk->pauses_after_each = true;
  auto ana = joins();
  const auto ear = desk->ear();

  ana.send(client_frame(fin | text, "one") + client_frame(fin | text, "two") + client_frame(fin | text, "three"));

  EXPECT_EQ(read_frame(ana).payload, "one");
  EXPECT_TRUE(ana.is_silent(100ms));
  ear->command([](door::session& s) { s.resume_reading(); });
  EXPECT_EQ(read_frame(ana).payload, "two");
  EXPECT_TRUE(ana.is_silent(100ms));
  ear->command([](door::session& s) { s.resume_reading(); });
  EXPECT_EQ(read_frame(ana).payload, "three");
}

TEST_F(Line, WhilePausedTheDeadlineOfAMessageStandsStill) {
  start();
  desk->terms.message_deadline = 200ms;
  auto ana = joins();
  const auto ear = desk->ear();
  ana.send(client_frame(text, "half"));
  ASSERT_TRUE(desk->notes.wait([&] { return ear->partial == 4; }));
  ear->command([](door::session& s) { s.pause_reading(); });

  EXPECT_TRUE(ana.is_silent(600ms));
  ear->command([](door::session& s) { s.resume_reading(); });

  EXPECT_EQ(read_frame(ana).close_code(), 1008U);
}

TEST_F(Line, WhilePausedAHangUpIsNoticed) {
  start();
  for (std::size_t i = 0; i < 2; ++i) {
    auto ana = joins();
    const auto ear = desk->ear(i);
    ear->command([](door::session& s) { s.pause_reading(); });
    if (i == 0) {
      ana.close();
    } else {
      ana.reset();
    }
    EXPECT_EQ(end_of(i).cause, end_cause::line_lost);
  }
}

TEST_F(Line, WhilePausedOurCloseStillFindsItsAnswer) {
  start();
  auto ana = joins();
  const auto ear = desk->ear();
  ear->command([&](door::session& s) {
    s.pause_reading();
    ear->out().push_close(rules::encode_close(1000, {}));
    s.mark_dirty();
  });

  EXPECT_EQ(read_frame(ana).close_code(), 1000U);
  ana.send(client_close(1000));

  EXPECT_EQ(end_of().cause, end_cause::closed);
}

// -- the whole ------------------------------------------------------------------------------------------

TEST_F(Line, StoppingTheSocketsCutsEveryLineAndReportsIt) {
  start();
  std::vector<raw_client> all;
  for (int i = 0; i < 50; ++i) all.push_back(joins());

  EXPECT_TRUE(stop());

  for (auto& one : all) EXPECT_TRUE(one.is_closed());
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(end_of(i).cause, end_cause::dropped);
}

TEST_F(Line, UpgradedLinesOutliveTheirListener) {
  start();
  auto ana = joins();

  service->stop_listening();
  bool is_drained = false;
  service->when_drained([&] { notes.write([&] { is_drained = true; }); });

  EXPECT_TRUE(notes.wait([&] { return is_drained; }));
  ana.send(client_frame(fin | text, "still here"));
  EXPECT_EQ(read_frame(ana).payload, "still here");
}

}  // namespace
