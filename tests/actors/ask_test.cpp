// Asks: a call that brings an answer back, always by a deadline. Rules W-10, W-28, W-32, W-40,
// W-43, W-81; what 4D leaves to a post back to the sender.

#include "actors/src/worker_system.hpp"

#include <callsign/testkit/explore.hpp>
#include <callsign/testkit/world.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace callsign;
using namespace std::chrono_literals;
using callsign::testkit::mail;
using callsign::testkit::order;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr process_variable<int> COUNT{"COUNT"};

class Ask : public testing::Test, public testkit::world {
protected:
  /// Ana asks; what she gets is written down.
  template <class Question>
  void ana_asks(std::string whom, Question question, ask_options how = {}) {
    inject([this, whom = std::move(whom), question = std::move(question), how](worker& ana) {
      ana.ask(
          whom, question,
          [this](worker& self, answer<int> got) {
            EXPECT_EQ(self.name(), "ana");
            note(got);
          },
          how);
    }).to("ana");
  }
  void note(answer<int>& got) {
    heard.push_back(got ? std::to_string(*got) : got.why().code.message());
    if (!got)
      last = got.why();
  }
  std::vector<std::string> heard;
  error last;
};

/// The reason for which there is no answer.
template <class T>
std::error_code code_of(answer<T> got) {
  return got ? std::error_code{} : got.why().code;
}

// -- answers --------------------------------------------------------------------------------------

// W-28
TEST_F(Ask, BringsTheAnswerBackToTheWorkerThatAsked) {
  ana_asks("bob", [](worker& bob) { return ++bob[COUNT]; });
  EXPECT_THAT(heard, IsEmpty());

  expect(mail::task).to("bob");
  EXPECT_THAT(heard, IsEmpty()) << "the continuation is an entry of its own";
  expect(mail::reply).to("ana");

  EXPECT_THAT(heard, ElementsAre("1"));
  expect_silence();
}

TEST_F(Ask, GivesAPlainThreadAnAnswerThatItCanWaitFor) {
  call("bob", [](worker& bob) { bob[COUNT] = 41; });
  auto coming = workers().ask("bob", [](worker& bob) { return ++bob[COUNT]; });
  EXPECT_EQ(coming.get(), 42);
}

TEST_F(Ask, CarriesMoveOnlyValuesAndNoneAtAll) {
  EXPECT_EQ(*workers().ask("bob", [] { return std::make_unique<int>(7); }).get(), 7);
  bool ran = false;
  workers().ask("bob", [&ran] { ran = true; }).get();
  EXPECT_TRUE(ran);
}

// W-10
TEST_F(Ask, QuestionsAndCallsOfOneSenderKeepTheirOrder) {
  call("ana", [this](worker& ana) {
    for (int i = 1; i <= 3; ++i) {
      ana.call("bob", [](worker& bob) { bob[COUNT] += 10; });
      ana.ask(
          "bob", [](worker& bob) { return ++bob[COUNT]; },
          [this](worker&, answer<int> got) { note(got); });
    }
  });
  run();
  EXPECT_THAT(heard, ElementsAre("11", "22", "33"));
}

TEST_F(Ask, TheAskerGoesOnAndOtherTasksRunInBetween) {
  ana_asks("bob", [] { return 1; });
  call("ana", [this] { heard.push_back("another task"); });
  expect(mail::task).to("ana");
  run();
  EXPECT_THAT(heard, ElementsAre("another task", "1"));
}

TEST_F(Ask, ByNumberReachesOneIncarnation) {
  inject([](worker& bob) { bob[COUNT] = 5; }).to("bob");
  const auto number = workers().number_of("bob");
  EXPECT_EQ(workers().ask(number, [](worker& bob) { return bob[COUNT]; }).get(), 5);
  workers().kill("bob");
  run();
  EXPECT_EQ(code_of(workers().ask(number, [] { return 1; }).result()), errc::no_such_worker);
}

TEST_F(Ask, AWorkerMayAskItselfIfItDoesNotWait) {
  ana_asks("ana", [](worker& ana) { return ++ana[COUNT]; });
  run();
  EXPECT_THAT(heard, ElementsAre("1"));
}

// -- failures, each its own -----------------------------------------------------------------------

// W-40: exactly one hears of it, and that is who asked.
TEST_F(Ask, AQuestionThatThrowsIsTheAskersAndNotTheErrorHandlers) {
  int handled = 0;
  workers().on_error([&](const task_error&) { ++handled; });
  ana_asks("bob", []() -> int { throw std::runtime_error("no such book"); });
  run();
  EXPECT_EQ(last.code, errc::task_failed);
  EXPECT_THAT(last.message(), HasSubstr("no such book"));
  EXPECT_EQ(handled, 0);
  EXPECT_EQ(workers().info(workers().number_of("bob"))->failed, 1u);
}

// W-32
TEST_F(Ask, OfAWorkerThatIsKilledFirstFailsAtOnce) {
  ana_asks("bob", [] { return 1; });
  workers().kill("bob");
  expect(mail::reply).to("ana");
  EXPECT_EQ(last.code, errc::worker_killed);
  run();
}

TEST_F(Ask, OfAWorkerThatIsKilledMeanwhileIsAnsweredBecauseTheTaskRunsToItsEnd) {
  ana_asks("bob", [this] {
    workers().kill("bob");
    return 1;
  });
  run();
  EXPECT_THAT(heard, ElementsAre("1"));
}

// W-43
TEST_F(Ask, OfAWorkerThatIsAbortedIsAnsweredByTheNextIncarnation) {
  ana_asks("bob", [](worker& bob) { return ++bob[COUNT]; });
  workers().abort("bob");
  run();
  EXPECT_THAT(heard, ElementsAre("1"));
}

// W-43: a number is that of one incarnation.
TEST_F(Ask, ByNumberOfAWorkerThatIsAbortedIsAnsweredByNoOtherIncarnation) {
  call("bob", [] {});
  run();
  auto coming = workers().ask(workers().number_of("bob"), [] { return 1; });
  auto by_name = workers().ask("bob", [] { return 2; });
  workers().abort("bob");
  run();
  EXPECT_EQ(code_of(coming.result()), errc::worker_aborted);
  EXPECT_EQ(by_name.result().value(), 2);
}

TEST_F(Ask, ATaskThatIsDroppedByAnAbortIsToldSo) {
  struct curious {
    std::vector<drop_reason>* heard;
    void operator()() const {}
    void dropped(drop_reason why) const { heard->push_back(why); }
  };
  std::vector<drop_reason> reasons;
  inject([&](worker& bob) {
    bob.incarnation().port_of_this().post(detail::entry_kind::received, curious{&reasons});
    workers().abort("bob");
  }).to("bob");
  run();
  EXPECT_THAT(reasons, ElementsAre(drop_reason::aborted));
}

// W-35
TEST_F(Ask, OfItselfAfterItsOwnKillFailsAndNobodyHears) {
  inject([this](worker& ana) {
    ana.kill();
    ana.ask(
        "ana", [] { return 1; }, [this](worker&, answer<int> got) { note(got); });
  }).to("ana");
  run();
  EXPECT_THAT(heard, IsEmpty()) << "the asker has ended as well";
}

// W-81
TEST_F(Ask, AfterTheEndOfTheSetFailsAtOnce) {
  workers().stop();
  EXPECT_EQ(code_of(workers().ask("bob", [] { return 1; }).result()), errc::shutting_down);
}

TEST_F(Ask, ThatWaitsWhenTheSetEndsIsToldSo) {
  auto coming = workers().ask("bob", [] { return 1; });
  workers().stop();
  EXPECT_EQ(code_of(coming.result()), errc::shutting_down);
}

TEST(AnswerToCome, MayOutliveTheSet) {
  std::optional<asked<int>> coming;
  {
    testkit::world w;
    coming.emplace(w.workers().ask("bob", [] { return 1; }));
  }
  EXPECT_EQ(code_of(coming->result()), errc::shutting_down);
}

TEST_F(Ask, OfAnAskerThatIsGoneAnswersNobody) {
  ana_asks("bob", [] { return 1; });
  workers().kill("ana");
  expect(mail::end).to("ana");
  call("ana", [] {}); // the next ana did not ask
  run();
  EXPECT_THAT(heard, IsEmpty());
}

TEST_F(Ask, WithABadNameOrWithoutTimeIsAnErrorAtTheCall) {
  EXPECT_THROW((void)workers().ask("", [] { return 1; }, {.within = 0s}), std::invalid_argument);
  EXPECT_THROW((void)workers().ask("a\nb", [] { return 1; }), std::invalid_argument);
  EXPECT_THROW((void)workers().ask("bob", [] { return 1; }, {.within = -1s}),
               std::invalid_argument);
  run();
}

// -- deadlines ------------------------------------------------------------------------------------

TEST_F(Ask, FailsAtItsDeadlineWhileItWaitsAndIsThenNotRun) {
  bool ran = false;
  ana_asks("bob", [&ran] { return ran = true, 1; }, {.within = 2s});

  clock().advance(1999ms);
  disallow(mail::reply).to("ana");
  clock().advance(1ms);
  expect(mail::reply).to("ana");

  EXPECT_EQ(last.code, errc::answer_late);
  EXPECT_THAT(last.message(),
              testing::AllOf(HasSubstr("worker \"bob\""), HasSubstr("ask_test.cpp:"),
                             HasSubstr("waiting in the mailbox for 2000 ms")));
  run();
  EXPECT_FALSE(ran) << "nobody wants to know any more";
  EXPECT_THAT(heard, testing::SizeIs(1));
}

TEST_F(Ask, FailsAtItsDeadlineWhileItRunsAndTheLateAnswerIsNobodys) {
  ana_asks("bob",
           [this] {
             clock().advance(2s);
             steps().run_due_timers();
             return 1;
           },
           {.within = 1500ms});
  run();
  EXPECT_EQ(last.code, errc::answer_late);
  EXPECT_THAT(last.message(), HasSubstr("running for 2000 ms"));
  EXPECT_THAT(heard, testing::SizeIs(1));
}

// W-40: nobody else is left to hear of it.
TEST_F(Ask, AnExceptionThatComesAfterTheDeadlineGoesToTheErrorHandler) {
  std::string handled;
  workers().on_error([&](const task_error& e) { handled = e.what; });
  ana_asks("bob",
           [this]() -> int {
             clock().advance(2s);
             steps().run_due_timers();
             throw std::runtime_error("too late");
           },
           {.within = 1s});
  run();
  EXPECT_EQ(handled, "too late");
}

TEST_F(Ask, LimitsThemselvesToFiveSecondsIfNothingIsSaid) {
  ana_asks("bob", [] { return 1; });
  clock().advance(4999ms);
  disallow(mail::reply).to("ana");
  clock().advance(1ms);
  expect(mail::reply).to("ana");
  EXPECT_EQ(last.code, errc::answer_late);
  run();
}

TEST_F(Ask, LeavesNoDeadlineBehindWhenItIsAnswered) {
  for (int i = 0; i < 100; ++i)
    ana_asks("bob", [i] { return i; }), run();
  EXPECT_EQ(workers().system().wheel().next(), std::nullopt);
}

// -- waiting for oneself --------------------------------------------------------------------------

TEST_F(Ask, ThatWouldWaitForItselfIsRefusedAtOnce) {
  workers().hire("ana", runs_on::own_thread);
  run();
  inject([this](worker& ana) {
    try {
      (void)workers().ask(ana.name(), [] { return 1; });
      ADD_FAILURE() << "accepted";
    } catch (const failure& e) {
      EXPECT_EQ(e.code(), errc::would_wait_for_itself);
    }
    EXPECT_THROW((void)workers().ask(ana.number(), [] { return 1; }), failure);
  }).to("ana");
  expect_silence();
}

TEST_F(Ask, AWorkerOfThePoolMayNotWaitButOneWithAThreadOfItsOwnMay) {
  inject([this] {
    try {
      (void)workers().ask("bob", [] { return 1; });
      ADD_FAILURE() << "accepted";
    } catch (const failure& e) {
      EXPECT_EQ(e.code(), errc::would_block);
    }
  }).to("ana");
  workers().hire("eve", runs_on::own_thread);
  run();
  inject([this] {
    heard.push_back(std::to_string(workers().ask("bob", [] { return 7; }).get()));
  }).to("eve");
  EXPECT_THAT(heard, ElementsAre("7"));
}

// -- every order ----------------------------------------------------------------------------------

/// One ask and one kill in every order that there is.
TEST(EveryOrderOfAsks, AgainstAKillAreAnsweredOrToldOfIt) {
  std::set<std::string> outcomes;
  const auto found = testkit::explore(
      [&](const testkit::schedule& how) {
        testkit::world w{{.order_of_steps = how}};
        std::vector<std::string> settled;
        bool ran = false;
        w.call("bob", [] {});
        w.call("ana", [&](worker& ana) {
          ana.ask(
              "bob", [&ran] { return ran = true; },
              [&settled](worker&, answer<bool> got) {
                settled.push_back(got ? "answered" : got.why().code.message());
              },
              {.within = 1s});
        });
        w.call("eve", [&] { w.workers().kill("bob"); });
        w.run();
        EXPECT_THAT(settled, testing::SizeIs(1));
        EXPECT_EQ(ran, settled.at(0) == "answered");
        outcomes.insert(settled.at(0));
      },
      {.name = "an ask against a kill"});
  EXPECT_TRUE(found.is_all);
  EXPECT_EQ(outcomes,
            (std::set<std::string>{"answered", make_error_code(errc::worker_killed).message()}));
}

/// Asks, kills and deadlines in any order: each ask is settled exactly once.
TEST(EveryOrderOfAsks, SettlesEachExactlyOnce) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    testkit::world w{{.order_of_steps = {.steps = order::random, .seed = seed}}};
    std::vector<int> settled(12, 0);
    int ran = 0;
    w.call("ana", [&](worker& ana) {
      for (std::size_t i = 0; i < settled.size(); ++i) {
        ana.ask(
            "bob", [&ran] { return ++ran; }, [&settled, i](worker&, answer<int>) { ++settled[i]; },
            {.within = 1s});
      }
    });
    w.call("eve", [&] {
      w.workers().kill("bob");
      w.clock().advance(600ms);
    });
    w.call("joe", [&] { w.clock().advance(600ms); });
    w.run();
    ASSERT_THAT(settled, testing::Each(1));
    ASSERT_LE(ran, 12);
  }
}

} // namespace
