// Pings and dead lines: design sections 5 and 8, section 3.5 of the 4D rules.

#include "tests/app/story_cast.hpp"

namespace {

using namespace stories;

class Heartbeat : public PlacedStory {};
INSTANTIATE_TEST_SUITE_P(Placed, Heartbeat, both_placements(), name_of_placement);
using HeartbeatInWorker = BusyWorkerStory;

TEST_P(Heartbeat, AClientIsPingedAfter20SecondsOfSilence) {
  opens_house();
  auto ana = joins();

  passes(19900ms);
  EXPECT_EQ(ana.pings_heard(), 0u);
  passes(200ms);
  EXPECT_EQ(ana.pings_heard(), 1u);
  passes(5min);

  EXPECT_TRUE(ana.is_connected());
  EXPECT_GE(ana.pings_heard(), 14u);
  EXPECT_LE(ana.pings_heard(), 16u);
  EXPECT_EQ(counters()[counter::pings_sent], ana.pings_heard());
  all_is_quiet();
}

TEST_P(Heartbeat, WhoSpeaksIsNotPinged) {
  opens_house();
  auto ana = joins();

  for (int i = 0; i < 20; ++i) {
    passes(15s);
    if (i % 2 == 0)
      ana.says("still here");
    else
      ana.pings();
  }

  EXPECT_EQ(ana.pings_heard(), 0u);
  ana.takes_all();
  all_is_quiet();
}

// 3.5: heartbeat lost is 1006, with an error first. A dead line is found within 45 s.
TEST_P(Heartbeat, ADeadLineIsFoundWithin45Seconds) {
  opens_house();
  auto ana = joins();
  auto bob = joins();
  notes.takes();

  ana.falls_silent();
  passes(39900ms);
  EXPECT_THAT(notes.takes(), IsEmpty());
  passes(5100ms);

  EXPECT_THAT(notes.takes(),
              ElementsAre("c0 error 1006 HTTP fatal", HasSubstr("c0 terminate 1006")));
  EXPECT_FALSE(ana.is_connected());
  EXPECT_TRUE(bob.is_connected());
  EXPECT_EQ(counters()[counter::closed_heartbeat], 1u);
  EXPECT_THAT(log(), Contains(HasSubstr("no answer to the heartbeat")));
  all_is_quiet();
}

TEST_P(Heartbeat, ZeroSwitchesItOff) {
  how.ping_after = 0s;
  opens_house();
  auto ana = joins();
  ana.falls_silent();

  passes(24h);

  EXPECT_TRUE(ana.is_connected());
  EXPECT_EQ(counters()[counter::pings_sent], 0u);
  all_is_quiet();
}

TEST_P(Heartbeat, ItsTimesCanBeChosen) {
  how.ping_after = 2s;
  how.pong_within = 1s;
  opens_house();
  auto ana = joins();

  ana.falls_silent();
  passes(2900ms);
  EXPECT_TRUE(ana.is_connected());
  passes(300ms);

  EXPECT_FALSE(ana.is_connected());
  all_is_quiet();
}

// Design section 5: while we pause, missed pongs prove nothing; our pings go on.
TEST_F(HeartbeatInWorker, WhileWeDoNotReadNobodyIsDeclaredDead) {
  auto ana = is_in();

  calls("WebSocketServer", [&] {
    ana.says(std::string(2000, 'a'));
    passes(5min); // the worker is busy for that long
    EXPECT_TRUE(ana.is_held_back());
    EXPECT_TRUE(ana.is_connected());
    EXPECT_GE(ana.pings_heard(), 14u);
  });

  EXPECT_TRUE(ana.is_connected());
  passes(5min);
  EXPECT_TRUE(ana.is_connected());
  EXPECT_THAT(notes.takes(), ElementsAre("c0 message " + std::string(2000, 'a')));
  all_is_quiet();
}

// The whole-message deadline stands still as well.
TEST_F(HeartbeatInWorker, WhileWeDoNotReadNoMessageIsLate) {
  auto ana = is_in();

  calls("WebSocketServer", [&] {
    ana.says(std::string(2000, 'a'));
    ana.begins_to_say("this one ");
    ana.says("is long under way");
    passes(5min);
  });

  EXPECT_THAT(notes.takes(), ElementsAre("c0 message " + std::string(2000, 'a'),
                                         "c0 message this one is long under way"));
  all_is_quiet();
}

// Design section 3: a long task never stops pings.
TEST_F(HeartbeatInWorker, ABusyWorkerStopsNoPings) {
  auto ana = is_in();

  calls("WebSocketServer", [&] {
    passes(2min);
    EXPECT_GE(ana.pings_heard(), 5u);
  });

  EXPECT_TRUE(ana.is_connected());
  all_is_quiet();
}

} // namespace
