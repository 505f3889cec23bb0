// What is behind asks and timers, against the plainest model there is: a sorted list.

#include "actors/src/deadlines.hpp"

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

TEST(Deadlines, AgreesWithASortedListInEveryOrderOfArmingDisarmingAndTurning) {
  std::mt19937_64 dice{11};
  deadlines all;
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
      // Some in the past.
      const std::chrono::microseconds away{static_cast<long>(dice() % 9'000'000) - 500'000};
      model.push_back({std::make_shared<nothing>(), now + away});
      all.arm(model.back().what, model.back().when);
      break;
    }
    case 2:
      if (!model.empty()) {
        const auto at = model.begin() + static_cast<long>(dice() % model.size());
        ASSERT_EQ(all.disarm(*at->what), at->what);
        ASSERT_EQ(all.disarm(*at->what), nullptr);
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
      const auto taken = all.take_due(now);
      ASSERT_EQ(taken.size(), due.size());
      for (std::size_t i = 0; i < due.size(); ++i)
        ASSERT_EQ(taken[i], due[i].what);
    }
    ASSERT_EQ(all.size(), model.size());
    const auto next = all.next();
    ASSERT_EQ(next.has_value(), !model.empty());
    if (next) {
      const auto first = std::ranges::min_element(model, {}, &known::when)->when;
      ASSERT_EQ(*next, first) << "nobody would come in time, or for nothing";
    }
  }
  EXPECT_EQ(all.take_all().size(), model.size());
  EXPECT_EQ(all.size(), 0u);
}

TEST(Deadlines, KeepsWhatIsArmedAliveAndNothingElse) {
  deadlines all;
  auto one = std::make_shared<nothing>();
  const std::weak_ptr<nothing> watched = one;
  all.arm(std::move(one), start + 1s);
  EXPECT_FALSE(watched.expired());
  EXPECT_TRUE(all.take_due(start + 999ms).empty());
  EXPECT_FALSE(watched.expired());
  EXPECT_EQ(all.take_due(start + 1s).size(), 1u);
  EXPECT_TRUE(watched.expired());
}

TEST(Deadlines, LetGoOfWhatIsArmedWhenTheyEnd) {
  std::vector<std::weak_ptr<deadline>> watched;
  {
    deadlines all;
    for (int i = 0; i < 3; ++i) {
      const auto one = std::make_shared<nothing>();
      watched.emplace_back(one);
      all.arm(one, start + std::chrono::seconds{i});
    }
    EXPECT_FALSE(watched.front().expired());
  }
  for (const auto& one : watched)
    EXPECT_TRUE(one.expired());
}

/// How many comparisons `what` takes with so many deadlines.
std::uint64_t comparisons_of(std::size_t many, void (*what)(deadlines&, std::size_t)) {
  deadlines all;
  what(all, many);
  return all.comparisons();
}

void arm_all(deadlines& all, std::size_t many, std::mt19937_64& dice) {
  for (std::size_t i = 0; i < many; ++i) {
    all.arm(std::make_shared<nothing>(), start + std::chrono::seconds{dice() % 100'000});
    static_cast<void>(all.next());
  }
}

constexpr std::size_t many = 100'000;

TEST(Deadlines, ToArmOneIsOneComparisonAndToSayWhatComesNextIsNone) {
  EXPECT_EQ(comparisons_of(many,
                           [](deadlines& all, std::size_t count) {
                             std::mt19937_64 dice{7};
                             arm_all(all, count, dice);
                           }),
            many - 1);
}

TEST(Deadlines, OneAfterTheOtherEachCostsTheLogarithmOfAllOfThem) {
  const auto cost = comparisons_of(many, [](deadlines& all, std::size_t count) {
    std::mt19937_64 dice{7};
    arm_all(all, count, dice);
    std::size_t taken = 0;
    while (const auto next = all.next())
      taken += all.take_due(*next).size();
    EXPECT_EQ(taken, count);
  });

  // log2(100,000) is 17.
  EXPECT_LT(cost, 2 * 17 * many);
}

TEST(Deadlines, AllOfOneMomentCostNoMore) {
  const auto cost = comparisons_of(many, [](deadlines& all, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      all.arm(std::make_shared<nothing>(), start + 10s);
    EXPECT_EQ(all.take_due(start + 10s).size(), count);
  });

  EXPECT_LT(cost, 2 * 17 * many);
}

TEST(Deadlines, AnswersThatComeInTheOrderOfTheQuestionsCostAFewComparisonsEach) {
  const auto cost = comparisons_of(many, [](deadlines& all, std::size_t count) {
    // A thousand are always under way.
    std::vector<std::shared_ptr<nothing>> asked;
    for (std::size_t i = 0; i < count; ++i) {
      asked.push_back(std::make_shared<nothing>());
      all.arm(asked.back(), start + std::chrono::milliseconds{i});
      if (i >= 1000)
        all.disarm(*asked[i - 1000]);
    }
  });

  // log2(1,000) is 10.
  EXPECT_LT(cost, 10 * many);
}

} // namespace
