// WebSocket frames as a server writes them (RFC 6455 sections 5.2 and 5.5.1, rule C-16).

#include "net/src/rules/frame.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace callsign;
using namespace callsign::rules;
using namespace std::string_literals;

TEST(Frame, IsUnmaskedAndFinal) {
  EXPECT_EQ(encode_frame(message{"hello"}), "\x81\x05hello");
  EXPECT_EQ(encode_frame(message::binary("\x01\x02")), "\x82\x02\x01\x02");
  EXPECT_EQ(encode_frame(opcode::ping, {}), "\x89\x00"s);
  EXPECT_EQ(encode_frame(opcode::pong, "abc"), "\x8A\x03"
                                               "abc");
}

TEST(Frame, HasALengthOfOneTwoOrEightBytes) {
  EXPECT_EQ(encode_frame(opcode::text, std::string(125, 'x')).substr(0, 2), "\x81\x7D");
  EXPECT_EQ(encode_frame(opcode::text, std::string(126, 'x')).substr(0, 4), "\x81\x7E\x00\x7E"s);
  EXPECT_EQ(encode_frame(opcode::text, std::string(65535, 'x')).substr(0, 4), "\x81\x7E\xFF\xFF"s);
  EXPECT_EQ(encode_frame(opcode::text, std::string(65536, 'x')).substr(0, 10),
            "\x81\x7F\x00\x00\x00\x00\x00\x01\x00\x00"s);
  EXPECT_EQ(encode_frame(opcode::text, std::string(65536, 'x')).size(), 65546u);
}

TEST(CloseFrame, HasACodeAndAReasonOrNeither) {
  EXPECT_EQ(encode_close(1000, ""), "\x88\x02\x03\xE8"s);
  EXPECT_EQ(encode_close(4001, "x"), "\x88\x03\x0F\xA1x"s);
  EXPECT_EQ(encode_close(0, "lost"), "\x88\x00"s);
  EXPECT_EQ(encode_close(closing::none, "lost"), "\x88\x00"s);
}

TEST(CloseFrame, CutsItsReasonTo123BytesAtACharacter) {
  EXPECT_EQ(cut_reason(std::string(123, 'a')).size(), 123u);
  EXPECT_EQ(cut_reason(std::string(124, 'a')).size(), 123u);
  EXPECT_EQ(cut_reason(std::string(122, 'a') + "\xC3\xA9").size(), 122u);
  EXPECT_EQ(cut_reason(std::string(121, 'a') + "\xE2\x82\xAC").size(), 121u);
  EXPECT_EQ(cut_reason(std::string(120, 'a') + "\xE2\x82\xACz").size(), 123u);
  EXPECT_EQ(cut_reason(std::string(120, 'a') + "\xF0\x9F\x98\x80").size(), 120u);
  EXPECT_EQ(encode_close(1000, std::string(500, 'a')).size(), 127u);
}

TEST(Block, KnowsWhereItsFramesBegin) {
  frame_block block;
  block.append("aa");
  block.append("bbb");
  EXPECT_EQ(block.count(), 2u);
  const auto shared = std::make_shared<const frame_block>(block);

  EXPECT_EQ((frame_slice{shared, 0, 2}).size(), 5u);
  EXPECT_EQ((frame_slice{shared, 1, 2}).size(), 3u);
  EXPECT_EQ((frame_slice{shared, 1, 1}).size(), 0u);
  EXPECT_EQ(whole(shared).count(), 2u);
  EXPECT_EQ(make_block("xyz")->bytes, "xyz");
  EXPECT_EQ(make_block("xyz")->count(), 1u);
}

} // namespace
