// The order of a stop, and when a path is free: rules S-4, S-20, S-21, S-29, S-30, scenario T-18,
// design section 5.

#include "tests/app/story_cast.hpp"

#include <optional>

namespace {

using namespace stories;

class ServerStops : public PlacedStory {
protected:
  /// Tries to make a server on /chat in another worker. Nothing: it was made, and is gone again.
  std::optional<error> fails_to_make_another() {
    std::optional<error> why;
    calls("another", [&](worker& self) {
      try {
        websocket_server{self, web().ref(),
                         std::make_shared<host>(other_notes, host_part{}, guest_part{}), how};
      } catch (const failure& e) {
        why = e.why();
      }
    });
    return why;
  }
  diary other_notes;
};
INSTANTIATE_TEST_SUITE_P(Placed, ServerStops, both_placements(), name_of_placement);
using ServerStopsInWorker = HouseStory;

// -- T-18: as T-17 --------------------------------------------------------------------------------

// S-29, S-30: three on_terminate in the order in which they came, then the server's.
TEST_F(ServerStopsInWorker, StoppingTheWebServerEndsConnectionsInOrderAndThenTheServer) {
  const auto server = opens_house();
  auto ana = joins();
  auto bob = joins();
  auto eve = joins();
  notes.takes();

  web().stop();

  EXPECT_THAT(notes.takes(),
              ElementsAre("c0 terminate 1000 closed normally", "c1 terminate 1000 closed normally",
                          "c2 terminate 1000 closed normally", "server terminate"));
  EXPECT_TRUE(server.is_terminated());
  for (auto* who : {&ana, &bob, &eve})
    who->is_told_goodbye(1000);
  all_is_quiet();
}

// S-29, S-30, S-33: whoever answers late or never holds up those behind it, and nobody overtakes.
TEST_F(ServerStopsInWorker, StoppingTheWebServerKeepsTheOrderWhoeverAnswers) {
  opens_house();
  auto ana = joins();
  auto bob = joins();
  auto eve = joins();
  ana.ignores_goodbyes();
  notes.takes();

  calls("somebody", [&] { web().stop(); });
  EXPECT_THAT(notes.takes(), IsEmpty());
  EXPECT_TRUE(web().is_running());
  passes(5100ms);

  EXPECT_THAT(notes.takes(), ElementsAre("c0 error 1006 HTTP fatal", HasSubstr("c0 terminate 1006"),
                                         "c1 terminate 1000 closed normally",
                                         "c2 terminate 1000 closed normally", "server terminate"));
  EXPECT_FALSE(web().is_running());
  for (auto* who : {&ana, &bob, &eve})
    who->takes_all();
  all_is_quiet();
}

// With callbacks in the connections there is no order among them, but the server's is last.
TEST_P(ServerStops, StoppingTheWebServerEndsTheServerLast) {
  const auto server = opens_house();
  std::vector<client> all{joins(), joins(), joins()};
  notes.takes();

  web().stop();

  auto noted = notes.takes();
  ASSERT_EQ(noted.size(), 4u);
  EXPECT_EQ(noted.back(), "server terminate");
  noted.pop_back();
  EXPECT_THAT(noted, testing::UnorderedElementsAre("c0 terminate 1000 closed normally",
                                                   "c1 terminate 1000 closed normally",
                                                   "c2 terminate 1000 closed normally"));
  EXPECT_TRUE(server.is_terminated());
  for (auto& one : all)
    one.is_told_goodbye(1000);
  all_is_quiet();
}

// -- when the path is free ------------------------------------------------------------------------

// S-21: not before the server's on_terminate has run; inside it the path is still taken, for other
// servers as for clients.
TEST_P(ServerStops, InsideTheServersOnTerminateThePathIsStillTaken) {
  bool was_told = false;
  hosts.ends = [&](websocket_server& wss) {
    was_told = true;
    EXPECT_FALSE(wss.is_terminated());
    const auto why = fails_to_make_another();
    ASSERT_TRUE(why);
    EXPECT_EQ(why->code, errc::path_in_use);
    joins().is_refused(503);
  };
  const auto server = opens_house();
  auto ana = joins();

  server.terminate();
  settle();

  EXPECT_TRUE(was_told);
  EXPECT_TRUE(server.is_terminated());
  EXPECT_FALSE(fails_to_make_another()) << "behind it the path is free";
  joins().is_refused(404);
  ana.is_told_goodbye(1000);
  all_is_quiet();
}

// S-4, S-20, design section 5: assigning a new server on the same path over a live one is an error,
// with the advice to reset first; the old one lives on.
TEST_P(ServerStops, AssigningOverALiveServerOnItsPathIsAnErrorWithAdvice) {
  const auto old = opens_house();
  auto ana = joins();
  notes.takes();
  const auto replaces = [&](worker& self) {
    self[servers].front().second =
        websocket_server{self, web().ref(), std::make_shared<host>(notes, hosts, guests), how};
  };

  calls("WebSocketServer", [&](worker& self) {
    try {
      replaces(self);
      ADD_FAILURE() << "it was made";
    } catch (const failure& e) {
      EXPECT_EQ(e.code(), errc::path_in_use);
      EXPECT_THAT(e.what(), HasSubstr("-10718"));
      EXPECT_THAT(e.what(), HasSubstr("/chat"));
      EXPECT_THAT(e.why().remedy, HasSubstr("clear the variable that holds it"));
      EXPECT_THAT(e.why().remedy, HasSubstr("wait for its on_terminate"));
    }
  });
  EXPECT_FALSE(old.is_terminated());
  EXPECT_TRUE(ana.is_connected());
  auto bob = joins();
  EXPECT_TRUE(bob.is_admitted());
  EXPECT_THAT(notes.takes(), ElementsAre("server asked /chat", "c1 open"));

  // As advised: clear it, and make the new one when the old one has ended.
  calls("WebSocketServer", [&](worker& self) {
    self[servers].front().second = websocket_server{};
    EXPECT_THROW(replaces(self), failure) << "its on_terminate has not run yet";
  });
  EXPECT_TRUE(old.is_terminated());
  calls("WebSocketServer", [&](worker& self) { EXPECT_NO_THROW(replaces(self)); });
  for (auto* who : {&ana, &bob})
    who->is_told_goodbye(1000);
  EXPECT_TRUE(joins().is_admitted());
  all_is_quiet();
}

} // namespace
