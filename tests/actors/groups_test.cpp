// Workers that are supervised together.

#include "actors/src/worker_system.hpp"
#include "tests/actors/supervised.hpp"

#include <callsign/testkit/explore.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace callsign;
using namespace callsign::tests;
using callsign::testkit::mail;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Groups : public Supervision {
protected:
  void hire_three(group_supervision how) {
    for (const char* name : {"ana", "bob", "eve"})
      workers().hire(name, {.on_start = starts()});
    how.pause = steady;
    workers().supervise_group("three", {"ana", "bob", "eve"}, how);
    run();
    said.clear();
  }
  void bob_fails() {
    call("bob", fails());
    run();
  }
};

TEST_F(Groups, OneForOneRestartsTheOneThatFailed) {
  hire_three({.which = restarts::one_for_one});
  bob_fails();
  time_passes(1s);
  EXPECT_THAT(said, ElementsAre("bob starts"));
  EXPECT_THAT(warnings.at(0), HasSubstr("worker \"bob\" of group \"three\" failed (boom)"));
}

TEST_F(Groups, OneForAllRestartsAllInOrderWithWhatWaits) {
  hire_three({.which = restarts::one_for_all});
  call("eve", says("kept"));
  call("bob", fails());
  expect(mail::task).to("bob");
  run();
  EXPECT_THAT(said, IsEmpty());
  time_passes(1s);
  EXPECT_EQ(std::erase(said, "kept in 2 after 0"), 1u);
  EXPECT_THAT(said, ElementsAre("ana starts", "bob starts", "eve starts"));
  for (const char* name : {"ana", "bob", "eve"})
    EXPECT_EQ(info_of(name)->restarts, 1u) << name;
}

TEST_F(Groups, WhoWatchesHearsWhoFailedAndWhoEndsWithThem) {
  hire_three({.which = restarts::one_for_all});
  inject([this](worker& self) {
    for (const char* name : {"ana", "bob"}) {
      self.watch(name, [this](worker&, const worker_end& end) {
        said.push_back(end.name + ": " + std::string{to_string(end.why)});
      });
    }
  }).to("joe");
  bob_fails();
  EXPECT_THAT(said, testing::UnorderedElementsAre("bob: failed", "ana: ended with others"));
  time_passes(1s);
}

TEST_F(Groups, RestForOneRestartsThoseAfterIt) {
  hire_three({.which = restarts::rest_for_one});
  bob_fails();
  time_passes(1s);
  EXPECT_THAT(said, ElementsAre("bob starts", "eve starts"));
}

TEST_F(Groups, NoneBeginsBeforeAllHaveEnded) {
  struct guest final : detail::resident {
    void end(detail::end_reason) override {}
  };
  hire_three({.which = restarts::one_for_all});
  const auto server = std::make_shared<guest>();
  detail::incarnation* host = nullptr;
  inject([&](worker& self) {
    host = &self.incarnation();
    host->move_in(server);
  }).to("eve");
  const auto door = host->port_of_this();
  bob_fails();
  call("ana", says("kept"));
  time_passes(60s);
  EXPECT_THAT(said, IsEmpty()) << "eve has not ended";
  door.post(detail::entry_kind::closed, [&] { host->moved_out(server.get()); });
  run();
  EXPECT_THAT(said, IsEmpty()) << "and then they rest";
  time_passes(1s);
  EXPECT_EQ(said.size(), 4u);
}

TEST_F(Groups, OneThatDoesNotLiveIsHeldBackWhileTheOthersEndAndThenMadeByItsCall) {
  hire_three({.which = restarts::one_for_all});
  workers().kill("eve");
  run();
  bob_fails();
  EXPECT_EQ(call("eve", says("kept")), call_result::queued);
  run();
  EXPECT_THAT(said, IsEmpty());
  time_passes(1s);
  EXPECT_EQ(std::ranges::count(said, "kept in 2 after 0"), 1);

  workers().kill("eve");
  run();
  said.clear();
  bob_fails();
  time_passes(1s);
  EXPECT_THAT(said, ElementsAre("ana starts", "bob starts"));
  EXPECT_EQ(call("eve", [] {}), call_result::created) << "it rests no more";
}

TEST_F(Groups, GivingUpEndsAllOfThem) {
  hire_three({.which = restarts::one_for_one, .most = 1});
  bob_fails();
  time_passes(1s);
  call("eve", fails());
  run();
  EXPECT_EQ(workers().number_of("ana") + workers().number_of("bob") + workers().number_of("eve"),
            0u);
  EXPECT_THAT(warnings.back(), HasSubstr("group \"three\" has been restarted 1 times"));
}

TEST_F(Groups, AMemberThatEscalatesLeavesItToItsGroup) {
  hire_three({.which = restarts::one_for_all});
  workers().supervise("bob", {.on_failure = failure_rule::restart,
                              .most = 1,
                              .pause = steady,
                              .giving_up = failure_rule::escalate});
  bob_fails();
  time_passes(1s);
  EXPECT_THAT(said, ElementsAre("bob starts")) << "by itself";
  said.clear();
  bob_fails();
  time_passes(1s);
  EXPECT_THAT(said, ElementsAre("ana starts", "bob starts", "eve starts"));
}

TEST_F(Groups, ARestOfTheGroupIsNotEndedByAnEarlierOneOfAMember) {
  hire_three({.which = restarts::rest_for_one});
  call("eve", fails());
  run(); // eve rests for a second
  clock().advance(500ms);
  call("ana", fails());
  run(); // and now all three, for a second
  time_passes(500ms);
  EXPECT_THAT(said, IsEmpty());
  time_passes(500ms);
  EXPECT_THAT(said, ElementsAre("ana starts", "bob starts", "eve starts"));
}

TEST_F(Groups, EscalatingEndsTheSet) {
  hire_three({.most = 0, .giving_up = failure_rule::escalate});
  call("bob", fails());
  workers().wait_for_interrupt();
  EXPECT_EQ(call("ana", [] {}), call_result::shutting_down);
}

// Two of a group fail, others call: in every order each call that was taken runs exactly once, and
// no life begins while an old one is left.
TEST(EveryOrderOfGroups, LosesNoCallAndMixesNoLives) {
  const auto found = testkit::explore(
      [](const testkit::schedule& how) {
        testkit::world w{{.order_of_steps = how}};
        w.workers().on_error([](const task_error&) {});
        w.workers().on_warning([](const std::string&) {});
        std::vector<std::string> ran;
        w.workers().supervise_group("both", {"bob", "eve"},
                                    {.which = restarts::one_for_all, .pause = steady});
        w.call("bob", [] { throw std::runtime_error("boom"); });
        w.call("eve", [&] { ran.emplace_back("eve's"); });
        w.call("ana", [&](worker& self) {
          self.call("bob", [&](worker&) { ran.emplace_back("bob's"); });
          self.call("eve", [&](worker&) { ran.emplace_back("eve's second"); });
        });
        w.run();
        w.clock().advance(2s);
        w.run();
        std::ranges::sort(ran);
        EXPECT_THAT(ran, ElementsAre("bob's", "eve's", "eve's second"));
      },
      {.max_schedules = 20'000, .name = "one of a group of two fails while a third calls"});
  EXPECT_TRUE(found.is_all);
}

} // namespace
