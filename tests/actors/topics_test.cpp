// Publish and subscribe: what 4D's users build by hand (U-27); delivery is a call (W-10, W-24).

#include <callsign/testkit/world.hpp>
#include <callsign/topic.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace callsign;
using callsign::testkit::mail;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Topics : public testing::Test, public testkit::world {
protected:
  void subscribes(const std::string& who) {
    inject([this](worker& self) {
      last = weather.subscribe(self, [this](worker& here, const std::string& what) {
        heard.push_back(here.name() + ": " + what);
      });
    }).to(who);
  }
  topic<std::string> weather{"weather"};
  subscription last;
  std::vector<std::string> heard;
};

TEST_F(Topics, EverybodyWhoSubscribedHearsItInTurnWithItsTasks) {
  subscribes("ana");
  subscribes("bob");
  call("bob", [this] { heard.push_back("bob's task"); });
  EXPECT_EQ(weather.publish("rain"), 2u);
  EXPECT_THAT(heard, IsEmpty());
  expect(mail::task).to("bob");
  run();
  EXPECT_THAT(heard, UnorderedElementsAre("bob's task", "ana: rain", "bob: rain"));
  EXPECT_EQ(heard.front(), "bob's task");
}

TEST_F(Topics, WhatOneSaysArrivesInItsOrder) {
  subscribes("ana");
  for (const char* text : {"rain", "sun", "snow"})
    weather.publish(text);
  run();
  EXPECT_THAT(heard, ElementsAre("ana: rain", "ana: sun", "ana: snow"));
}

TEST_F(Topics, NobodyHearsWhatWasSaidBefore) {
  EXPECT_EQ(weather.publish("rain"), 0u);
  subscribes("ana");
  run();
  EXPECT_THAT(heard, IsEmpty());
}

// W-24
TEST_F(Topics, ASubscriptionEndsWithItsIncarnation) {
  workers().on_error([](const task_error&) {});
  workers().on_warning([](const std::string&) {});
  workers().supervise("ana", {.on_failure = failure_rule::restart});
  const std::function<void()> ends[] = {[this] { workers().kill("ana"); },
                                        [this] { workers().abort("ana"); },
                                        [this] { call("ana", [] { throw 1; }); }};
  for (const auto& end : ends) {
    subscribes("ana");
    end();
    run();
    EXPECT_FALSE(last.is_active());
    EXPECT_EQ(weather.subscribers(), 0u);
    clock().advance(std::chrono::seconds{1});
    inject([] {}).to("ana");
    EXPECT_EQ(weather.publish("rain"), 0u);
    run();
  }
  EXPECT_THAT(heard, IsEmpty());
}

// W-32
TEST_F(Topics, WhatWaitsIsDroppedByAKill) {
  subscribes("ana");
  EXPECT_EQ(weather.publish("rain"), 1u);
  workers().kill("ana");
  EXPECT_EQ(weather.publish("snow"), 0u) << "it is dying";
  run();
  EXPECT_THAT(heard, IsEmpty());
}

TEST_F(Topics, NothingIsHeardAfterACancelEvenIfItWaits) {
  subscribes("ana");
  weather.publish("rain");
  last.cancel();
  last.cancel();
  run();
  EXPECT_THAT(heard, IsEmpty());
  EXPECT_EQ(weather.publish("snow"), 0u);
}

TEST_F(Topics, AFullMailboxIsNoSubscriberLost) {
  subscribes("ana");
  workers().limit("ana", {.most = 1});
  EXPECT_EQ(weather.publish("rain"), 1u);
  EXPECT_EQ(weather.publish("snow"), 0u);
  run();
  EXPECT_EQ(weather.publish("sun"), 1u);
  run();
  EXPECT_THAT(heard, ElementsAre("ana: rain", "ana: sun"));
}

TEST_F(Topics, MayBeSubscribedTwiceAndSubscribersMayPublish) {
  const topic<int> numbers;
  inject([&](worker& self) {
    numbers.subscribe(self, [&](worker&, int n) {
      if (n < 3)
        numbers.publish(n + 1);
    });
    numbers.subscribe(self, [this](worker&, int n) { heard.push_back(std::to_string(n)); });
  }).to("ana");
  numbers.publish(1);
  run();
  EXPECT_THAT(heard, ElementsAre("1", "2", "3"));
}

TEST_F(Topics, AnEmptyListenerIsAnErrorAtTheCall) {
  inject([this](worker& self) {
    EXPECT_THROW(weather.subscribe(self, nullptr), std::invalid_argument);
  }).to("ana");
  EXPECT_EQ(weather.subscribers(), 0u);
}

} // namespace
