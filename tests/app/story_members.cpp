// What a server and a connection show of themselves: sections 2.2 and 3.1 of the 4D rules.

#include "tests/app/story_cast.hpp"

#include <typeinfo>

namespace {

using namespace stories;

class Members : public PlacedStory {};
INSTANTIATE_TEST_SUITE_P(Placed, Members, both_placements(), name_of_placement);
using MembersInWorker = HouseStory;

/// A handler that nobody gives.
class stranger final : public server_handler {
public:
  admission on_connection(websocket_server&, const request&) override { return nullptr; }
};

// 2.2 `dataType`, `path`, `handler`: as created, seen from callbacks and from the worker's tasks.
TEST_P(Members, AServerShowsWhatItWasMadeWith) {
  std::shared_ptr<host> given;
  auto expected = data_type::text;
  int shown = 0;
  const auto look_at = [&](websocket_server& wss) {
    ++shown;
    EXPECT_TRUE(wss);
    EXPECT_EQ(wss.type(), expected);
    EXPECT_EQ(wss.path(), "/chat");
    EXPECT_EQ(wss.owner(), "WebSocketServer");
    EXPECT_FALSE(wss.is_terminated());
    EXPECT_EQ(&wss.handler(), given.get());
    EXPECT_EQ(&wss.handler_as<host>(), given.get());
    EXPECT_THROW((void)wss.handler_as<stranger>(), std::bad_cast);
  };
  hosts.opens = look_at;
  hosts.ends = [&](websocket_server& wss) { look_at(wss); };
  guests.opens = [&](websocket_connection& ws) { look_at(ws.server()); };
  guests.ends = [&](websocket_connection& ws, const termination&) { look_at(ws.server()); };
  for (const auto type :
       {data_type::text, data_type::blob, data_type::object, data_type::as_received}) {
    expected = how.type = type;
    shown = 0;
    given = std::make_shared<host>(notes, hosts, guests);
    serves(given, how);
    auto ana = joins();

    calls("WebSocketServer", [&](worker& self) { look_at(self[servers].front().second); });
    clears("/chat");

    EXPECT_EQ(shown, 5);
    ana.is_told_goodbye(1000);
  }
  all_is_quiet();
}

// 2.2: no server has nothing to show, and harms nobody.
TEST_F(MembersInWorker, NoServerIsAServerThatHasTerminated) {
  websocket_server none;

  EXPECT_FALSE(none);
  EXPECT_TRUE(none.is_terminated());
  EXPECT_TRUE(none.connections().empty());
  EXPECT_TRUE(none.broadcast("hello?").so_far().is_complete);
  EXPECT_TRUE(none.ref().is_terminated());
  none.terminate();
  all_is_quiet();
}

// 2.2 `connections`: in the order in which they came, by index as well; closed ones are gone (C-3).
TEST_P(Members, ConnectionsAreListedInTheOrderInWhichTheyCame) {
  opens_house();
  auto ana = joins();
  auto bob = joins();
  auto eve = joins();
  const auto ids = [&] {
    std::vector<connection_id> all;
    calls("WebSocketServer", [&](worker& self) {
      const auto list = self[servers].front().second.connections();
      for (std::size_t i = 0; i < list.size(); ++i)
        all.push_back(list[i].id());
      std::size_t n = 0;
      for (auto& one : list)
        EXPECT_EQ(&one, &list[n++]) << "the loop and the index agree";
      EXPECT_EQ(n, list.size());
    });
    return all;
  };

  EXPECT_THAT(ids(), ElementsAre(0, 1, 2));
  bob.leaves();
  EXPECT_THAT(ids(), ElementsAre(0, 2));
  auto dan = joins();
  EXPECT_THAT(ids(), ElementsAre(0, 2, 3));
  ana.leaves();
  EXPECT_THAT(ids(), ElementsAre(2, 3));
  all_is_quiet();
}

// 2.2: the list is a snapshot; who leaves meanwhile stays in it and has the status closed (C-4).
TEST_F(MembersInWorker, TheListIsASnapshot) {
  opens_house();
  auto ana = joins();
  auto bob = joins();
  connection_list kept;
  calls("WebSocketServer",
        [&](worker& self) { kept = self[servers].front().second.connections(); });

  ana.leaves();

  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].id(), 0u);
  EXPECT_EQ(kept[0].status(), connection_status::closed);
  EXPECT_EQ(kept[0].send("too late"), send_result::closed);
  EXPECT_EQ(kept[1].status(), connection_status::connected);
  EXPECT_EQ(kept[1].send("hello"), send_result::queued);
  bob.hears("hello");
  all_is_quiet();
}

/// Sits in a room, and has a drawer that others may use.
class roomy final : public connection_handler {
public:
  explicit roomy(std::string where) : room{std::move(where)} {}
  void on_message(websocket_connection& ws, const message& said) override {
    for (auto& other : ws.server().connections()) {
      auto& its = other.handler_as<roomy>();
      if (its.room != room)
        continue;
      ++its.heard;
      if (other.id() != ws.id())
        other.send(said);
    }
  }
  const std::string room;
  int heard = 0;
};

// 3.1 `handler`: other connections may read and call it, and it is the very object that
// `on_connection` returned; 2.2: users filter on its fields, and take `connections[0]`.
TEST_F(MembersInWorker, OtherConnectionsMayReadAndChangeAHandler) {
  std::vector<std::shared_ptr<roomy>> given;
  hosts.decides = [&](websocket_server&, const request& asked) -> admission {
    given.push_back(std::make_shared<roomy>(asked.query.find("room")->second));
    return given.back();
  };
  opens_house();
  auto ana = joins_as({.url = "/chat?room=red"});
  auto bob = joins_as({.url = "/chat?room=blue"});
  auto eve = joins_as({.url = "/chat?room=red"});

  ana.says("to the red ones");
  eve.hears("to the red ones");
  bob.says("is anybody blue?");

  EXPECT_EQ(given[0]->heard, 1);
  EXPECT_EQ(given[1]->heard, 1);
  EXPECT_EQ(given[2]->heard, 1);
  calls("WebSocketServer", [&](worker& self) {
    const auto all = self[servers].front().second.connections();
    ASSERT_EQ(all.size(), 3u);
    for (std::size_t i = 0; i < all.size(); ++i)
      EXPECT_EQ(&all[i].handler(), given[i].get());
    EXPECT_EQ(all[1].handler_as<roomy>().room, "blue");
    EXPECT_THROW((void)all[1].handler_as<guest>(), std::bad_cast);
  });
  all_is_quiet();
}

// 3.1 `status`, `wss`: what other connections see.
TEST_F(MembersInWorker, OtherConnectionsSeeAStatus) {
  guests.hears = [](websocket_connection& ws, const message&) {
    const auto all = ws.server().connections();
    ASSERT_EQ(all.size(), 2u);
    auto& other = all[1 - ws.id()];
    EXPECT_EQ(&other.server(), &ws.server()) << "one place for one server";
    EXPECT_EQ(to_string(other.status()), "Connected");
    other.terminate(4000);
    EXPECT_EQ(to_string(other.status()), "Closing");
    EXPECT_EQ(ws.server().connections().size(), 2u) << "closing is not closed";
  };
  opens_house();
  auto ana = joins();
  auto bob = joins();

  ana.says("out with you");

  bob.is_told_goodbye(4000);
  all_is_quiet();
}

} // namespace
