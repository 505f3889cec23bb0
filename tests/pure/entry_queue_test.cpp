// The queue of entries that a mailbox is made of (rule W-10: first come, first served).

#include "actors/src/entry_queue.hpp"
#include "tests/actors/scarce_memory.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>

namespace {

using namespace callsign;
using namespace callsign::detail;

/// The tasks here mention no worker.
worker& nowhere() {
  alignas(std::max_align_t) static std::byte room[64];
  return reinterpret_cast<worker&>(room);
}

entry noting(int what, std::deque<int>& into) {
  return {.run = [what, &into] { into.push_back(what); }};
}

void run_front(entry_queue& from) {
  from.front().run(nowhere());
  from.pop_front();
}

TEST(EntryQueue, BehavesAsADequeDoes) {
  std::mt19937 dice{7};
  entry_queue queue;
  entry_queue other;
  std::deque<int> model;
  std::deque<int> other_model;
  std::deque<int> ran;
  int next = 0;
  for (int step = 0; step < 20'000; ++step) {
    switch (dice() % 8) {
    case 0:
    case 1:
    case 2:
      for (auto n = dice() % 100; n > 0; --n) {
        queue.push_back(noting(next, ran));
        model.push_back(next++);
      }
      break;
    case 3:
    case 4:
    case 5:
      for (auto n = dice() % 140; n > 0 && !queue.empty(); --n) {
        run_front(queue);
        ASSERT_EQ(ran.back(), model.front());
        model.pop_front();
      }
      break;
    case 6:
      queue.swap(other);
      model.swap(other_model);
      break;
    default:
      switch (dice() % 4) {
      case 0:
        queue.append(std::move(other));
        model.insert(model.end(), other_model.begin(), other_model.end());
        other_model.clear();
        ASSERT_TRUE(other.empty());
        break;
      case 1: queue.shrink(); break;
      case 2: queue.reserve(dice() % 200); break;
      default:
        if (!queue.empty()) {
          const auto index = dice() % queue.size();
          queue.take_out(index).run(nowhere());
          ASSERT_EQ(ran.back(), model[index]);
          model.erase(model.begin() + static_cast<std::ptrdiff_t>(index));
        }
      }
    }
    ASSERT_EQ(queue.size(), model.size());
    ASSERT_EQ(other.size(), other_model.size());
  }
}

TEST(EntryQueue, DestroysWhatItStillHolds) {
  const auto owned = std::make_shared<int>(1);
  {
    entry_queue queue;
    for (int i = 0; i < 1000; ++i)
      queue.push_back({.run = [owned] {}});
    EXPECT_EQ(owned.use_count(), 1001);
    queue.pop_front();
    EXPECT_EQ(owned.use_count(), 1000);
    queue = entry_queue{};
    EXPECT_EQ(owned.use_count(), 1);
    queue.push_back({.run = [owned] {}});
  }
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(EntryQueue, NeedsNoMemoryForWhatWasReserved) {
  for (const std::size_t count : {1, 4, 5, 300}) {
    entry_queue queue;
    queue.reserve(count);
    const tests::scarce_memory none;
    for (std::size_t i = 0; i < count; ++i)
      queue.push_back({.run = [] {}});
    EXPECT_EQ(queue.size(), count);
  }
}

TEST(EntryQueue, ShowsAllThatWaitsInOrder) {
  entry_queue queue;
  for (std::uint32_t i = 0; i < 200; ++i)
    queue.push_back({.sender = i});
  queue.pop_front();
  std::uint32_t next = 1;
  queue.for_each([&](const entry& e) { EXPECT_EQ(e.sender, next++); });
  EXPECT_EQ(next, 200u);
}

TEST(EntryQueue, OfAFewEntriesIsSmallAndShrinksToNothing) {
  entry_queue queue;
  queue.push_back({.run = [] {}});
  EXPECT_LE(queue.capacity(), 4u);
  queue.pop_front();
  queue.shrink();
  EXPECT_EQ(queue.capacity(), 0u);
}

} // namespace
