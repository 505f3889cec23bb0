// The scanner of frames: what it decides, and that it decides the same however the bytes are cut.

#include "net/src/rules/frame_scanner.hpp"

#include <gtest/gtest.h>

#include <string>

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

/// All at once, and how much of it was good.
frame_scanner::result whole(frame_scanner& scanner, const std::string& bytes) {
  return scanner.scan(bytes);
}

/// In pieces of `size`; what was good before the piece that ended it is counted.
frame_scanner::result in_pieces(frame_scanner& scanner, const std::string& bytes,
                                std::size_t size) {
  frame_scanner::result all;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    const auto now = scanner.scan(std::string_view{bytes}.substr(at, size));
    all.good += now.good;
    all.end = now.end;
    if (now.end != scan_end::none)
      break;
  }
  return all;
}

TEST(FrameScanner, GoodFramesPassWhole) {
  const std::string all = frame(text, "ab") + frame(0x89, "ping") + frame(0, "") +
                          frame(fin, "cd") + frame(fin | binary, std::string(70'000, 'x'));
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, all.size()}) {
    frame_scanner scanner;
    const auto seen = in_pieces(scanner, all, size);
    EXPECT_EQ(seen.good, all.size());
    EXPECT_EQ(seen.end, scan_end::none);
    EXPECT_FALSE(scanner.is_inside());
    EXPECT_EQ(scanner.partial_bytes(), 0U);
    EXPECT_EQ(scanner.begun(), 2U);
  }
}

TEST(FrameScanner, TheFrameThatEndsTheLineIsNotHandedOn) {
  const std::string good = frame(fin | text, "good");
  frame_scanner scanner;

  const auto seen = whole(scanner, good + close_of(1000, "bye") + frame(fin | text, "behind"));

  EXPECT_EQ(seen.good, good.size());
  EXPECT_EQ(seen.end, scan_end::close);
  EXPECT_EQ(scanner.client_code(), 1000);
  EXPECT_EQ(scanner.client_reason(), "bye");
  EXPECT_EQ(scanner.scan(good).good, 0U) << "and nothing behind it";
}

TEST(FrameScanner, OfACloseInPiecesTheLastIsKeptBack) {
  const std::string last = close_of(4321, "Grüße");
  for (std::size_t size = 1; size < last.size(); ++size) {
    frame_scanner scanner;
    const auto seen = in_pieces(scanner, last, size);
    EXPECT_LT(seen.good, last.size());
    EXPECT_EQ(seen.end, scan_end::close);
    EXPECT_EQ(scanner.client_code(), 4321);
    EXPECT_EQ(scanner.client_reason(), "Grüße");
  }
}

TEST(FrameScanner, LimitsAreExact) {
  const scan_limits tight{10, 3};
  const auto end_of = [&](const std::string& bytes) {
    frame_scanner scanner{tight};
    return scanner.scan(bytes).end;
  };

  EXPECT_EQ(end_of(frame(fin | text, std::string(10, 'x'))), scan_end::none);
  EXPECT_EQ(end_of(frame(fin | text, std::string(11, 'x'))), scan_end::message_too_big);
  EXPECT_EQ(end_of(frame(text, std::string(9, 'x')) + frame(fin, "x")), scan_end::none);
  EXPECT_EQ(end_of(frame(text, std::string(9, 'x')) + frame(fin, "xy")), scan_end::message_too_big);
  EXPECT_EQ(end_of(frame(text, "") + frame(0, "") + frame(fin, "")), scan_end::none);
  EXPECT_EQ(end_of(frame(text, "") + frame(0, "") + frame(0, "")), scan_end::none);
  EXPECT_EQ(end_of(frame(text, "") + frame(0, "") + frame(0, "") + frame(0, "").substr(0, 1)),
            scan_end::too_many_fragments);
  EXPECT_EQ(end_of(frame(text, "") + frame(0x89, "12345678901") + frame(0x8A, "") +
                   frame(0x89, "") + frame(fin, "")),
            scan_end::none)
      << "control frames are no fragments and have a limit of their own";
}

TEST(FrameScanner, ALengthIsJudgedBeforeItsMask) {
  frame_scanner scanner{{1000, 10}};
  EXPECT_EQ(scanner.scan(frame(fin | text, std::string(1001, 'x')).substr(0, 4)).end,
            scan_end::message_too_big);

  frame_scanner huge{{~std::size_t{0}, 10}};
  EXPECT_EQ(huge.scan(frame(text, "x")).end, scan_end::none);
  EXPECT_EQ(huge.scan(std::string("\x80\xff") + std::string(8, '\xff')).end,
            scan_end::message_too_big)
      << "no overflow";
}

TEST(FrameScanner, KnowsWhatIsArriving) {
  frame_scanner scanner;
  EXPECT_FALSE(scanner.is_inside());

  static_cast<void>(scanner.scan(frame(text, "12345").substr(0, 1)));
  EXPECT_TRUE(scanner.is_inside());
  const auto first = scanner.begun();
  static_cast<void>(scanner.scan(frame(text, "12345").substr(1, 8)));
  EXPECT_EQ(scanner.partial_bytes(), 3U);
  static_cast<void>(scanner.scan(frame(text, "12345").substr(9)));
  EXPECT_TRUE(scanner.is_inside()) << "not final";
  static_cast<void>(scanner.scan(frame(0x89, "p")));
  EXPECT_EQ(scanner.begun(), first) << "a ping does not make the message young again";
  EXPECT_EQ(scanner.partial_bytes(), 5U);
  static_cast<void>(scanner.scan(frame(fin, "") + frame(fin | text, "next").substr(0, 2)));
  EXPECT_NE(scanner.begun(), first);
  EXPECT_EQ(scanner.partial_bytes(), 0U);
}

TEST(FrameScanner, HeadsThatBreakTheProtocolAreStopped) {
  const std::vector<std::pair<std::string, std::string>> all{
      {"RSV1", frame(0xC1, "x")},
      {"RSV2", frame(0xA2, "x")},
      {"RSV3", frame(0x99, "x")},
      {"opcode 3", frame(0x83, "x")},
      {"opcode 11", frame(0x8B, "x")},
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
    frame_scanner scanner;
    EXPECT_EQ(scanner.scan(bytes).end, scan_end::protocol_error) << name;
    EXPECT_FALSE(scanner.why().empty()) << name;
  }
}

TEST(FrameScanner, ClosesAreReadToTheEnd) {
  const auto end_of = [](const std::string& bytes) {
    frame_scanner scanner;
    return scanner.scan(bytes).end;
  };
  EXPECT_EQ(end_of(frame(0x88, "")), scan_end::close);
  EXPECT_EQ(end_of(frame(0x88, "\x03")), scan_end::protocol_error);
  EXPECT_EQ(end_of(close_of(1005, "")), scan_end::protocol_error);
  EXPECT_EQ(end_of(close_of(1014, "")), scan_end::close);
  EXPECT_EQ(end_of(close_of(1000, "\xc3")), scan_end::invalid_utf8);
  EXPECT_EQ(end_of(close_of(1000, std::string(123, 'x'))), scan_end::close);
  EXPECT_EQ(end_of(frame(text, "half") + close_of(1001, "")), scan_end::close);
}

} // namespace
