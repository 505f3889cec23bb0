// Kill and abort: rules W-30 to W-37, W-42, W-43, scenarios T-6 to T-9.

#include <callsign/testkit/world.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace callsign;
using callsign::testkit::mail;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr process_variable<int> COUNT{"COUNT"};

class Kill : public testing::Test, public testkit::world {
protected:
  task say(std::string text) {
    return [this, text = std::move(text)] { said.push_back(text); };
  }
  std::vector<std::string> said;
};

// T-6, W-32: the kill comes while message 1 runs, from inside it through somebody else's hands.
TEST_F(Kill, TheTaskInProgressEndsAndWhatWaitsIsDropped) {
  call("bob", [this] {
    workers().kill("bob");
    said.push_back("one, to its end");
  });
  for (int i = 2; i <= 6; ++i)
    call("bob", say("dropped"));

  expect(mail::task).to("bob");
  disallow(mail::task).to("bob");
  expect(mail::end).to("bob");

  EXPECT_THAT(said, ElementsAre("one, to its end"));
  EXPECT_EQ(workers().number_of("bob"), 0u);
  expect_silence();
  inject([](worker& self) {
    EXPECT_EQ(self.set().info(self.number())->dropped_by_kill, 5u);
  }).to("bob");
}

// W-44
TEST_F(Kill, TheTaskInProgressCanSeeThatItShouldEnd) {
  for (const bool by_abort : {false, true}) {
    inject([&](worker& self) {
      EXPECT_FALSE(self.is_end_requested());
      if (by_abort) {
        self.set().abort("bob");
      } else {
        self.kill();
      }
      EXPECT_TRUE(self.is_end_requested());
    }).to("bob");
    call("bob", [](worker& self) { EXPECT_FALSE(self.is_end_requested()) << "the next one"; });
    run();
  }
}

// W-36, W-44
TEST_F(Kill, TheMainWorkerThatIsEmptiedIsNotToEnd) {
  workers().call(main_worker, [](worker& self) {
    self.kill();
    EXPECT_FALSE(self.is_end_requested());
    self.set().interrupt();
    EXPECT_TRUE(self.is_end_requested());
  });
  run();
}

// T-7, W-34
TEST_F(Kill, ACallByAnotherAfterTheKillBeginsAFreshIncarnationWhenTheOldOneHasEnded) {
  worker_number old = 0;
  inject([&](worker& self) {
    old = self.number();
    self[COUNT] = 7;
  }).to("bob");
  call("bob", say("old"));
  workers().kill("bob");

  EXPECT_EQ(call("bob",
                 [&](worker& self) {
                   said.push_back("new");
                   EXPECT_EQ(self[COUNT], 0);
                   EXPECT_GT(self.number(), old);
                 }),
            call_result::queued);
  EXPECT_EQ(workers().number_of("bob"), old) << "the old one has not ended";
  expect(mail::end).to("bob");
  EXPECT_GT(workers().number_of("bob"), old);
  expect(mail::task).to("bob");

  EXPECT_THAT(said, ElementsAre("new"));
}

// T-8, W-35
TEST_F(Kill, AWorkerThatKilledItselfCannotCallItselfAnyMore) {
  inject([this](worker& self) {
    self.kill();
    EXPECT_EQ(self.call(self.name(), say("never")), call_result::killed_itself);
    EXPECT_EQ(self.call(self.number(), say("never")), call_result::killed_itself);
    EXPECT_EQ(workers().call("bob", say("never")), call_result::killed_itself)
        << "whichever way it asks";
  }).to("bob");
  EXPECT_EQ(workers().info(workers().number_of("bob"))->dropped_after_own_kill, 3u);

  run();

  EXPECT_THAT(said, IsEmpty());
  EXPECT_EQ(workers().number_of("bob"), 0u);
}

/// Calls bob when it is destroyed, and notes what became of that.
struct last_word {
  last_word(callsign::workers& in, std::vector<call_result>& to) : set{&in}, heard{&to} {}
  last_word(last_word&& other) noexcept
      : set{std::exchange(other.set, nullptr)}, heard{other.heard} {}
  ~last_word() {
    if (set != nullptr)
      heard->push_back(set->call("bob", [] {}));
  }
  void operator()() const {}
  callsign::workers* set;
  std::vector<call_result>* heard;
};

// W-35: whether what is dropped waited in the mailbox or was in hand already is nobody's business.
TEST_F(Kill, WhatAWorkerDropsByItsOwnKillCannotCallItEither) {
  std::vector<call_result> heard;
  call("bob", [&](worker& self) {
    self.call("bob", last_word{workers(), heard});
    self.kill();
  });
  call("bob", last_word{workers(), heard});

  run();

  EXPECT_THAT(heard, ElementsAre(call_result::killed_itself, call_result::killed_itself));
  EXPECT_EQ(workers().number_of("bob"), 0u);
}

TEST_F(Kill, AnotherMayCallAWorkerThatKilledItself) {
  inject([](worker& self) {
    self.kill();
    self.call("ana", [](worker& ana) { ana.call("bob", [] {}); });
  }).to("bob");
  expect(mail::task).to("ana");
  expect(mail::end).to("bob");

  expect(mail::task).to("bob");
  EXPECT_GT(workers().number_of("bob"), 0u);
}

// T-9, W-36, W-38
TEST_F(Kill, TheMainWorkerIsOnlyEmptied) {
  workers().call(main_worker, [this](worker& self) {
    EXPECT_EQ(self.number(), main_worker);
    self.kill();
    said.push_back("one");
  });
  workers().call(main_worker, say("dropped"));
  expect(mail::task).to("main");
  workers().call(main_worker, say("after the kill"));
  run();

  EXPECT_THAT(said, ElementsAre("one", "after the kill"));
  EXPECT_TRUE(workers().info(main_worker).has_value());
  EXPECT_EQ(workers().info(main_worker)->dropped_by_kill, 1u);
}

TEST_F(Kill, TheMainWorkerCanBeEmptiedByItsNumberAndCannotBeAborted) {
  workers().call(main_worker, say("dropped"));
  workers().kill(main_worker);
  workers().abort("main");
  run();
  EXPECT_THAT(said, IsEmpty());
  EXPECT_EQ(workers().call(main_worker, say("lives")), call_result::queued);
  run();
  EXPECT_THAT(said, ElementsAre("lives"));
}

// W-30
TEST_F(Kill, ByNumberMeansOneIncarnation) {
  inject(say("old")).to("bob");
  const auto old = workers().number_of("bob");
  workers().kill(old);
  run();
  inject(say("new")).to("bob");

  workers().kill(old);
  run();

  EXPECT_GT(workers().number_of("bob"), old);
}

// W-30
TEST_F(Kill, AnIdleWorkerNoticesIt) {
  inject([] {}).to("bob");
  expect_silence();

  workers().kill("bob");
  expect(mail::end).to("bob");

  EXPECT_EQ(workers().number_of("bob"), 0u);
}

// W-31
TEST_F(Kill, OfNobodyDoesNothing) {
  workers().kill("nobody");
  workers().kill(worker_number{0});
  workers().kill(worker_number{9999});
  workers().abort("nobody");
  expect_silence();
  EXPECT_EQ(workers().number_of("nobody"), 0u);
}

// W-37
TEST_F(Kill, AnEndMessageLetsQueuedWorkFinishFirst) {
  call("bob", say("one"));
  call("bob", say("two"));
  call("bob", [](worker& self) { self.kill(); });
  run();
  EXPECT_THAT(said, ElementsAre("one", "two"));
  EXPECT_EQ(workers().number_of("bob"), 0u);
}

TEST_F(Kill, ASecondKillOfItselfDoesNotHitCallsForTheNextIncarnation) {
  inject([this](worker& self) {
    self.kill();
    self.call("ana", [] {});
  }).to("bob");
  call("bob", say("for the next"));
  workers().kill(workers().number_of("bob"));
  run();
  EXPECT_THAT(said, ElementsAre("for the next"));
}

TEST_F(Kill, WhatADroppedTaskOwnedIsDestroyed) {
  auto owned = std::make_shared<int>(42);
  const std::weak_ptr<int> watched = owned;
  call("bob", [owned = std::move(owned)] {});

  workers().kill("bob");

  EXPECT_TRUE(watched.expired());
  run();
}

/// Calls a worker when it dies.
struct caller_at_death {
  caller_at_death(workers& set, std::string name, task what)
      : to{&set}, whom{std::move(name)}, say{std::move(what)} {}
  caller_at_death(caller_at_death&& other) noexcept
      : to{std::exchange(other.to, nullptr)}, whom{std::move(other.whom)}, say{std::move(
                                                                               other.say)} {}
  ~caller_at_death() {
    if (to != nullptr)
      to->call(whom, std::move(say));
  }
  void operator()() const {}
  workers* to;
  std::string whom;
  task say;
};

TEST_F(Kill, ADroppedTaskMayCallTheSameWorkerFromItsDestructor) {
  call("bob", say("dropped"));
  call("bob", caller_at_death{workers(), "bob", say("from the destructor")});

  workers().kill("bob");
  run();

  EXPECT_THAT(said, ElementsAre("from the destructor"));
}

TEST_F(Kill, ATaskMayCallItsOwnWorkerFromItsDestructor) {
  call("bob", caller_at_death{workers(), "bob", say("from the destructor")});
  run();
  EXPECT_THAT(said, ElementsAre("from the destructor"));
}

// W-35: what the task captured ends with the task, and is as much the worker's as the task was.
TEST_F(Kill, WhatATaskCapturedCannotCallTheWorkerThatTheTaskKilled) {
  call("bob",
       [last = caller_at_death{workers(), "bob", say("never")}](worker& self) { self.kill(); });
  run();
  EXPECT_THAT(said, IsEmpty());
}

// W-30: kill, call and kill again leaves nobody.
TEST_F(Kill, ASecondKillByNameTakesTheCallsInBetweenWithIt) {
  inject([] {}).to("bob");
  workers().kill("bob");
  call("bob", say("in between"));
  workers().kill("bob");
  run();
  EXPECT_THAT(said, IsEmpty());
  EXPECT_EQ(workers().number_of("bob"), 0u);
}

// -- abort: W-42, W-43 ----------------------------------------------------------------------------

TEST_F(Kill, AnAbortKeepsWhatWaitsForTheNextIncarnationWhichBeginsAtOnce) {
  worker_number old = 0;
  call("bob", [&](worker& self) {
    old = self.number();
    self[COUNT] = 7;
    workers().abort("bob");
    said.push_back("one");
  });
  call("bob", [&](worker& self) {
    said.push_back("two");
    EXPECT_GT(self.number(), old);
    EXPECT_EQ(self[COUNT], 0);
  });
  call("bob", say("three"));

  run();

  EXPECT_THAT(said, ElementsAre("one", "two", "three"));
}

TEST_F(Kill, AnAbortOfAnIdleWorkerLeavesItsNameToTheNextCall) {
  inject([] {}).to("bob");
  workers().abort("bob");
  expect(mail::end).to("bob");
  EXPECT_EQ(workers().number_of("bob"), 0u);

  EXPECT_EQ(call("bob", say("again")), call_result::created);
  run();
  EXPECT_THAT(said, ElementsAre("again"));
}

// -- hire -----------------------------------------------------------------------------------------

TEST_F(Kill, OneWhoIsDyingCanBeHiredToRunElsewhere) {
  inject([] {}).to("bob");
  workers().kill("bob");

  workers().hire("bob", runs_on::own_thread);
  run();

  ASSERT_GT(workers().number_of("bob"), 0u);
  EXPECT_EQ(workers().info(workers().number_of("bob"))->kind, runs_on::own_thread);
}

TEST_F(Kill, AWorkerWithAThreadOfItsOwnIsRevivedThere) {
  workers().hire("bob", runs_on::own_thread);
  for (int i = 0; i < 3; ++i) {
    call("bob", [](worker& self) { self.kill(); });
    call("bob", say("dropped"));
    run();
    EXPECT_EQ(workers().number_of("bob"), 0u);
  }
  inject([](worker& self) {
    EXPECT_EQ(self.set().info(self.number())->kind, runs_on::own_thread);
  }).to("bob");
}

} // namespace
