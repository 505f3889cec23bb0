// Hearing of another worker's end.

#include "actors/src/watch.hpp"
#include "actors/src/worker_system.hpp"

#include <callsign/testkit/explore.hpp>
#include <callsign/testkit/world.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace callsign;
using namespace std::chrono_literals;
using callsign::testkit::mail;
using testing::ElementsAre;
using testing::IsEmpty;

class Watch : public testing::Test, public testkit::world {
protected:
  void bob_watches(const std::string& name) {
    inject([this, name](worker& self) {
      watched = self.watch(name, [this](worker& bob, const worker_end& end) {
        EXPECT_EQ(bob.name(), "bob");
        heard.push_back(end.name + " was " + std::string{to_string(end.why)});
        last = end;
      });
    }).to("bob");
  }

  watching watched;
  std::vector<std::string> heard;
  worker_end last;
};

TEST_F(Watch, TellsOfAKillWithNumberAndIncarnation) {
  inject([] {}).to("ana");
  workers().kill("ana");
  run();
  inject([] {}).to("ana");
  const auto second = workers().number_of("ana");
  bob_watches("ana");

  workers().kill("ana");
  expect(mail::end).to("ana");
  expect(mail::down).to("bob");

  EXPECT_THAT(heard, ElementsAre("ana was killed"));
  EXPECT_EQ(last.number, second);
  EXPECT_EQ(last.incarnation, 2u);
  EXPECT_FALSE(watched.is_active());
  expect_silence();
}

TEST_F(Watch, TellsOfAnAbort) {
  inject([] {}).to("ana");
  bob_watches("ana");
  workers().abort("ana");
  run();
  EXPECT_THAT(heard, ElementsAre("ana was aborted"));
}

TEST_F(Watch, TellsOfAFailureAndItsText) {
  workers().on_error([](const task_error&) {});
  workers().on_warning([](const std::string&) {});
  workers().supervise("ana", {.on_failure = failure_rule::restart});
  inject([] {}).to("ana");
  bob_watches("ana");
  call("ana", [] { throw std::runtime_error("out of paper"); });
  run();
  EXPECT_THAT(heard, ElementsAre("ana was failed"));
  EXPECT_EQ(last.what, "out of paper");
}

TEST_F(Watch, TellsOfAPassivation) {
  workers().hire("ana", {.idle_after = 1s});
  run();
  bob_watches("ana");
  clock().advance(1s);
  run();
  EXPECT_THAT(heard, ElementsAre("ana was passivated"));
}

TEST_F(Watch, OfANameThatDoesNotLiveTellsAtOnce) {
  bob_watches("nobody");
  expect(mail::down).to("bob");
  EXPECT_THAT(heard, ElementsAre("nobody was nobody"));

  inject([] {}).to("ana");
  workers().kill("ana");
  run();
  bob_watches("ana");
  expect(mail::down).to("bob");
  EXPECT_THAT(heard, ElementsAre("nobody was nobody", "ana was nobody"));
  EXPECT_EQ(workers().number_of("nobody"), 0u) << "watching makes nobody";
}

TEST_F(Watch, OfANumberNeverMeansTheNextIncarnation) {
  inject([] {}).to("ana");
  const auto number = workers().number_of("ana");
  workers().kill("ana");
  call("ana", [] {});
  run();
  inject([this, number](worker& self) {
    std::ignore = self.watch(number, [this, number](worker&, const worker_end& end) {
      heard.emplace_back(to_string(end.why));
      EXPECT_EQ(end.number, number);
    });
  }).to("bob");
  run();
  EXPECT_THAT(heard, ElementsAre("nobody"));
}

TEST_F(Watch, IsNotKeptOutByAFullMailbox) {
  inject([] {}).to("ana");
  bob_watches("ana");
  workers().limit("bob", {.most = 1, .then = when_full::reject});
  workers().kill("ana");
  EXPECT_EQ(call("bob", [] {}), call_result::queued);
  EXPECT_EQ(call("bob", [] {}), call_result::mailbox_full);
  run();
  EXPECT_THAT(heard, ElementsAre("ana was killed"));
}

TEST_F(Watch, DoesNotGiveWayToNewerCallsInAFullMailbox) {
  inject([] {}).to("ana");
  bob_watches("ana");
  workers().limit("bob", {.most = 1, .then = when_full::drop_oldest});
  workers().kill("ana");
  expect(mail::end).to("ana");
  for (int n = 0; n < 3; ++n)
    call("bob", [] {});
  run();
  EXPECT_THAT(heard, ElementsAre("ana was killed"));
}

TEST_F(Watch, IsHeardBeforeTheNextIncarnationRunsAnything) {
  inject([] {}).to("ana");
  bob_watches("ana");
  workers().kill("ana");
  call("ana",
       [this](worker& self) { self.call("bob", [this] { heard.emplace_back("the next"); }); });
  run();
  EXPECT_THAT(heard, ElementsAre("ana was killed", "the next"));
}

// On the pool it could run at once.
TEST_F(Watch, IsToldWhileTheNextIncarnationHasNobodyYetToRunIt) {
  struct early final : detail::watcher {
    explicit early(detail::slot& of) : whose{of} {}
    void tell(const worker_end&) override {
      is_told = true;
      EXPECT_EQ(whose.current_runner(), nullptr);
    }
    detail::slot& whose;
    bool is_told = false;
  };
  inject([] {}).to("ana");
  const auto& ana = workers().system().names().find("ana");
  const auto eyes = std::make_shared<early>(*ana);
  ASSERT_TRUE(ana->add_watcher(eyes, 0));
  workers().kill("ana");
  call("ana", [] {});
  run();
  EXPECT_TRUE(eyes->is_told);
}

TEST_F(Watch, IsOverWhenItIsCancelledEvenIfTheNewsWaitAlready) {
  inject([] {}).to("ana");
  bob_watches("ana");
  workers().kill("ana");
  expect(mail::end).to("ana");
  watched.cancel();
  EXPECT_FALSE(watched.is_active());
  run();
  EXPECT_THAT(heard, IsEmpty());
}

TEST_F(Watch, CancelledBeforeTheEndTellsNobody) {
  inject([] {}).to("ana");
  bob_watches("ana");
  const auto first = watched;
  bob_watches("ana");
  first.cancel();
  workers().kill("ana");
  expect(mail::end).to("ana");
  expect(mail::down).to("bob");
  expect_silence();
  EXPECT_THAT(heard, ElementsAre("ana was killed"));
}

TEST_F(Watch, CancelledKeepsNothingOfItsHandler) {
  const auto kept = std::make_shared<int>(1);
  inject([] {}).to("ana");
  inject([&](worker& self) {
    watched = self.watch("ana", [kept](worker&, const worker_end&) {});
  }).to("bob");
  EXPECT_GT(kept.use_count(), 1);
  watched.cancel();
  EXPECT_EQ(kept.use_count(), 1) << "ana and bob may live for long";
}

TEST_F(Watch, EndsWithTheOneWhoWatches) {
  const auto kept = std::make_shared<int>(1);
  inject([] {}).to("ana");
  inject([&](worker& self) {
    watched = self.watch("ana", [this, kept](worker&, const worker_end&) {
      heard.emplace_back("heard by the dead");
    });
  }).to("bob");
  EXPECT_GT(kept.use_count(), 1);

  workers().kill("bob");
  expect(mail::end).to("bob");
  EXPECT_EQ(kept.use_count(), 1) << "what the handler holds ends with the worker";
  EXPECT_FALSE(watched.is_active());
  call("bob", [] {});
  workers().kill("ana");
  run();
  EXPECT_THAT(heard, IsEmpty());
}

TEST_F(Watch, MayBeginAnewInItsHandler) {
  inject([] {}).to("ana");
  struct again {
    std::vector<std::string>* heard;
    void operator()(worker& self, const worker_end& end) const {
      heard->push_back(std::to_string(end.incarnation));
      if (end.why != why_ended::nobody)
        std::ignore = self.watch("ana", again{heard});
    }
  };
  inject([this](worker& self) { std::ignore = self.watch("ana", again{&heard}); }).to("bob");
  for (int n = 0; n < 3; ++n) {
    workers().kill("ana");
    call("ana", [] {});
    run();
  }
  EXPECT_THAT(heard, ElementsAre("1", "2", "3"));
}

TEST_F(Watch, OfOneselfIsRefusedAndSoIsAnEmptyHandler) {
  inject([](worker& self) {
    EXPECT_THROW(std::ignore = self.watch("bob", [](worker&, const worker_end&) {}),
                 std::logic_error);
    EXPECT_THROW(std::ignore = self.watch(self.number(), [](worker&, const worker_end&) {}),
                 std::logic_error);
    EXPECT_THROW(std::ignore = self.watch("ana", nullptr), std::invalid_argument);
  }).to("bob");
  run();
}

TEST_F(Watch, LetsAThreadWaitForAnEnd) {
  EXPECT_EQ(workers().await_end("ana", 1s)->why, why_ended::nobody);
  inject([] {}).to("ana");
  EXPECT_EQ(workers().await_end("ana", 1s), std::nullopt);
  workers().kill("ana");
  const auto end = workers().await_end("ana", 1s);
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->why, why_ended::killed);
  inject([](worker& self) {
    EXPECT_THROW(std::ignore = self.set().await_end("ana", 1s), failure);
  }).to("bob");
}

TEST_F(Watch, AWorkerThatWaitsForItsOwnEndIsRefused) {
  workers().hire("ana", runs_on::own_thread);
  run();
  inject([](worker& self) {
    try {
      std::ignore = self.set().await_end("ana", 1s);
      ADD_FAILURE() << "it waited";
    } catch (const failure& why) {
      EXPECT_EQ(why.code(), errc::would_wait_for_itself);
    }
  }).to("ana");
  run();
}

TEST_F(Watch, NobodyLivesUnderThePoolsName) {
  workers().hire_pool("p");
  call("p", [] {});
  EXPECT_EQ(workers().await_end("p", 1s)->why, why_ended::nobody);
  inject([this](worker& self) {
    std::ignore = self.watch(
        "p", [this](worker&, const worker_end& end) { heard.emplace_back(to_string(end.why)); });
  }).to("bob");
  run();
  EXPECT_THAT(heard, ElementsAre("nobody"));
}

TEST(WatchThreads, AThreadWaitsForAnEndThatAnotherOneBrings) {
  callsign::workers workers{{.interrupts = signals::left_alone}};
  workers.call("ana", [] {});
  std::jthread other{[&workers] { workers.kill("ana"); }};
  const auto end = workers.await_end("ana", 20s);
  ASSERT_TRUE(end.has_value());
  EXPECT_TRUE(end->why == why_ended::killed || end->why == why_ended::nobody);
}

// In every order: one watches, one kills, one calls again. The watcher hears exactly once, of an
// incarnation that lived when it began to watch, or of nobody.
TEST(EveryOrderOfWatches, AreToldExactlyOnce) {
  const auto found = testkit::explore(
      [](const testkit::schedule& how) {
        testkit::world w{{.order_of_steps = how}};
        std::vector<worker_end> heard;
        worker_number lived = 0;
        w.call("target", [] {});
        w.call("bob", [&](worker& self) {
          lived = self.set().number_of("target");
          std::ignore =
              self.watch("target", [&](worker&, const worker_end& end) { heard.push_back(end); });
        });
        w.call("eve", [](worker& self) { self.set().kill("target"); });
        w.call("ana", [](worker& self) { self.call("target", [] {}); });
        w.run();
        w.workers().kill("target");
        w.run();
        ASSERT_EQ(heard.size(), 1u);
        EXPECT_EQ(heard[0].number, lived);
        EXPECT_EQ(heard[0].why, lived == 0 ? why_ended::nobody : why_ended::killed);
      },
      {.max_schedules = 20'000, .name = "one watches, one kills, one calls again"});
  EXPECT_TRUE(found.is_all);
}

} // namespace
