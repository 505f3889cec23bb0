// What becomes of workers whose tasks throw.

#include "actors/src/worker_system.hpp"
#include "tests/actors/supervised.hpp"

#include <callsign/testkit/explore.hpp>
#include <callsign/testkit/world.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace callsign;
using namespace callsign::tests;
using callsign::testkit::mail;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// W-41
TEST_F(Supervision, KeepIsTheDefault) {
  workers().supervise("ana", {});
  call("ana", says("one"));
  call("ana", fails());
  call("ana", says("two"));
  run();
  EXPECT_THAT(said, ElementsAre("one in 1 after 0", "two in 1 after 1"));
  EXPECT_EQ(info_of("ana")->restarts, 0u);
}

TEST_F(Supervision, ARestartKeepsWhatWaitsAndBeginsAfterTheStart) {
  workers().hire("ana", {.on_start = starts()});
  workers().supervise("ana", {.on_failure = failure_rule::restart, .pause = steady});
  call("ana", says("one"));
  call("ana", fails());
  call("ana", says("two"));
  run();
  EXPECT_THAT(said, ElementsAre("ana starts", "one in 1 after 0"));
  EXPECT_EQ(info_of("ana")->state, worker_state::resting);
  EXPECT_EQ(info_of("ana")->waiting, 1u);
  EXPECT_EQ(workers().number_of("ana"), 0u);
  EXPECT_EQ(call("ana", says("three")), call_result::queued);

  time_passes(999ms);
  EXPECT_EQ(said.size(), 2u);
  time_passes(1ms);
  EXPECT_THAT(said, ElementsAre("ana starts", "one in 1 after 0", "ana starts", "two in 2 after 0",
                                "three in 2 after 1"));
  EXPECT_EQ(info_of("ana")->restarts, 1u);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0],
              HasSubstr("worker \"ana\" failed (boom): restart 1 of 5 within 60000 ms, "
                        "in 1000 ms"));
}

TEST_F(Supervision, TheOrderOfCallsIsKeptOverARestart) {
  workers().supervise("ana", {.on_failure = failure_rule::restart, .pause = steady});
  call("ana", fails());
  for (int n = 0; n < 3; ++n)
    call("ana", says(std::to_string(n)));
  expect(mail::task).to("ana"); // it has failed, and not noticed it
  call("ana", says("3"));
  run();
  time_passes(1s);
  EXPECT_THAT(said,
              ElementsAre("0 in 2 after 0", "1 in 2 after 1", "2 in 2 after 2", "3 in 2 after 3"));
}

TEST_F(Supervision, AWorkerThatNobodyCallsBeginsAnewAsWell) {
  workers().hire("ana", {.on_start = starts()});
  workers().supervise("ana", {.on_failure = failure_rule::restart, .pause = steady});
  call("ana", fails());
  run();
  time_passes(1s);
  EXPECT_THAT(said, ElementsAre("ana starts", "ana starts"));
}

TEST_F(Supervision, AStopDropsWhatWaitsAndTheNextCallMakesItAnew) {
  workers().supervise("ana", {.on_failure = failure_rule::stop});
  std::optional<answer<int>> got;
  inject([&](worker& self) {
    self.call("ana", fails());
    self.ask(
        "ana", [] { return 1; }, [&](worker&, answer<int> a) { got = std::move(a); });
  }).to("bob");
  run();
  EXPECT_EQ(workers().number_of("ana"), 0u);
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->why().code, errc::worker_failed);
  EXPECT_EQ(call("ana", says("new")), call_result::created);
  run();
  EXPECT_THAT(said, ElementsAre("new in 2 after 0"));
  EXPECT_EQ(info_of("ana")->dropped_by_kill, 1u);
}

TEST_F(Supervision, WhoAsksWhileItFailsIsToldOfTheFailureToo) {
  workers().supervise("ana", {.on_failure = failure_rule::stop});
  call("ana", [] {});
  call("ana", fails());
  expect(mail::task).to("ana"); // the one that fails is in its hand
  auto coming = workers().ask("ana", [] { return 1; });
  run();
  const auto got = coming.result();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.why().code, errc::worker_failed);
}

TEST_F(Supervision, AStormOfFailuresIsGivenUpAndNeverSpins) {
  workers().supervise("ana", {.on_failure = failure_rule::restart,
                              .most = 3,
                              .within = 60s,
                              .pause = {.first = 1s, .longest = 3s, .growth = 2, .jitter = 0}});
  for (int n = 0; n < 10; ++n)
    call("ana", fails());
  for (int second = 0; second < 20; ++second) {
    const auto before = steps().steps();
    time_passes(1s);
    EXPECT_LT(steps().steps() - before, 20u);
  }
  EXPECT_EQ(workers().number_of("ana"), 0u);
  ASSERT_EQ(warnings.size(), 4u);
  EXPECT_THAT(warnings[0], HasSubstr("restart 1 of 3 within 60000 ms, in 1000 ms"));
  EXPECT_THAT(warnings[1], HasSubstr("restart 2 of 3 within 60000 ms, in 2000 ms"));
  EXPECT_THAT(warnings[2], HasSubstr("restart 3 of 3 within 60000 ms, in 3000 ms"));
  EXPECT_THAT(warnings[3], HasSubstr("restarted 3 times within 60000 ms already: it is given up"));

  call("ana", says("again"));
  run();
  const auto now = info_of("ana");
  EXPECT_EQ(now->restarts, 3u);
  EXPECT_EQ(now->failed, 4u);
  EXPECT_EQ(now->dropped_by_kill, 6u);
  EXPECT_THAT(said, ElementsAre("again in 5 after 0"));
}

TEST_F(Supervision, FailuresThatAreLongAgoDoNotCount) {
  workers().supervise(
      "ana", {.on_failure = failure_rule::restart, .most = 1, .within = 10s, .pause = steady});
  for (int n = 0; n < 4; ++n) {
    call("ana", fails());
    run();
    time_passes(10s);
    EXPECT_NE(workers().number_of("ana"), 0u);
  }
  EXPECT_EQ(info_of("ana")->restarts, 4u);
}

TEST_F(Supervision, JitterIsBoundedAndDiffers) {
  workers().supervise("ana", {.on_failure = failure_rule::restart,
                              .most = 50,
                              .within = 1h,
                              .pause = {.first = 1s, .longest = 1s, .growth = 1, .jitter = 0.2}});
  std::set<std::string> lines;
  for (int n = 0; n < 20; ++n) {
    call("ana", fails());
    run();
    time_passes(799ms);
    EXPECT_EQ(info_of("ana")->state, worker_state::resting);
    time_passes(401ms);
    EXPECT_EQ(info_of("ana")->state, worker_state::idle);
    lines.insert(warnings.back().substr(warnings.back().find(", in ")));
  }
  EXPECT_GT(lines.size(), 10u);
}

TEST(SupervisionSeeds, TheSameSeedMakesTheSamePauses) {
  const auto lines = [](std::uint64_t seed) {
    testkit::world w{{.order_of_steps = {testkit::order::fifo, seed}}};
    std::vector<std::string> said;
    w.workers().on_error([](const task_error&) {});
    w.workers().on_warning([&](const std::string& what) { said.push_back(what); });
    w.workers().supervise("ana", {.on_failure = failure_rule::restart});
    for (int n = 0; n < 3; ++n)
      w.call("ana", [] { throw std::runtime_error("boom"); });
    for (int n = 0; n < 3; ++n) {
      w.run();
      w.clock().advance(1s);
    }
    return said;
  };
  EXPECT_EQ(lines(1), lines(1));
  EXPECT_NE(lines(1), lines(2));
}

TEST_F(Supervision, AKillByNameEndsTheMatter) {
  workers().supervise("ana", {.on_failure = failure_rule::restart, .pause = steady});
  call("ana", fails());
  call("ana", says("dropped"));
  run();
  workers().kill("ana"); // it rests
  EXPECT_EQ(info_of("ana"), std::nullopt);
  time_passes(2s);
  EXPECT_EQ(workers().number_of("ana"), 0u);

  call("ana", fails());
  call("ana", says("dropped too"));
  expect(mail::task).to("ana");
  workers().kill("ana"); // it has failed and not noticed it
  run();
  time_passes(2s);
  EXPECT_EQ(workers().number_of("ana"), 0u);
  EXPECT_THAT(said, IsEmpty());
}

TEST_F(Supervision, AKillInTheErrorHandlerComesFirst) {
  workers().supervise("ana", {.on_failure = failure_rule::restart, .pause = steady});
  workers().on_error([this](const task_error& e) { workers().kill(e.worker); });
  call("ana", fails());
  run();
  time_passes(2s);
  EXPECT_EQ(workers().number_of("ana"), 0u);
  EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(Supervision, AQuestionThatThrowsIsToldToTheAskerAndRestartsNobody) {
  workers().supervise("ana", {.on_failure = failure_rule::restart, .pause = steady});
  std::error_code got;
  inject([&](worker& self) {
    self.ask(
        "ana", []() -> int { throw std::runtime_error("boom"); },
        [&](worker&, answer<int> a) { got = a.why().code; });
  }).to("bob");
  run();
  EXPECT_EQ(got, errc::task_failed);
  EXPECT_EQ(info_of("ana")->restarts, 0u);
}

TEST_F(Supervision, WhatAWorkerOwnsEndsBeforeTheNextLifeBegins) {
  struct guest final : detail::resident {
    explicit guest(detail::incarnation& host) : where{&host}, address{host.port_of_this()} {}
    void end(detail::end_reason why) override { asked = why; }
    detail::incarnation* where;
    detail::port address;
    std::optional<detail::end_reason> asked;
  };
  workers().hire("ana", {.on_start = starts()});
  workers().supervise("ana", {.on_failure = failure_rule::restart, .pause = steady});
  run();
  std::shared_ptr<guest> server;
  inject([&](worker& self) {
    server = std::make_shared<guest>(self.incarnation());
    self.incarnation().move_in(server);
  }).to("ana");
  call("ana", fails());
  call("ana", says("kept"));
  run();
  EXPECT_EQ(server->asked, detail::end_reason::failed);
  time_passes(60s);
  EXPECT_EQ(info_of("ana")->state, worker_state::closing);
  server->address.post(detail::entry_kind::closed, [&] {
    said.emplace_back("on_terminate");
    server->where->moved_out(server.get());
  });
  run();
  time_passes(1s);
  EXPECT_THAT(said, ElementsAre("ana starts", "on_terminate", "ana starts", "kept in 2 after 0"));
}

TEST_F(Supervision, AStartThatFailsCountsLikeAnyTask) {
  int attempts = 0;
  workers().hire("ana", {.on_start = [&](worker&) {
                   if (++attempts < 3)
                     throw std::runtime_error("not yet");
                 }});
  workers().supervise("ana", {.on_failure = failure_rule::restart, .pause = steady});
  call("ana", says("kept"));
  run();
  time_passes(1s);
  time_passes(1s);
  EXPECT_EQ(attempts, 3);
  EXPECT_THAT(said, ElementsAre("kept in 3 after 0"));
}

TEST_F(Supervision, EscalatingWithoutAGroupEndsTheSet) {
  workers().supervise("ana", {.on_failure = failure_rule::escalate});
  call("ana", fails());
  workers().wait_for_interrupt();
  EXPECT_EQ(call("ana", [] {}), call_result::shutting_down);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], HasSubstr("the whole set ends"));
}

TEST_F(Supervision, TheEndOfTheSetDoesNotWaitForARest) {
  workers().supervise("ana", {.on_failure = failure_rule::restart, .pause = steady});
  call("ana", fails());
  call("ana", says("dropped"));
  run();
  workers().stop();
  EXPECT_EQ(workers().dropped_at_shutdown(), 1u);
  EXPECT_THAT(workers().list(), IsEmpty());
}

TEST_F(Supervision, ANewRuleWhileItRestsDoesNotLeaveItResting) {
  workers().supervise("ana", {.on_failure = failure_rule::restart, .pause = steady});
  call("ana", fails());
  call("ana", says("kept"));
  expect(mail::task).to("ana");
  workers().supervise("ana", {.on_failure = failure_rule::stop});
  run();
  time_passes(1s);
  EXPECT_THAT(said, ElementsAre("kept in 2 after 0"));
}

TEST_F(Supervision, OptionsOutOfRangeAreRefused) {
  const auto refused = [this](supervision how) {
    EXPECT_THROW(workers().supervise("ana", how), std::invalid_argument);
  };
  refused({.within = 0s});
  refused({.pause = {.first = -1s}});
  refused({.pause = {.first = 2s, .longest = 1s}});
  refused({.pause = {.growth = 0.5}});
  refused({.pause = {.jitter = 1.5}});
  refused({.giving_up = failure_rule::restart});
  EXPECT_THROW(workers().supervise_group("g", {}), std::invalid_argument);
  EXPECT_THROW(workers().supervise_group("g", {"a", "a"}), std::invalid_argument);
}

TEST(EveryOrderOfRestarts, AFailureAgainstAKillAndACall) {
  const auto found = testkit::explore(
      [](const testkit::schedule& how) {
        testkit::world w{{.order_of_steps = how}};
        w.workers().on_error([](const task_error&) {});
        w.workers().on_warning([](const std::string&) {});
        std::vector<std::string> ran;
        w.workers().supervise("target", {.on_failure = failure_rule::restart, .pause = steady});
        w.call("target", [] { throw std::runtime_error("boom"); });
        w.call("target", [&] { ran.emplace_back("first"); });
        w.call("eve", [](worker& self) { self.set().kill("target"); });
        w.call("eve", [&](worker& self) {
          self.call("target", [&] { ran.emplace_back("after the kill"); });
        });
        w.run();
        w.clock().advance(2s);
        w.run();
        EXPECT_EQ(std::ranges::count(ran, "after the kill"), 1);
        EXPECT_LE(std::ranges::count(ran, "first"), 1);
      },
      {.max_schedules = 20'000, .name = "a failure, a kill and a call"});
  EXPECT_TRUE(found.is_all);
}

} // namespace
