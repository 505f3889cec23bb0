// The process budget while lines close: a client that does not answer its Close costs nobody else
// (design section 6).

#include "tests/app/story_cast.hpp"

namespace {

using namespace stories;

class ClosingBudget : public testing::TestWithParam<callbacks> {
protected:
  ClosingBudget() { here.how.placement = GetParam(); }

  house here{stage_options{.max_buffered_bytes = 1000}};
};
INSTANTIATE_TEST_SUITE_P(Placed, ClosingBudget, both_placements(), name_of_placement);

// What eve has half said stays in memory until her line ends, but that is no reason to close
// others.
TEST_P(ClosingBudget, AClientThatKeepsItsBytesWhileItClosesCostsNobodyElse) {
  const auto server = here.opens_house();
  auto ana = here.joins();
  auto bob = here.joins();
  auto eve = here.joins();
  eve.ignores_goodbyes();
  eve.begins_to_say(std::string(1100, 'e'));
  eve.is_told_goodbye(1013);

  server.broadcast("hello");
  here.settle();
  server.broadcast("again");

  for (auto& one : {ana, bob}) {
    auto who = one;
    who.hears("hello");
    who.hears("again");
    EXPECT_TRUE(who.is_connected());
  }
  EXPECT_EQ(here.counters()[counter::closed_budget], 0u) << "nobody has ended yet";

  here.passes(6s);
  eve.is_cut_off();
  EXPECT_EQ(server.connection_count(), 2u);
  here.all_is_quiet();
}

// Once she has gone, the budget is whole again, and the next who is too heavy goes.
TEST_P(ClosingBudget, HoldsAgainOnceTheLineHasGone) {
  const auto server = here.opens_house();
  auto ana = here.joins();
  auto eve = here.joins();
  eve.ignores_goodbyes();
  eve.begins_to_say(std::string(1100, 'e'));
  eve.is_told_goodbye(1013);
  here.passes(6s);
  eve.is_cut_off();

  auto bob = here.joins();
  bob.begins_to_say(std::string(900, 'b'));
  EXPECT_TRUE(bob.is_connected());
  ana.begins_to_say(std::string(500, 'a'));

  bob.is_told_goodbye(1013);
  EXPECT_TRUE(ana.is_connected());
  EXPECT_EQ(server.connection_count(), 1u);
  here.all_is_quiet();
}

// `admit::after_handshake`: closed for the budget before the decision. The decision neither opens
// the line again nor takes the deadline from its Close.
TEST_P(ClosingBudget, ADecisionThatComesBehindTheCloseDoesNotUndoIt) {
  here.how.when = admit::after_handshake;
  std::vector<connection_status> seen;
  here.guests.opens = [&](websocket_connection& ws) { seen.push_back(ws.status()); };
  const auto server = here.opens_house();
  client eve;

  here.calls("WebSocketServer", [&] {
    eve = here.joins();
    eve.ignores_goodbyes();
    eve.begins_to_say(std::string(1100, 'e'));
    eve.is_told_goodbye(1013);
  });

  EXPECT_THAT(seen, ElementsAre(connection_status::closing));
  EXPECT_EQ(server.connection_count(), 1u);
  here.passes(6s);
  eve.is_cut_off();
  EXPECT_EQ(server.connection_count(), 0u);
  here.all_is_quiet();
}

} // namespace
