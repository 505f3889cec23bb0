// Names, numbers and calls: rules W-1 to W-7, W-9 to W-11, W-15, W-25 to W-28, W-76 to W-78, and
// scenarios T-1 to T-3. What needs threads is in threads_test.cpp: W-8, T-4.

#include <callsign/testkit/world.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace callsign;
using callsign::testkit::mail;
using testing::ElementsAre;
using testing::HasSubstr;

class Calls : public testing::Test, public testkit::world {
protected:
  /// A task that writes its text down.
  task say(std::string text) {
    return [this, text = std::move(text)] { said.push_back(text); };
  }
  std::vector<std::string> said;
};

// T-1, W-6, W-77
TEST_F(Calls, ACallByAnUnknownNameMakesTheWorkerAndRuns) {
  EXPECT_EQ(call("bob", say("hello")), call_result::created);
  expect(mail::task).to("bob");

  EXPECT_THAT(said, ElementsAre("hello"));
  EXPECT_GT(workers().number_of("bob"), main_worker);
  expect_silence();
}

// W-9
TEST_F(Calls, ACallReturnsBeforeTheTaskRuns) {
  call("bob", say("hello"));
  EXPECT_THAT(said, testing::IsEmpty());
  run();
  EXPECT_THAT(said, ElementsAre("hello"));
}

// W-1
TEST_F(Calls, AWorkerIsReachedByItsNameAndByItsNumber) {
  call("bob", say("by name"));
  EXPECT_EQ(workers().call(workers().number_of("bob"), say("by number")), call_result::queued);
  run();
  EXPECT_THAT(said, ElementsAre("by name", "by number"));
}

// T-2, W-7
TEST_F(Calls, ACallByANumberThatDesignatesNobodyDoesNothing) {
  EXPECT_EQ(workers().call(9999, say("lost")), call_result::no_such_worker);
  EXPECT_EQ(workers().call(worker_number{0}, say("lost")), call_result::no_such_worker);
  expect_silence();
  EXPECT_THAT(workers().list(), testing::SizeIs(1)) << "only the main worker";
}

// T-3, W-2
TEST_F(Calls, NamesAreCaseSensitive) {
  call("job", say("small"));
  call("Job", say("capital"));

  EXPECT_NE(workers().number_of("job"), workers().number_of("Job"));
  expect(mail::task).to("Job");
  expect(mail::task).to("job");
  EXPECT_THAT(said, ElementsAre("capital", "small"));
}

// W-3, W-28
TEST_F(Calls, AWorkerKnowsTheNameByWhichItCanBeAnswered) {
  inject([this](worker& self) {
    EXPECT_EQ(self.name(), "ana");
    EXPECT_EQ(self.number(), workers().number_of("ana"));
    EXPECT_EQ(&self.set(), &workers());
    self.call("bob", [this, sender = self.name()](worker& bob) {
      said.push_back("asked by " + sender);
      bob.call(sender, say("answered by " + bob.name()));
    });
  }).to("ana");

  expect(mail::task).to("bob");
  expect(mail::task).to("ana");

  EXPECT_THAT(said, ElementsAre("asked by ana", "answered by bob"));
  expect_silence();
}

// W-5
TEST_F(Calls, ABadNameIsAnErrorAtTheCall) {
  EXPECT_THROW(call("", say("lost")), std::invalid_argument);
  EXPECT_THROW(call("a\nb", say("lost")), std::invalid_argument);
  EXPECT_THROW(call(std::string(256, 'x'), say("lost")), std::invalid_argument);
  EXPECT_THROW(workers().hire("", runs_on::own_thread), std::invalid_argument);
  EXPECT_EQ(workers().number_of(""), 0u);
  EXPECT_NO_THROW(workers().kill(""));
  EXPECT_NO_THROW(workers().abort(""));
  expect_silence();
}

// W-10
TEST_F(Calls, TasksRunInTheOrderOfTheCalls) {
  for (const char* text : {"one", "two", "three"})
    call("bob", say(text));
  run();
  EXPECT_THAT(said, ElementsAre("one", "two", "three"));
}

// W-10
TEST_F(Calls, OneSendersCallsKeepTheirOrderAmongThoseOfOthers) {
  for (const char* who : {"ana", "eve"}) {
    call(who, [this](worker& self) {
      for (int i = 1; i <= 3; ++i)
        self.call("bob", say(self.name() + std::to_string(i)));
    });
  }
  expect(mail::task).to("eve");
  expect(mail::task).to("ana");
  run();
  EXPECT_THAT(said, ElementsAre("eve1", "eve2", "eve3", "ana1", "ana2", "ana3"));
}

// W-16: a task of its own runs later, never inside the one that asks.
TEST_F(Calls, AWorkerThatCallsItselfGoesOnFirst) {
  inject([this](worker& self) {
    self.call(self.name(), say("later"));
    self.call(self.number(), say("last"));
    said.push_back("now");
  }).to("bob");

  EXPECT_THAT(said, ElementsAre("now"));
  run();
  EXPECT_THAT(said, ElementsAre("now", "later", "last"));
}

// W-25, W-26
TEST_F(Calls, AnIdleWorkerLivesOn) {
  inject(say("one")).to("bob");
  const auto number = workers().number_of("bob");
  clock().advance(std::chrono::hours{24 * 30});
  run();

  EXPECT_EQ(call("bob", say("two")), call_result::queued);
  run();

  EXPECT_EQ(workers().number_of("bob"), number);
}

// W-27
TEST_F(Calls, TheEndOfItsMakerChangesNothingForAWorker) {
  inject([](worker& self) { self.call("child", [] {}); }).to("parent");
  const auto child = workers().number_of("child");
  workers().kill("parent");
  run();

  EXPECT_EQ(workers().number_of("parent"), 0u);
  EXPECT_EQ(workers().number_of("child"), child);
}

// W-77
TEST_F(Calls, NumbersAreNeverUsedTwice) {
  std::vector<worker_number> seen{main_worker};
  for (int i = 0; i < 20; ++i) {
    call("bob", say(""));
    seen.push_back(workers().number_of("bob"));
    workers().kill("bob");
    run();
  }
  EXPECT_TRUE(std::ranges::is_sorted(seen));
  EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end());
}

// W-78
TEST_F(Calls, AnEmptyTaskIsAnErrorAtTheCallButTheWorkerIsMade) {
  EXPECT_THROW(call("bob", task{}), std::invalid_argument);
  EXPECT_GT(workers().number_of("bob"), main_worker);
  EXPECT_THROW(workers().call(main_worker, nullptr), std::invalid_argument);
  run();
}

TEST_F(Calls, TheErrorForAnEmptyTaskSaysWhereItWasGiven) {
  try {
    call("bob", nullptr);
    FAIL() << "accepted";
  } catch (const std::invalid_argument& e) {
    EXPECT_THAT(e.what(), HasSubstr("calls_test.cpp:"));
    EXPECT_THAT(e.what(), HasSubstr("\"bob\""));
  }
  run();
}

// W-76: the name of the main worker is not reserved either.
TEST_F(Calls, AWorkerMayBeCalledMain) {
  inject([](worker& self) { EXPECT_NE(self.number(), main_worker); }).to("main");
  EXPECT_GT(workers().number_of("main"), main_worker);
}

// -- what a task brings with it: W-16 to W-18, W-21, W-22 -----------------------------------------

constexpr process_variable<std::string> CITY{"CITY"};

// W-21
TEST_F(Calls, LocalVariablesAreCopiedWhenTheTaskIsMade) {
  std::string local = "before";
  call("bob", [this, local] { said.push_back(local); });
  local = "after";
  run();
  EXPECT_THAT(said, ElementsAre("before"));
}

// W-21
TEST_F(Calls, ProcessVariablesAreThoseOfTheWorkerWhereTheTaskRuns) {
  inject([](worker& self) { self[CITY] = "Angers"; }).to("ana");
  inject([](worker& self) { self[CITY] = "Brest"; }).to("bob");
  call("ana", [this](worker& self) {
    self.call("bob", [this](worker& there) { said.push_back(there[CITY]); });
  });
  run();
  EXPECT_THAT(said, ElementsAre("Brest"));
}

// W-16, W-22: what is captured is moved in; nobody else has it.
TEST_F(Calls, WhatATaskOwnsMovesIntoTheWorkerAndEndsWithTheTask) {
  auto owned = std::make_shared<int>(42);
  const std::weak_ptr<int> watched = owned;
  call("bob", [this, owned = std::move(owned)] { said.push_back(std::to_string(*owned)); });
  EXPECT_FALSE(watched.expired());
  run();
  EXPECT_THAT(said, ElementsAre("42"));
  EXPECT_TRUE(watched.expired());
}

// W-17
TEST_F(Calls, WhatIsSharedOnPurposeIsTheSameObject) {
  const auto shared = std::make_shared<std::vector<std::string>>();
  call("bob", [shared](worker& self) { shared->push_back(self.name()); });
  run();
  EXPECT_THAT(*shared, ElementsAre("bob"));
}

// W-18: 4D refuses arrays; here an array is a value like any other and is copied whole.
TEST_F(Calls, AnArrayIsCopiedWhole) {
  int numbers[] = {1, 2, 3};
  call("bob", [this, numbers] { said.push_back(std::to_string(numbers[0] + numbers[2])); });
  numbers[0] = 1000;
  run();
  EXPECT_THAT(said, ElementsAre("4"));
}

// W-5, W-38: no name is reserved, so the main worker's is for display.
TEST_F(Calls, TheMainWorkersNameReachesAnotherAndItsNumberReachesIt) {
  std::vector<worker_number> ran;
  const auto note = [&](worker& self) {
    EXPECT_EQ(self.name(), "main");
    ran.push_back(self.number());
  };
  EXPECT_EQ(call("main", note), call_result::created);
  EXPECT_EQ(workers().call(main_worker, note), call_result::queued);

  run();

  EXPECT_THAT(ran, testing::UnorderedElementsAre(testing::Gt(main_worker), main_worker));
}

} // namespace
