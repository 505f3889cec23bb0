// Messages, their limits, and frames that nobody may send.

#include "tests/net/line_fixture.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace {

using namespace callsign;
using namespace callsign::test;
using namespace std::chrono_literals;
using door::end_cause;
using testing::StartsWith;

// -- messages -------------------------------------------------------------------------------------

TEST_F(Line, MessagesComeAndGoAsTheyAre) {
  start();
  auto ana = joins();

  ana.send(client_frame(fin | text, "Grüße") +
           client_frame(fin | binary, std::string("\0\xff", 2)) + client_frame(fin | text, ""));

  EXPECT_EQ(read_frame(ana).payload, "Grüße");
  const auto second = read_frame(ana);
  EXPECT_EQ(second.first_byte, fin | binary);
  EXPECT_EQ(second.payload, std::string("\0\xff", 2));
  const auto third = read_frame(ana);
  EXPECT_EQ(third.first_byte, fin | text);
  EXPECT_EQ(third.payload, "");
}

/// Data segments that came to a client. On the loopback a write of less than 64 KiB is one.
unsigned segments(const raw_client& who) {
  tcp_info seen{};
  socklen_t size = sizeof seen;
  EXPECT_EQ(::getsockopt(who.native(), IPPROTO_TCP, TCP_INFO, &seen, &size), 0);
  return seen.tcpi_data_segs_in;
}

// One gathered write per session and turn.
TEST_F(Line, AllThatATurnHasForItIsOneWrite) {
  start();
  auto ana = joins();
  const auto before = segments(ana);

  desk->ear()->command([ear = desk->ear()](door::session& its) {
    for (int i = 0; i < 40; ++i) {
      const message one{"message " + std::to_string(i)};
      static_cast<void>(ear->out().push(detail::message_access::frame(one)));
      its.mark_dirty();
    }
  });

  for (int i = 0; i < 40; ++i)
    EXPECT_EQ(read_frame(ana).payload, "message " + std::to_string(i));
  EXPECT_EQ(segments(ana) - before, 1u);
}

TEST_F(Line, EverySplittingOfTheBytesGivesTheSameMessages) {
  start();
  auto ana = joins();

  const std::string all = client_frame(text, "frag") + client_frame(ping, "p") +
                          client_frame(0, "") + client_frame(fin, "ment") +
                          client_frame(fin | binary, std::string(300, 'b'));
  for (const char c : all)
    ana.send(std::string(1, c));

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
  for (std::size_t i = 0; i < large.size(); ++i)
    large[i] = static_cast<char>(i * 31 / 7);
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
  for (int i = 0; i < 20'000; ++i)
    flood += client_frame(ping, "flood");

  ana.send(flood + client_frame(fin | text, "still here"));

  server_frame last;
  do
    last = read_frame(ana);
  while (last.first_byte == pong);
  EXPECT_EQ(last.payload, "still here");
}

// -- limits ---------------------------------------------------------------------------------------

TEST_F(Line, AMessageMayBeExactlyAsLongAsItsLimit) {
  start();
  desk->terms.max_message_bytes = 1000;
  auto ana = joins();

  ana.send(client_frame(fin | text, std::string(1000, 'a')) +
           client_frame(fin | text, std::string(999, 'a')) +
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
  const std::vector<std::string> lengths{std::string("\x80\0\0\0\0\0\0\0", 8),
                                         std::string(8, '\xff'),
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
  for (int i = 1; i < 1023; ++i)
    all += client_frame(0, "");

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

  ana.send(client_frame(fin | binary, "Grüße") + client_frame(binary, "Gr\xc3") +
           client_frame(fin, "\xbc") + client_frame(fin | binary, "\xff"));

  EXPECT_EQ(read_frame(ana).payload, "Grüße");
  EXPECT_EQ(read_frame(ana).payload, "Grü");
  EXPECT_EQ(read_frame(ana).close_code(), 1007U);
  EXPECT_EQ(end_of().cause, end_cause::invalid_utf8);
}

// -- frames that nobody may send ------------------------------------------------------------------

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
      {"MessageInsideMessage", client_frame(text, "x") + client_frame(fin | text, "y"), 1002,
       wrong},
      {"LongLengthOfSmall", "\x82\xfe" + std::string("\0\x05", 2) + "mmmm12345", 1002, wrong},
      {"LongestLengthOfSmall", "\x82\xff" + std::string("\0\0\0\0\0\0\x01\0", 8) + "mmmm", 1002,
       wrong},
      {"CloseOfOneByte", close_payload("\x03"), 1002, wrong},
      {"CloseReasonNotUtf8", client_close(1000, "\xff"), 1007, end_cause::invalid_utf8},
      {"CloseReasonCutOff", client_close(1000, "\xce\xba\xe1\xbd"), 1007, end_cause::invalid_utf8},
  };
  for (const unsigned opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
    all.push_back(
        {"Opcode" + std::to_string(opcode), client_frame(fin | opcode, "x"), 1002, wrong});
  }
  for (const unsigned code :
       {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
    all.push_back({"CloseCode" + std::to_string(code), client_close(code), 1002, wrong});
  }
  const std::vector<std::pair<std::string, std::string>> broken{
      {"LoneTail", "\x80"},
      {"LoneLead", "\xc3 "},
      {"OverlongSlash", "\xc0\xaf"},
      {"Overlong3", "\xe0\x80\xaf"},
      {"Overlong4", "\xf0\x80\x80\xaf"},
      {"Surrogate", "\xed\xa0\x80"},
      {"TooHigh", "\xf4\x90\x80\x80"},
      {"Lead5", "\xf8\x88\x80\x80\x80"},
      {"Impossible", "\xfe"},
      {"CutOff", "\xe2\x82"},
  };
  for (const auto& [name, bytes] : broken) {
    const auto cause = end_cause::invalid_utf8;
    all.push_back({"Utf8" + name, client_frame(fin | text, "good " + bytes), 1007, cause});
    all.push_back(
        {"Utf8Split" + name,
         client_frame(text, "good " + bytes.substr(0, 1)) + client_frame(fin, bytes.substr(1)),
         1007, cause});
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

  for (const char c : GetParam().bytes)
    eve.send(std::string(1, c));

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

INSTANTIATE_TEST_SUITE_P(List, BadFrame, testing::ValuesIn(bad_frames),
                         [](const auto& one) { return one.param.name; });

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

} // namespace
