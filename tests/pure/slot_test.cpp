// The outcome table of section 1.6 of the 4D rules, every row in every phase (rules W-6, W-7, W-30 to W-36, W-42, W-43,
// W-77, W-81): given what a name is going through, this is what becomes of a call, a kill, an abort, a hire.

#include "actors/src/slot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <ostream>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

namespace callsign::detail {

std::ostream& operator<<(std::ostream& out, slot::phase p) {
  constexpr const char* names[] = {"vacant", "alive", "killed", "aborted", "closing", "sealed"};
  return out << names[static_cast<int>(p)];
}

}  // namespace callsign::detail

namespace {

using namespace std::chrono_literals;
using namespace callsign;
using namespace callsign::detail;
using testing::ElementsAre;
using testing::IsEmpty;

using phase = slot::phase;
using action = slot::action;

/// Numbers from 2 on, stamps a second apart.
class numbers final : public registrar {
public:
  birth enrol(std::shared_ptr<slot> whose) override {
    ++last;
    holders[last] = whose;
    return {last, std::chrono::system_clock::time_point{std::chrono::seconds{last}}};
  }
  worker_number last = main_worker;
  std::map<worker_number, std::shared_ptr<slot>> holders;
};

/// A slot and the consumer's side of it. What tasks do is write their text down.
class Slot : public testing::Test {
protected:
  static constexpr worker_number nobody = 0;
  static constexpr worker_number somebody = 4711;

  entry task_saying(const std::string& text, entry_kind kind = entry_kind::task) {
    return {kind, std::source_location::current(), [this, text] { ran.push_back(text); }};
  }

  slot::outcome post(const std::string& text, worker_number sender = nobody) {
    return who->post(task_saying(text), sender, book);
  }
  slot::outcome post_to(worker_number number, const std::string& text, worker_number sender = nobody,
                        entry_kind kind = entry_kind::task) {
    return who->post_to(number, task_saying(text, kind), sender);
  }

  /// What waits for the incarnation that lives, by running it.
  std::vector<std::string> drain() {
    ran.clear();
    std::vector<entry> batch;
    while (who->take(batch) && !batch.empty()) run(batch);
    return ran;
  }
  void run(std::vector<entry>& batch, std::size_t first = 0) {
    for (std::size_t i = first; i < batch.size(); ++i) batch[i].run(nowhere());
    batch.clear();
  }
  /// The tasks here mention no worker.
  static worker& nowhere() {
    alignas(worker) static std::byte room[sizeof(worker)];
    return reinterpret_cast<worker&>(room);
  }

  /// Brings a fresh slot into a phase; `first` has run by then, if anything lives.
  void bring_to(phase wanted) {
    who = std::make_shared<slot>("bob", runs_on::pool);
    if (wanted == phase::vacant) return;
    EXPECT_EQ(post("first").result, call_result::created);
    drain();
    std::vector<entry> nothing;
    switch (wanted) {
    case phase::vacant:
    case phase::alive: return;
    case phase::killed: EXPECT_EQ(who->kill(0), action::wake); return;
    case phase::aborted: EXPECT_EQ(who->abort(), action::wake); return;
    case phase::closing:
      EXPECT_EQ(who->kill(0), action::wake);
      EXPECT_EQ(who->notice_end(nothing, 0), slot::request::kill);
      return;
    case phase::sealed:
      EXPECT_EQ(who->kill(0), action::wake);
      EXPECT_EQ(who->notice_end(nothing, 0), slot::request::kill);
      EXPECT_TRUE(who->seal());
      return;
    }
  }

  /// Takes the incarnation that is dying to its end.
  action let_it_end() {
    std::vector<entry> nothing;
    if (who->is_end_requested()) std::ignore = who->notice_end(nothing, 0);
    drain();
    EXPECT_TRUE(who->seal());
    return who->ended(book);
  }

  numbers book;
  std::shared_ptr<slot> who = std::make_shared<slot>("bob", runs_on::pool);
  std::vector<std::string> ran;
};

// -- calls by name ----------------------------------------------------------------------------------------------------

TEST_F(Slot, ACallByAVacantNameBeginsAnIncarnation) {
  const auto [result, next] = post("one");

  EXPECT_EQ(result, call_result::created);
  EXPECT_EQ(next, action::spawn);
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
  bool runs_here;       ///< in the incarnation that was there
  bool runs_in_the_next;
};

class SlotByName : public Slot, public testing::WithParamInterface<by_name> {};

TEST_P(SlotByName, AnswersAsTheTableSays) {
  const auto& row = GetParam();
  bring_to(row.in);
  const auto sender = row.from_itself ? who->number() : somebody;

  const auto [result, next] = post("the call", sender);

  EXPECT_EQ(result, row.result);
  EXPECT_EQ(next, row.next);
  if (row.runs_here) {
    EXPECT_THAT(drain(), ElementsAre("the call"));
    return;
  }
  EXPECT_EQ(let_it_end(), row.runs_in_the_next ? action::spawn : action::none);
  EXPECT_THAT(drain(), row.runs_in_the_next ? testing::Matcher<std::vector<std::string>>(ElementsAre("the call"))
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

// -- calls by number --------------------------------------------------------------------------------------------------

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

  const auto [result, next] = post_to(number, "the call", row.from_itself ? number : somebody,
                                      row.is_lifecycle ? entry_kind::closed : entry_kind::task);

  EXPECT_EQ(result, row.result);
  if (who->is_end_requested()) {
    std::vector<entry> nothing;
    std::ignore = who->notice_end(nothing, 0);
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

// -- kill -------------------------------------------------------------------------------------------------------------

TEST_F(Slot, AKillDropsWhatWaitsAndWhatIsInHandButNoLifecycleEntries) {
  bring_to(phase::alive);
  for (const char* text : {"runs", "in hand", "in hand too"}) std::ignore = post(text);
  std::ignore = post_to(who->number(), "client wants in", nobody, entry_kind::requested);
  std::vector<entry> hand;
  ASSERT_TRUE(who->take(hand));
  std::ignore = post("waits");
  std::ignore = post_to(who->number(), "message", nobody, entry_kind::received);
  std::ignore = post_to(who->number(), "client left", nobody, entry_kind::closed);

  std::ignore = who->kill(0);
  EXPECT_EQ(who->notice_end(hand, 1), slot::request::kill);

  ran.clear();
  run(hand, 1);
  std::vector<entry> rest;
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
  std::vector<entry> hand;

  EXPECT_TRUE(who->take(hand));

  EXPECT_THAT(hand, IsEmpty());
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
  std::vector<entry> nothing;
  std::ignore = who->notice_end(nothing, 0);
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

/// Notes when it is destroyed, and calls back into the slot: were a lock still held, this would hang.
struct mourner {
  mourner(std::shared_ptr<slot> whose, int& count) : in{std::move(whose)}, died{&count} {}
  mourner(mourner&&) = default;
  ~mourner() {
    if (in == nullptr) return;
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
  const auto mourning = [&] { return entry{entry_kind::task, {}, mourner{who, died}}; };

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

// -- abort ------------------------------------------------------------------------------------------------------------

TEST_F(Slot, AnAbortKeepsTheTasksInOrderForTheNextIncarnation) {
  bring_to(phase::alive);
  for (const char* text : {"runs", "in hand"}) std::ignore = post(text);
  std::vector<entry> hand;
  ASSERT_TRUE(who->take(hand));
  std::ignore = post("waits");
  std::ignore = post_to(who->number(), "client left", nobody, entry_kind::closed);
  std::ignore = who->abort();
  std::ignore = post("came later");

  EXPECT_EQ(who->notice_end(hand, 1), slot::request::abort);
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

  std::vector<entry> nothing;
  EXPECT_EQ(who->notice_end(nothing, 0), slot::request::kill);
  EXPECT_TRUE(who->seal());
  EXPECT_EQ(who->ended(book), action::none);
}

// -- hire -------------------------------------------------------------------------------------------------------------

TEST_F(Slot, HiringAVacantNameBeginsAnIncarnationThatHasNothingToDo) {
  const auto [result, next] = who->hire(runs_on::own_thread, book);

  EXPECT_EQ(result, call_result::created);
  EXPECT_EQ(next, action::spawn);
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

// -- a thread that could not be had -----------------------------------------------------------------------------------

TEST_F(Slot, AStillbornIncarnationLeavesTheNameVacantAndCountsWhatItDropped) {
  std::ignore = post("one");
  std::ignore = post("two");

  EXPECT_EQ(who->stillborn(), 2u);

  EXPECT_EQ(who->current_phase(), phase::vacant);
  EXPECT_EQ(post("again").result, call_result::created);
  EXPECT_THAT(drain(), ElementsAre("again"));
}

// -- the main worker --------------------------------------------------------------------------------------------------

class MainSlot : public Slot {
protected:
  MainSlot() { who = std::make_shared<slot>(slot::main_tag{}, "main", std::chrono::system_clock::time_point{}); }
};

TEST_F(MainSlot, LivesFromTheStartAsNumberOne) {
  EXPECT_EQ(who->number(), main_worker);
  EXPECT_EQ(who->current_phase(), phase::alive);
  EXPECT_EQ(post_to(main_worker, "one").next, action::wake);
  EXPECT_THAT(drain(), ElementsAre("one"));
}

TEST_F(MainSlot, IsOnlyEmptiedByAKill) {
  std::ignore = post_to(main_worker, "in hand");
  std::vector<entry> hand;
  ASSERT_TRUE(who->take(hand));
  std::ignore = post_to(main_worker, "waits");

  EXPECT_EQ(who->kill(main_worker), action::none) << "it is awake";
  std::ignore = post_to(main_worker, "after the kill");
  EXPECT_EQ(who->notice_end(hand, 0), slot::request::empty);

  EXPECT_THAT(hand, IsEmpty());
  EXPECT_THAT(drain(), ElementsAre("after the kill"));
  EXPECT_EQ(who->number(), main_worker);
  EXPECT_EQ(who->info()->dropped_by_kill, 2u);
}

TEST_F(MainSlot, LosesNothingThatWasPostedAfterTheKill) {
  std::ignore = who->kill(main_worker);
  std::ignore = post_to(main_worker, "after the kill");
  std::vector<entry> hand;

  // The consumer gets here without having noticed the kill.
  ASSERT_TRUE(who->take(hand));
  EXPECT_THAT(hand, IsEmpty());
  std::ignore = who->notice_end(hand, 0);

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
  std::vector<entry> nothing;

  EXPECT_EQ(who->notice_end(nothing, 0), slot::request::shut_down);

  EXPECT_TRUE(who->seal());
  EXPECT_EQ(who->dropped_at_shutdown(), 1u);
}

// -- the end of the set -----------------------------------------------------------------------------------------------

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
                         testing::Values(phase::alive, phase::killed, phase::aborted, phase::closing, phase::sealed),
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

  EXPECT_EQ(post_to(who->number(), "client left", nobody, entry_kind::closed).result, call_result::queued);
  EXPECT_EQ(post_to(who->number(), "message", nobody, entry_kind::received).result, call_result::shutting_down);
}

// -- memory -----------------------------------------------------------------------------------------------------------

TEST_F(Slot, GivesBackTheMemoryOfABurst) {
  bring_to(phase::alive);
  for (int i = 0; i < 10'000; ++i) std::ignore = post("");
  std::vector<entry> hand;
  ASSERT_TRUE(who->take(hand));
  hand.clear();

  EXPECT_FALSE(who->take(hand));

  EXPECT_LT(hand.capacity(), 2'000u);
}

// -- snapshots --------------------------------------------------------------------------------------------------------

TEST_F(Slot, CountsWhatWaitsInHandAndForTheNext) {
  bring_to(phase::alive);
  for (const char* text : {"a", "b", "c"}) std::ignore = post(text);
  std::vector<entry> hand;
  ASSERT_TRUE(who->take(hand));
  std::ignore = post("d");

  EXPECT_EQ(who->info()->waiting, 4u);
}

}  // namespace
