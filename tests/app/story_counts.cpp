// What is counted of messages, and what is allowed when nobody says otherwise: design section 8,
// rule C-11.

#include "tests/app/story_cast.hpp"

namespace {

using namespace stories;

class Counts : public PlacedStory {};
INSTANTIATE_TEST_SUITE_P(Placed, Counts, both_placements(), name_of_placement);

// Whole messages, however many frames they have, and whatever becomes of them; nothing else.
TEST_P(Counts, EveryWholeMessageIsCountedOnce) {
  how.type = data_type::object;
  opens_house();
  auto ana = joins();
  auto bob = joins();
  EXPECT_EQ(counters()[counter::messages_received], 0u);

  ana.says("1");
  ana.begins_to_say("[2,");
  EXPECT_EQ(counters()[counter::messages_received], 1u) << "half a message is none";
  bob.says_binary("3");
  ana.says("2]");
  ana.pings();
  ana.takes_all();
  ana.says("no JSON");
  ana.leaves();

  EXPECT_EQ(counters()[counter::messages_received], 4u);
  EXPECT_EQ(counters()[counter::messages_dropped_json], 1u);
  bob.breaks_the_protocol();
  bob.is_told_goodbye(1002);
  EXPECT_EQ(counters()[counter::messages_received], 4u);
  all_is_quiet();
}

// Design section 8: the library takes 1 MiB unless told otherwise.
TEST_P(Counts, AMessageMayHaveOneMebibyteByDefault) {
  std::size_t longest = 0;
  guests.hears = [&](websocket_connection&, const message& heard) {
    longest = std::max(longest, heard.size());
  };
  opens_house({.path = "/chat", .placement = GetParam()});
  auto ana = joins();

  ana.says(std::string(1024UL * 1024, 'x'));
  EXPECT_EQ(longest, 1024UL * 1024);
  EXPECT_TRUE(ana.is_connected());
  ana.says(std::string(1024UL * 1024 + 1, 'x'));

  ana.is_told_goodbye(1009);
  EXPECT_EQ(longest, 1024UL * 1024);
  EXPECT_EQ(counters()[counter::closed_message_too_big], 1u);
  notes.takes();
  all_is_quiet();
}

} // namespace
