// How things end: sections 2.8, 3.3 to 3.5, rules S-26 to S-33, C-3, C-4, C-12 to C-20, scenarios T-15, T-17 to T-19, T-21.

#include "tests/app/story_cast.hpp"

namespace {

using namespace stories;

class Ends : public PlacedStory {};
INSTANTIATE_TEST_SUITE_P(Placed, Ends, both_placements(), name_of_placement);
using EndsInWorker = HouseStory;

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

  EXPECT_THAT(notes.takes(), ElementsAre("c0 error 1006 HTTP fatal", HasSubstr("c0 terminate 1006 abnormal closure")));
  EXPECT_EQ(counters()[counter::closed_line_lost], 1u);
  all_is_quiet();
}

// T-15, C-20
TEST_P(Ends, AClientThatLeavesItsPageIsAnErrorFirst) {
  opens_house();
  auto ana = joins();
  notes.takes();

  ana.leaves(1001);

  EXPECT_THAT(notes.takes(), ElementsAre("c0 error 1001 HTTP fatal", HasSubstr("c0 terminate 1001 the endpoint went away")));
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
  EXPECT_THAT(notes.takes(), ElementsAre("c0 error 1002 HTTP fatal", HasSubstr("c0 terminate 1002")));
  EXPECT_EQ(counters()[counter::closed_protocol_error], 1u);
  all_is_quiet();
}

// C-3, C-4: closed, and gone from the list, before its on_terminate runs.
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

// -- the server ends a connection (3.3) ---------------------------------------------------------------

// T-19, C-12 to C-15, with the widened set of codes.
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
  EXPECT_THAT(notes.takes(), ElementsAre("c0 error 1006 HTTP fatal", HasSubstr("c0 terminate 1006")));
  EXPECT_EQ(counters()[counter::closed_close_deadline], 1u);
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
  EXPECT_THAT(notes.takes(), ElementsAre("c0 message are you there", HasSubstr("c0 terminate 1000")));
  EXPECT_EQ(counters()[counter::messages_dropped_unsent], 1u);
  all_is_quiet();
}

// -- the server ends (2.8) --------------------------------------------------------------------------

// T-17, S-26, S-28, S-29
TEST_F(EndsInWorker, AServerThatTerminatesClosesEveryConnectionInOrderAndThenItself) {
  const auto server = opens_house();
  auto ana = joins();
  auto bob = joins();
  auto eve = joins();
  notes.takes();

  calls("WebSocketServer", [&](worker& self) {
    auto& wss = self[servers].front().second;
    wss.terminate();
    EXPECT_FALSE(wss.is_terminated());
    EXPECT_EQ(wss.connections().size(), 3u);
    notes.note("terminate has returned");
    wss.terminate();
  });

  for (auto* who : {&ana, &bob, &eve})
    who->is_told_goodbye(1000);
  EXPECT_THAT(notes.takes(), ElementsAre("terminate has returned", "c0 terminate 1000 closed normally",
                                         "c1 terminate 1000 closed normally", "c2 terminate 1000 closed normally",
                                         "server terminate"));
  EXPECT_TRUE(server.is_terminated());
  server.terminate();
  all_is_quiet();
}

TEST_P(Ends, TheServersOnTerminateIsLast) {
  const auto server = opens_house();
  std::vector<client> all;
  for (int i = 0; i < 4; ++i)
    all.push_back(joins());
  notes.takes();

  server.terminate();
  settle();

  auto noted = notes.takes();
  ASSERT_EQ(noted.size(), 5u);
  EXPECT_EQ(noted.back(), "server terminate");
  noted.pop_back();
  for (const auto& line : noted)
    EXPECT_THAT(line, HasSubstr(" terminate 1000 closed normally"));
  for (auto& one : all)
    one.is_told_goodbye(1000);
  all_is_quiet();
}

// S-27, and requests that waited while the server began to end.
TEST_P(Ends, AServerThatIsEndingAdmitsNobody) {
  const auto server = opens_house();
  auto ana = joins();
  ana.ignores_goodbyes();
  client bob;
  calls("WebSocketServer", [&] {
    bob = joins();  // waits for the worker
    server.terminate();
    joins().is_refused(503);
  });

  bob.is_refused(503);
  joins().is_refused(503);
  EXPECT_EQ(counters()[counter::refused_stopping], 3u);

  passes(6s);
  EXPECT_TRUE(server.is_terminated());
  ana.takes_all();
  // The path is free: this is ordinary HTTP now.
  joins().is_refused(404);
  all_is_quiet();
}

// S-29, S-33: one that does not answer holds up those behind it, but no longer than the one deadline.
TEST_F(EndsInWorker, AStopWaitsOneDeadlineForAllAndKeepsTheOrder) {
  const auto server = opens_house();
  auto ana = joins();
  auto bob = joins();
  auto eve = joins();
  ana.ignores_goodbyes();
  eve.ignores_goodbyes();
  notes.takes();

  server.terminate();
  settle();
  EXPECT_THAT(notes.takes(), IsEmpty());
  passes(5100ms);

  EXPECT_THAT(notes.takes(), ElementsAre("c0 error 1006 HTTP fatal", HasSubstr("c0 terminate 1006"),
                                         "c1 terminate 1000 closed normally", "c2 error 1006 HTTP fatal",
                                         HasSubstr("c2 terminate 1006"), "server terminate"));
  EXPECT_TRUE(server.is_terminated());
  for (auto* who : {&ana, &bob, &eve})
    who->takes_all();
  all_is_quiet();
}

// S-32: what is said in on_terminate during the stop reaches nobody and harms nobody.
TEST_P(Ends, WhatIsSaidDuringTheStopIsHarmless) {
  guests = chatting();
  const auto server = opens_house();
  auto ana = joins();
  auto bob = joins();
  ana.takes_all();
  bob.takes_all();

  server.terminate();
  settle();

  ana.is_told_goodbye(1000);
  bob.is_told_goodbye(1000);
  ana.hears_nothing();
  bob.hears_nothing();
  all_is_quiet();
}

// T-18, S-30, S-31
TEST_P(Ends, StoppingTheWebServerTerminatesItsServers) {
  const auto server = opens_house();
  const auto other = opens_house({.path = "/other"}, "another");
  auto ana = joins();
  auto bob = joins_as({.url = "/other"});
  notes.takes();

  web().stop();

  ana.is_told_goodbye(1000);
  bob.is_told_goodbye(1000);
  EXPECT_TRUE(server.is_terminated());
  EXPECT_TRUE(other.is_terminated());
  EXPECT_FALSE(web().is_running());
  const auto noted = notes.takes();
  EXPECT_EQ(std::ranges::count(noted, "server terminate"), 2);
  joins().finds_nobody();
  all_is_quiet();

  // The restart does not bring them back; they are made again.
  EXPECT_TRUE(web().start());
  joins().is_refused(404);
  calls("WebSocketServer", [](worker& self) { self[servers].clear(); });
  opens_house();
  EXPECT_TRUE(joins().is_admitted());
  all_is_quiet();
}

// In a worker the stop begins and returns at once.
TEST_P(Ends, AWorkerMayStopTheWebServer) {
  const auto server = opens_house();
  auto ana = joins();

  calls("WebSocketServer", [&] {
    web().stop();
    EXPECT_TRUE(web().is_running());
    EXPECT_FALSE(server.is_terminated());
  });

  ana.is_told_goodbye(1000);
  EXPECT_FALSE(web().is_running());
  all_is_quiet();
}

// T-21
TEST_P(Ends, KillingTheOwnerClosesWith1001AndFreesThePath) {
  const auto server = opens_house();
  auto ana = joins();
  auto bob = joins();
  const auto before = workers().number_of("WebSocketServer");
  notes.takes();

  kills("WebSocketServer");

  ana.is_told_goodbye(1001);
  bob.is_told_goodbye(1001);
  auto noted = notes.takes();
  ASSERT_EQ(noted.size(), 3u);
  EXPECT_EQ(noted.back(), "server terminate");
  EXPECT_TRUE(server.is_terminated());
  EXPECT_EQ(workers().number_of("WebSocketServer"), 0u);
  joins().is_refused(404);

  opens_house();
  EXPECT_GT(workers().number_of("WebSocketServer"), before);
  EXPECT_TRUE(joins().is_admitted());
  all_is_quiet();
}

// The server's on_terminate is the incarnation's last act; the next one begins behind it (W-34).
TEST_P(Ends, TheNextIncarnationBeginsBehindTheServersEnd) {
  opens_house();
  auto ana = joins();
  ana.ignores_goodbyes();
  notes.takes();

  kills("WebSocketServer");
  calls("WebSocketServer", [&](worker& self) {
    notes.note("the next incarnation, fresh: " + std::to_string(self[servers].size()));
  });
  EXPECT_THAT(notes.takes(), IsEmpty());
  passes(6s);

  EXPECT_THAT(notes.takes(), ElementsAre("c0 error 1006 HTTP fatal", HasSubstr("c0 terminate 1006"), "server terminate",
                                         "the next incarnation, fresh: 0"));
  ana.takes_all();
  all_is_quiet();
}

// Kill drops messages that nobody has read, and counts them; it never drops the ends (W-32).
TEST_F(EndsInWorker, AKillDropsMessagesAndCountsThem) {
  opens_house();
  auto ana = joins();
  notes.takes();

  calls("WebSocketServer", [&](worker& self) {
    ana.says("one");
    ana.says("two");
    self.kill();
  });

  ana.is_told_goodbye(1001);
  EXPECT_THAT(notes.takes(), ElementsAre(HasSubstr("c0 terminate 1001"), "server terminate"));
  EXPECT_EQ(counters()[counter::messages_dropped_by_end], 2u);
  all_is_quiet();
}

// W-33: a kill may be issued from a callback, the server's on_terminate too (D-9, variant C).
TEST_P(Ends, TheServersOnTerminateMayKillItsWorker) {
  hosts.ends = [&](websocket_server& wss) { workers().kill(wss.owner()); };
  const auto server = opens_house();
  auto ana = joins();

  server.terminate();
  settle();

  ana.is_told_goodbye(1000);
  EXPECT_EQ(workers().number_of("WebSocketServer"), 0u);
  all_is_quiet();
}

// Table "what ends a server": aborted. Clients 1011, no on_terminate of the server.
TEST_P(Ends, AbortingTheOwnerClosesWith1011AndTellsTheServerNothing) {
  const auto server = opens_house();
  auto ana = joins();
  auto bob = joins();
  notes.takes();

  aborts("WebSocketServer");

  ana.is_told_goodbye(1011);
  bob.is_told_goodbye(1011);
  EXPECT_THAT(notes.takes(), Not(Contains("server terminate")));
  EXPECT_TRUE(server.is_terminated());
  joins().is_refused(404);
  opens_house();
  EXPECT_TRUE(joins().is_admitted());
  all_is_quiet();
}

TEST_P(Ends, AnAbortAnswersThoseWhoWait) {
  opens_house();
  client ana;

  calls("WebSocketServer", [&] {
    ana = joins();
    workers().abort("WebSocketServer");
  });

  ana.is_refused(503);
  all_is_quiet();
}

// S-4: clearing the variable is terminate().
TEST_P(Ends, ClearingTheVariableTerminates) {
  const auto server = opens_house();
  auto ana = joins();
  notes.takes();

  clears("/chat");

  ana.is_told_goodbye(1000);
  EXPECT_THAT(notes.takes(), ElementsAre("c0 terminate 1000 closed normally", "server terminate"));
  EXPECT_TRUE(server.is_terminated());
  all_is_quiet();
}

// S-4: so is overwriting it with a server on another path.
TEST_P(Ends, ReplacingTheServerTerminatesTheOldOne) {
  const auto old = opens_house();
  auto ana = joins();
  notes.takes();

  calls("WebSocketServer", [&](worker& self) {
    self[servers].front().second =
        websocket_server{self, web().ref(), std::make_shared<host>(notes, hosts, guests), {.path = "/new"}};
  });

  ana.is_told_goodbye(1000);
  EXPECT_TRUE(old.is_terminated());
  EXPECT_TRUE(joins_as({.url = "/new"}).is_admitted());
  EXPECT_THAT(notes.takes(), Contains("server terminate"));
  all_is_quiet();
}

// Section 7: the end of the program tells every client 1001.
TEST_P(Ends, TheEndOfTheProgramCloses1001) {
  opens_house();
  auto ana = joins();
  auto bob = joins();
  bob.ignores_goodbyes();
  notes.takes();

  ends();

  ana.is_told_goodbye(1001);
  bob.is_told_goodbye(1001);
  auto noted = notes.takes();
  EXPECT_EQ(noted.back(), "server terminate");
  EXPECT_EQ(noted.size(), 4u);
}

// A kill while a client's messages are held back: its Close is still heard, and nobody waits for the deadline.
TEST_F(EndsInWorker, AKillReachesAClientWhoseMessagesAreHeldBack) {
  how.max_undelivered_bytes = 1000;
  opens_house();
  auto ana = joins();
  notes.takes();

  calls("WebSocketServer", [&](worker& self) {
    ana.says(std::string(2000, 'x'));
    ana.says("more");
    EXPECT_TRUE(ana.is_held_back());
    self.kill();
  });

  ana.is_told_goodbye(1001);
  EXPECT_THAT(notes.takes(), ElementsAre(HasSubstr("c0 terminate 1001"), "server terminate"));
  all_is_quiet();
}

// Addresses are safe after the end of what they designate.
TEST_P(Ends, AddressesAreSafeAfterTheEnd) {
  connection_ref to_ana;
  guests.opens = [&](websocket_connection& ws) { to_ana = ws.ref(); };
  const auto server = opens_house();
  auto ana = joins();

  ends();

  EXPECT_EQ(to_ana.send("hello"), send_result::closed);
  to_ana.terminate(4000);
  EXPECT_TRUE(server.is_terminated());
  EXPECT_EQ(server.connection_count(), 0u);
  EXPECT_TRUE(server.broadcast("hello").so_far().is_complete);
  server.terminate();
}

} // namespace
