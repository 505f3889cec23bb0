// Signals and shared values: rules W-39, W-54 to W-63, W-80, scenario T-10.

#include "tests/actors/waiting.hpp"

#include "actors/src/worker_system.hpp"

#include <callsign/guarded.hpp>
#include <callsign/one_shot_signal.hpp>
#include <callsign/testkit/world.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace {

using namespace callsign;
using namespace std::chrono_literals;
using testing::ElementsAre;
using tests::event;

class Signals : public testing::Test, public testkit::world {
protected:
  one_shot_signal done{"import"};
  std::vector<std::string> said;
};

// T-10, W-55, W-57
TEST_F(Signals, AWaitEndsWithItsTimeOrAtOnceWhenTheFlagIsUp) {
  inject([this](worker& ana) {
    const auto before = ana.now();
    EXPECT_FALSE(done.wait(50ms));
    EXPECT_EQ(ana.now() - before, 50ms);
    done.trigger();
    EXPECT_TRUE(done.wait(50ms));
    EXPECT_EQ(ana.now() - before, 50ms);
  }).to("ana");
  EXPECT_TRUE(done.is_signaled());
  EXPECT_EQ(workers().system().wheel().next(), std::nullopt);
}

TEST_F(Signals, AWaitWithoutTimeOnlyLooks) {
  EXPECT_FALSE(done.wait(0ms));
  EXPECT_FALSE(done.wait(-1s));
  done.trigger();
  EXPECT_TRUE(done.wait(0ms));
}

// W-56, W-58
TEST_F(Signals, AreTriggeredOnceAndStayUp) {
  done.trigger();
  done.trigger();
  EXPECT_TRUE(done.is_signaled());
  EXPECT_TRUE(done.wait());
  EXPECT_TRUE(done.wait());
}

// W-54, W-55
TEST_F(Signals, ACopyIsTheSameSignal) {
  const one_shot_signal copy = done;
  copy.describe("export");
  EXPECT_EQ(done.description(), "export");
  copy.trigger();
  EXPECT_TRUE(done.is_signaled());
}

// W-54: passed as a parameter, with a result beside it.
TEST_F(Signals, BringAResultFromOneWorkerToAnother) {
  const guarded<int> result;
  call("ana", [this, result](worker& self) {
    self.call("bob", [this, result] {
      result.set(42);
      done.trigger();
    });
    EXPECT_TRUE(done.wait(10s));
    said.push_back(std::to_string(result.copy()));
  });
  run();
  EXPECT_THAT(said, ElementsAre("42"));
}

// W-39
TEST_F(Signals, AnUnlimitedWaitIsRefusedInTheMainWorkerAndOnThePool) {
  const auto is_refused = [this] {
    try {
      (void)done.wait();
      said.emplace_back("waited");
    } catch (const failure& e) {
      EXPECT_EQ(e.code(), errc::would_block);
      said.emplace_back("refused");
    }
  };
  workers().call(main_worker, is_refused);
  call("ana", is_refused);
  run();
  EXPECT_THAT(said, ElementsAre("refused", "refused"));
}

TEST_F(Signals, ALimitedWaitIsAllowedInTheMainWorker) {
  workers().call(main_worker, [this] { EXPECT_FALSE(done.wait(1s)); });
  run();
}

// W-80
TEST_F(Signals, AKillEndsTheWaitAndTheTaskRunsOnToItsEnd) {
  inject([this](worker& ana) {
    const auto before = ana.now();
    ana.call("eve", [this] { workers().kill("ana"); });
    EXPECT_FALSE(done.wait(1h));
    EXPECT_LT(ana.now() - before, 1h);
    said.emplace_back("to its end");
  }).to("ana");
  run();
  EXPECT_THAT(said, ElementsAre("to its end"));
  EXPECT_EQ(workers().number_of("ana"), 0u);
}

// -- on real threads ------------------------------------------------------------------------------

TEST(SignalThreads, WakeAllWhoWait) {
  const one_shot_signal go;
  event woke{4};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      EXPECT_TRUE(go.wait());
      woke.happens();
    });
  }
  go.trigger();
  EXPECT_TRUE(woke.has_happened());
}

// W-80
TEST(SignalThreads, AKillWakesAWorkerThatWaits) {
  workers set{{.interrupts = signals::left_alone, .long_task = 0ms}};
  const one_shot_signal never;
  set.hire("ana", runs_on::own_thread);
  event waits;
  event went_on;
  set.call("ana", [&] {
    waits.happens();
    EXPECT_FALSE(never.wait());
    went_on.happens();
  });
  ASSERT_TRUE(waits.has_happened());
  set.kill("ana");
  EXPECT_TRUE(went_on.has_happened());
}

// -- shared values --------------------------------------------------------------------------------

// W-59, W-60, W-62
TEST(Guarded, LosesNoWriteHoweverManyWrite) {
  const guarded<std::vector<int>> shared;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([shared] {
      for (int i = 0; i < 1000; ++i)
        shared.use([i](std::vector<int>& all) { all.push_back(i); });
    });
  }
  threads.clear();
  EXPECT_EQ(shared.use([](const std::vector<int>& all) { return all.size(); }), 4000u);
}

// W-60
TEST(Guarded, MayBeUsedInsideItself) {
  const guarded<int> shared{1};
  shared.use([&](int& outer) { shared.use([&](int& inner) { inner = outer + 1; }); });
  EXPECT_EQ(shared.copy(), 2);
}

// W-63
TEST(Guarded, ACopyOfTheValueIsAnOrdinaryOne) {
  const guarded<std::string> shared{"before"};
  std::string copy = shared.copy();
  copy = "changed";
  EXPECT_EQ(shared.copy(), "before");
  const guarded<std::string> same = shared;
  same.set("after");
  EXPECT_EQ(shared.copy(), "after");
}

} // namespace
