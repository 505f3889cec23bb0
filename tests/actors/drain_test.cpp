// Workers that run what waits before the set ends (W-45).

#include <callsign/one_shot_signal.hpp>
#include <callsign/testkit/world.hpp>
#include <callsign/workers.hpp>

#include "tests/actors/waiting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace {

using namespace callsign;
using namespace std::chrono_literals;
using callsign::testkit::mail;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Drain : public testing::Test, public testkit::world {
protected:
  task says(std::string text) {
    return [this, text = std::move(text)] { said.push_back(text); };
  }
  std::vector<std::string> said;
};

TEST_F(Drain, RunsWhatWaitsAndDropsNothing) {
  workers().hire("ana", {.at_stop = when_stopped::drain});
  for (const char* text : {"1", "2", "3"})
    call("ana", says(text));
  call("bob", says("dropped"));
  workers().stop();
  EXPECT_THAT(said, ElementsAre("1", "2", "3"));
  EXPECT_EQ(workers().dropped_at_shutdown(), 1u);
  EXPECT_THAT(workers().list(), IsEmpty());
}

TEST_F(Drain, TakesNothingNew) {
  workers().hire("ana", {.at_stop = when_stopped::drain});
  call("ana", [this](worker& self) {
    said.emplace_back("1");
    EXPECT_EQ(self.call("ana", says("new")), call_result::shutting_down);
    EXPECT_EQ(self.call("eve", says("new")), call_result::shutting_down);
  });
  workers().stop();
  EXPECT_THAT(said, ElementsAre("1"));
  EXPECT_EQ(workers().dropped_at_shutdown(), 2u);
}

TEST_F(Drain, EndsAnIdleOneAtOnce) {
  std::vector<std::string> warnings;
  workers().on_warning([&](const std::string& what) { warnings.push_back(what); });
  workers().hire("ana", {.at_stop = when_stopped::drain});
  run();
  workers().stop();
  EXPECT_THAT(workers().list(), IsEmpty());
  EXPECT_THAT(warnings, IsEmpty()) << "it ended by itself, not because its time was over";
}

TEST_F(Drain, GoesOnAfterAFailure) {
  workers().on_error([](const task_error&) {});
  workers().supervise("ana", {.on_failure = failure_rule::restart});
  workers().hire("ana", {.at_stop = when_stopped::drain});
  call("ana", [] { throw std::runtime_error("boom"); });
  call("ana", says("runs"));
  workers().stop();
  EXPECT_THAT(said, ElementsAre("runs"));
}

TEST_F(Drain, HearsTheAnswerToWhatItAskedBefore) {
  workers().hire("ana", {.at_stop = when_stopped::drain});
  run();
  std::error_code got;
  inject([&](worker& self) {
    self.ask(
        "eve", [] {},
        [&](worker&, answer<void> a) {
          got = a ? std::error_code{} : a.why().code;
          said.emplace_back("answered");
        });
  }).to("ana");
  call("ana", [] {}); // so that it has not drained when eve's question is dropped
  workers().stop();
  EXPECT_THAT(said, ElementsAre("answered"));
  EXPECT_EQ(got, errc::shutting_down);
}

TEST_F(Drain, HearsOfTheEndThatItWatchedFor) {
  workers().hire("ana", {.at_stop = when_stopped::drain});
  run();
  inject([] {}).to("eve");
  inject([this](worker& self) {
    std::ignore = self.watch("eve", [this](worker&, const worker_end& end) {
      said.push_back("eve: " + std::string{to_string(end.why)});
    });
  }).to("ana");
  call("ana", [] {
    const one_shot_signal never;
    EXPECT_FALSE(never.wait(1s)); // meanwhile eve ends
  });
  workers().stop();
  EXPECT_THAT(said, ElementsAre("eve: shut down"));
}

TEST_F(Drain, WhatAnAbortLeavesIsADeadLetter) {
  workers().hire("ana", {.at_stop = when_stopped::drain});
  call("ana", [this] {
    said.emplace_back("1");
    workers().abort("ana");
  });
  call("ana", says("2"));
  workers().stop();
  EXPECT_THAT(said, ElementsAre("1"));
  EXPECT_EQ(workers().dropped_at_shutdown(), 1u);
  EXPECT_EQ(workers().dead_letters(drop_reason::shutting_down), 1u);
}

TEST(DrainThreads, IsCutShortInTimeAndSaysWhoseTasksWereDropped) {
  std::mutex lock;
  std::vector<std::string> warnings;
  callsign::workers workers{
      {.interrupts = signals::left_alone, .long_task = 0ms, .stop_deadline = 2s}};
  workers.on_warning([&](const std::string& what) {
    const std::scoped_lock guard{lock};
    warnings.push_back(what);
  });
  workers.hire("Slow", {.where = runs_on::own_thread, .at_stop = when_stopped::drain});
  tests::event begun;
  workers.call("Slow", [&](worker& self) {
    begun.happens();
    tests::event never;
    while (!self.is_end_requested())
      std::ignore = never.has_happened(5ms);
  });
  workers.call("Slow", [] { ADD_FAILURE() << "there was no time for it"; });
  ASSERT_TRUE(begun.has_happened());
  const auto before = std::chrono::steady_clock::now();
  workers.stop();
  EXPECT_GE(std::chrono::steady_clock::now() - before, 1s);
  EXPECT_EQ(workers.dropped_at_shutdown(), 1u);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], HasSubstr("worker \"Slow\" had no time to run all that waited; 1 "));
}

TEST(DrainThreads, OwnThreadsAreDrainedAndJoined) {
  int ran = 0;
  {
    callsign::workers workers{{.interrupts = signals::left_alone}};
    workers.hire("Disk", {.where = runs_on::own_thread, .at_stop = when_stopped::drain});
    for (int n = 0; n < 1000; ++n)
      workers.call("Disk", [&ran] { ++ran; });
    workers.stop();
  }
  EXPECT_EQ(ran, 1000);
}

} // namespace
