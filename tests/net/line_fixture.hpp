/// \file
/// Lines that were upgraded: what every test of them needs.
#pragma once

#include "tests/net/raw_client.hpp"
#include "tests/net/stub_desk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace callsign::test {

inline constexpr unsigned fin = 0x80;
inline constexpr unsigned text = 1;
inline constexpr unsigned binary = 2;
inline constexpr unsigned ping = 0x89;
inline constexpr unsigned pong = 0x8A;

class Line : public testing::Test, public socket_fixture_base {
protected:
  void TearDown() override {
    EXPECT_TRUE(stop());
    EXPECT_EQ(sessions(), 0U);
    if (desk == nullptr)
      return;
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
    EXPECT_THAT(head, testing::StartsWith("HTTP/1.1 101 ")) << head;
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

} // namespace callsign::test
