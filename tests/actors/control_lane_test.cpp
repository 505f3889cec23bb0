// What no limit of a mailbox drops and no call overtakes, whatever the limit does when it is full:
// the end of a worker, news of another's end, answers, ticks and their cancel. Rules W-32 and W-79,
// and feature A11.

#include <callsign/testkit/world.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace callsign;
using namespace std::chrono_literals;
using callsign::testkit::mail;
using testing::ElementsAre;
using testing::IsEmpty;

class ControlLane : public testing::TestWithParam<when_full>, public testkit::world {
protected:
  task say(std::string text) {
    return [this, text = std::move(text)] { said.push_back(text); };
  }
  /// One call finds room in bob's mailbox.
  void limit_bob() { workers().limit("bob", {.most = 1, .then = GetParam(), .patience = 0ms}); }
  /// Calls that find no room, whatever becomes of them.
  void bob_is_flooded() {
    for (int n = 0; n < 4; ++n)
      call("bob", say("call"));
  }
  [[nodiscard]] std::vector<std::string> said_but_calls() const {
    auto all = said;
    std::erase(all, "call");
    return all;
  }
  /// Time passes, and what is due goes into mailboxes.
  void time_passes(std::chrono::nanoseconds how_much) {
    clock().advance(std::chrono::duration_cast<std::chrono::steady_clock::duration>(how_much));
    steps().run_due_timers();
  }

  std::vector<std::string> said;
  timer beat;
};
INSTANTIATE_TEST_SUITE_P(All, ControlLane,
                         testing::Values(when_full::reject, when_full::drop_oldest,
                                         when_full::drop_newest, when_full::block),
                         [](const auto& one) {
                           switch (one.param) {
                           case when_full::reject: return "Reject";
                           case when_full::drop_oldest: return "DropOldest";
                           case when_full::drop_newest: return "DropNewest";
                           case when_full::block: break;
                           }
                           return "Block";
                         });

TEST_P(ControlLane, NewsAnswersAndTicksComeInTheirOrderAndBeforeLaterCalls) {
  inject([] {}).to("eve");
  inject([this](worker& self) {
    std::ignore = self.watch("eve", [this](worker&, const worker_end&) { said.push_back("down"); });
    self.ask(
        "ana", [] { return 1; },
        [this](worker&, answer<int> got) { said.push_back(got ? "answer" : "none"); });
    self.after(1s, say("tick"));
  }).to("bob");
  limit_bob();
  call("bob", say("call"));
  workers().kill("eve");
  expect(mail::end).to("eve");
  expect(mail::task).to("ana");
  time_passes(1s);
  bob_is_flooded();
  run();
  EXPECT_THAT(said_but_calls(), ElementsAre("down", "answer", "tick"));
  // The first one, or the last, for which it gave way.
  EXPECT_LE(std::ranges::count(said, "call"), GetParam() == when_full::block ? 5 : 1);
}

TEST_P(ControlLane, ACallThatIsTakenLaterRunsLater) {
  inject([this](worker& self) {
    self.ask(
        "ana", [] {}, [this](worker&, answer<void>) { said.push_back("answer"); });
  }).to("bob");
  workers().limit("bob", {.most = 2, .then = GetParam(), .patience = 0ms});
  expect(mail::task).to("ana");
  bob_is_flooded();
  run();
  ASSERT_FALSE(said.empty());
  EXPECT_EQ(said.front(), "answer");
}

TEST_P(ControlLane, AKillIsNoticedBeforeAllThatWaits) {
  inject([this](worker& self) { self.after(1s, say("tick")); }).to("bob");
  limit_bob();
  call("bob", say("call"));
  time_passes(1s);
  workers().kill("bob");
  call("bob", say("the next one's"));
  expect(mail::end).to("bob");
  EXPECT_THAT(said, IsEmpty());
  run();
  EXPECT_THAT(said, ElementsAre("the next one's"));
}

TEST_P(ControlLane, AKillIsNoticedRightBehindTheTaskThatRuns) {
  inject([] {}).to("bob");
  limit_bob();
  inject([this](worker& self) {
    said.push_back("last");
    self.after(0s, say("tick"));
    bob_is_flooded();
    self.kill();
  }).to("bob");
  run();
  EXPECT_THAT(said, ElementsAre("last"));
  EXPECT_EQ(workers().number_of("bob"), 0u);
}

TEST_P(ControlLane, ACancelSilencesATickThatWaitsInAFullMailbox) {
  inject([this](worker& self) { beat = self.every(1s, say("tick")); }).to("bob");
  limit_bob();
  call("bob", say("call"));
  time_passes(1s);
  bob_is_flooded();
  const auto heard = std::ranges::count(said, "tick");
  beat.cancel();
  run();
  time_passes(10s);
  run();
  EXPECT_EQ(std::ranges::count(said, "tick"), heard);
  EXPECT_FALSE(beat.is_active());
}

} // namespace
