// Whose turn it is, on real threads: no worker waits for ever behind busy ones (design.md section
// 4), and no two lives of a name overlap (rule W-34, scenarios T-6 and T-7).

#include "tests/actors/waiting.hpp"

#include <callsign/workers.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace callsign;
using namespace std::chrono_literals;
using callsign::tests::event;

constexpr process_variable<int> COUNT{"COUNT"};

class Turns : public testing::Test {
protected:
  static workers_options quiet(std::size_t threads) {
    return {.threads = threads, .interrupts = signals::left_alone, .long_task = 0ms};
  }
};

/// Calls itself again and again: its worker always has something to do.
struct busy {
  std::atomic<bool>* is_over;
  std::atomic<std::uint64_t>* runs;
  void operator()(worker& self) const {
    ++*runs;
    if (!*is_over)
      self.call(self.name(), *this);
  }
};

// Design section 4: a drain handles so many entries and then gives its thread to others. Five
// workers with an endless queue on four threads: each of them gets on, and so does a sixth.
TEST_F(Turns, ASixthWorkerGetsItsTurnThoughFiveOnFourThreadsAreAlwaysBusy) {
  std::atomic<bool> is_over{false};
  std::array<std::atomic<std::uint64_t>, 5> runs{};
  workers set{quiet(4)};
  for (std::size_t i = 0; i < runs.size(); ++i)
    set.call("busy " + std::to_string(i), busy{&is_over, &runs[i]});

  for (int round = 0; round < 20; ++round) {
    event ran;
    set.call("sixth", [&] { ran.happens(); });
    ASSERT_TRUE(ran.has_happened()) << "round " << round;
  }

  // And none of the five keeps out another: each gets on once more.
  for (const auto& one : runs) {
    const auto before = one.load();
    const auto until = std::chrono::steady_clock::now() + callsign::tests::long_enough;
    while (one < before + 2 && std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
    EXPECT_GE(one, before + 2);
  }
  is_over = true;
}

// The same for a queue that is long and not endless: what waits is not run to its end first.
TEST_F(Turns, ALongQueueDoesNotKeepTheOnlyThread) {
  constexpr int many = 100'000;
  workers set{quiet(1)};
  event begun;
  event go_on;
  std::atomic<int> ran{0};
  set.call("long", [&] {
    begun.happens();
    EXPECT_TRUE(go_on.has_happened());
  });
  ASSERT_TRUE(begun.has_happened());
  for (int i = 0; i < many; ++i)
    set.call("long", [&] { ++ran; });
  int when = many;
  event other_ran;
  set.call("other", [&] {
    when = ran;
    other_ran.happens();
  });
  event all;
  set.call("long", [&] { all.happens(); });

  go_on.happens();

  ASSERT_TRUE(other_ran.has_happened());
  EXPECT_LT(when, many);
  EXPECT_TRUE(all.has_happened());
  EXPECT_EQ(ran, many) << "and nothing is lost by it";
}

// T-6, T-7, W-32, W-34: the kill and the call come from outside while message 1 still runs. It runs
// to its end, what waited is dropped, and the next life begins behind it with fresh variables.
TEST_F(Turns, TheNextIncarnationBeginsOnlyWhenTheTaskInProgressHasEnded) {
  for (const auto where : {runs_on::pool, runs_on::own_thread}) {
    event running;
    event go_on;
    event next_ran;
    std::atomic<bool> has_ended{false};
    std::atomic<int> dropped_ran{0};
    std::atomic<worker_number> old{0};
    workers set{quiet(4)};
    set.hire("bob", where);
    set.call("bob", [&](worker& self) {
      self[COUNT] = 7;
      old = self.number();
      running.happens();
      EXPECT_TRUE(go_on.has_happened());
      has_ended = true;
    });
    ASSERT_TRUE(running.has_happened());
    for (int i = 0; i < 5; ++i)
      set.call("bob", [&] { ++dropped_ran; });

    set.kill("bob");
    EXPECT_EQ(set.call("bob",
                       [&](worker& self) {
                         EXPECT_TRUE(has_ended) << "two lives at once";
                         EXPECT_GT(self.number(), old);
                         EXPECT_EQ(self[COUNT], 0);
                         EXPECT_EQ(set.info(self.number())->dropped_by_kill, 5u);
                         next_ran.happens();
                       }),
              call_result::queued);
    // Threads are free for it, and another worker uses one; still it does not begin.
    event other_ran;
    set.call("ana", [&] { other_ran.happens(); });
    ASSERT_TRUE(other_ran.has_happened());
    EXPECT_EQ(set.number_of("bob"), old);
    EXPECT_FALSE(next_ran.has_happened(0ms));

    go_on.happens();

    EXPECT_TRUE(next_ran.has_happened());
    EXPECT_EQ(dropped_ran, 0);
    EXPECT_GT(set.number_of("bob"), old);
  }
}

// W-34 again and again: kill and call race from outside with tasks that run, and no two tasks of
// the name are ever inside at once.
TEST_F(Turns, LivesOfOneNameNeverOverlapHoweverOftenItIsKilledWhileItRuns) {
  workers set{quiet(4)};
  std::atomic<int> inside{0};
  for (int round = 0; round < 500; ++round) {
    event running;
    event go_on;
    event next_ran;
    set.call("bob", [&] {
      EXPECT_EQ(++inside, 1);
      running.happens();
      EXPECT_TRUE(go_on.has_happened());
      --inside;
    });
    ASSERT_TRUE(running.has_happened());
    std::jthread killer{[&] {
      set.kill("bob");
      set.call("bob", [&] {
        EXPECT_EQ(++inside, 1);
        --inside;
        next_ran.happens();
      });
    }};
    go_on.happens();
    killer.join();
    ASSERT_TRUE(next_ran.has_happened());
  }
}

} // namespace
