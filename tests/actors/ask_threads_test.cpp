// Asks and timers on real threads and real time.

#include "tests/actors/waiting.hpp"

#include <callsign/workers.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace {

using namespace callsign;
using namespace std::chrono_literals;
using callsign::tests::event;

constexpr process_variable<int> COUNT{"COUNT"};

class AskThreads : public testing::Test {
protected:
  workers set{{.interrupts = signals::left_alone, .long_task = 0ms}};
};

TEST_F(AskThreads, FourThreadsAskOneWorkerAndEachGetsItsOwnAnswer) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        const int mine = t * 1000 + i;
        EXPECT_EQ(set.ask("bob", [mine](worker& bob) { return ++bob[COUNT], mine; }).get(), mine);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(set.ask("bob", [](worker& bob) { return bob[COUNT]; }).get(), 2000);
}

TEST_F(AskThreads, ADeadlinePassesWhileTheWorkerIsBusyWithSomethingElse) {
  event over;
  set.call("bob", [&] { EXPECT_TRUE(over.has_happened()); });
  auto got = set.ask("bob", [] { return 1; }, {.within = 10ms}).result();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.why().code, errc::answer_late);
  over.happens();
  set.stop(); // bob still looks at what is ours
}

TEST_F(AskThreads, WorkersAskInARingAndNobodyWaits) {
  event done;
  struct next {
    event* done;
    int left;
    void operator()(worker& self) const {
      if (left == 0)
        return done->happens();
      self.ask(
          self.name() == "ana" ? "bob" : "ana", [](worker& other) { return other.name(); },
          [done = done, left = left](worker& asker, answer<std::string> got) {
            asker.call(*got, next{done, left - 1});
          });
    }
  };
  set.call("ana", next{&done, 1000});
  EXPECT_TRUE(done.has_happened());
}

TEST_F(AskThreads, TimersTickInRealTimeAndAnEarlierOneIsNotHeldUpByALaterOne) {
  event ticked{3};
  std::atomic<bool> hour_has_passed{false};
  set.call_after(1h, "eve", [&] { hour_has_passed = true; });
  set.call("bob", [&](worker& bob) { bob.every(1ms, [&] { ticked.happens(); }); });
  EXPECT_TRUE(ticked.has_happened());
  EXPECT_FALSE(hour_has_passed);
  set.stop();
}

// W-79
TEST_F(AskThreads, ACallerThatIsHeldUpByAFullMailboxGoesOnWhenThereIsRoom) {
  set.limit("bob", {.most = 1, .then = when_full::block, .patience = tests::long_enough});
  event busy;
  event free;
  int ran = 0; // bob's
  set.call("bob", [&] {
    busy.happens();
    EXPECT_TRUE(free.has_happened());
  });
  ASSERT_TRUE(busy.has_happened());
  EXPECT_EQ(set.call("bob", [&] { ++ran; }), call_result::queued);
  std::jthread other{[&] {
    for (int i = 0; i < 200; ++i)
      EXPECT_EQ(set.call("bob", [&] { ++ran; }), call_result::queued);
  }};
  free.happens();
  other.join();
  set.limit("bob", {});
  EXPECT_EQ(set.ask("bob", [&] { return ran; }).get(), 201);
}

TEST_F(AskThreads, ADelayedCallToAFullMailboxHoldsUpNoOtherTimer) {
  set.limit("bob", {.most = 1, .then = when_full::block, .patience = std::chrono::hours{1}});
  event busy;
  event free;
  event ticked;
  set.call("bob", [&] {
    busy.happens();
    EXPECT_TRUE(free.has_happened());
  });
  ASSERT_TRUE(busy.has_happened());
  set.call("bob", [] {});
  set.call_after(std::chrono::milliseconds{1}, "bob", [] {});
  set.call_after(std::chrono::milliseconds{2}, "eve", [&] { ticked.happens(); });
  EXPECT_TRUE(ticked.has_happened());
  free.happens();
  set.stop(); // bob has these events in his hand
}

TEST_F(AskThreads, ACallerThatIsHeldUpIsLetGoWhenTheSetEnds) {
  set.limit("bob", {.most = 1, .then = when_full::block, .patience = tests::long_enough});
  event busy;
  event free;
  set.call("bob", [&] {
    busy.happens();
    EXPECT_TRUE(free.has_happened());
  });
  ASSERT_TRUE(busy.has_happened());
  set.call("bob", [] {});
  std::jthread other{[&] { EXPECT_EQ(set.call("bob", [] {}), call_result::shutting_down); }};
  std::jthread stops{[&] { set.stop(); }};
  other.join();
  free.happens();
}

TEST_F(AskThreads, TheSetMayEndWhileEverybodyAsks) {
  std::atomic<int> settled{0};
  std::vector<std::jthread> threads;
  event began{4};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0;; ++i) {
        if (i == 50)
          began.happens();
        if (!set.ask("bob", [] { return 1; }).result())
          break;
      }
      ++settled;
    });
  }
  ASSERT_TRUE(began.has_happened());
  set.stop();
  threads.clear();
  EXPECT_EQ(settled, 4);
}

} // namespace
