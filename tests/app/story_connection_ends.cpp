// How a connection ends: sections 3.3 to 3.5, rules C-1 to C-4, C-12 to C-20, scenarios T-15 and
// T-19.

#include "tests/app/story_cast.hpp"

namespace {

using namespace stories;

class Ends : public PlacedStory {};
INSTANTIATE_TEST_SUITE_P(Placed, Ends, both_placements(), name_of_placement);

// -- a client ends it (3.5) -----------------------------------------------------------------------

// T-15, C-19, C-20
TEST_P(Ends, AClientThatClosesNormallyIsNoError) {
  opens_house();
  auto ana = joins();
  notes.takes();

  ana.leaves(1000);

  EXPECT_THAT(notes.takes(), ElementsAre("c0 terminate 1000 closed normally"));
  EXPECT_EQ(counters()[counter::closed_by_client], 1u);
  all_is_quiet();
}

// T-15, C-18, C-20
TEST_P(Ends, AClientThatDisappearsIsAnErrorFirst) {
  opens_house();
  auto ana = joins();
  notes.takes();

  ana.vanishes();

  EXPECT_THAT(notes.takes(), ElementsAre("c0 error 1006 HTTP fatal",
                                         HasSubstr("c0 terminate 1006 abnormal closure")));
  EXPECT_EQ(counters()[counter::closed_line_lost], 1u);
  all_is_quiet();
}

// T-15, C-20
TEST_P(Ends, AClientThatLeavesItsPageIsAnErrorFirst) {
  opens_house();
  auto ana = joins();
  notes.takes();

  ana.leaves(1001);

  EXPECT_THAT(notes.takes(), ElementsAre("c0 error 1001 HTTP fatal",
                                         HasSubstr("c0 terminate 1001 the endpoint went away")));
  all_is_quiet();
}

// C-18, C-19: without a code there is no reason; with an own code, the client's.
TEST_P(Ends, AClientMayCloseWithoutACodeOrWithItsOwn) {
  opens_house();
  auto ana = joins();
  auto bob = joins();
  auto eve = joins();
  notes.takes();

  ana.leaves(0);
  bob.leaves(4711, "enough for today");
  eve.leaves(3000);

  EXPECT_THAT(notes.takes(), ElementsAre("c0 terminate 1005", "c1 terminate 4711 enough for today",
                                         "c2 terminate 3000"));
  all_is_quiet();
}

TEST_P(Ends, AProtocolErrorEndsWith1002) {
  opens_house();
  auto ana = joins();
  notes.takes();

  ana.breaks_the_protocol();

  ana.is_told_goodbye(1002);
  EXPECT_THAT(notes.takes(),
              ElementsAre("c0 error 1002 HTTP fatal", HasSubstr("c0 terminate 1002")));
  EXPECT_EQ(counters()[counter::closed_protocol_error], 1u);
  all_is_quiet();
}

// C-2 to C-4: closed, and gone from the list, before its on_terminate runs.
TEST_P(Ends, OnTerminateFindsAConnectionThatIsClosedAndGone) {
  std::size_t left = 99;
  guests.ends = [&](websocket_connection& ws, const termination&) {
    left = ws.server().connections().size();
    EXPECT_EQ(ws.status(), connection_status::closed);
    EXPECT_EQ(to_string(ws.status()), "Closed");
    EXPECT_EQ(ws.send("anybody?"), send_result::closed);
  };
  opens_house();
  auto ana = joins();
  auto bob = joins();

  ana.leaves();

  EXPECT_EQ(left, 1u);
  bob.hears_nothing();
  all_is_quiet();
  // `left` goes before the fixture does.
  bob.leaves();
}

// C-1: numbers are not used again.
TEST_P(Ends, ANumberIsNeverUsedTwice) {
  opens_house();
  joins().leaves();
  joins().leaves();
  notes.takes();

  auto eve = joins();

  EXPECT_THAT(notes.takes(), ElementsAre("server asked /chat", "c2 open"));
  all_is_quiet();
}

// -- the server ends a connection (3.3) -----------------------------------------------------------

// T-19, C-2, C-12 to C-15, with the widened set of codes.
TEST_P(Ends, TerminateSendsCodeAndReason) {
  guests.hears = [](websocket_connection& ws, const message& heard) {
    ws.terminate(std::stoi(std::string{heard.text()}), "x");
    EXPECT_EQ(ws.status(), connection_status::closing);
    EXPECT_EQ(to_string(ws.status()), "Closing");
  };
  opens_house();
  for (const int code : {1000, 1001, 1008, 1011, 1012, 1013, 3000, 3001, 4001, 4999}) {
    auto ana = joins();
    ana.says(std::to_string(code));
    ana.is_told_goodbye(code, "x");
    EXPECT_FALSE(ana.is_connected());
  }
  for (const int code : {0, 999, 1002, 1005, 1006, 1015, 2999, 5000, 65536, -1}) {
    auto ana = joins();
    ana.says(std::to_string(code));
    ana.is_told_goodbye(0, "");
  }
  EXPECT_EQ(counters()[counter::closed_by_server], 20u);
  all_is_quiet();
}

// T-19 with 4D's rule: only codes above 3000.
TEST_P(Ends, InStrictModeOnlyCodesAbove3000AreSent) {
  how.codes = close_codes::strict;
  guests.hears = [](websocket_connection& ws, const message& heard) {
    ws.terminate(std::stoi(std::string{heard.text()}), "x");
  };
  opens_house();
  for (const int code : {3001, 4001, 4999}) {
    auto ana = joins();
    ana.says(std::to_string(code));
    ana.is_told_goodbye(code, "x");
  }
  for (const int code : {1000, 1001, 1011, 3000, 5000}) {
    auto ana = joins();
    ana.says(std::to_string(code));
    ana.is_told_goodbye(0, "");
  }
  all_is_quiet();
}

// C-14, C-18: without a code the close carries none; the handler hears 1005. No error.
TEST_P(Ends, TerminateWithoutACodeSendsNone) {
  guests.hears = [](websocket_connection& ws, const message&) { ws.terminate(); };
  opens_house();
  auto ana = joins();
  auto bob = joins();
  notes.takes();

  ana.says("go");

  ana.is_told_goodbye(0, "");
  EXPECT_THAT(notes.takes(), ElementsAre("c0 message go", "c0 terminate 1005"));
  bob.hears_nothing();
  all_is_quiet();
}

TEST_P(Ends, TheHandlerHearsTheCodeItGave) {
  guests.hears = [](websocket_connection& ws, const message&) { ws.terminate(4001, "enough"); };
  opens_house();
  auto ana = joins();
  notes.takes();

  ana.says("go");

  ana.is_told_goodbye(4001, "enough");
  EXPECT_THAT(notes.takes(), ElementsAre("c0 message go", "c0 terminate 4001 enough"));
  all_is_quiet();
}

// C-16
TEST_P(Ends, ALongReasonIsCutAtACharacter) {
  guests.hears = [](websocket_connection& ws, const message&) {
    std::string reason(122, 'a');
    ws.terminate(4000, reason + "é and more");
  };
  opens_house();
  auto ana = joins();

  ana.says("go");

  ana.is_told_goodbye(4000, std::string(122, 'a'));
  all_is_quiet();
}

// Terminating twice, or a client that closes at the same moment: one end.
TEST_P(Ends, ASecondTerminateChangesNothing) {
  guests.hears = [](websocket_connection& ws, const message&) {
    ws.terminate(4000, "first");
    ws.terminate(4001, "second");
  };
  opens_house();
  auto ana = joins();
  notes.takes();

  ana.says("go");

  ana.is_told_goodbye(4000, "first");
  EXPECT_THAT(notes.takes(), ElementsAre("c0 message go", "c0 terminate 4000 first"));
  all_is_quiet();
}

// S-33 for one connection: a client that does not answer is cut off after the deadline, with 1006.
TEST_P(Ends, AClientThatDoesNotAnswerOurCloseIsCutOff) {
  guests.hears = [](websocket_connection& ws, const message&) { ws.terminate(1000, "bye"); };
  opens_house();
  auto ana = joins();
  ana.ignores_goodbyes();
  notes.takes();

  ana.says("go");
  ana.is_told_goodbye(1000, "bye");
  passes(4900ms);
  EXPECT_TRUE(ana.is_connected());
  EXPECT_THAT(notes.takes(), ElementsAre("c0 message go"));
  passes(200ms);

  ana.is_cut_off();
  EXPECT_THAT(notes.takes(),
              ElementsAre("c0 error 1006 HTTP fatal", HasSubstr("c0 terminate 1006")));
  EXPECT_EQ(counters()[counter::closed_close_deadline], 1u);
  EXPECT_THAT(log(),
              ElementsAre("the connection from 127.0.0.1 ended with 1006: the line was lost "
                          "without a closing handshake (it did not answer our close in time)"));
  all_is_quiet();
}

// A client that closes and then takes nothing is not waited for without end.
TEST_P(Ends, AClientThatClosesAndTakesNothingIsLetGo) {
  guests = echoing();
  opens_house();
  auto ana = joins();
  notes.takes();
  ana.stops_reading();
  ana.says("are you there");

  ana.leaves();
  passes(6s);

  EXPECT_FALSE(ana.is_connected());
  EXPECT_THAT(notes.takes(),
              ElementsAre("c0 message are you there", HasSubstr("c0 terminate 1000")));
  EXPECT_EQ(counters()[counter::messages_dropped_unsent], 1u);
  all_is_quiet();
}

} // namespace
