// Addresses and ranges of them.

#include "net/src/rules/address.hpp"

#include <callsign/address_range.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace {

using callsign::address_range;
using callsign::rules::parse_address;

TEST(Address, IsReadInEveryForm) {
  EXPECT_EQ(parse_address("127.0.0.1"), parse_address("::ffff:127.0.0.1"));
  EXPECT_EQ(parse_address("127.0.0.1"), parse_address("::FFFF:7f00:1"));
  EXPECT_EQ(parse_address("::1"), parse_address("0:0:0:0:0:0:0:1"));
  EXPECT_EQ(parse_address("::"), parse_address("0:0:0:0:0:0:0.0.0.0"));
  EXPECT_EQ(parse_address("fe80::1%eth0"), parse_address("fe80::1"));
  EXPECT_EQ(parse_address("1:2:3:4:5:6:7::"), parse_address("1:2:3:4:5:6:7:0"));
  EXPECT_EQ(parse_address("2001:db8::8:800:200c:417a"),
            parse_address("2001:DB8:0:0:8:800:200C:417A"));
  for (const std::string bad :
       {"", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "1..2.3", ":",
        ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "::1.2.3",
        "1:2:3:4:5:6:7::8", "1.2.3.4::", "[::1]"}) {
    EXPECT_FALSE(parse_address(bad)) << bad;
  }
}

TEST(AddressRange, HoldsWhatItsBitsSay) {
  const address_range net{"10.1.0.0/16"};
  EXPECT_TRUE(net.contains("10.1.0.0"));
  EXPECT_TRUE(net.contains("10.1.255.255"));
  EXPECT_TRUE(net.contains("::ffff:10.1.2.3"));
  EXPECT_FALSE(net.contains("10.2.0.0"));
  EXPECT_FALSE(net.contains("10.0.255.255"));
  EXPECT_FALSE(net.contains("nonsense"));

  EXPECT_TRUE(address_range{"192.168.0.128/25"}.contains("192.168.0.129"));
  EXPECT_FALSE(address_range{"192.168.0.128/25"}.contains("192.168.0.127"));
  EXPECT_TRUE(address_range{"::1/128"}.contains("::1"));
  EXPECT_FALSE(address_range{"::1"}.contains("::2"));
  EXPECT_TRUE(address_range{"2001:db8::/33"}.contains("2001:db8:7fff::"));
  EXPECT_FALSE(address_range{"2001:db8::/33"}.contains("2001:db8:8000::"));
}

TEST(Address, TheNeighboursOfIpv6AreOneAndThoseOfIpv4AreNot) {
  const auto near = [](const char* text) {
    return callsign::rules::neighbourhood(*parse_address(text));
  };

  EXPECT_EQ(near("2001:db8:1:2:3:4:5:6"), near("2001:db8:1:2::"));
  EXPECT_NE(near("2001:db8:1:3::"), near("2001:db8:1:2::"));
  EXPECT_NE(near("10.0.0.1"), near("10.0.0.2"));
  EXPECT_EQ(near("10.0.0.1"), near("::ffff:10.0.0.1"));
}

TEST(AddressRange, EverythingOfOneKindIsNotTheOther) {
  EXPECT_TRUE(address_range{"0.0.0.0/0"}.contains("255.255.255.255"));
  EXPECT_FALSE(address_range{"0.0.0.0/0"}.contains("::1"));
  EXPECT_TRUE(address_range{"::/0"}.contains("::1"));
  EXPECT_TRUE(address_range{"::/0"}.contains("127.0.0.1")) << "an IPv4 address is one of IPv6's";
}

TEST(AddressRange, ABadOneIsRefused) {
  for (const std::string bad :
       {"", "x", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1", "10.0.0.1/8",
        "10.0.0.0/8/8", "10.0.0.0/99999999999"}) {
    EXPECT_THROW(address_range{bad}, std::invalid_argument) << bad;
  }
  EXPECT_EQ(address_range{"10.0.0.0/8"}.text(), "10.0.0.0/8");
}

} // namespace
