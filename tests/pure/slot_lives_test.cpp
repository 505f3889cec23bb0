// How one life leads to the next, as the slot decides it: leaving, resting, draining, hooks.

#include "actors/src/watch.hpp"
#include "tests/pure/slot_in_phases.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <source_location>
#include <string>
#include <tuple>

namespace {

using namespace callsign;
using namespace callsign::tests;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t waker = 7;

TEST_F(Slot, LeavingKeepsTasksInTheirOrderAndEndsForTheEnd) {
  bring_to(phase::alive);
  for (const char* text : {"runs", "in hand"})
    std::ignore = post(text);
  entry_queue hand;
  ASSERT_TRUE(who->take(hand));
  std::ignore = post("waits");
  std::ignore = post_to(who->number(), "message", nobody, entry_kind::received);
  std::ignore = post_to(who->number(), "client left", nobody, entry_kind::closed);
  hand.pop_front();

  EXPECT_EQ(who->leave({.waker = waker}), action::none) << "a drain is on its way";
  std::ignore = post("called meanwhile");
  EXPECT_EQ(who->notice_end(hand), slot::request::leave);
  EXPECT_TRUE(hand.empty());
  EXPECT_THAT(drain(), ElementsAre("client left"));
  EXPECT_EQ(let_it_end(), action::none);
  EXPECT_EQ(who->current_phase(), phase::resting);
  EXPECT_EQ(post("called at rest").result, call_result::queued);

  EXPECT_EQ(who->wake_up(waker, book), action::spawn);
  EXPECT_THAT(drain(), ElementsAre("in hand", "waits", "called meanwhile", "called at rest"));
  EXPECT_EQ(who->info()->dropped_by_kill, 1u) << "the message";
  EXPECT_EQ(who->info()->restarts, 1u);
}

TEST_F(Slot, LeavingWithoutAWakerBeginsAnewOnlyIfCalled) {
  bring_to(phase::alive);
  std::ignore = who->leave({.why = why_ended::passivated});
  EXPECT_EQ(let_it_end(), action::none);
  EXPECT_EQ(who->current_phase(), phase::vacant);
  EXPECT_EQ(post("new").result, call_result::created);
  drain();
  std::ignore = who->leave({.why = why_ended::passivated});
  std::ignore = post("called meanwhile");
  EXPECT_EQ(let_it_end(), action::spawn);
  EXPECT_THAT(drain(), ElementsAre("called meanwhile"));
}

// Its watcher would hear of the next one's end instead, or never.
TEST_F(Slot, WhoHasSaidFarewellIsWatchedNoMore) {
  struct nobody_is_told final : watcher {
    void tell(const worker_end&) override { ADD_FAILURE() << "told"; }
  };
  const auto late = std::make_shared<nobody_is_told>();
  for (const bool was_watched : {false, true}) {
    bring_to(phase::sealed);
    if (was_watched) {
      EXPECT_TRUE(who->add_watcher(late, nobody));
    }
    EXPECT_EQ(who->take_farewell().watchers.size(), was_watched ? 1u : 0u);
    EXPECT_FALSE(who->add_watcher(late, nobody)) << was_watched;
    std::ignore = post("next");
    EXPECT_EQ(who->ended(book), action::spawn);
    EXPECT_TRUE(who->add_watcher(late, nobody)) << "the next one";
  }
}

TEST_F(Slot, WhoWatchedOneIncarnationIsForgottenWithIt) {
  struct nobody_is_told final : watcher {
    void tell(const worker_end&) override { ADD_FAILURE() << "told"; }
  };
  const auto eyes = std::make_shared<nobody_is_told>();
  bring_to(phase::alive);
  EXPECT_TRUE(who->add_watcher(eyes, nobody));
  for (const std::size_t watching : {1u, 0u}) {
    entry_queue nothing;
    std::ignore = who->kill(0);
    std::ignore = post("next");
    std::ignore = who->notice_end(nothing);
    EXPECT_TRUE(who->seal());
    EXPECT_EQ(who->take_farewell().watchers.size(), watching);
    EXPECT_EQ(who->ended(book), action::spawn);
    drain();
  }
  EXPECT_EQ(eyes.use_count(), 1);
}

// The number was found while its incarnation lived, and that may have ended since.
TEST_F(Slot, IsWatchedByTheNumberOfTheIncarnationThatLivesOrByAny) {
  struct nobody_is_told final : watcher {
    void tell(const worker_end&) override { ADD_FAILURE() << "told"; }
  };
  const auto eyes = std::make_shared<nobody_is_told>();
  bring_to(phase::vacant);
  EXPECT_FALSE(who->add_watcher(eyes, nobody));
  bring_to(phase::alive);
  const auto first = who->number();
  std::ignore = who->kill(0);
  std::ignore = post("next");
  EXPECT_EQ(let_it_end(), action::spawn);
  EXPECT_FALSE(who->add_watcher(eyes, first));
  EXPECT_TRUE(who->add_watcher(eyes, who->number()));
  EXPECT_TRUE(who->add_watcher(eyes, nobody));
}

TEST_F(Slot, LeavesOnlyAliveAndOnlyTheIncarnationMeant) {
  for (const auto in : {phase::vacant, phase::killed, phase::aborted, phase::closing, phase::sealed,
                        phase::leaving, phase::resting}) {
    bring_to(in);
    EXPECT_EQ(who->leave({.waker = waker}), std::nullopt) << in;
  }
  bring_to(phase::alive);
  EXPECT_EQ(who->leave({.number = who->number() + 1}), std::nullopt);
}

TEST_F(Slot, OnlyWhoMadeItRestLastWakesIt) {
  bring_to(phase::resting);
  EXPECT_EQ(who->withdraw({.waker = waker}).when, slot::rests::now);
  EXPECT_EQ(who->wake_up(1, book), action::none);
  EXPECT_EQ(who->wake_up(waker, book), action::spawn);
  EXPECT_EQ(who->wake_up(waker, book), action::none);
}

TEST_F(Slot, WithdrawsFromEveryPhase) {
  for (const auto in : {phase::alive, phase::killed, phase::aborted, phase::closing, phase::sealed,
                        phase::leaving}) {
    bring_to(in);
    EXPECT_EQ(who->withdraw({.waker = waker}).when, slot::rests::after_its_end) << in;
    if (in != phase::sealed)
      std::ignore = let_it_end();
    else
      std::ignore = who->ended(book);
    EXPECT_EQ(who->current_phase(), phase::resting) << in;
  }
  bring_to(phase::vacant);
  EXPECT_EQ(who->withdraw({.waker = waker}).when, slot::rests::now);
  EXPECT_EQ(who->wake_up(waker, book), action::none) << "nobody lived and nobody has called";
  EXPECT_EQ(who->current_phase(), phase::vacant);
}

TEST_F(Slot, AKillByNameEndsARestAndAKillByNumberDoesNot) {
  bring_to(phase::resting);
  std::ignore = post("dropped");
  EXPECT_EQ(who->kill(0), action::none);
  EXPECT_EQ(who->current_phase(), phase::vacant);
  EXPECT_EQ(who->wake_up(1, book), action::none);

  bring_to(phase::leaving);
  std::ignore = post("kept");
  std::ignore = who->kill(who->number());
  EXPECT_EQ(let_it_end(), action::none);
  EXPECT_EQ(who->wake_up(1, book), action::spawn);
  EXPECT_THAT(drain(), ElementsAre("kept"));

  bring_to(phase::leaving);
  std::ignore = post("dropped");
  std::ignore = who->kill(0);
  EXPECT_EQ(let_it_end(), action::none);
  EXPECT_EQ(who->current_phase(), phase::vacant);
}

TEST_F(Slot, TheEndOfTheSetEndsARest) {
  bring_to(phase::resting);
  std::ignore = post("dropped");
  who->shut();
  EXPECT_EQ(who->current_phase(), phase::vacant);
  EXPECT_EQ(who->dropped_at_shutdown(), 1u);
  EXPECT_EQ(who->wake_up(1, book), action::none);
}

TEST_F(Slot, DrainingTakesNothingNewAndEndsByItself) {
  bring_to(phase::alive);
  std::ignore = who->hire({.at_stop = when_stopped::drain}, std::source_location::current(), book);
  std::ignore = post("runs");
  who->shut();
  EXPECT_EQ(who->begin_drain(), action::none) << "a drain is on its way";
  EXPECT_EQ(post("new").result, call_result::shutting_down);
  EXPECT_EQ(post_to(who->number(), "tick", nobody, entry_kind::timer).result,
            call_result::shutting_down);
  EXPECT_EQ(post_to(who->number(), "answer", nobody, entry_kind::reply).result,
            call_result::queued);
  EXPECT_THAT(drain(), ElementsAre("runs", "answer"));
  EXPECT_TRUE(who->is_end_requested());
  entry_queue nothing;
  EXPECT_EQ(who->notice_end(nothing), slot::request::shut_down);
}

TEST_F(Slot, WhatAnAbortKeptIsDroppedWhenTheSetEnds) {
  struct dropped_task {
    std::vector<drop_reason>* reasons;
    void operator()(worker&) const {}
    void dropped(drop_reason why) const noexcept { reasons->push_back(why); }
  };
  bring_to(phase::alive);
  std::ignore = who->hire({.at_stop = when_stopped::drain}, std::source_location::current(), book);
  std::vector<drop_reason> reasons;
  std::ignore = who->post({.where = std::source_location::current(), .run = dropped_task{&reasons}},
                          nobody, book);
  who->shut();
  std::ignore = who->begin_drain();
  std::ignore = who->abort();
  EXPECT_EQ(let_it_end(), action::none);
  EXPECT_THAT(reasons, ElementsAre(drop_reason::shutting_down));
  EXPECT_EQ(who->dropped_at_shutdown(), 1u);
}

TEST_F(Slot, TheStartIsFirstInEveryIncarnation) {
  std::ignore = who->hire({.on_start = [this](worker&) { ran.emplace_back("start"); }},
                          std::source_location::current(), book);
  std::ignore = post("one");
  EXPECT_THAT(drain(), ElementsAre("start", "one"));
  std::ignore = who->abort();
  std::ignore = post("two");
  entry_queue nothing;
  EXPECT_EQ(who->notice_end(nothing), slot::request::abort);
  EXPECT_EQ(who->ended(book), action::spawn);
  EXPECT_THAT(drain(), ElementsAre("start", "two"));
}

} // namespace
