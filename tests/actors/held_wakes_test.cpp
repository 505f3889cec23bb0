// Wake-ups that wait until a thread has said everything.

#include "tests/actors/waiting.hpp"

#include "actors/src/held_wakes.hpp"
#include "actors/src/unit.hpp"
#include "actors/src/worker_system.hpp"

#include <callsign/one_shot_signal.hpp>
#include <callsign/workers.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>

namespace {

using namespace callsign;
using namespace std::chrono_literals;
using callsign::detail::held_wakes;
using callsign::tests::event;

/// Something that the pool runs once.
class job final : public caf::resumable {
public:
  resume_result resume(caf::execution_unit*, std::size_t) override {
    ran.happens();
    return done;
  }
  void intrusive_ptr_add_ref_impl() override {}
  void intrusive_ptr_release_impl() override {}
  event ran;
};

TEST(HeldWakes, BeginWhenTheHolderEnds) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  job ana;
  job bob;
  EXPECT_FALSE(held_wakes::take(system, &ana)) << "nobody holds anything";

  {
    const held_wakes hold{system};
    EXPECT_TRUE(held_wakes::take(system, &ana));
    {
      const held_wakes inner{system};
      EXPECT_TRUE(held_wakes::take(system, &bob));
    }
    EXPECT_TRUE(bob.ran.has_happened());
  }

  EXPECT_TRUE(ana.ran.has_happened());
  EXPECT_FALSE(held_wakes::take(system, &ana));
}

TEST(HeldWakes, AreOfAFewWorkersOnly) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  std::array<job, 9> all;

  {
    const held_wakes hold{system};
    for (std::size_t i = 0; i < 8; ++i)
      EXPECT_TRUE(held_wakes::take(system, &all[i]));
    EXPECT_FALSE(held_wakes::take(system, &all[8])) << "this one is woken as ever";
  }

  for (std::size_t i = 0; i < 8; ++i)
    EXPECT_TRUE(all[i].ran.has_happened());
}

TEST(HeldWakes, BeginWhenTheThreadIsAboutToWait) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  caf::actor_system another{config};
  job ana;
  job bob;
  const held_wakes outer{another};
  EXPECT_TRUE(held_wakes::take(another, &ana));
  const held_wakes inner{system};
  EXPECT_TRUE(held_wakes::take(system, &bob));

  held_wakes::release_here();

  EXPECT_TRUE(ana.ran.has_happened());
  EXPECT_TRUE(bob.ran.has_happened());
}

/// A thread that holds the wakes of a set, as an I/O thread does while it runs callbacks, and that
/// waits for a worker it has woken.
class WhoHoldsWakes : public testing::Test {
protected:
  workers set{{.interrupts = signals::left_alone, .long_task = 0ms}};
  const held_wakes hold{set.system().actors()};
};

TEST_F(WhoHoldsWakes, WaitsForAnAnswer) {
  EXPECT_TRUE(set.ask("bob", [] { return 7; }, {.within = 5s}).result());
}

TEST_F(WhoHoldsWakes, WaitsForRoomInAMailbox) {
  set.limit("bob", {.most = 1, .then = when_full::block, .patience = 5s});
  EXPECT_EQ(set.call("bob", [] {}), call_result::created);
  EXPECT_EQ(set.call("bob", [] {}), call_result::queued);
}

TEST_F(WhoHoldsWakes, WaitsForASignal) {
  const one_shot_signal done;
  set.call("bob", [done] { done.trigger(); });
  EXPECT_TRUE(done.wait(5s));
}

TEST_F(WhoHoldsWakes, WaitsForASignalWithoutALimit) {
  const one_shot_signal done;
  set.call("bob", [done] { done.trigger(); });
  EXPECT_TRUE(done.wait());
}

TEST_F(WhoHoldsWakes, WaitsForAnEnd) {
  set.call("bob", [] {});
  set.kill("bob");
  EXPECT_TRUE(set.await_end("bob", 5s).has_value());
}

TEST_F(WhoHoldsWakes, WakesTheWorkersOfAnotherSetAsEver) {
  workers another{{.interrupts = signals::left_alone, .long_task = 0ms}};
  event ran;
  another.call("eve", [&] { ran.happens(); });
  EXPECT_TRUE(ran.has_happened(5s));
}

} // namespace
