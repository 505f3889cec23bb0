// The wheel behind asks and timers, against the plainest model there is: a sorted list.

#include "actors/src/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

namespace {

using namespace callsign::detail;
using namespace std::chrono_literals;
using time_point = deadline::time_point;

struct nothing final : deadline {
  void due() noexcept override {}
};

const time_point start{1000h};

TEST(TimerWheel, AgreesWithASortedListInEveryOrderOfArmingDisarmingAndTurning) {
  std::mt19937_64 dice{11};
  timer_wheel wheel{start};
  struct known {
    std::shared_ptr<nothing> what;
    time_point when;
  };
  std::vector<known> model; // in order of arming
  auto now = start;
  for (int step = 0; step < 20'000; ++step) {
    switch (dice() % 4) {
    case 0:
    case 1: {
      // Some in the past, some more than a round away.
      const std::chrono::microseconds away{static_cast<long>(dice() % 9'000'000) - 500'000};
      model.push_back({std::make_shared<nothing>(), now + away});
      wheel.arm(model.back().what, model.back().when);
      break;
    }
    case 2:
      if (!model.empty()) {
        const auto at = model.begin() + static_cast<long>(dice() % model.size());
        ASSERT_EQ(wheel.disarm(*at->what), at->what);
        ASSERT_EQ(wheel.disarm(*at->what), nullptr);
        model.erase(at);
      }
      break;
    default:
      now += std::chrono::microseconds{dice() % (dice() % 50 == 0 ? 20'000'000 : 3'000)};
      std::vector<known> due;
      std::ranges::copy_if(model, std::back_inserter(due),
                           [&](const known& one) { return one.when <= now; });
      std::ranges::stable_sort(due, {}, &known::when);
      std::erase_if(model, [&](const known& one) { return one.when <= now; });
      const auto taken = wheel.take_due(now);
      ASSERT_EQ(taken.size(), due.size());
      for (std::size_t i = 0; i < due.size(); ++i)
        ASSERT_EQ(taken[i], due[i].what);
    }
    ASSERT_EQ(wheel.size(), model.size());
    const auto next = wheel.next();
    ASSERT_EQ(next.has_value(), !model.empty());
    if (next) {
      const auto first = std::ranges::min_element(model, {}, &known::when)->when;
      ASSERT_EQ(*next, first) << "nobody would come in time, or for nothing";
    }
  }
  EXPECT_EQ(wheel.take_all().size(), model.size());
  EXPECT_EQ(wheel.size(), 0u);
}

TEST(TimerWheel, KeepsWhatIsArmedAliveAndNothingElse) {
  timer_wheel wheel{start};
  auto one = std::make_shared<nothing>();
  const std::weak_ptr<nothing> watched = one;
  wheel.arm(std::move(one), start + 1s);
  EXPECT_FALSE(watched.expired());
  EXPECT_TRUE(wheel.take_due(start + 999ms).empty());
  EXPECT_FALSE(watched.expired());
  EXPECT_EQ(wheel.take_due(start + 1s).size(), 1u);
  EXPECT_TRUE(watched.expired());
}

} // namespace
