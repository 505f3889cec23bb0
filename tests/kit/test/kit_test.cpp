// The kit itself: each verb is broken on purpose, and the failure must name what is wrong and the
// test's own line.

#include "actors/src/worker_system.hpp"
#include "tests/kit/test/failures_of.hpp"

#include <callsign/testkit/world.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using callsign::task;
using callsign::worker;
using callsign::testkit::failures_of;
using callsign::testkit::mail;
using callsign::testkit::order;
using callsign::testkit::scheduler;
using callsign::testkit::step_source;
using callsign::testkit::this_line;
using callsign::testkit::virtual_clock;
using callsign::testkit::world;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class Kit : public testing::Test, public world {};

TEST_F(Kit, NothingRunsUntilTheTestSaysSo) {
  bool ran = false;

  call("bob", [&] { ran = true; });
  EXPECT_FALSE(ran);
  expect(mail::task).to("bob");

  EXPECT_TRUE(ran);
  expect_silence();
}

TEST_F(Kit, EveryEntryIsAStepOfItsOwn) {
  call("bob", [] {});
  call("bob", [] {});

  EXPECT_TRUE(steps().run_one());
  EXPECT_TRUE(steps().run_one());
  EXPECT_FALSE(steps().run_one());
  EXPECT_EQ(steps().steps(), 2u);
}

TEST_F(Kit, ExpectRunsTheReceiverBeforeOthersThatAreReady) {
  std::vector<std::string> ran;
  call("ana", [&] { ran.push_back("ana"); });
  call("bob", [&] { ran.push_back("bob"); });

  expect(mail::task).to("bob");
  expect(mail::task).to("ana");

  EXPECT_THAT(ran, ElementsAre("bob", "ana"));
}

TEST_F(Kit, ExpectFailsAtItsOwnLineWhenNothingWaits) {
  call("ana", [] {});
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    expect(mail::task).to("bob");
  }};

  EXPECT_EQ(what.count(), 1);
  EXPECT_EQ(what.line(), line);
  EXPECT_EQ(what.file(), __FILE__);
  EXPECT_THAT(what.text(), AllOf(HasSubstr("expected a task to worker \"bob\""),
                                 HasSubstr("nothing waits for it"),
                                 HasSubstr("worker \"ana\": task given at kit_test.cpp:")));
  run();
}

TEST_F(Kit, ExpectFailsAndRunsNothingWhenAnotherKindComesNext) {
  bool ran = false;
  call("bob", [&] { ran = true; });
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    expect(mail::closed).to("bob");
  }};

  EXPECT_EQ(what.count(), 1);
  EXPECT_EQ(what.line(), line);
  EXPECT_THAT(what.text(), AllOf(HasSubstr("expected a closed"), HasSubstr("next comes a task")));
  EXPECT_FALSE(ran);
  run();
}

TEST_F(Kit, ANoticedKillIsAStepOfItsOwn) {
  call("bob", [](worker& self) { self.kill(); });

  expect(mail::task).to("bob");
  expect(mail::end).to("bob");

  expect_silence();
  EXPECT_EQ(workers().number_of("bob"), 0u);
}

TEST_F(Kit, InjectCallsAndRunsAtOnce) {
  std::vector<std::string> ran;
  inject([&](worker& self) { ran.push_back(self.name()); }).to("ana");

  inject([&](worker& self) { ran.push_back(self.name()); }).from("ana").to("bob");

  EXPECT_THAT(ran, ElementsAre("ana", "bob"));
  expect_silence();
}

TEST_F(Kit, InjectFailsAtItsOwnLineWhenSomethingWaitsAlready) {
  call("bob", [] {});
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    inject([] {}).to("bob");
  }};

  EXPECT_EQ(what.line(), line);
  EXPECT_THAT(what.text(),
              AllOf(HasSubstr("would not be the next step"), HasSubstr("worker \"bob\": task")));
  run();
}

TEST_F(Kit, InjectFailsForASenderWhoDoesNotExist) {
  const failures_of what{[&] { inject([] {}).from("eve").to("bob"); }};

  EXPECT_THAT(what.text(), HasSubstr("nobody is called \"eve\""));
  EXPECT_EQ(workers().number_of("bob"), 0u);
}

TEST_F(Kit, DisallowFailsAtItsOwnLineAndOnlyForThatKind) {
  call("bob", [] {});
  int line = 0;

  disallow(mail::closed).to("bob");
  disallow(mail::task).to("ana");
  const failures_of what{[&] {
    line = this_line() + 1;
    disallow(mail::task).to("bob");
  }};

  EXPECT_EQ(what.count(), 1);
  EXPECT_EQ(what.line(), line);
  EXPECT_THAT(what.text(), HasSubstr("a task to worker \"bob\" is not allowed here"));
  run();
}

TEST_F(Kit, ExpectSilenceFailsAtItsOwnLineAndSaysWhatIsReady) {
  call("bob", [] {});
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    expect_silence();
  }};

  EXPECT_EQ(what.count(), 1);
  EXPECT_EQ(what.line(), line);
  EXPECT_THAT(what.text(), AllOf(HasSubstr("no silence"),
                                 HasSubstr("worker \"bob\": task given at kit_test.cpp:")));
  run();
}

TEST_F(Kit, CallIsKnownByItsLine) {
  const int line = this_line() + 1;
  call("bob", [] {});

  const failures_of what{[&] { expect_silence(); }};

  EXPECT_THAT(what.text(), HasSubstr("task given at kit_test.cpp:" + std::to_string(line)));
  run();
}

/// A worker that never has enough.
struct again {
  void operator()(worker& self) const { self.call(self.name(), again{}); }
};

TEST_F(Kit, ARunThatNeverEndsFailsAtItsOwnLine) {
  call("bob", again{});
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    steps().run_all(50);
  }};

  EXPECT_EQ(what.count(), 1);
  EXPECT_EQ(what.line(), line);
  EXPECT_THAT(what.text(),
              AllOf(HasSubstr("does not end"), HasSubstr("50 steps"), HasSubstr("worker \"bob\"")));
  workers().kill("bob");
  run();
}

TEST(ImpatientWorld, RunFailsAtItsOwnLineAfterSoManySteps) {
  world w{{.max_steps = 50}};
  w.call("bob", again{});
  int line = 0;

  const failures_of what{[&] {
    line = this_line() + 1;
    w.run();
  }};

  EXPECT_EQ(what.count(), 1);
  EXPECT_EQ(what.line(), line);
  EXPECT_EQ(what.file(), __FILE__);
  EXPECT_THAT(what.text(), AllOf(HasSubstr("after 50 steps"), HasSubstr("worker \"bob\"")));
}

TEST_F(Kit, TimeStandsStillUntilTheTestLetsItPass) {
  const auto before = clock().now();
  const auto stamp = clock().stamp();
  std::chrono::steady_clock::time_point seen;

  clock().advance(90s);
  inject([&](worker& self) { seen = self.now(); }).to("bob");

  EXPECT_EQ(seen - before, 90s);
  EXPECT_EQ(clock().stamp() - stamp, 90s);
  EXPECT_THROW(clock().advance(-1ns), std::invalid_argument);
}

// -- many timers, whose cost is counted and not timed ---------------------------------------------

constexpr std::size_t many_timers = 100'000;

void arm_in(world& w, std::size_t count, std::chrono::seconds first) {
  for (const char* who : {"ana", "bob"})
    w.call(who, [=](worker& self) {
      for (std::size_t i = 0; i < count / 2; ++i)
        self.after(first + std::chrono::milliseconds{(i * 7919) % 10'000}, [] {});
    });
  w.run();
}

std::uint64_t comparisons_in(world& w) { return w.workers().system().wheel().comparisons(); }

TEST(ManyTimers, CostNothingToStepsThatHaveNoTimer) {
  world w;
  arm_in(w, many_timers, 1h);
  const auto before = comparisons_in(w);

  for (int i = 0; i < 1000; ++i)
    w.call("eve", [] {});
  EXPECT_EQ(w.run(), 1000u);

  EXPECT_EQ(comparisons_in(w), before);
}

TEST(ManyTimers, FireInAStepEachAndCostTheirLogarithm) {
  world w{{.max_steps = 2 * many_timers}};
  arm_in(w, many_timers, 1h);
  const auto armed = comparisons_in(w);
  EXPECT_LT(armed, 2 * many_timers);

  w.clock().advance(2h);
  EXPECT_EQ(w.run(), 1 + many_timers) << "one that hands over what is due, and one for each";

  EXPECT_LT(comparisons_in(w) - armed, 2 * 17 * many_timers); // log2(100,000) is 17
}

// -- random order ---------------------------------------------------------------------------------

std::vector<std::string> order_of(std::uint64_t seed) {
  world w{{.order_of_steps = {.steps = order::random, .seed = seed}}};
  std::vector<std::string> ran;
  for (const char* who : {"ana", "bob", "eve"}) {
    for (int i = 0; i < 3; ++i)
      w.call(who, [&ran](worker& self) { ran.push_back(self.name()); });
  }
  w.run();
  return ran;
}

TEST(RandomOrder, TheSameSeedMakesTheSameRun) { EXPECT_EQ(order_of(7), order_of(7)); }

TEST(RandomOrder, SomeOtherSeedMakesAnotherRun) {
  std::vector<std::vector<std::string>> runs;
  for (std::uint64_t seed = 0; seed < 10; ++seed)
    runs.push_back(order_of(seed));

  EXPECT_TRUE(std::ranges::any_of(runs, [&](const auto& run) { return run != runs.front(); }));
}

TEST(RandomOrder, TheSeedIsPartOfEveryFailure) {
  const failures_of what{[] {
    const world w{{.order_of_steps = {.steps = order::random, .seed = 4711}}};
    ADD_FAILURE() << "something unrelated";
  }};

  EXPECT_THAT(what.text(), HasSubstr("seed 4711"));
}

// -- sources of steps that are no mail ------------------------------------------------------------

/// Two lists of steps: ready now, and at a time.
class timers final : public step_source {
public:
  explicit timers(virtual_clock& clock) : clock_{clock} {}
  void at(std::chrono::steady_clock::time_point when, std::function<void()> what) {
    all_.push_back({when, std::move(what)});
  }

  [[nodiscard]] std::size_t ready() const override {
    return static_cast<std::size_t>(
        std::ranges::count_if(all_, [&](const auto& t) { return t.when <= clock_.now(); }));
  }
  void run(std::size_t which) override {
    for (auto it = all_.begin(); it != all_.end(); ++it) {
      if (it->when > clock_.now() || which-- != 0)
        continue;
      const auto what = std::move(it->what);
      all_.erase(it);
      what();
      return;
    }
  }
  [[nodiscard]] std::string describe(std::size_t which) const override {
    return "timer " + std::to_string(which);
  }
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> next_due() const override {
    if (all_.empty())
      return std::nullopt;
    return std::ranges::min(all_, {}, &timer::when).when;
  }

private:
  struct timer {
    std::chrono::steady_clock::time_point when;
    std::function<void()> what;
  };
  virtual_clock& clock_;
  std::vector<timer> all_;
};

class Sources : public Kit {
protected:
  Sources() { steps().add_source(source); }
  ~Sources() override { steps().remove_source(source); }
  timers source{clock()};
};

TEST_F(Sources, RunAfterTheMailAndInOrder) {
  std::vector<std::string> ran;
  source.at(clock().now(), [&] { ran.push_back("timer"); });
  call("bob", [&] { ran.push_back("bob"); });

  EXPECT_THAT(steps().ready(), ElementsAre(HasSubstr("worker \"bob\""), "timer 0"));
  run();

  EXPECT_THAT(ran, ElementsAre("bob", "timer"));
}

TEST_F(Sources, BecomeReadyByTime) {
  bool rang = false;
  source.at(clock().now() + 5s, [&] { rang = true; });

  run();
  EXPECT_FALSE(rang);
  clock().advance(5s);
  run();

  EXPECT_TRUE(rang);
}

TEST_F(Sources, TakePartInSilence) {
  source.at(clock().now(), [] {});

  const failures_of what{[&] { expect_silence(); }};

  EXPECT_THAT(what.text(), HasSubstr("timer 0"));
  run();
}

} // namespace
