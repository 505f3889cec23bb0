// In which order an I/O thread may take its steps, if it takes them in turns: decision 15.

#include "tests/kit/src/thread_turns.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace {

using callsign::testkit::thread_part;
using callsign::testkit::thread_step;
using callsign::testkit::thread_turns;
using testing::ElementsAre;

const thread_step mail{"0", thread_part::none};
const thread_step arrival{"0", thread_part::arrival};
const thread_step hand_out{"0", thread_part::hand_out};
const thread_step flush{"0", thread_part::flush};
const thread_step of_worker{};

/// A thread that does one thing after the other.
class Turns : public testing::Test {
protected:
  void takes(std::size_t which, const std::vector<thread_step>& ready) {
    ASSERT_THAT(all.allowed(ready), testing::Contains(which));
    all.taken(which, ready);
  }
  thread_turns all;
};

TEST_F(Turns, BetweenThemWhatArrivesMayBeTakenOrATurnBegin) {
  EXPECT_THAT(all.allowed({arrival, mail, hand_out, arrival, flush, of_worker}),
              ElementsAre(0, 1, 3, 5));
  EXPECT_THAT(all.allowed({arrival, hand_out, flush}), ElementsAre(0, 1));
  EXPECT_THAT(all.allowed({arrival, flush}), ElementsAre(0, 1));

  takes(0, {arrival, mail});

  EXPECT_THAT(all.allowed({arrival, mail}), ElementsAre(0, 1)) << "the turn has not begun";
}

TEST_F(Turns, NothingThatArrivesInterruptsThem) {
  takes(0, {mail, hand_out, arrival, of_worker});
  EXPECT_THAT(all.allowed({hand_out, arrival, of_worker}), ElementsAre(0, 2));
  takes(0, {hand_out, arrival, of_worker});
  EXPECT_THAT(all.allowed({mail, flush, arrival, of_worker}), ElementsAre(0, 3));
  takes(0, {mail, flush, arrival, of_worker});
  EXPECT_THAT(all.allowed({flush, arrival, of_worker}), ElementsAre(0, 2));
  takes(0, {flush, arrival, of_worker});

  EXPECT_THAT(all.allowed({arrival, of_worker}), ElementsAre(0, 1));
}

TEST_F(Turns, MailOfTheFirstRoundMakesWaitsForTheLanes) {
  takes(0, {mail, mail, hand_out});
  EXPECT_THAT(all.allowed({mail, mail, hand_out}), ElementsAre(0));
  takes(0, {mail, mail, hand_out});

  EXPECT_THAT(all.allowed({mail, hand_out}), ElementsAre(1)) << "this mail came meanwhile";
}

TEST_F(Turns, WhatTheLanesBringBehindTheHandingOutWaitsForTheNext) {
  takes(0, {hand_out});
  EXPECT_THAT(all.allowed({hand_out, flush}), ElementsAre(1));
  takes(1, {hand_out, flush});

  EXPECT_THAT(all.allowed({hand_out, arrival}), ElementsAre(0, 1));
}

TEST_F(Turns, OfOneWithNothingLeftToDoAreOver) {
  takes(0, {mail, arrival});

  EXPECT_THAT(all.allowed({arrival, arrival}), ElementsAre(0, 1));
}

TEST_F(Turns, OfTwoThreadsHaveNothingToDoWithEachOther) {
  const thread_step other_mail{"1", thread_part::none};
  const thread_step other_arrival{"1", thread_part::arrival};
  takes(0, {mail, arrival, other_mail, other_arrival});

  EXPECT_THAT(all.allowed({arrival, flush, other_mail, other_arrival}), ElementsAre(1, 2, 3));
}

TEST_F(Turns, BeginAnewForTheNextStory) {
  takes(0, {hand_out, arrival});
  EXPECT_THAT(all.allowed({flush, arrival}), ElementsAre(0));

  all.reset();

  EXPECT_THAT(all.allowed({flush, arrival}), ElementsAre(0, 1));
}

} // namespace
