// Kill, abort, hire and the end of the set, as the slot decides them (rules W-30 to W-38, W-42,
// W-43, W-81).

#include "tests/actors/scarce_memory.hpp"
#include "tests/pure/slot_in_phases.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <string>
#include <tuple>
#include <vector>

namespace {

using namespace callsign;
using namespace callsign::tests;
using testing::ElementsAre;
using testing::IsEmpty;

// -- kill -----------------------------------------------------------------------------------------

TEST_F(Slot, AKillDropsWhatWaitsAndWhatIsInHandButNoLifecycleEntries) {
  bring_to(phase::alive);
  for (const char* text : {"runs", "in hand", "in hand too"})
    std::ignore = post(text);
  std::ignore = post_to(who->number(), "client wants in", nobody, entry_kind::requested);
  entry_queue hand;
  ASSERT_TRUE(who->take(hand));
  std::ignore = post("waits");
  std::ignore = post_to(who->number(), "message", nobody, entry_kind::received);
  std::ignore = post_to(who->number(), "client left", nobody, entry_kind::closed);

  hand.pop_front();
  std::ignore = who->kill(0);
  EXPECT_EQ(who->notice_end(hand), slot::request::kill);

  ran.clear();
  run(hand);
  entry_queue rest;
  ASSERT_TRUE(who->take(rest));
  run(rest);
  EXPECT_THAT(ran, ElementsAre("client wants in", "client left"));
  EXPECT_EQ(who->info()->dropped_by_kill, 4u);
}

TEST_F(Slot, AKillIsNoticedEvenWhenTheWorkerIsIdle) {
  bring_to(phase::alive);

  EXPECT_EQ(who->kill(0), action::wake);
  EXPECT_TRUE(who->is_end_requested());
}

TEST_F(Slot, WhileAnEndIsAskedForNothingIsTaken) {
  bring_to(phase::alive);
  std::ignore = who->kill(0);
  std::ignore = post_to(who->number(), "client left", nobody, entry_kind::closed);
  entry_queue hand;

  EXPECT_TRUE(who->take(hand));

  EXPECT_TRUE(hand.empty());
}

TEST_F(Slot, AKillOfAVacantNameDoesNothing) {
  bring_to(phase::vacant);
  EXPECT_EQ(who->kill(0), action::none);
  EXPECT_EQ(who->abort(), action::none);
  EXPECT_EQ(who->number(), 0u);
}

TEST_F(Slot, ASecondKillByNameDropsWhatWasAskedForInBetween) {
  bring_to(phase::killed);
  std::ignore = post("between the kills");

  EXPECT_EQ(who->kill(0), action::none);

  EXPECT_EQ(let_it_end(), action::none);
}

TEST_F(Slot, ASecondKillByNumberMeansOnlyTheOneThatIsDying) {
  bring_to(phase::killed);
  std::ignore = post("for the next");

  EXPECT_EQ(who->kill(who->number()), action::none);

  EXPECT_EQ(let_it_end(), action::spawn);
  EXPECT_THAT(drain(), ElementsAre("for the next"));
}

TEST_F(Slot, TheNextIncarnationBeginsOnlyWhenTheOldOneHasEnded) {
  bring_to(phase::killed);
  const auto old = who->number();

  std::ignore = post("for the next");
  EXPECT_EQ(who->number(), old);
  entry_queue nothing;
  std::ignore = who->notice_end(nothing);
  EXPECT_EQ(who->number(), old);
  ASSERT_TRUE(who->seal());
  EXPECT_EQ(who->number(), old);

  EXPECT_EQ(who->ended(book), action::spawn);
  EXPECT_GT(who->number(), old);
}

TEST_F(Slot, AClosingMailboxIsNotSealedWhileALifecycleEntryWaits) {
  bring_to(phase::closing);
  std::ignore = post_to(who->number(), "client left", nobody, entry_kind::closed);

  EXPECT_FALSE(who->seal());
  EXPECT_THAT(drain(), ElementsAre("client left"));
  EXPECT_TRUE(who->seal());
}

/// Notes when it is destroyed, and calls back into the slot: were a lock still held, this would
/// hang.
struct mourner {
  mourner(std::shared_ptr<slot> whose, int& count) : in{std::move(whose)}, died{&count} {}
  mourner(mourner&&) = default;
  ~mourner() {
    if (in == nullptr)
      return;
    std::ignore = in->number();
    ++*died;
  }
  void operator()() const {}
  std::shared_ptr<slot> in;
  int* died;
};

TEST_F(Slot, WhatIsDroppedIsDestroyedOutsideTheLock) {
  bring_to(phase::alive);
  int died = 0;
  const auto mourning = [&] { return entry{.run = mourner{who, died}}; };

  std::ignore = who->post(mourning(), nobody, book);
  std::ignore = who->kill(0);
  EXPECT_EQ(died, 1);
  std::ignore = who->post(mourning(), nobody, book);
  std::ignore = who->kill(0);
  EXPECT_EQ(died, 2);
  std::ignore = who->post(mourning(), nobody, book);
  who->shut();
  EXPECT_EQ(died, 3);
}

// -- abort ----------------------------------------------------------------------------------------

TEST_F(Slot, AnAbortKeepsTheTasksInOrderForTheNextIncarnation) {
  bring_to(phase::alive);
  for (const char* text : {"runs", "in hand"})
    std::ignore = post(text);
  entry_queue hand;
  ASSERT_TRUE(who->take(hand));
  std::ignore = post("waits");
  std::ignore = post_to(who->number(), "client left", nobody, entry_kind::closed);
  hand.pop_front();
  std::ignore = who->abort();
  std::ignore = post("came later");

  EXPECT_EQ(who->notice_end(hand), slot::request::abort);
  ASSERT_TRUE(who->seal());
  EXPECT_EQ(who->ended(book), action::spawn);

  EXPECT_THAT(drain(), ElementsAre("in hand", "waits", "came later"));
  EXPECT_EQ(who->info()->dropped_by_kill, 1u) << "the event of what the old incarnation owned";
}

TEST_F(Slot, AnAbortWithNothingWaitingLeavesTheNameVacant) {
  bring_to(phase::aborted);
  EXPECT_EQ(let_it_end(), action::none);
  EXPECT_EQ(post("again").result, call_result::created);
}

TEST_F(Slot, AKillAfterAnAbortDropsWhatTheAbortWouldHaveKept) {
  bring_to(phase::alive);
  std::ignore = post("one");
  std::ignore = who->abort();

  std::ignore = who->kill(0);

  entry_queue nothing;
  EXPECT_EQ(who->notice_end(nothing), slot::request::kill);
  EXPECT_TRUE(who->seal());
  EXPECT_EQ(who->ended(book), action::none);
}

// -- hire -----------------------------------------------------------------------------------------

TEST_F(Slot, HiringAVacantNameBeginsAnIncarnationThatHasNothingToDo) {
  const auto out = who->hire(runs_on::own_thread, book);

  EXPECT_EQ(out.result, call_result::created);
  EXPECT_EQ(out.next, action::spawn);
  EXPECT_EQ(who->kind(), runs_on::own_thread);
  EXPECT_THAT(drain(), IsEmpty());
}

TEST_F(Slot, HiringOneWhoRunsThereAlreadyChangesNothing) {
  bring_to(phase::alive);
  EXPECT_EQ(who->hire(runs_on::pool, book).next, action::none);
  EXPECT_EQ(book.last, 2u);
}

TEST_F(Slot, HiringOneWhoRunsElsewhereIsAnError) {
  bring_to(phase::alive);
  try {
    std::ignore = who->hire(runs_on::own_thread, book);
    FAIL() << "hired";
  } catch (const failure& e) {
    EXPECT_EQ(e.code(), errc::worker_kind_differs);
  }
}

TEST_F(Slot, HiringOneWhoIsDyingIsForTheNextIncarnation) {
  bring_to(phase::killed);

  EXPECT_EQ(who->hire(runs_on::own_thread, book).result, call_result::queued);
  EXPECT_EQ(who->kind(), runs_on::pool) << "the one that is dying stays where it is";

  EXPECT_EQ(let_it_end(), action::spawn);
  EXPECT_EQ(who->kind(), runs_on::own_thread);
}

TEST_F(Slot, TheKindOutlivesTheIncarnation) {
  std::ignore = who->hire(runs_on::own_thread, book);
  std::ignore = who->kill(0);
  std::ignore = let_it_end();

  EXPECT_EQ(post("again").result, call_result::created);

  EXPECT_EQ(who->kind(), runs_on::own_thread);
}

TEST_F(Slot, TheLastHireCountsWhateverAnEarlierOneWantedForALifeThatNeverBegan) {
  bring_to(phase::killed);
  std::ignore = who->hire(runs_on::pool, book);
  std::ignore = who->kill(0);
  EXPECT_EQ(let_it_end(), action::none);

  EXPECT_EQ(who->hire(runs_on::own_thread, book).result, call_result::created);

  EXPECT_EQ(who->kind(), runs_on::own_thread);
}

TEST_F(Slot, AHireHoldsForLaterLivesEvenIfTheNextOneNeverBegan) {
  bring_to(phase::killed);
  std::ignore = who->hire(runs_on::own_thread, book);
  std::ignore = who->kill(0);
  EXPECT_EQ(let_it_end(), action::none);

  EXPECT_EQ(who->hire_as_before(book).result, call_result::created);

  EXPECT_EQ(who->kind(), runs_on::own_thread);
}

TEST_F(Slot, AKillByNameAlsoTakesBackTheHireThatFollowedAnAbort) {
  bring_to(phase::aborted);
  std::ignore = who->hire(runs_on::pool, book);

  std::ignore = who->kill(0);

  EXPECT_EQ(let_it_end(), action::none);
}

TEST_F(Slot, AKillByNumberLeavesTheHireThatFollowedAnAbort) {
  bring_to(phase::aborted);
  std::ignore = who->hire(runs_on::pool, book);

  std::ignore = who->kill(who->number());

  EXPECT_EQ(let_it_end(), action::spawn);
}

// -- a thread that could not be had ---------------------------------------------------------------

TEST_F(Slot, AStillbornIncarnationLeavesTheNameVacantAndCountsWhatItDropped) {
  std::ignore = post("one");
  std::ignore = post("two");

  EXPECT_EQ(who->stillborn(), 2u);

  EXPECT_EQ(who->current_phase(), phase::vacant);
  EXPECT_EQ(post("again").result, call_result::created);
  EXPECT_THAT(drain(), ElementsAre("again"));
}

// -- the main worker ------------------------------------------------------------------------------

class MainSlot : public Slot {
protected:
  MainSlot() {
    who = std::make_shared<slot>(slot::main_tag{}, "main", std::chrono::system_clock::time_point{});
  }
};

TEST_F(MainSlot, LivesFromTheStartAsNumberOne) {
  EXPECT_EQ(who->number(), main_worker);
  EXPECT_EQ(who->current_phase(), phase::alive);
  EXPECT_EQ(post_to(main_worker, "one").next, action::wake);
  EXPECT_THAT(drain(), ElementsAre("one"));
}

TEST_F(MainSlot, IsOnlyEmptiedByAKill) {
  std::ignore = post_to(main_worker, "in hand");
  entry_queue hand;
  ASSERT_TRUE(who->take(hand));
  std::ignore = post_to(main_worker, "waits");

  EXPECT_EQ(who->kill(main_worker), action::none) << "it is awake";
  std::ignore = post_to(main_worker, "after the kill");
  EXPECT_EQ(who->notice_end(hand), slot::request::empty);

  EXPECT_TRUE(hand.empty());
  EXPECT_THAT(drain(), ElementsAre("after the kill"));
  EXPECT_EQ(who->number(), main_worker);
  EXPECT_EQ(who->info()->dropped_by_kill, 2u);
}

TEST_F(MainSlot, LosesNothingThatWasPostedAfterTheKill) {
  std::ignore = who->kill(main_worker);
  std::ignore = post_to(main_worker, "after the kill");
  entry_queue hand;

  // The consumer gets here without having noticed the kill.
  ASSERT_TRUE(who->take(hand));
  EXPECT_TRUE(hand.empty());
  std::ignore = who->notice_end(hand);

  EXPECT_THAT(drain(), ElementsAre("after the kill"));
}

TEST_F(MainSlot, IsNotAborted) {
  EXPECT_EQ(who->abort(), action::none);
  EXPECT_EQ(who->current_phase(), phase::alive);
}

TEST_F(MainSlot, EndsWithTheSet) {
  std::ignore = post_to(main_worker, "never runs");
  who->shut();
  std::ignore = who->kill(0);
  entry_queue nothing;

  EXPECT_EQ(who->notice_end(nothing), slot::request::shut_down);

  EXPECT_TRUE(who->seal());
  EXPECT_EQ(who->dropped_at_shutdown(), 1u);
}

// -- the end of the set ---------------------------------------------------------------------------

class ShutSlot : public Slot, public testing::WithParamInterface<phase> {};

TEST_P(ShutSlot, DropsCallsAndCountsThem) {
  bring_to(GetParam());
  std::ignore = post("waits, here or for the next");

  who->shut();
  std::ignore = who->kill(0);
  const auto before = who->dropped_at_shutdown();
  EXPECT_EQ(before, 1u) << "what waited";
  EXPECT_EQ(post("late").result, call_result::shutting_down);
  EXPECT_EQ(who->dropped_at_shutdown(), before + 1);

  EXPECT_EQ(let_it_end(), action::none);
  EXPECT_EQ(post("later").result, call_result::shutting_down);
  EXPECT_EQ(who->hire(runs_on::pool, book).next, action::none);
  EXPECT_EQ(who->number(), 0u);
}

INSTANTIATE_TEST_SUITE_P(EveryPhase, ShutSlot,
                         testing::Values(phase::alive, phase::killed, phase::aborted,
                                         phase::closing, phase::sealed),
                         testing::PrintToStringParamName());

TEST_F(Slot, MadeAfterTheSetBeganToEndNeverLives) {
  who = std::make_shared<slot>(slot::shut_tag{}, "eve", runs_on::pool);

  EXPECT_EQ(post("late").result, call_result::shutting_down);

  EXPECT_EQ(who->dropped_at_shutdown(), 1u);
  EXPECT_EQ(book.last, main_worker);
}

TEST_F(Slot, StillTakesLifecycleEntriesWhileTheSetEnds) {
  bring_to(phase::alive);
  who->shut();
  std::ignore = who->kill(0);

  EXPECT_EQ(post_to(who->number(), "client left", nobody, entry_kind::closed).result,
            call_result::queued);
  EXPECT_EQ(post_to(who->number(), "message", nobody, entry_kind::received).result,
            call_result::shutting_down);
}

// -- memory ---------------------------------------------------------------------------------------

TEST_F(Slot, GivesBackTheMemoryOfABurst) {
  bring_to(phase::alive);
  for (int i = 0; i < 10'000; ++i)
    std::ignore = post("");
  entry_queue hand;
  ASSERT_TRUE(who->take(hand));
  hand.clear();

  EXPECT_FALSE(who->take(hand));

  EXPECT_EQ(hand.capacity(), 0u);
}

// W-32, when memory is what the kill is meant to win back.
TEST_F(Slot, AKillOfALongMailboxNeedsNoMemoryOfThatSize) {
  bring_to(phase::alive);
  constexpr std::size_t many = 10'000;
  for (std::size_t i = 0; i < many; ++i)
    std::ignore = post("");
  std::ignore = post_to(who->number(), "client wants in", nobody, entry_kind::requested);
  entry_queue hand;
  ASSERT_TRUE(who->take(hand));
  hand.pop_front();
  for (std::size_t i = 0; i < many; ++i)
    std::ignore = post("");
  std::ignore = post_to(who->number(), "client left", nobody, entry_kind::closed);
  {
    const scarce_memory none{many};
    EXPECT_EQ(who->kill(0), action::none) << "it is awake";
    EXPECT_EQ(who->notice_end(hand), slot::request::kill);
  }

  ran.clear();
  run(hand);
  entry_queue rest;
  ASSERT_TRUE(who->take(rest));
  run(rest);
  EXPECT_THAT(ran, ElementsAre("client wants in", "client left"));
  EXPECT_EQ(who->info()->dropped_by_kill, 2 * many - 1);
}

TEST_F(Slot, AKillThatCannotBeDoneChangesNothingAndMayBeAskedForAgain) {
  bring_to(phase::alive);
  std::ignore = post("waits");
  std::ignore = post_to(who->number(), "client left", nobody, entry_kind::closed);
  const auto kill_without_memory = [this] {
    const scarce_memory none;
    std::ignore = who->kill(0);
  };

  EXPECT_THROW(kill_without_memory(), std::bad_alloc);

  EXPECT_EQ(who->current_phase(), phase::alive);
  EXPECT_FALSE(who->is_end_requested());
  std::ignore = who->kill(0);
  EXPECT_TRUE(who->is_end_requested());
  EXPECT_EQ(let_it_end(), action::none);
  EXPECT_THAT(ran, ElementsAre("client left"));
}

// -- snapshots ------------------------------------------------------------------------------------

TEST_F(Slot, CountsWhatWaitsInHandAndForTheNext) {
  bring_to(phase::alive);
  for (const char* text : {"a", "b", "c"})
    std::ignore = post(text);
  entry_queue hand;
  ASSERT_TRUE(who->take(hand));
  std::ignore = post("d");

  EXPECT_EQ(who->info()->waiting, 4u);
}

} // namespace
