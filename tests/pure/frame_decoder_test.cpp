// The decoder of frames: what it makes of them and what it decides, however the bytes are cut.

#include "net/src/rules/frame_decoder.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace callsign::rules;

constexpr unsigned fin = 0x80;
constexpr unsigned text = 1;
constexpr unsigned binary = 2;

std::string frame(unsigned first, std::string_view payload) {
  std::string all(1, static_cast<char>(first));
  const std::size_t size = payload.size();
  if (size < 126) {
    all += static_cast<char>(0x80 | size);
  } else {
    const int bytes = size <= 0xFFFF ? 2 : 8;
    all += static_cast<char>(bytes == 2 ? 0x80 | 126 : 0x80 | 127);
    for (int i = bytes - 1; i >= 0; --i)
      all += static_cast<char>((static_cast<std::uint64_t>(size) >> (8 * i)) & 0xFF);
  }
  const std::string mask = "\x12\x34\x56\x78";
  all += mask;
  for (std::size_t i = 0; i < size; ++i)
    all += static_cast<char>(payload[i] ^ mask[i % 4]);
  return all;
}

std::string close_of(unsigned code, std::string_view reason) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  return frame(0x88, payload.append(reason));
}

struct seen {
  std::vector<std::string> messages; ///< "t:" or "b:" and the bytes
  std::vector<std::string> pings;
  decode_end end = decode_end::none;
};

/// In pieces of `size`.
seen in_pieces(frame_decoder& decoder, const std::string& bytes, std::size_t size) {
  seen all;
  for (std::size_t at = 0; at < bytes.size() && all.end == decode_end::none; at += size) {
    std::string piece = bytes.substr(at, size);
    inbound here;
    all.end = decoder.take(piece, here);
    piece.assign(piece.size(), '#'); // nothing may still point there
    for (const auto& one : here.messages) {
      all.messages.push_back((one.is_text() ? "t:" : "b:") + std::string{one.text()});
      EXPECT_EQ(encode_frame(one), encode_frame(opcode_of(one.kind()), one.text()))
          << "a message is the frame that sends it on";
    }
    for (auto& one : here.pings)
      all.pings.push_back(std::move(one));
  }
  return all;
}

seen at_once(frame_decoder& decoder, const std::string& bytes) {
  return in_pieces(decoder, bytes, bytes.size());
}

seen at_once(const std::string& bytes, decode_limits limits = {}) {
  frame_decoder decoder{limits};
  return at_once(decoder, bytes);
}

TEST(FrameDecoder, MessagesComeOutWholeHoweverTheBytesAreCut) {
  const std::string big(70'000, 'x');
  const std::string middle(300, 'y');
  const std::string all = frame(text, "ab") + frame(0x89, "ping") + frame(0, "") +
                          frame(fin, "cd") + frame(fin | binary, big) + frame(fin | text, middle) +
                          frame(fin | text, "") + frame(0x8A, "a pong is nothing") +
                          frame(0x89, "") + frame(fin | binary, std::string("\0\xff", 2));
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7},
                                 std::size_t{4096}, all.size()}) {
    frame_decoder decoder;
    const auto got = in_pieces(decoder, all, size);
    EXPECT_EQ(got.messages, (std::vector<std::string>{"t:abcd", "b:" + big, "t:" + middle,
                                                      "t:", "b:" + std::string("\0\xff", 2)}))
        << size;
    EXPECT_EQ(got.pings, (std::vector<std::string>{"ping", ""})) << size;
    EXPECT_EQ(got.end, decode_end::none);
    EXPECT_FALSE(decoder.is_inside());
    EXPECT_EQ(decoder.partial_bytes(), 0U);
  }
}

TEST(FrameDecoder, EveryMaskAndEveryLengthIsTakenOffRight) {
  for (std::size_t size = 0; size < 140; ++size) {
    std::string payload;
    for (std::size_t i = 0; i < size; ++i)
      payload += static_cast<char>(i * 7 + size);
    for (std::size_t cut = 1; cut < 12; ++cut) {
      frame_decoder decoder;
      EXPECT_EQ(in_pieces(decoder, frame(fin | binary, payload), cut).messages,
                (std::vector<std::string>{"b:" + payload}))
          << size << " in pieces of " << cut;
    }
  }
}

TEST(FrameDecoder, MessagesOfOneReadLieSideBySide) {
  std::string all =
      frame(fin | text, "one") + frame(fin | text, "two") + frame(fin | text, "three");
  inbound got;
  frame_decoder decoder;
  ASSERT_EQ(decoder.take(all, got), decode_end::none);

  ASSERT_EQ(got.messages.size(), 3U);
  const auto first = callsign::detail::message_access::frame(got.messages[0]);
  const auto third = callsign::detail::message_access::frame(got.messages[2]);
  EXPECT_EQ(first.block, third.block);
  EXPECT_EQ(third.first, 2U);
  EXPECT_EQ(first.block->bytes, encode_frame(opcode::text, "one") +
                                    encode_frame(opcode::text, "two") +
                                    encode_frame(opcode::text, "three"));
}

TEST(FrameDecoder, WhatStandsInFrontOfTheEndIsGoodAndNothingBehind) {
  const std::string all =
      frame(fin | text, "good") + close_of(1000, "bye") + frame(fin | text, "behind");
  for (std::size_t size = 1; size <= all.size(); ++size) {
    frame_decoder decoder;

    const auto got = in_pieces(decoder, all, size);

    EXPECT_EQ(got.messages, std::vector<std::string>{"t:good"});
    EXPECT_EQ(got.end, decode_end::close);
    EXPECT_EQ(decoder.client_code(), 1000);
    EXPECT_EQ(decoder.client_reason(), "bye");
    EXPECT_TRUE(at_once(decoder, all).messages.empty()) << "the line is at its end";
  }
}

TEST(FrameDecoder, TextIsJudgedAsItComes) {
  const std::string good = "Grüße, \xf0\x9f\x90\xa6!";
  for (std::size_t size = 1; size < good.size(); ++size) {
    frame_decoder decoder;
    EXPECT_EQ(
        in_pieces(decoder, frame(text, good.substr(0, size)) + frame(fin, good.substr(size)), size)
            .messages,
        std::vector<std::string>{"t:" + good})
        << "a character may be cut by fragments and by reads";
  }
  // F4 90 is above U+10FFFF, whatever would follow: no need to wait for it.
  frame_decoder decoder;
  EXPECT_EQ(at_once(decoder, frame(fin | text, "ab\xf4\x90\x80\x80").substr(0, 6 + 4)).end,
            decode_end::invalid_utf8);
  EXPECT_EQ(at_once(frame(text, "ab\xf4") + frame(0, "\x90")).end, decode_end::invalid_utf8);
  EXPECT_EQ(at_once(frame(fin | text, "\xc3")).end, decode_end::invalid_utf8) << "half a character";
  EXPECT_EQ(at_once(frame(text, "\xc3") + frame(fin, "")).end, decode_end::invalid_utf8);
  EXPECT_EQ(at_once(frame(fin | text, "\xed\xa0\x80")).end, decode_end::invalid_utf8);
  EXPECT_EQ(at_once(frame(text, "\xc3") + frame(fin, "\xa9")).messages,
            std::vector<std::string>{"t:é"});
}

TEST(FrameDecoder, BinaryNeedBeNoTextUnlessItMust) {
  EXPECT_EQ(at_once(frame(fin | binary, "\xff")).end, decode_end::none);
  EXPECT_EQ(at_once(frame(fin | binary, "\xff"), {100, 10, true}).end, decode_end::invalid_utf8);
  EXPECT_EQ(at_once(frame(binary, "\xff") + frame(fin, "x"), {100, 10, true}).end,
            decode_end::invalid_utf8);
  EXPECT_EQ(at_once(frame(fin | binary, "é"), {100, 10, true}).messages,
            std::vector<std::string>{"b:é"});
}

TEST(FrameDecoder, OfACloseInPiecesNothingIsLost) {
  const std::string last = close_of(4321, "Grüße");
  for (std::size_t size = 1; size < last.size(); ++size) {
    frame_decoder decoder;
    EXPECT_EQ(in_pieces(decoder, last, size).end, decode_end::close);
    EXPECT_EQ(decoder.client_code(), 4321);
    EXPECT_EQ(decoder.client_reason(), "Grüße");
  }
}

TEST(FrameDecoder, LimitsAreExact) {
  const decode_limits tight{10, 3, false};
  const auto end_of = [&](const std::string& bytes) { return at_once(bytes, tight).end; };

  EXPECT_EQ(end_of(frame(fin | text, std::string(10, 'x'))), decode_end::none);
  EXPECT_EQ(end_of(frame(fin | text, std::string(11, 'x'))), decode_end::message_too_big);
  EXPECT_EQ(end_of(frame(text, std::string(9, 'x')) + frame(fin, "x")), decode_end::none);
  EXPECT_EQ(end_of(frame(text, std::string(9, 'x')) + frame(fin, "xy")),
            decode_end::message_too_big);
  EXPECT_EQ(end_of(frame(text, "") + frame(0, "") + frame(fin, "")), decode_end::none);
  EXPECT_EQ(end_of(frame(text, "") + frame(0, "") + frame(0, "")), decode_end::none);
  EXPECT_EQ(end_of(frame(text, "") + frame(0, "") + frame(0, "") + frame(0, "").substr(0, 1)),
            decode_end::too_many_fragments);
  EXPECT_EQ(end_of(frame(text, "") + frame(0x89, "12345678901") + frame(0x8A, "") +
                   frame(0x89, "") + frame(fin, "")),
            decode_end::none)
      << "control frames are no fragments and have a limit of their own";
}

TEST(FrameDecoder, ALengthIsJudgedBeforeItsMask) {
  frame_decoder decoder{{1000, 10, false}};
  EXPECT_EQ(at_once(decoder, frame(fin | text, std::string(1001, 'x')).substr(0, 4)).end,
            decode_end::message_too_big);

  frame_decoder huge{{~std::size_t{0}, 10, false}};
  EXPECT_EQ(at_once(huge, frame(text, "x")).end, decode_end::none);
  EXPECT_EQ(at_once(huge, std::string("\x80\xff") + std::string(8, '\xff')).end,
            decode_end::message_too_big)
      << "no overflow";
}

TEST(FrameDecoder, KnowsWhatIsArriving) {
  frame_decoder decoder;
  EXPECT_FALSE(decoder.is_inside());

  static_cast<void>(at_once(decoder, frame(text, "12345").substr(0, 1)));
  EXPECT_TRUE(decoder.is_inside());
  const auto first = decoder.begun();
  static_cast<void>(at_once(decoder, frame(text, "12345").substr(1, 8)));
  EXPECT_EQ(decoder.partial_bytes(), 3U);
  static_cast<void>(at_once(decoder, frame(text, "12345").substr(9)));
  EXPECT_TRUE(decoder.is_inside()) << "not final";
  static_cast<void>(at_once(decoder, frame(0x89, "p")));
  EXPECT_EQ(decoder.begun(), first) << "a ping does not make the message young again";
  EXPECT_EQ(decoder.partial_bytes(), 5U);
  static_cast<void>(at_once(decoder, frame(fin, "") + frame(fin | text, "next").substr(0, 2)));
  EXPECT_NE(decoder.begun(), first);
  EXPECT_EQ(decoder.partial_bytes(), 0U);
}

TEST(FrameDecoder, HeadsThatBreakTheProtocolAreStopped) {
  const std::vector<std::pair<std::string, std::string>> all{
      {"RSV1", frame(0xC1, "x")},
      {"RSV2", frame(0xA2, "x")},
      {"RSV3", frame(0x99, "x")},
      {"opcode 3", frame(0x83, "x")},
      {"opcode 11", frame(0x8B, "x")},
      {"RSV1 on a continuation", frame(text, "x") + frame(0xC0, "y")},
      {"RSV2 on a continuation", frame(text, "x") + frame(0x20, "y")},
      {"RSV3 on a continuation", frame(binary, "x") + frame(0x90, "y")},
      {"no mask", "\x81\x01x"},
      {"no mask, empty", std::string("\x81\0", 2)},
      {"fragmented ping", frame(0x09, "x")},
      {"long ping", frame(0x89, std::string(126, 'x'))},
      {"nothing to continue", frame(fin, "x")},
      {"message in message", frame(text, "x") + frame(fin | text, "y")},
      {"16 bits for 125", std::string("\x82\xfe\0\x7dmask", 8)},
      {"64 bits for 65535", std::string("\x82\xff\0\0\0\0\0\0\xff\xffmask", 14)},
  };
  for (const auto& [name, bytes] : all) {
    frame_decoder decoder;
    EXPECT_EQ(at_once(decoder, bytes).end, decode_end::protocol_error) << name;
    EXPECT_FALSE(decoder.why().empty()) << name;
  }
}

TEST(FrameDecoder, ClosesAreReadToTheEnd) {
  const auto end_of = [](const std::string& bytes) { return at_once(bytes).end; };
  EXPECT_EQ(end_of(frame(0x88, "")), decode_end::close);
  EXPECT_EQ(end_of(frame(0x88, "\x03")), decode_end::protocol_error);
  EXPECT_EQ(end_of(close_of(1005, "")), decode_end::protocol_error);
  EXPECT_EQ(end_of(close_of(1014, "")), decode_end::close);
  EXPECT_EQ(end_of(close_of(1000, "\xc3")), decode_end::invalid_utf8);
  EXPECT_EQ(end_of(close_of(1000, std::string(123, 'x'))), decode_end::close);
  EXPECT_EQ(end_of(frame(text, "half") + close_of(1001, "")), decode_end::close);
}

} // namespace
