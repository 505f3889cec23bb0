// Timers in workers, delayed and repeating posts: rule W-53; and what a kill does to them (W-24,
// W-32).

#include "actors/src/worker_system.hpp"

#include <callsign/testkit/explore.hpp>
#include <callsign/testkit/world.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace callsign;
using namespace std::chrono_literals;
using callsign::testkit::mail;
using callsign::testkit::order;
using testing::ElementsAre;
using testing::IsEmpty;

class Timers : public testing::Test, public testkit::world {
protected:
  /// A task that writes down when it ran, in milliseconds since the beginning.
  task note() {
    return [this] { ticks.push_back((clock().now() - start) / 1ms); };
  }
  void pass(std::chrono::nanoseconds time) {
    clock().advance(time);
    run();
  }
  std::chrono::steady_clock::time_point start = clock().now();
  std::vector<long> ticks;
  timer one;
};

// -- once -----------------------------------------------------------------------------------------

TEST_F(Timers, OnceMeansOnceAndNotBeforeItsTime) {
  inject([this](worker& bob) { one = bob.after(1500ms, note()); }).to("bob");
  EXPECT_TRUE(one.is_active());
  pass(1499ms);
  EXPECT_THAT(ticks, IsEmpty());
  clock().advance(1ms);
  expect(mail::timer).to("bob");
  EXPECT_THAT(ticks, ElementsAre(1500));
  EXPECT_FALSE(one.is_active());
  pass(1h);
  EXPECT_THAT(ticks, ElementsAre(1500));
}

TEST_F(Timers, RunInOrderOfTheirTimesAndThenOfTheirMaking) {
  inject([this](worker& bob) {
    int made = 0;
    for (const int wait : {30, 10, 20, 10, 10}) {
      bob.after(std::chrono::milliseconds{wait},
                [this, wait, nth = ++made] { ticks.push_back(wait * 10 + nth); });
    }
  }).to("bob");
  pass(1s);
  EXPECT_THAT(ticks, ElementsAre(102, 104, 105, 203, 301));
}

TEST_F(Timers, AreInTurnWithTheTasks) {
  inject([this](worker& bob) { bob.after(10ms, note()); }).to("bob");
  call("bob", [this] { ticks.push_back(-1); });
  clock().advance(10ms);
  steps().run_due_timers();
  expect(mail::task).to("bob");
  expect(mail::timer).to("bob");
  EXPECT_THAT(ticks, ElementsAre(-1, 10));
}

// -- repeating ------------------------------------------------------------------------------------

TEST_F(Timers, AFixedRateKeepsItsBeatHoweverLongATickTakes) {
  inject([this](worker& bob) {
    one = bob.every(100ms, [this] {
      ticks.push_back((clock().now() - start) / 1ms);
      clock().advance(30ms);
    });
  }).to("bob");
  for (int i = 0; i < 4; ++i) {
    clock().advance_to(start + (i + 1) * 100ms);
    run();
  }
  EXPECT_THAT(ticks, ElementsAre(100, 200, 300, 400));
  EXPECT_EQ(one.missed(), 0u);
}

TEST_F(Timers, AFixedDelayWaitsFromTheEndOfATick) {
  inject([this](worker& bob) {
    one = bob.every(
        100ms,
        [this] {
          ticks.push_back((clock().now() - start) / 1ms);
          clock().advance(30ms);
        },
        pace::fixed_delay);
  }).to("bob");
  pass(100ms); // ticks, and ends at 130
  pass(99ms);
  EXPECT_THAT(ticks, ElementsAre(100));
  pass(1ms);
  EXPECT_THAT(ticks, ElementsAre(100, 230));
}

TEST_F(Timers, ATickThatCannotBeginInTimeIsLeftOutAndCounted) {
  inject([this](worker& bob) { one = bob.every(100ms, note()); }).to("bob");
  for (int i = 0; i < 3; ++i) {
    clock().advance(100ms);
    steps().run_due_timers();
  }
  EXPECT_EQ(workers().info(workers().number_of("bob"))->waiting, 1u);
  EXPECT_EQ(one.missed(), 2u);
  run();
  EXPECT_THAT(ticks, ElementsAre(300));
  pass(100ms);
  EXPECT_THAT(ticks, ElementsAre(300, 400));
}

TEST_F(Timers, AfterALongPauseTheTicksOfThePastDoNotComeAllAtOnce) {
  inject([this](worker& bob) { one = bob.every(100ms, note()); }).to("bob");
  pass(100s + 50ms);
  EXPECT_THAT(ticks, ElementsAre(100'050));
  EXPECT_EQ(one.missed(), 999u);
  pass(50ms);
  EXPECT_THAT(ticks, ElementsAre(100'050, 100'100));
}

TEST_F(Timers, GoOnAfterATickThatThrows) {
  int failed = 0;
  workers().on_error([&](const task_error&) { ++failed; });
  inject([](worker& bob) { bob.every(1s, [] { throw std::runtime_error("no"); }); }).to("bob");
  pass(1s);
  pass(1s);
  EXPECT_EQ(failed, 2);
}

// -- cancel ---------------------------------------------------------------------------------------

TEST_F(Timers, ACancelledTimerDoesNotTick) {
  inject([this](worker& bob) { one = bob.every(100ms, note()); }).to("bob");
  pass(100ms);
  one.cancel();
  one.cancel();
  EXPECT_FALSE(one.is_active());
  pass(10s);
  EXPECT_THAT(ticks, ElementsAre(100));
  EXPECT_EQ(workers().system().wheel().next(), std::nullopt);
}

TEST_F(Timers, NoTickComesAfterACancelEvenIfItWasInTheMailbox) {
  inject([this](worker& bob) { one = bob.after(100ms, note()); }).to("bob");
  clock().advance(100ms);
  steps().run_due_timers();
  one.cancel();
  expect(mail::timer).to("bob");
  EXPECT_THAT(ticks, IsEmpty());
}

TEST_F(Timers, ATickMayCancelItsOwnTimer) {
  inject([this](worker& bob) {
    one = bob.every(100ms, [this] {
      ticks.push_back(1);
      one.cancel();
    });
  }).to("bob");
  pass(100ms);
  pass(10s);
  EXPECT_THAT(ticks, ElementsAre(1));
}

TEST_F(Timers, ANobodysTimerCanBeCancelled) {
  EXPECT_NO_THROW(timer{}.cancel());
  EXPECT_FALSE(timer{}.is_active());
}

// -- ends -----------------------------------------------------------------------------------------

// W-24, W-32
TEST_F(Timers, EndWithTheIncarnationThatMadeThem) {
  inject([this](worker& bob) {
    one = bob.every(100ms, note());
    bob.after(1h, [] {});
  }).to("bob");
  workers().kill("bob");
  run();
  EXPECT_FALSE(one.is_active());
  EXPECT_EQ(workers().system().wheel().next(), std::nullopt) << "nothing is kept for an hour";
  inject([] {}).to("bob");
  pass(1s);
  EXPECT_THAT(ticks, IsEmpty()) << "the next incarnation has none";
}

TEST_F(Timers, ATickThatWaitsIsDroppedByAKill) {
  inject([this](worker& bob) { bob.after(100ms, note()); }).to("bob");
  clock().advance(100ms);
  steps().run_due_timers();
  workers().kill("bob");
  run();
  EXPECT_THAT(ticks, IsEmpty());
}

TEST_F(Timers, WhatATimerHoldsGoesWithItEvenIfItHoldsItsOwnAddress) {
  auto owned = std::make_shared<timer>();
  const std::weak_ptr<timer> watched = owned;
  inject([&](worker& bob) {
    auto& address = *owned;
    address = bob.every(1s, [owned = std::move(owned)] {});
  }).to("bob");
  EXPECT_FALSE(watched.expired());
  workers().kill("bob");
  run();
  EXPECT_TRUE(watched.expired());
}

// -- by name --------------------------------------------------------------------------------------

// W-6, W-53
TEST_F(Timers, ADelayedCallMakesTheWorkerWhenItsTimeHasCome) {
  workers().call_after(2s, "bob", note());
  EXPECT_EQ(workers().number_of("bob"), 0u);
  clock().advance(2s);
  expect(mail::task).to("bob");
  EXPECT_THAT(ticks, ElementsAre(2000));
}

TEST_F(Timers, ARepeatedCallOutlivesTheWorker) {
  one = workers().call_every(1s, "bob", note());
  pass(1s);
  workers().kill("bob");
  run();
  EXPECT_EQ(workers().number_of("bob"), 0u);
  pass(1s);
  EXPECT_GT(workers().number_of("bob"), 0u);
  EXPECT_THAT(ticks, ElementsAre(1000, 2000));
}

TEST_F(Timers, ARepeatedCallGoesOnAfterAKillThatDroppedOneOfIts) {
  for (const auto keeps : {pace::fixed_rate, pace::fixed_delay}) {
    ticks.clear();
    start = clock().now();
    one = workers().call_every(1s, "bob", note(), keeps);
    clock().advance(1s);
    steps().run_due_timers();
    workers().kill("bob");
    run();
    EXPECT_THAT(ticks, IsEmpty());
    pass(1s);
    EXPECT_THAT(ticks, ElementsAre(2000));
    one.cancel();
  }
}

// W-79: whoever waited would hold up all other timers.
TEST_F(Timers, NoDelayedCallWaitsForRoomInAMailbox) {
  std::vector<drop_reason> lost;
  workers().on_dead_letter([&](const dead_letter& what) { lost.push_back(what.why); });
  workers().limit("bob", {.most = 1, .then = when_full::block, .patience = 1h});
  call("bob", [this] { ticks.push_back(-1); });
  const auto once = workers().call_after(1s, "bob", note());
  one = workers().call_every(1s, "bob", note());
  clock().advance(1s);
  steps().run_due_timers();
  EXPECT_THAT(ticks, IsEmpty()) << "nothing ran while a caller waited";
  EXPECT_FALSE(once.is_active());
  EXPECT_EQ(one.missed(), 1u);
  EXPECT_EQ(workers().info(workers().number_of("bob"))->rejected, 2u);
  EXPECT_THAT(lost, testing::ElementsAre(drop_reason::overflow, drop_reason::overflow))
      << "nobody is there who could be told";
  run();
  pass(1s);
  EXPECT_THAT(ticks, ElementsAre(-1, 2000));
}

TEST_F(Timers, EndWithTheSet) {
  workers().call_every(1s, "bob", note());
  inject([this](worker& ana) { ana.every(1s, note()); }).to("ana");
  workers().stop();
  EXPECT_THAT(ticks, IsEmpty());
  workers().call_after(0s, "bob", note());
  clock().advance(1h);
  run();
  EXPECT_THAT(ticks, IsEmpty());
}

TEST(TimerAddress, MayOutliveTheSet) {
  std::vector<timer> all;
  {
    testkit::world w;
    for (const auto keeps : {pace::fixed_rate, pace::fixed_delay})
      all.push_back(w.workers().call_every(
          1s, "bob", [] {}, keeps));
    w.inject([&](worker& ana) { all.push_back(ana.after(1h, [] {})); }).to("ana");
    w.clock().advance(1s);
    w.steps().run_due_timers(); // two ticks wait
  }
  for (const timer& one : all) {
    EXPECT_FALSE(one.is_active());
    one.cancel();
  }
}

TEST_F(Timers, WithoutTaskTimeOrNameAreErrorsAtTheCall) {
  EXPECT_THROW(workers().call_after(-1s, "bob", note()), std::invalid_argument);
  EXPECT_THROW(workers().call_every(0s, "bob", note()), std::invalid_argument);
  EXPECT_THROW(workers().call_after(1s, "", note()), std::invalid_argument);
  EXPECT_THROW(workers().call_after(1s, "bob", nullptr), std::invalid_argument);
  inject([](worker& bob) {
    EXPECT_THROW(bob.every(-1s, [] {}), std::invalid_argument);
    EXPECT_THROW(bob.after(1s, nullptr), std::invalid_argument);
  }).to("bob");
}

// Every order of: the time comes, the tick, two other tasks, a cancel.
TEST(EveryOrderOfTimers, LetsNoTickComeAfterItsCancel) {
  int ticked = 0;
  int silent = 0;
  const auto found = testkit::explore(
      [&](const testkit::schedule& how) {
        testkit::world w{{.order_of_steps = how}};
        timer beat;
        bool is_cancelled = false;
        int ticks = 0;
        w.call("bob", [&](worker& bob) {
          beat = bob.after(10ms, [&] {
            EXPECT_FALSE(is_cancelled);
            ++ticks;
          });
        });
        while (!w.steps().is_idle())
          w.steps().run_at(0); // before the exploration
        w.clock().advance(10ms);
        w.call("ana", [&](worker& ana) {
          ana.call("bob", [] {});
          beat.cancel();
          is_cancelled = true;
        });
        w.call("eve", [](worker& eve) { eve.call("bob", [] {}); });
        w.run();
        EXPECT_LE(ticks, 1);
        (ticks == 1 ? ticked : silent) += 1;
      },
      {.max_schedules = 20'000, .name = "a tick is cancelled when its time has come"});
  EXPECT_TRUE(found.is_all);
  EXPECT_GT(ticked, 0) << "in some orders it comes first";
  EXPECT_GT(silent, 0);
}

/// Ticks, cancels and kills in any order: nothing ticks after its cancel.
TEST(EveryOrderOfTimers, KeepsACancelledTimerSilent) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    testkit::world w{{.order_of_steps = {.steps = order::random, .seed = seed}}};
    timer beat;
    bool is_cancelled = false;
    int late = 0;
    w.call("bob",
           [&](worker& bob) { beat = bob.every(10ms, [&] { late += is_cancelled ? 1 : 0; }); });
    w.run();
    for (int i = 0; i < 5; ++i)
      w.call("eve", [&] { w.clock().advance(7ms); });
    w.call("ana", [&] {
      beat.cancel();
      is_cancelled = true;
    });
    w.run();
    ASSERT_EQ(late, 0);
  }
}

} // namespace
