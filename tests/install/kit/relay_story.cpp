// The stranger's stories.

#include "relay.hpp"

#include <callsign/testkit/explore.hpp>
#include <callsign/testkit/hostile.hpp>
#include <callsign/testkit/script.hpp>
#include <callsign/testkit/story.hpp>
#include <callsign/version.hpp>

#include <gtest/gtest-spi.h>

#include <chrono>
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

callsign::testkit::application relay() {
  return {.url = "/relay", .handler = make_relay, .options = {.path = "/relay"}};
}

TEST(RelayScript, IsPlayed) {
  const auto script =
      callsign::testkit::script::parse("ana joins\nbob joins\nana -> \"hello\"\nbob <- \"hello\"");

  EXPECT_FALSE(script.play(relay()));
}

TEST(RelayInEveryOrder, IsQuietInTheEnd) {
  const auto found = callsign::testkit::explore([](const callsign::testkit::schedule& how) {
    callsign::testkit::stage s{{.order_of_steps = how, .io_threads = 1, .url = "/relay"}};
    s.serves(make_relay(), {.path = "/relay"});
    auto ana = s.joins();
    s.at_once([&] {
      ana.says("hello");
      ana.leaves();
    });
    s.all_is_quiet();
  });

  EXPECT_TRUE(found.is_all);
}

TEST(RelayOnBadLines, Survives) {
  callsign::testkit::survives_hostile_transport(
      [](callsign::testkit::stage& s) {
        s.serves(make_relay(), {.path = "/relay"});
        auto ana = s.joins();
        ana.says("hello");
      },
      {.stage = {.url = "/relay"}, .max_places = 20});
}

TEST(Package, SaysItsVersion) { std::cout << "callsign " << callsign::version << "\n"; }

} // namespace
