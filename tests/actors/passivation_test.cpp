// What is hired with habits: hooks of each life, and the end of idle workers.

#include <callsign/testkit/explore.hpp>
#include <callsign/testkit/world.hpp>
#include <callsign/topic.hpp>

#include "actors/src/worker_system.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace callsign;
using namespace std::chrono_literals;
using callsign::testkit::mail;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr process_variable<int> COUNT{"COUNT"};

class Passivation : public testing::Test, public testkit::world {
protected:
  worker_hook says(std::string text) {
    return [this, text = std::move(text)](worker& self) {
      said.push_back(text + " " + std::to_string(self[COUNT]));
    };
  }
  task counts() {
    return [](worker& self) { ++self[COUNT]; };
  }
  void hire_ana() {
    workers().hire(
        "ana",
        {.idle_after = 10s, .on_start = says("starts with"), .on_passivate = says("leaves with")});
    run();
  }
  [[nodiscard]] bool ana_lives() { return workers().number_of("ana") != 0; }
  void time_passes(std::chrono::nanoseconds how_much) {
    clock().advance(std::chrono::duration_cast<std::chrono::steady_clock::duration>(how_much));
    run();
  }

  std::vector<std::string> said;
};

TEST_F(Passivation, EndsAnIdleWorkerAndTheNextCallBeginsAnew) {
  hire_ana();
  call("ana", counts());
  run();
  time_passes(9999ms);
  EXPECT_TRUE(ana_lives());
  time_passes(1ms);
  EXPECT_FALSE(ana_lives());

  EXPECT_EQ(call("ana", counts()), call_result::created);
  expect(mail::started).to("ana");
  expect(mail::task).to("ana");

  EXPECT_THAT(said, ElementsAre("starts with 0", "leaves with 1", "starts with 0"));
  EXPECT_EQ(workers().info(workers().number_of("ana"))->incarnation, 2u);
  EXPECT_EQ(workers().info(workers().number_of("ana"))->restarts, 0u);
}

TEST_F(Passivation, CountsFromTheLastThingTheWorkerDid) {
  hire_ana();
  for (int n = 0; n < 5; ++n) {
    time_passes(6s);
    call("ana", counts());
    run();
  }
  EXPECT_TRUE(ana_lives());
  time_passes(9s);
  EXPECT_TRUE(ana_lives());
  time_passes(1s);
  EXPECT_FALSE(ana_lives());
}

TEST_F(Passivation, HooksHoldForEveryIncarnation) {
  hire_ana();
  workers().kill("ana");
  run();
  EXPECT_THAT(said, ElementsAre("starts with 0")) << "on_passivate is not for kills";
  call("ana", counts());
  run();
  workers().abort("ana");
  call("ana", counts());
  run();
  time_passes(10s);
  EXPECT_THAT(said,
              ElementsAre("starts with 0", "starts with 0", "starts with 0", "leaves with 1"));
}

TEST_F(Passivation, NoLimitOfTheMailboxDropsTheStart) {
  workers().limit("ana", {.most = 1, .then = when_full::drop_oldest});
  workers().hire("ana", {.on_start = says("starts with")});
  call("ana", counts());
  call("ana", counts());
  run();
  EXPECT_THAT(said, ElementsAre("starts with 0"));
}

TEST_F(Passivation, WaitsForTimersWatchesSubscriptionsAndServers) {
  struct guest final : detail::resident {
    void end(detail::end_reason) override {}
  };
  const topic<int> news{"news"};
  hire_ana();
  timer ticks;
  inject([&](worker& self) { ticks = self.after(25s, [] {}); }).to("ana");
  time_passes(20s);
  EXPECT_TRUE(ana_lives()) << "a timer";
  ticks.cancel();

  subscription listens;
  inject([&](worker& self) { listens = news.subscribe(self, [](worker&, int) {}); }).to("ana");
  time_passes(30s);
  EXPECT_TRUE(ana_lives()) << "a subscription";
  listens.cancel();

  watching eyes;
  inject([] {}).to("eve");
  inject([&](worker& self) {
    eyes = self.watch("eve", [](worker&, const worker_end&) {});
  }).to("ana");
  time_passes(30s);
  EXPECT_TRUE(ana_lives()) << "a watch";
  eyes.cancel();

  const auto server = std::make_shared<guest>();
  inject([&](worker& self) { self.incarnation().move_in(server); }).to("ana");
  time_passes(30s);
  EXPECT_TRUE(ana_lives()) << "a server";
  inject([&](worker& self) { self.incarnation().moved_out(server.get()); }).to("ana");
  time_passes(10s);
  EXPECT_FALSE(ana_lives());
}

TEST_F(Passivation, WhoHadSomethingToDoWhenTheTimeCameIsNotIdle) {
  hire_ana();
  time_passes(5s);
  call("ana", counts());
  clock().advance(5s);
  steps().run_due_timers(); // the time has come, and waits behind the call
  run();
  EXPECT_TRUE(ana_lives());
  time_passes(9999ms);
  EXPECT_TRUE(ana_lives());
  time_passes(1ms);
  EXPECT_FALSE(ana_lives());
}

TEST_F(Passivation, WaitsForAnAnswer) {
  hire_ana();
  inject([](worker& self) {
    self.ask(
        "eve", [] {}, [](worker& ana, answer<void>) { ++ana[COUNT]; }, {.within = 60s});
  }).to("ana");
  // eve does not get to it for a while
  for (int n = 0; n < 3; ++n) {
    clock().advance(10s);
    steps().run_due_timers();
    while (allow(mail::timer).to("ana")) {
    }
  }
  EXPECT_TRUE(ana_lives());
  run();
  time_passes(10s);
  EXPECT_FALSE(ana_lives());
  EXPECT_THAT(said, ElementsAre("starts with 0", "leaves with 1"));
}

TEST_F(Passivation, ACallInTheHookIsKeptForTheNextIncarnation) {
  workers().hire(
      "ana", {.idle_after = 10s, .on_start = nullptr, .on_passivate = [this](worker& self) {
                self[COUNT] = 7;
                if (said.empty())
                  self.call("ana",
                            [this](worker& next) { said.push_back(std::to_string(next[COUNT])); });
              }});
  run();
  time_passes(10s);
  EXPECT_TRUE(ana_lives());
  EXPECT_THAT(said, ElementsAre("0"));
}

TEST_F(Passivation, AHookThatThrowsIsReportedAndTheWorkerEnds) {
  std::vector<std::string> errors;
  workers().on_error([&](const task_error& e) { errors.push_back(e.what); });
  workers().hire("ana", {.idle_after = 10s,
                         .on_passivate = [](worker&) { throw std::runtime_error("cannot save"); }});
  run();
  time_passes(10s);
  EXPECT_THAT(errors, ElementsAre("cannot save"));
  EXPECT_FALSE(ana_lives());
}

TEST_F(Passivation, CanBeTakenBack) {
  hire_ana();
  workers().hire("ana", hire_options{});
  time_passes(20s);
  EXPECT_TRUE(ana_lives());
}

TEST_F(Passivation, HoldsForAWorkerThatIsIdleAlready) {
  inject([] {}).to("ana");
  workers().hire("ana", {.idle_after = 10s});
  run();
  time_passes(10s);
  EXPECT_FALSE(ana_lives());
}

TEST_F(Passivation, CanBeSooner) {
  workers().hire("ana", {.idle_after = 1h});
  run();
  time_passes(5s);
  workers().hire("ana", {.idle_after = 10s});
  run();
  time_passes(9999ms);
  EXPECT_TRUE(ana_lives());
  time_passes(1ms);
  EXPECT_FALSE(ana_lives());
}

TEST_F(Passivation, CanBeLater) {
  workers().hire("ana", {.idle_after = 10s});
  run();
  time_passes(5s);
  workers().hire("ana", {.idle_after = 1h});
  run();
  time_passes(59min);
  EXPECT_TRUE(ana_lives());
  time_passes(1min);
  EXPECT_FALSE(ana_lives());
}

TEST_F(Passivation, AnIdleTimeBelowZeroIsRefused) {
  EXPECT_THROW(workers().hire("ana", {.idle_after = -1s}), std::invalid_argument);
}

// Every order of: the time comes, two call, one kills. No call is lost but what the kill dropped,
// and on_start is first in each life.
TEST(EveryOrderOfPassivation, LosesNoCall) {
  const auto found = testkit::explore(
      [](const testkit::schedule& how) {
        testkit::world w{{.order_of_steps = how}};
        std::vector<std::string> ran;
        int calls = 0;
        w.workers().hire("target", {.idle_after = 10s,
                                    .on_start = [&](worker& self) { EXPECT_EQ(self[COUNT]++, 0); },
                                    .on_passivate =
                                        [&](worker& self) {
                                          EXPECT_GE(self[COUNT], 1);
                                          self[COUNT] = -1;
                                        }});
        while (!w.steps().is_idle())
          w.steps().run_at(0); // before the exploration: it falls idle
        w.clock().advance(10s);
        const auto one = [&](const std::string& what) {
          ++calls;
          return [&, what](worker& self) {
            EXPECT_GE(self[COUNT], 1) << "on_start has run, on_passivate has not";
            EXPECT_EQ(std::ranges::count(ran, what), 0);
            ran.push_back(what);
          };
        };
        w.call("ana", [&](worker& self) {
          self.call("target", one("a1"));
          self.call("target", one("a2"));
        });
        w.call("bob", [&](worker& self) { self.call("target", one("b1")); });
        w.run();
        EXPECT_EQ(ran.size(), 3u);
        EXPECT_LT(std::ranges::find(ran, "a1"), std::ranges::find(ran, "a2"));
        w.clock().advance(10s);
        w.run();
        EXPECT_EQ(w.workers().number_of("target"), 0u) << "it is passivated at last";
      },
      {.max_schedules = 20'000, .name = "two call while a worker is passivated"});
  EXPECT_TRUE(found.is_all);
}

TEST(EveryOrderOfPassivation, AgainstAKillAndACall) {
  const auto found = testkit::explore(
      [](const testkit::schedule& how) {
        testkit::world w{{.order_of_steps = how}};
        int ran = 0;
        bool was_killed_first = false;
        w.workers().hire("target", {.idle_after = 10s});
        while (!w.steps().is_idle())
          w.steps().run_at(0);
        w.clock().advance(10s);
        w.call("ana", [&](worker& self) { self.call("target", [&] { ++ran; }); });
        w.call("eve", [&](worker& self) {
          was_killed_first = ran == 0;
          self.set().kill("target");
        });
        w.run();
        w.call("target", [&] { ++ran; });
        w.run();
        EXPECT_GE(ran, was_killed_first ? 1 : 2);
        EXPECT_LE(ran, 2);
      },
      {.max_schedules = 20'000, .name = "a call and a kill while a worker is passivated"});
  EXPECT_TRUE(found.is_all);
}

} // namespace
