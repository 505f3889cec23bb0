// How the bytes of a line become what a client hears; and what no server may send.

#include "net/src/rules/frame.hpp"
#include "tests/kit/src/memory/sound.hpp"
#include "tests/kit/src/memory/transcript.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using namespace callsign;
using namespace callsign::testkit::memory;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::string_literals;

const std::string head = "HTTP/1.1 101 Switching Protocols\r\nX: y\r\n\r\n";

std::vector<std::string> heard(const std::string& bytes, std::size_t at_once) {
  hearing ear;
  std::vector<std::string> all;
  for (std::size_t i = 0; i < bytes.size(); i += at_once)
    ear.feed(std::string_view{bytes}.substr(i, at_once),
             [&](const sound& one) { all.push_back(one.in_words()); });
  return all;
}

// Wherever the bytes are cut, the same is heard.
TEST(Hearing, DoesNotDependOnWhereTheBytesAreCut) {
  const std::string bytes =
      head + rules::encode_frame(message{"hello"}) + rules::encode_frame(message::binary("\x01")) +
      rules::encode_frame(message{std::string(300, 'x')}) +
      rules::encode_frame(message{std::string(70'000, 'y')}) +
      rules::encode_frame(rules::opcode::ping, "p") + rules::encode_close(4000, "enough");
  const auto whole = heard(bytes, bytes.size());

  EXPECT_EQ(whole.size(), 7u);
  EXPECT_EQ(whole[0], "admitted with HTTP 101");
  EXPECT_EQ(whole[1], "\"hello\"");
  EXPECT_EQ(whole[2], "<01>");
  EXPECT_EQ(whole[3], '"' + std::string(120, 'x') + "\"… (300 bytes)");
  EXPECT_EQ(whole[5], "a ping");
  EXPECT_EQ(whole[6], "goodbye 4000 \"enough\"");
  for (const std::size_t at_once : {1U, 2U, 3U, 7U, 100U, 4096U})
    EXPECT_EQ(heard(bytes, at_once), whole) << at_once;
}

TEST(Hearing, CallsNonsenseByItsName) {
  EXPECT_THAT(heard("HTTP/1.1 200 OK\r\n\r\n", 100), ElementsAre("nonsense: no 101 before frames"));
  EXPECT_THAT(heard(head + "\x81\x80"
                           "abcd",
                    100),
              testing::Contains("nonsense: a masked frame"));
  EXPECT_THAT(heard(head + "\x01\x01x", 100),
              testing::Contains("nonsense: a frame that begins with <01>"));
  EXPECT_THAT(heard(head + "\xC1\x01x", 100),
              testing::Contains("nonsense: a frame that begins with <c1>"));
  EXPECT_THAT(
      heard(head + rules::encode_close(1000, "") + rules::encode_frame(message{"more"}), 1000),
      testing::Contains("nonsense: bytes behind the Close frame"));
}

TEST(Transcript, ShowsTheLastSteps) {
  transcript told;
  EXPECT_EQ(told.last(), "\nnothing has happened yet");
  told.add("one");
  EXPECT_EQ(told.last(), "\nthe steps:\n  one");
  for (int i = 0; i < 20; ++i)
    told.add("step " + std::to_string(i));
  EXPECT_EQ(told.last(2), "\nthe last steps:\n  step 18\n  step 19");
}

TEST(Transcript, ShowsTextInQuotesAndBytesInHex) {
  EXPECT_EQ(in_quotes("a\nb"), "\"a\\nb\"");
  EXPECT_EQ(in_hex("\x00\xff"s), "<00 ff>");
  EXPECT_THAT(in_quotes(std::string(500, 'x')), HasSubstr("(500 bytes)"));
}

} // namespace
