// The stranger's stories.

#include "relay.hpp"

#include <callsign/testkit/story.hpp>
#include <callsign/version.hpp>

#include <gtest/gtest-spi.h>

#include <iostream>

namespace {

using namespace std::chrono_literals;

class Relay : public callsign::testkit::story {
protected:
  Relay() : story{{.url = "/relay"}} {}
};

TEST_F(Relay, WhatOneClientSaysTheOthersHear) {
  calls("relay", [web = web().ref()](callsign::worker& self) { open_relay(self, web); });
  auto ana = joins();
  auto bob = joins();

  bob.says("Good evening");
  ana.hears("Good evening");
  ana.says_binary("\x01\x02");
  bob.hears_binary("\x01\x02");

  passes(30s);
  bob.vanishes();
  kills("relay");
  ana.is_told_goodbye(1001);
  all_is_quiet();
}

TEST_F(Relay, AStoryThatIsWrongFails) {
  serves(make_relay(), {.path = "/relay"});
  auto ana = joins();

  EXPECT_NONFATAL_FAILURE(ana.hears("Welcome"), "ana should hear \"Welcome\"");
  all_is_quiet();
}

TEST(Package, SaysItsVersion) { std::cout << "callsign " << callsign::version << "\n"; }

} // namespace
