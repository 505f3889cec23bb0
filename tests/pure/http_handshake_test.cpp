// The rules of the opening handshake. Most cases are judged on the wire; here are those that time
// and bytes decide.

#include "net/src/rules/http_handshake.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace callsign::rules;

request_head good() {
  request_head head;
  head.method = "GET";
  head.target = "/";
  head.headers.add("Host", "h");
  head.headers.add("Upgrade", "websocket");
  head.headers.add("Connection", "keep-alive, Upgrade");
  head.headers.add("Sec-WebSocket-Version", "13");
  return head;
}

handshake_fault fault_of(request_head head, std::string_view early = {}) {
  head.headers.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  handshake into;
  return check_handshake(head, {}, early, into).fault;
}

TEST(HttpHandshake, AKeyIsSixteenBytes) {
  const std::vector<std::pair<std::string, bool>> keys{
      {"dGhlIHNhbXBsZSBub25jZQ==", true},  {"AAAAAAAAAAAAAAAAAAAAAA==", true},
      {"AAAAAAAAAAAAAAAAAAAAAB==", false}, // bits behind the last byte
      {"AAAAAAAAAAAAAAAAAAAAAA=", false},  {"AAAAAAAAAAAAAAAAAAAAAA", false},
      {"AAAAAAAAAAAAAAAAAAAA====", false}, {"AAAAAAAAAAAAAAAAAAAAA===", false},
      {"AAAAAAAAAA AAAAAAAAAAA==", false}, {"", false},
  };
  for (const auto& [key, is_good] : keys) {
    auto head = good();
    head.headers.add("Sec-WebSocket-Key", key);
    handshake into;
    EXPECT_EQ(check_handshake(head, {}, {}, into).fault == handshake_fault::none, is_good) << key;
  }
}

TEST(HttpHandshake, WhatFollowsMustBeAbleToBeginAFrame) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const std::string early(1, static_cast<char>(byte));
    const unsigned opcode = byte & 0x0F;
    const bool is_good = (byte & 0x70) == 0 && (opcode < 3 || (opcode > 7 && opcode < 11));
    EXPECT_EQ(fault_of(good(), early) == handshake_fault::none, is_good) << byte;
  }
}

TEST(HttpHandshake, OffersAreTakenInOrderOverAllHeaders) {
  auto head = good();
  head.headers.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  head.headers.add("Sec-WebSocket-Protocol", " b ,, a");
  head.headers.add("sec-websocket-protocol", "c");
  handshake into;

  EXPECT_EQ(check_handshake(head, {}, {}, into).fault, handshake_fault::none);

  EXPECT_EQ(into.key, "dGhlIHNhbXBsZSBub25jZQ==");
  EXPECT_EQ(into.subprotocols, (std::vector<std::string>{"b", "a", "c"}));
}

TEST(HttpHandshake, OnlyThisProtocolIsAnUpgrade) {
  request_head other;
  other.headers.add("Upgrade", "h2c");
  other.headers.add("Connection", "Upgrade");
  EXPECT_FALSE(wants_websocket(other));
  EXPECT_TRUE(wants_websocket(good()));
}

} // namespace
