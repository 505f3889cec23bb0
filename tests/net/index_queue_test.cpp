// Indexes that wait: in order, each once, and gone at once.

#include "net/src/beast/index_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <random>
#include <vector>

namespace {

using callsign::beast::index_queue;

std::vector<std::size_t> drained(index_queue& queue) {
  std::vector<std::size_t> all;
  while (!queue.empty())
    all.push_back(queue.pop_front());
  return all;
}

TEST(IndexQueue, KeepsTheOrderAndNobodyTwice) {
  index_queue queue;
  queue.fit(4);
  for (const std::size_t index : {2U, 0U, 2U, 3U, 0U})
    queue.push_back(index);
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_EQ(drained(queue), (std::vector<std::size_t>{2, 0, 3}));
}

TEST(IndexQueue, WhoWasTakenOutComesToTheEnd) {
  index_queue queue;
  queue.fit(3);
  for (const std::size_t index : {0U, 1U, 2U})
    queue.push_back(index);
  queue.remove(0);
  queue.remove(0);
  EXPECT_FALSE(queue.contains(0));
  queue.push_back(0);
  EXPECT_EQ(drained(queue), (std::vector<std::size_t>{1, 2, 0}));
}

TEST(IndexQueue, KeepsWhatWaitsWhenItGrows) {
  index_queue queue;
  queue.fit(1);
  queue.push_back(0);
  queue.fit(100);
  queue.push_back(99);
  queue.fit(50);
  EXPECT_TRUE(queue.contains(99));
  EXPECT_EQ(drained(queue), (std::vector<std::size_t>{0, 99}));
}

TEST(IndexQueue, DoesWhatAListDoes) {
  constexpr std::size_t most = 12;
  std::mt19937 dice{20261128};
  index_queue queue;
  queue.fit(most);
  std::vector<std::size_t> model;
  for (int step = 0; step < 20'000; ++step) {
    const std::size_t index = dice() % most;
    const auto at = std::ranges::find(model, index);
    ASSERT_EQ(queue.contains(index), at != model.end());
    switch (dice() % 3) {
    case 0:
      queue.push_back(index);
      if (at == model.end())
        model.push_back(index);
      break;
    case 1:
      queue.remove(index);
      if (at != model.end())
        model.erase(at);
      break;
    default:
      if (!model.empty()) {
        ASSERT_EQ(queue.pop_front(), model.front());
        model.erase(model.begin());
      }
    }
    ASSERT_EQ(queue.size(), model.size());
  }
  EXPECT_EQ(drained(queue), model);
}

} // namespace
