// Limits of mailboxes, their length, and calls that make no worker: rules W-46 and W-79.

#include <callsign/testkit/world.hpp>

#include "actors/src/worker_system.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace callsign;
using namespace std::chrono_literals;
using callsign::testkit::mail;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Limits : public testing::Test, public testkit::world {
protected:
  task say(std::string text) {
    return [this, text = std::move(text)] { said.push_back(text); };
  }
  worker_info bob() { return *workers().info(workers().number_of("bob")); }
  std::vector<std::string> said;
};

// W-79
TEST_F(Limits, ThereIsNoneIfNothingIsSaid) {
  for (int i = 0; i < 5000; ++i)
    EXPECT_NE(call("bob", say("")), call_result::mailbox_full);
  EXPECT_EQ(workers().waiting("bob"), 5000u);
  run();
}

TEST_F(Limits, ARejectedCallIsToldToItsCallerAndCounted) {
  workers().limit("bob", {.most = 2});
  EXPECT_EQ(workers().number_of("bob"), 0u) << "a limit makes no worker";
  EXPECT_EQ(call("bob", say("one")), call_result::created);
  EXPECT_EQ(call("bob", say("two")), call_result::queued);
  EXPECT_EQ(call("bob", say("three")), call_result::mailbox_full);
  EXPECT_EQ(workers().call(workers().number_of("bob"), say("three")), call_result::mailbox_full);

  EXPECT_EQ(bob().rejected, 2u);
  expect(mail::task).to("bob");
  EXPECT_EQ(call("bob", say("four")), call_result::queued) << "there is room again";
  run();
  EXPECT_THAT(said, ElementsAre("one", "two", "four"));
}

TEST_F(Limits, TheOldestCallGivesWay) {
  workers().limit("bob", {.most = 2, .then = when_full::drop_oldest});
  for (const char* text : {"one", "two", "three", "four"})
    EXPECT_NE(call("bob", say(text)), call_result::mailbox_full);
  EXPECT_EQ(bob().dropped_when_full, 2u);
  run();
  EXPECT_THAT(said, ElementsAre("three", "four"));
}

TEST_F(Limits, TheNewestCallIsDroppedAndItsCallerKnows) {
  workers().limit("bob", {.most = 2, .then = when_full::drop_newest});
  call("bob", say("one"));
  call("bob", say("two"));
  EXPECT_EQ(call("bob", say("three")), call_result::dropped);
  EXPECT_EQ(bob().dropped_when_full, 1u);
  run();
  EXPECT_THAT(said, ElementsAre("one", "two"));
}

TEST_F(Limits, ACallerWaitsForRoom) {
  workers().limit("bob", {.most = 1, .then = when_full::block});
  call("bob", say("one"));
  EXPECT_EQ(call("bob", say("two")), call_result::queued);
  EXPECT_THAT(said, ElementsAre("one")) << "while the caller waited";
  run();
  EXPECT_THAT(said, ElementsAre("one", "two"));
}

TEST_F(Limits, ACallerWaitsNoLongerThanItsPatience) {
  workers().limit("bob", {.most = 1, .then = when_full::block, .patience = 3s});
  const auto before = clock().now();
  inject([this, before](worker&) {
    call("bob", say("waits")); // bob is busy with this very task
    workers().call_after(2s, "ana", say("meanwhile"));
    workers().call_after(4s, "ana", say("later"));
    EXPECT_EQ(workers().call("bob", say("itself")), call_result::mailbox_full) << "at once";
    EXPECT_EQ(clock().now(), before);
    EXPECT_EQ(workers().system().call_from(0, "bob", say("lost"), std::source_location::current()),
              call_result::mailbox_full);
  }).to("bob");
  EXPECT_GE(clock().now() - before, 3s);
  EXPECT_EQ(bob().rejected, 2u);
  run();
  EXPECT_THAT(said, testing::Contains("meanwhile"));
}

TEST_F(Limits, OnlyCallsAreRefusedNeverWhatOthersWaitFor) {
  workers().limit("bob", {.most = 1});
  std::vector<std::string>& heard = said;
  inject([&](worker& self) {
    self.ask(
        "ana", [] { return 1; },
        [&heard](worker&, answer<int> got) { heard.push_back(got ? "answer" : "none"); });
    self.after(1s, say("tick"));
    const auto here = self.incarnation().port_of_this();
    EXPECT_EQ(self.call("bob", say("one")), call_result::queued);
    EXPECT_TRUE(here.post(detail::entry_kind::closed, say("end")));
    EXPECT_TRUE(here.post(detail::entry_kind::received, say("message")));
    EXPECT_EQ(self.call("bob", say("two")), call_result::mailbox_full);
  }).to("bob");
  clock().advance(1s);
  steps().run_due_timers();
  expect(mail::task).to("ana");
  run();
  EXPECT_THAT(said, ElementsAre("one", "end", "message", "tick", "answer"));
}

// The control lane: W-32.
TEST_F(Limits, AKillIsNoticedBeforeAFullMailbox) {
  workers().limit("bob", {.most = 3});
  for (int i = 0; i < 5; ++i)
    call("bob", say("dropped"));
  workers().kill("bob");
  expect(mail::end).to("bob");
  EXPECT_THAT(said, IsEmpty());
  EXPECT_EQ(call("bob", say("next")), call_result::created);
  EXPECT_EQ(bob().dropped_by_kill, 3u);
  run();
}

TEST_F(Limits, WhatGivesWayIsNeverAnEnd) {
  workers().limit("bob", {.most = 2, .then = when_full::drop_oldest});
  inject([this](worker& self) {
    const auto here = self.incarnation().port_of_this();
    here.post(detail::entry_kind::closed, say("end"));
    self.call("bob", say("one"));
    self.call("bob", say("two"));
    self.call("bob", say("three"));
  }).to("bob");
  run();
  EXPECT_THAT(said, ElementsAre("end", "three"));
}

TEST_F(Limits, ApplyToTheNextIncarnationAsWell) {
  workers().limit("bob", {.most = 1});
  inject([] {}).to("bob");
  workers().kill("bob");
  EXPECT_EQ(call("bob", say("one")), call_result::queued);
  EXPECT_EQ(call("bob", say("two")), call_result::mailbox_full);
  run();
  EXPECT_THAT(said, ElementsAre("one"));
}

TEST_F(Limits, AnAskThatIsNotTakenFailsAtOnce) {
  workers().limit("bob", {.most = 1});
  call("bob", say("one"));
  auto got = workers().ask("bob", [] { return 1; }).result();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.why().code, errc::mailbox_full);
  run();
}

TEST_F(Limits, AnAskThatGivesWayFailsAtOnce) {
  workers().limit("bob", {.most = 1, .then = when_full::drop_oldest});
  auto coming = workers().ask("bob", [] { return 1; });
  call("bob", say("newer"));
  auto got = coming.result();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.why().code, errc::mailbox_full);
  run();
}

TEST_F(Limits, ALimitCanBeLifted) {
  workers().limit("bob", {.most = 1});
  call("bob", say("one"));
  workers().limit("bob", {});
  EXPECT_EQ(call("bob", say("two")), call_result::queued);
  run();
  EXPECT_THAT(said, ElementsAre("one", "two"));
}

TEST_F(Limits, WithABadNameOrPatienceAreErrors) {
  EXPECT_THROW(workers().limit("", {}), std::invalid_argument);
  EXPECT_THROW(workers().limit("bob", {.patience = -1ms}), std::invalid_argument);
}

// -- high water -----------------------------------------------------------------------------------

TEST_F(Limits, AnOperatorIsWarnedAtTheMarkAndWheneverTheMailboxHasDoubledAgain) {
  std::vector<std::string> warnings;
  workers().on_warning([&](const std::string& line) { warnings.push_back(line); });
  workers().limit("bob", {.high_water = 3});
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 10; ++i)
      call("bob", say(""));
    run();
  }
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("worker \"bob\" has 3 entries waiting"),
                                    HasSubstr(" 6 entries")));
}

TEST_F(Limits, WithAHighWaterMarkOfZeroNobodyIsWarned) {
  std::vector<std::string> warnings;
  workers().on_warning([&](const std::string& line) { warnings.push_back(line); });
  workers().limit("bob", {.high_water = 0});
  for (int i = 0; i < 10; ++i)
    call("bob", say(""));
  run();
  EXPECT_THAT(warnings, testing::IsEmpty());
}

// -- length, and calls that make nobody -----------------------------------------------------------

// U-22
TEST_F(Limits, TheLengthOfAMailboxCanBeAskedAndMakesNobody) {
  EXPECT_EQ(workers().waiting("bob"), 0u);
  EXPECT_EQ(workers().number_of("bob"), 0u);
  call("bob", say("one"));
  call("bob", say("two"));
  EXPECT_EQ(workers().waiting("bob"), 2u);
  expect(mail::task).to("bob");
  EXPECT_EQ(workers().waiting("bob"), 1u);
  run();
}

// W-46, U-22
TEST_F(Limits, ACallToWhoeverExistsMakesNobody) {
  EXPECT_EQ(workers().call_existing("bob", say("lost")), call_result::no_such_worker);
  EXPECT_EQ(workers().number_of("bob"), 0u);
  inject([] {}).to("bob");
  EXPECT_EQ(workers().call_existing("bob", say("heard")), call_result::queued);
  run();
  workers().kill("bob");
  EXPECT_EQ(workers().call_existing("bob", say("lost")), call_result::no_such_worker);
  run();
  EXPECT_EQ(workers().call_existing("bob", say("lost")), call_result::no_such_worker);
  EXPECT_EQ(workers().number_of("bob"), 0u);
  EXPECT_THAT(said, ElementsAre("heard"));
}

} // namespace
