// The turn, from the inside: one mail per connection actor and turn, one frame encoded per
// broadcast, one write per session.

#include "net/src/bridge/connection_line.hpp"
#include "net/src/bridge/io_turn.hpp"
#include "net/src/bridge/network_core.hpp"

#include <callsign/testkit/story.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace {

using namespace callsign;
using namespace callsign::testkit;

class silent final : public connection_handler {
public:
  void on_message(websocket_connection&, const message&) override {}
};

class host final : public server_handler {
public:
  admission on_connection(websocket_server&, const request&) override {
    return std::make_unique<silent>();
  }
};

class Turn : public testing::Test, public stage {
protected:
  Turn() : stage{{.io_threads = 1}} {
    server = serves(std::make_shared<host>(), {.path = "/chat"});
  }
  void TearDown() override { ends(); }

  [[nodiscard]] std::size_t ready(const std::string& what) {
    return static_cast<std::size_t>(
        std::ranges::count_if(world().steps().ready(), [&](const auto& line) {
          return line.find(what) != std::string::npos;
        }));
  }
  /// Runs steps until one of that kind is ready.
  void run_until(const std::string& what) {
    while (ready(what) == 0 && world().steps().run_one()) {
    }
  }

  server_ref server;
};

TEST_F(Turn, ABurstIsOneMailForEachConnectionActor) {
  std::vector<client> all{joins(), joins(), joins()};
  at_once([&] {
    for (int i = 0; i < 50; ++i)
      server.broadcast("word " + std::to_string(i),
                       i % 5 == 0 ? except(std::vector<connection_id>{1}) : except());

    run_until("callsign.connection: mail");
    EXPECT_EQ(ready("callsign.connection: mail"), 3u);
    for (int i = 0; i < 3; ++i)
      world().steps().run_one();
    EXPECT_EQ(ready("callsign.connection: mail"), 0u);
    EXPECT_EQ(ready("the flush of I/O thread 0"), 1u);
  });

  EXPECT_EQ(all[0].takes_all().size(), 50u);
  EXPECT_EQ(all[1].takes_all().size(), 40u);
  EXPECT_EQ(all[2].takes_all().size(), 50u);
  all_is_quiet();
}

TEST_F(Turn, ABurstIsOnePieceForWhoeverIsLeftOutNowhereAndKAndOneForOthers) {
  std::vector<client> all{joins(), joins(), joins()};
  for (auto& one : all)
    one.stops_reading();
  at_once([&] {
    for (int i = 0; i < 10; ++i)
      server.broadcast("word", i == 3 || i == 7 ? except(std::vector<connection_id>{1}) : except());
  });

  std::multiset<std::size_t> pieces;
  std::set<const char*> beginnings;
  for (auto* line : network().core()->turn(0).lines()) {
    std::array<rules::piece, 32> found;
    const auto count = line->out().gather(found);
    pieces.insert(count);
    beginnings.insert(found[0].data);
  }

  EXPECT_EQ(pieces, (std::multiset<std::size_t>{1, 1, 3}));
  // The same bytes for everybody: nothing was copied.
  EXPECT_EQ(beginnings.size(), 1u);
  for (auto& one : all) {
    one.reads_again();
    one.takes_all();
  }
  all_is_quiet();
}

TEST_F(Turn, ATurnIsPostedOnceForABurst) {
  auto ana = joins();
  at_once([&] {
    for (int i = 0; i < 10; ++i)
      server.broadcast("word");
    EXPECT_EQ(ready("the turn of I/O thread 0"), 1u);
    world().steps().run_one();
    EXPECT_EQ(ready("callsign.network: mail"), 1u);
  });
  EXPECT_EQ(ana.takes_all().size(), 10u);
  all_is_quiet();
}

// A lane that is closed takes nothing, and nobody waits for ever for what was in it.
TEST_F(Turn, AClosedLaneCompletesItsTickets) {
  auto& lane = *network().core()->turn(0).shared_lane();
  const auto ticket = std::make_shared<broadcast_ticket::state>();
  ticket->threads_left = 1;
  const broadcast_ticket handle{ticket};
  lane.push(
      detail::lane_broadcast{nullptr, rules::whole(rules::make_block("x")), {}, ticket, nullptr});
  EXPECT_FALSE(handle.so_far().is_complete);

  lane.close();

  EXPECT_TRUE(handle.so_far().is_complete);
  EXPECT_FALSE(lane.push(detail::lane_resume{nullptr}));
  EXPECT_FALSE(lane.has_entries());
}

// -- tickets --------------------------------------------------------------------------------------

TEST(Tally, MergesWhatTheActorsCounted) {
  const auto first = std::make_shared<broadcast_ticket::state>();
  const auto second = std::make_shared<broadcast_ticket::state>();
  first->threads_left = 1;
  second->threads_left = 2;
  const auto block = [] {
    auto made = std::make_shared<rules::frame_block>();
    made->append("a");
    made->append("b");
    return rules::shared_block{made};
  }();
  {
    detail::tally counts;
    counts.add_ticket(first);
    counts.add_ticket(second);
    counts.count({block, 0, 2}, {.queued = 2}, false);
    counts.count({block, 0, 2}, {.queued = 2}, true);
    counts.count({block, 0, 2}, {.queued = 1, .dropped_newest = 1}, true);
    counts.count({block, 1, 2}, {.queued = 1}, false);
    counts.count({block, 0, 1}, {.queued = 0, .dropped_closed = 1}, false);
  }

  const auto of_first = broadcast_ticket{first}.so_far();
  EXPECT_EQ(of_first.queued, 3u);
  EXPECT_EQ(of_first.pressured, 2u);
  EXPECT_EQ(of_first.dropped, 1u);
  EXPECT_TRUE(of_first.is_complete);
  const auto of_second = broadcast_ticket{second}.so_far();
  EXPECT_EQ(of_second.queued, 3u);
  EXPECT_EQ(of_second.pressured, 1u);
  EXPECT_EQ(of_second.dropped, 1u);
  EXPECT_FALSE(of_second.is_complete);
}

} // namespace
