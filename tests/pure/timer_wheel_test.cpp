// Many deadlines, one timer: rule by rule, and against a model that looks at everything.

#include "net/src/rules/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <vector>

namespace {

using namespace callsign::rules;
using namespace std::chrono_literals;

constexpr time_point start{1000h};

class TimerWheel : public testing::Test {
protected:
  timer_wheel wheel{start};
  int fired = 0;
  wheel_timer timer{[this] { ++fired; }};
};

TEST_F(TimerWheel, FiresAtItsDeadlineOrATickLaterButNeverBefore) {
  wheel.arm(timer, start + 1s);

  wheel.advance(start + 999ms);
  EXPECT_EQ(fired, 0);
  EXPECT_TRUE(timer.is_armed());
  wheel.advance(start + 1s + timer_wheel::tick);

  EXPECT_EQ(fired, 1);
  EXPECT_FALSE(timer.is_armed());
  EXPECT_EQ(wheel.size(), 0u);
}

TEST_F(TimerWheel, FiresOnce) {
  wheel.arm(timer, start + 100ms);
  wheel.advance(start + 10s);
  wheel.advance(start + 200s);
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerWheel, ADeadlineInThePastFiresWithTheNextTick) {
  wheel.advance(start + 10s);
  wheel.arm(timer, start + 1s);
  wheel.advance(start + 10s + timer_wheel::tick);
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerWheel, ArmingAgainReplacesTheDeadline) {
  wheel.arm(timer, start + 1s);
  wheel.arm(timer, start + 5s);
  EXPECT_EQ(wheel.size(), 1u);
  wheel.advance(start + 4s);
  EXPECT_EQ(fired, 0);
  wheel.advance(start + 6s);
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerWheel, ADisarmedTimerDoesNotFire) {
  wheel.arm(timer, start + 1s);
  timer.disarm();
  timer.disarm();
  wheel.advance(start + 10s);
  EXPECT_EQ(fired, 0);
  EXPECT_FALSE(wheel.next());
}

TEST_F(TimerWheel, ADeadlineBeyondOneRoundWaitsForItsRound) {
  wheel.arm(timer, start + 200s);
  for (auto now = start; now < start + 200s; now += 1s)
    wheel.advance(now);
  EXPECT_EQ(fired, 0);
  wheel.advance(start + 201s);
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerWheel, AfterALongPauseEverythingThatIsDueFires) {
  std::vector<std::unique_ptr<wheel_timer>> all;
  for (int i = 0; i < 200; ++i) {
    all.push_back(std::make_unique<wheel_timer>([this] { ++fired; }));
    wheel.arm(*all.back(), start + i * 1s);
  }
  EXPECT_EQ(wheel.advance(start + 24h), 200u);
  EXPECT_EQ(fired, 200);
}

TEST_F(TimerWheel, WhatFiresMayArmItselfAgain) {
  wheel_timer again{[&] {
    ++fired;
    wheel.arm(again, start + fired * 10s + 10s);
  }};
  wheel.arm(again, start + 10s);
  for (auto now = start; now <= start + 100s; now += 100ms)
    wheel.advance(now);
  EXPECT_GE(fired, 9);
  EXPECT_LE(fired, 10);
}

TEST_F(TimerWheel, WhatFiresMayDisarmAndDestroyItsNeighbours) {
  auto victim = std::make_unique<wheel_timer>([this] { fired += 100; });
  wheel_timer culprit{[&] {
    ++fired;
    victim.reset();
  }};
  // In the same slot; the one armed last stands first.
  wheel.arm(*victim, start + 1s);
  wheel.arm(culprit, start + 1s);
  wheel.advance(start + 2s);
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerWheel, OneThatThrowsDoesNotDelayItsNeighbours) {
  wheel_timer bad{[] { throw std::runtime_error{"bad"}; }};
  wheel_timer other{[this] { ++fired; }};
  wheel.arm(timer, start + 1s);
  wheel.arm(bad, start + 1s);
  wheel.arm(other, start + 1s);

  EXPECT_THROW(static_cast<void>(wheel.advance(start + 2s)), std::runtime_error);
  static_cast<void>(wheel.advance(start + 2s));

  EXPECT_EQ(fired, 2);
  EXPECT_FALSE(bad.is_armed());
}

TEST_F(TimerWheel, ATimerMayOutliveItsWheelAndTheOtherWayRound) {
  auto other = std::make_unique<timer_wheel>(start);
  wheel_timer survivor{[] {}};
  other->arm(survivor, start + 1s);
  other.reset();
  EXPECT_FALSE(survivor.is_armed());
  {
    wheel_timer brief{[this] { ++fired; }};
    wheel.arm(brief, start + 1s);
  }
  wheel.advance(start + 2s);
  EXPECT_EQ(fired, 0);
}

TEST_F(TimerWheel, NextIsNeverLaterThanATickBehindTheFirstDeadline) {
  EXPECT_FALSE(wheel.next());
  wheel.arm(timer, start + 10s);
  ASSERT_TRUE(wheel.next());
  EXPECT_GE(*wheel.next(), start + 10s);
  EXPECT_LE(*wheel.next(), start + 10s + timer_wheel::tick);

  // Whoever sleeps until `next` fires everything in time.
  wheel.arm(timer, start + 150s);
  while (fired == 0) {
    ASSERT_TRUE(wheel.next());
    ASSERT_LE(*wheel.next(), start + 150s + timer_wheel::tick);
    wheel.advance(*wheel.next());
  }
}

TEST(TimerWheelProperty, BehavesAsAModelDoes) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 dice{seed};
    const auto any = [&](std::uint32_t below) { return static_cast<std::int64_t>(dice() % below); };
    timer_wheel wheel{start};
    time_point now = start;
    struct one {
      std::unique_ptr<wheel_timer> timer;
      std::optional<time_point> due;
      time_point soonest{}; ///< a deadline in the past means the next tick
    };
    std::vector<one> all(20);
    for (auto& t : all) {
      t.timer = std::make_unique<wheel_timer>([&now, &t] {
        ASSERT_TRUE(t.due) << "fired without being armed";
        ASSERT_GE(now, *t.due) << "fired early";
        t.due.reset();
      });
    }
    for (int step = 0; step < 300; ++step) {
      auto& t = all[static_cast<std::size_t>(any(20))];
      switch (any(4)) {
      case 0:
      case 1:
        t.due = now + std::chrono::milliseconds{any(any(3) == 0 ? 300'000 : 3'000)} - 500ms;
        t.soonest = std::max(now, *t.due);
        wheel.arm(*t.timer, *t.due);
        break;
      case 2:
        t.timer->disarm();
        t.due.reset();
        break;
      default: {
        now += std::chrono::milliseconds{any(any(10) == 0 ? 200'000 : 1'500)};
        wheel.advance(now);
        for (const auto& other : all) {
          if (other.due) {
            ASSERT_GT(other.soonest + timer_wheel::tick * 2, now) << "fired late, or not at all";
          }
        }
      }
      }
      ASSERT_EQ(wheel.size(), static_cast<std::size_t>(std::ranges::count_if(
                                  all, [](const auto& o) { return o.due.has_value(); })));
      ASSERT_EQ(wheel.next().has_value(), wheel.size() > 0);
    }
  }
}

} // namespace
