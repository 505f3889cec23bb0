// How long a Close may wait, what its reason may be, and what is said while a server goes: rules
// C-14 to C-16, S-26 to S-29.

#include "tests/app/story_cast.hpp"

namespace {

using namespace stories;

class Closing : public PlacedStory {
protected:
  /// How much time the end of the whole program takes.
  std::chrono::nanoseconds time_of_the_end() {
    const auto before = world().clock().now();
    ends();
    return world().clock().now() - before;
  }
};
INSTANTIATE_TEST_SUITE_P(Placed, Closing, both_placements(), name_of_placement);

// -- deadlines ------------------------------------------------------------------------------------

// However long a server lets its clients take, the end of the set is in time.
TEST_P(Closing, ALongCloseDeadlineDoesNotMakeTheEndLate) {
  how.close_deadline = 60s;
  opens_house();
  auto ana = joins();
  ana.ignores_goodbyes();

  EXPECT_LT(time_of_the_end(), workers_options{}.stop_deadline);
}

// Nor does a server that has none.
TEST_P(Closing, NoCloseDeadlineDoesNotMakeTheEndLate) {
  how.close_deadline = 0s;
  opens_house();
  auto ana = joins();
  ana.ignores_goodbyes();

  EXPECT_LT(time_of_the_end(), workers_options{}.stop_deadline);
}

// Nor a Close that was on its way already.
TEST_P(Closing, ACloseThatWaitsAlreadyDoesNotMakeTheEndLate) {
  how.close_deadline = 60s;
  const auto server = opens_house();
  auto ana = joins();
  ana.ignores_goodbyes();
  server.terminate();
  ana.is_told_goodbye(1000);
  passes(10s);
  EXPECT_TRUE(ana.is_connected());

  EXPECT_LT(time_of_the_end(), workers_options{}.stop_deadline);
}

// A short one stays what it is.
TEST_P(Closing, AShortCloseDeadlineHoldsAtTheEndAsWell) {
  how.close_deadline = 2s;
  opens_house();
  auto ana = joins();
  ana.ignores_goodbyes();

  EXPECT_LT(time_of_the_end(), 3s);
}

// Without a deadline the heartbeat goes on, so that a dead client is found.
TEST_P(Closing, WithoutADeadlineADeadClientIsFoundByTheHeartbeat) {
  how.close_deadline = 0s;
  const auto server = opens_house();
  auto ana = joins();
  notes.takes();
  ana.falls_silent();

  server.terminate();
  settle();
  EXPECT_THAT(notes.takes(), IsEmpty());
  passes(60s);

  EXPECT_THAT(notes.takes(), Contains("server terminate"));
  EXPECT_EQ(counters()[counter::closed_heartbeat], 1u);
  all_is_quiet();
}

// …while one that lets us hear something may take all the time it wants.
TEST_P(Closing, WithoutADeadlineAClientThatSpeaksMayTakeItsTime) {
  how.close_deadline = 0s;
  const auto server = opens_house();
  auto ana = joins();
  ana.ignores_goodbyes();

  server.terminate();
  ana.is_told_goodbye(1000);
  for (int i = 0; i < 10; ++i) {
    passes(30s);
    ana.says("not yet");
  }

  EXPECT_TRUE(ana.is_connected());
  ana.leaves();
  EXPECT_THAT(notes.takes(), Contains("server terminate"));
  all_is_quiet();
}

// -- reasons --------------------------------------------------------------------------------------

// RFC 6455 section 5.5.1: the reason is UTF-8.
TEST_P(Closing, AReasonThatIsNoTextIsTheCallersMistake) {
  guests.hears = [](websocket_connection& ws, const message&) {
    EXPECT_THROW(ws.terminate(1000, "\xff\xfe"), std::invalid_argument);
    EXPECT_EQ(ws.status(), connection_status::connected);
  };
  opens_house();
  auto ana = joins();

  ana.says("go");

  EXPECT_TRUE(ana.is_connected());
  all_is_quiet();
}

TEST_P(Closing, ARefusalWithSuchAReasonGoesOutWithout) {
  how.when = admit::after_handshake;
  hosts.decides = [](websocket_server&, const request&) { return refuse(403, "\xff\xfe"); };
  opens_house();

  auto ana = joins();

  ana.is_told_goodbye(1008, "");
  all_is_quiet();
}

// -- what is said meanwhile -----------------------------------------------------------------------

// Whenever a broadcast comes while its server goes, its ticket is complete in the end.
TEST_P(Closing, ABroadcastWhileTheServerGoesIsAlwaysAccountedFor) {
  for (std::size_t steps = 0; steps < 40; ++steps) {
    house h;
    h.how.placement = GetParam();
    const auto server = h.opens_house();
    auto ana = h.joins();
    auto bob = h.joins();
    broadcast_ticket ticket;
    h.at_once([&] {
      server.terminate();
      h.after_steps(steps);
      ticket = server.broadcast("are you there?");
    });

    EXPECT_TRUE(server.is_terminated());
    EXPECT_TRUE(ticket.so_far().is_complete) << "after " << steps << " steps";
    ana.takes_all();
    bob.takes_all();
    h.all_is_quiet();
  }
}

} // namespace
