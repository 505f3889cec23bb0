// Times that mean "for ever": the longest that their types can hold.

#include "tests/actors/supervised.hpp"

#include <callsign/one_shot_signal.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace {

using namespace callsign;
using namespace callsign::tests;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto for_ever = std::chrono::nanoseconds::max();
constexpr auto for_ever_in_ms = std::chrono::milliseconds::max();

class ForEver : public Supervision {};

TEST_F(ForEver, APoolKeepsItsMembers) {
  workers().hire_pool("p", {.least = 1, .most = 2, .grow_at = 1, .shrink_after = for_ever_in_ms});
  call("p", [] {});
  call("p", [] {});
  run();
  time_passes(1h);
  EXPECT_THAT(workers().members("p"), SizeIs(2));
}

TEST_F(ForEver, AWorkerMayBeIdle) {
  workers().hire("ana", {.idle_after = for_ever});
  run();
  time_passes(1h);
  EXPECT_NE(workers().number_of("ana"), 0u);
}

TEST_F(ForEver, AnAskMayTake) {
  EXPECT_TRUE(workers().ask("bob", [] { return 1; }, {.within = for_ever}).result());
}

TEST_F(ForEver, ACallerWaitsForRoom) {
  workers().limit("bob", {.most = 1, .then = when_full::block, .patience = for_ever_in_ms});
  call("ana", says("first")); // so that one step does not make the room
  call("bob", says("one"));
  EXPECT_EQ(call("bob", says("two")), call_result::queued);
  run();
}

TEST_F(ForEver, ATimerWaits) {
  workers().call_after(for_ever, "bob", says("once"));
  workers().call_every(for_ever, "bob", says("again"));
  inject([this](worker& self) { self.after(for_ever, says("mine")); }).to("ana");
  time_passes(1h);
  EXPECT_THAT(said, IsEmpty());
}

TEST_F(ForEver, AWorkerWaitsForASignal) {
  const one_shot_signal done;
  inject([&](worker& self) {
    self.call("eve", [done] { done.trigger(); });
    EXPECT_TRUE(done.wait(for_ever));
  }).to("ana");
  run();
}

TEST_F(ForEver, AThreadWaitsForAnEnd) {
  inject([] {}).to("ana");
  workers().kill("ana");
  EXPECT_TRUE(workers().await_end("ana", for_ever).has_value());
}

TEST_F(ForEver, ANameRestsAfterAFailure) {
  workers().supervise(
      "ana", {.on_failure = failure_rule::restart,
              .pause = {.first = for_ever, .longest = for_ever, .growth = 1, .jitter = 0}});
  call("ana", fails());
  run();
  time_passes(1h);
  EXPECT_EQ(info_of("ana")->state, worker_state::resting);
}

} // namespace
