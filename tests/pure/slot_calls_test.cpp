// The outcome table of section 1.6 of the 4D rules, every row in every phase: given what a name is
// going through, this is what becomes of a call (rules W-6, W-7, W-34, W-35, W-77).

#include "tests/pure/slot_in_phases.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <new>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

namespace {

using namespace callsign;
using namespace callsign::tests;
using testing::ElementsAre;
using testing::IsEmpty;

// -- calls by name --------------------------------------------------------------------------------

TEST_F(Slot, ACallByAVacantNameBeginsAnIncarnation) {
  const auto out = post("one");

  EXPECT_EQ(out.result, call_result::created);
  EXPECT_EQ(out.next, action::spawn);
  EXPECT_EQ(who->number(), 2u);
  EXPECT_EQ(book.holders[2], who);
  EXPECT_THAT(drain(), ElementsAre("one"));
}

TEST_F(Slot, OnlyTheFirstCallToAnIdleWorkerWakesIt) {
  bring_to(phase::alive);

  EXPECT_EQ(post("one").next, action::wake);
  EXPECT_EQ(post("two").next, action::none);

  EXPECT_THAT(drain(), ElementsAre("one", "two"));
  EXPECT_EQ(post("three").next, action::wake);
}

TEST_F(Slot, CallsMadeWhileTheWorkerIsBeingSpawnedDoNotWakeIt) {
  EXPECT_EQ(post("one").next, action::spawn);
  EXPECT_EQ(post("two").next, action::none);
  EXPECT_THAT(drain(), ElementsAre("one", "two"));
}

TEST_F(Slot, ANewIncarnationHasANewNumberAndNotTheOldEntries) {
  bring_to(phase::alive);
  std::ignore = post("dropped");
  std::ignore = who->kill(0);
  EXPECT_EQ(let_it_end(), action::none);
  EXPECT_EQ(who->number(), 0u);

  EXPECT_EQ(post("again").result, call_result::created);

  EXPECT_EQ(who->number(), 3u);
  EXPECT_EQ(who->info()->incarnation, 2u);
  EXPECT_EQ(who->info()->created, std::chrono::system_clock::time_point{3s});
  EXPECT_THAT(drain(), ElementsAre("again"));
}

/// One row: who calls by name, in which phase, and what becomes of it.
struct by_name {
  phase in;
  bool from_itself;
  call_result result;
  action next;
  bool runs_here; ///< in the incarnation that was there
  bool runs_in_the_next;
};

class SlotByName : public Slot, public testing::WithParamInterface<by_name> {};

TEST_P(SlotByName, AnswersAsTheTableSays) {
  const auto& row = GetParam();
  bring_to(row.in);
  const auto sender = row.from_itself ? who->number() : somebody;

  const auto out = post("the call", sender);

  EXPECT_EQ(out.result, row.result);
  EXPECT_EQ(out.next, row.next);
  if (row.runs_here) {
    EXPECT_THAT(drain(), ElementsAre("the call"));
    return;
  }
  EXPECT_EQ(let_it_end(), row.runs_in_the_next ? action::spawn : action::none);
  EXPECT_THAT(drain(), row.runs_in_the_next
                           ? testing::Matcher<std::vector<std::string>>(ElementsAre("the call"))
                           : testing::Matcher<std::vector<std::string>>(IsEmpty()));
}

INSTANTIATE_TEST_SUITE_P(
    EveryPhase, SlotByName,
    testing::Values(
        by_name{phase::vacant, false, call_result::created, action::spawn, true, false},
        by_name{phase::alive, false, call_result::queued, action::wake, true, false},
        by_name{phase::alive, true, call_result::queued, action::wake, true, false},
        by_name{phase::killed, false, call_result::queued, action::none, false, true},
        by_name{phase::killed, true, call_result::killed_itself, action::none, false, false},
        by_name{phase::closing, false, call_result::queued, action::none, false, true},
        by_name{phase::closing, true, call_result::killed_itself, action::none, false, false},
        by_name{phase::sealed, false, call_result::queued, action::none, false, true},
        by_name{phase::sealed, true, call_result::killed_itself, action::none, false, false},
        by_name{phase::aborted, false, call_result::queued, action::none, false, true},
        by_name{phase::aborted, true, call_result::queued, action::none, false, true}),
    [](const auto& row) {
      std::ostringstream name;
      name << row.param.in << (row.param.from_itself ? "_itself" : "_somebody_else");
      return name.str();
    });

// -- calls by number ------------------------------------------------------------------------------

struct by_number {
  phase in;
  bool is_lifecycle;
  bool from_itself;
  call_result result;
  bool runs;
};

class SlotByNumber : public Slot, public testing::WithParamInterface<by_number> {};

TEST_P(SlotByNumber, AnswersAsTheTableSays) {
  const auto& row = GetParam();
  bring_to(row.in);
  const auto number = who->number();

  const auto out = post_to(number, "the call", row.from_itself ? number : somebody,
                           row.is_lifecycle ? entry_kind::closed : entry_kind::task);

  EXPECT_EQ(out.result, row.result);
  if (who->is_end_requested()) {
    entry_queue nothing;
    std::ignore = who->notice_end(nothing);
  }
  EXPECT_EQ(drain().empty(), !row.runs);
}

INSTANTIATE_TEST_SUITE_P(
    EveryPhase, SlotByNumber,
    testing::Values(by_number{phase::alive, false, false, call_result::queued, true},
                    by_number{phase::alive, false, true, call_result::queued, true},
                    by_number{phase::alive, true, false, call_result::queued, true},
                    by_number{phase::killed, false, false, call_result::no_such_worker, false},
                    by_number{phase::killed, false, true, call_result::killed_itself, false},
                    by_number{phase::killed, true, false, call_result::queued, true},
                    by_number{phase::aborted, false, false, call_result::no_such_worker, false},
                    by_number{phase::aborted, true, false, call_result::queued, false},
                    by_number{phase::closing, false, false, call_result::no_such_worker, false},
                    by_number{phase::closing, true, false, call_result::queued, true},
                    by_number{phase::sealed, false, false, call_result::no_such_worker, false},
                    by_number{phase::sealed, true, false, call_result::no_such_worker, false}),
    [](const auto& row) {
      std::ostringstream name;
      name << row.param.in << (row.param.is_lifecycle ? "_lifecycle" : "_task")
           << (row.param.from_itself ? "_itself" : "_somebody_else");
      return name.str();
    });

TEST_F(Slot, ANumberOfAnEarlierIncarnationDesignatesNobody) {
  bring_to(phase::alive);
  const auto old = who->number();
  std::ignore = who->kill(0);
  std::ignore = let_it_end();
  std::ignore = post("again");
  drain();

  EXPECT_EQ(post_to(old, "lost").result, call_result::no_such_worker);
  EXPECT_EQ(post_to(old, "lost", nobody, entry_kind::closed).result, call_result::no_such_worker);
  EXPECT_EQ(who->kill(old), action::none);

  EXPECT_THAT(drain(), IsEmpty());
  EXPECT_EQ(who->current_phase(), phase::alive);
}

// -- a mailbox that grows: W-79 -------------------------------------------------------------------

constexpr std::size_t first_high_water = mailbox_limit{}.high_water;

TEST_F(Slot, SaysOnceAtEachDoublingHowLongTheMailboxIs) {
  bring_to(phase::alive);
  who->set_in_hand(0);
  std::vector<std::size_t> said;
  auto grow_to = [&, length = std::size_t{0}](std::size_t wanted) mutable {
    for (; length < wanted; ++length) {
      if (const auto high = who->post(entry{}, nobody, book).high_water; high != 0)
        said.push_back(high);
    }
  };
  grow_to(first_high_water - 1);
  EXPECT_THAT(said, IsEmpty());

  // What has been taken and has not run waits as well.
  entry_queue hand;
  ASSERT_TRUE(who->take(hand));
  grow_to(2 * first_high_water + 1);

  EXPECT_THAT(said, ElementsAre(first_high_water, 2 * first_high_water));
}

TEST_F(Slot, TheNextLifeBeginsWithALowMark) {
  bring_to(phase::alive);
  for (int life = 0; life < 2; ++life) {
    who->set_in_hand(0);
    std::size_t said = 0;
    for (std::size_t i = 0; i <= first_high_water; ++i)
      said = std::max(said, who->post(entry{}, nobody, book).high_water);
    EXPECT_EQ(said, first_high_water);
    std::ignore = who->kill(0);
    std::ignore = let_it_end();
  }
}

// -- what a busy worker looks at ------------------------------------------------------------------

TEST_F(Slot, SaysWithoutTheLockWhetherSomethingWaits) {
  bring_to(phase::alive);
  EXPECT_FALSE(who->has_waiting());

  std::ignore = post("one");
  std::ignore = post("two");
  EXPECT_TRUE(who->has_waiting());

  entry_queue batch;
  ASSERT_TRUE(who->take(batch));
  EXPECT_EQ(batch.size(), 2u);
  EXPECT_FALSE(who->has_waiting());
}

TEST_F(Slot, SaysSoOfALimitedMailboxUntilTheLastIsTaken) {
  bring_to(phase::alive);
  EXPECT_FALSE(who->is_limited());
  who->limit({.most = 10});
  EXPECT_TRUE(who->is_limited());
  std::ignore = post("one");
  std::ignore = post("two");

  entry_queue first;
  ASSERT_TRUE(who->take(first));
  EXPECT_EQ(first.size(), 1u);
  EXPECT_TRUE(who->has_waiting());

  entry_queue second;
  ASSERT_TRUE(who->take(second));
  EXPECT_EQ(second.size(), 1u);
  EXPECT_FALSE(who->has_waiting());
}

// -- a lack of memory -----------------------------------------------------------------------------

TEST_F(Slot, AnIncarnationThatCannotBeEnteredLeavesNothingWaiting) {
  class full final : public registrar {
    birth enrol(std::shared_ptr<slot>) override { throw std::bad_alloc{}; }
  } no_room;

  EXPECT_THROW(std::ignore = who->post(task_saying("failed at the call"), nobody, no_room),
               std::bad_alloc);

  EXPECT_EQ(who->current_phase(), phase::vacant);
  EXPECT_EQ(post("again").result, call_result::created);
  EXPECT_THAT(drain(), ElementsAre("again"));
}

} // namespace
