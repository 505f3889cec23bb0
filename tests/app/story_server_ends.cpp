// How a server ends: section 2.8, rules S-4 and S-26 to S-33, scenarios T-17, T-18 and T-21, design
// section 7.

#include "tests/app/story_cast.hpp"

namespace {

using namespace stories;

class ServerEnds : public PlacedStory {};
INSTANTIATE_TEST_SUITE_P(Placed, ServerEnds, both_placements(), name_of_placement);
using ServerEndsInWorker = HouseStory;

// T-17, S-26, S-28, S-29
TEST_F(ServerEndsInWorker, AServerThatTerminatesClosesEveryConnectionInOrderAndThenItself) {
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
  EXPECT_THAT(notes.takes(),
              ElementsAre("terminate has returned", "c0 terminate 1000 closed normally",
                          "c1 terminate 1000 closed normally", "c2 terminate 1000 closed normally",
                          "server terminate"));
  EXPECT_TRUE(server.is_terminated());
  server.terminate();
  all_is_quiet();
}

TEST_P(ServerEnds, TheServersOnTerminateIsLast) {
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
TEST_P(ServerEnds, AServerThatIsEndingAdmitsNobody) {
  const auto server = opens_house();
  auto ana = joins();
  ana.ignores_goodbyes();
  client bob;
  calls("WebSocketServer", [&] {
    bob = joins(); // waits for the worker
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

// S-29, S-33: one that does not answer holds up those behind it, but no longer than the one
// deadline.
TEST_F(ServerEndsInWorker, AStopWaitsOneDeadlineForAllAndKeepsTheOrder) {
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

  EXPECT_THAT(notes.takes(),
              ElementsAre("c0 error 1006 HTTP fatal", HasSubstr("c0 terminate 1006"),
                          "c1 terminate 1000 closed normally", "c2 error 1006 HTTP fatal",
                          HasSubstr("c2 terminate 1006"), "server terminate"));
  EXPECT_TRUE(server.is_terminated());
  for (auto* who : {&ana, &bob, &eve})
    who->takes_all();
  all_is_quiet();
}

// S-32: what is said in on_terminate during the stop reaches nobody and harms nobody.
TEST_P(ServerEnds, WhatIsSaidDuringTheStopIsHarmless) {
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
TEST_P(ServerEnds, StoppingTheWebServerTerminatesItsServers) {
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
TEST_P(ServerEnds, AWorkerMayStopTheWebServer) {
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
TEST_P(ServerEnds, KillingTheOwnerClosesWith1001AndFreesThePath) {
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
TEST_P(ServerEnds, TheNextIncarnationBeginsBehindTheServersEnd) {
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

  EXPECT_THAT(notes.takes(), ElementsAre("c0 error 1006 HTTP fatal", HasSubstr("c0 terminate 1006"),
                                         "server terminate", "the next incarnation, fresh: 0"));
  ana.takes_all();
  all_is_quiet();
}

// Kill drops messages that nobody has read, and counts them; it never drops the ends (W-32).
TEST_F(ServerEndsInWorker, AKillDropsMessagesAndCountsThem) {
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
TEST_P(ServerEnds, TheServersOnTerminateMayKillItsWorker) {
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
TEST_P(ServerEnds, AbortingTheOwnerClosesWith1011AndTellsTheServerNothing) {
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

// Decision 22: a restart after a failure closes with 1011, tells everybody of the ends, and the
// next life finds the path free.
TEST_P(ServerEnds, ARestartOfTheOwnerClosesWith1011AndTellsEverybody) {
  workers().on_error([](const task_error&) {});
  workers().on_warning([](const std::string&) {});
  workers().supervise("WebSocketServer", {.on_failure = failure_rule::restart});
  const auto server = opens_house();
  auto ana = joins();
  notes.takes();

  calls("WebSocketServer", [](worker&) { throw std::runtime_error("boom"); });

  ana.is_told_goodbye(1011);
  EXPECT_THAT(notes.takes(), ElementsAre(HasSubstr("c0 terminate 1011"), "server terminate"));
  EXPECT_TRUE(server.is_terminated());
  passes(std::chrono::seconds{1});
  opens_house();
  EXPECT_TRUE(joins().is_admitted());
  all_is_quiet();
}

TEST_P(ServerEnds, AnAbortAnswersThoseWhoWait) {
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
TEST_P(ServerEnds, ClearingTheVariableTerminates) {
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
TEST_P(ServerEnds, ReplacingTheServerTerminatesTheOldOne) {
  const auto old = opens_house();
  auto ana = joins();
  notes.takes();

  calls("WebSocketServer", [&](worker& self) {
    self[servers].front().second = websocket_server{
        self, web().ref(), std::make_shared<host>(notes, hosts, guests), {.path = "/new"}};
  });

  ana.is_told_goodbye(1000);
  EXPECT_TRUE(old.is_terminated());
  EXPECT_TRUE(joins_as({.url = "/new"}).is_admitted());
  EXPECT_THAT(notes.takes(), Contains("server terminate"));
  all_is_quiet();
}

// Section 7: the end of the program tells every client 1001.
TEST_P(ServerEnds, TheEndOfTheProgramCloses1001) {
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

// A web server that outlives the program's end has stopped with it, and lets go of everything.
TEST_P(ServerEnds, AWebServerThatIsLeftOverHasStopped) {
  opens_house();
  auto second = std::make_unique<web_server>(network(), web_server_options{.port = 9000});
  ASSERT_TRUE(second->start());
  const std::weak_ptr<detail::web_core> core = second->ref().core();

  ends();

  EXPECT_FALSE(second->is_running());
  EXPECT_EQ(second->port(), 0);
  second->stop();
  second.reset();
  EXPECT_TRUE(core.expired());
}

// S-6: a server that is made in its worker's last task opens and terminates all the same.
TEST_P(ServerEnds, AServerMadeInAWorkersLastTaskOpensAndTerminates) {
  calls("WebSocketServer", [&](worker& self) {
    self.kill();
    self[servers].emplace_back(
        "/chat",
        websocket_server{self, web().ref(), std::make_shared<host>(notes, hosts, guests), how});
  });

  EXPECT_THAT(notes.takes(), ElementsAre("server open", "server terminate"));
  joins().is_refused(404);
  all_is_quiet();
}

// A web server may live in a process variable, too; it goes with the worker, whoever rides on it.
TEST_P(ServerEnds, AWebServerMayBeOwnedByAWorker) {
  static constexpr process_variable<std::unique_ptr<web_server>> own_web{"own web"};
  calls("web", [&](worker& self) {
    self[own_web] = std::make_unique<web_server>(network(), web_server_options{.port = 9000});
    EXPECT_TRUE(self[own_web]->start());
    self[servers].emplace_back("/own",
                               websocket_server{self,
                                                self[own_web]->ref(),
                                                std::make_shared<host>(notes, hosts, guests),
                                                {.path = "/own"}});
  });
  auto ana = joins_as({.url = "/own", .port = 9000});
  notes.takes();

  kills("web");

  ana.is_told_goodbye(1001);
  joins_as({.url = "/own", .port = 9000}).finds_nobody();
  EXPECT_TRUE(web().is_running());
  all_is_quiet();
}

// Two web servers on one network: stopping one leaves the other's clients alone.
TEST_P(ServerEnds, StoppingOneWebServerLeavesTheOther) {
  web_server second{network(), {.port = 9000}};
  ASSERT_TRUE(second.start());
  opens_house();
  calls("another", [&](worker& self) {
    self[servers].emplace_back(
        "/chat",
        websocket_server{self, second.ref(), std::make_shared<host>(notes, hosts, guests), how});
  });
  auto ana = joins_as({.port = 8080});
  auto bob = joins_as({.port = 9000});

  second.stop();

  bob.is_told_goodbye(1000);
  EXPECT_TRUE(ana.is_connected());
  EXPECT_TRUE(web().is_running());
  EXPECT_FALSE(second.is_running());
  all_is_quiet();
  ends();
}

// A kill while a client's messages are held back: its Close is still heard, and nobody waits for
// the deadline.
TEST_F(ServerEndsInWorker, AKillReachesAClientWhoseMessagesAreHeldBack) {
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
TEST_P(ServerEnds, AddressesAreSafeAfterTheEnd) {
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
