// How long handlers live, and what the places they are handed are good for: rules S-19, C-17 and
// the places of the architecture page.

#include "tests/app/story_cast.hpp"

namespace {

using namespace stories;

/// Watches something that a handler holds.
class token {
public:
  [[nodiscard]] std::shared_ptr<int> hand_out() {
    auto made = std::make_shared<int>();
    seen_ = made;
    return made;
  }
  [[nodiscard]] bool is_gone() const { return seen_.expired(); }

private:
  std::weak_ptr<int> seen_;
};

/// Keeps the address of its own connection, as a member of a game keeps its player's.
class keeper final : public connection_handler {
public:
  explicit keeper(std::shared_ptr<int> holds) : holds_{std::move(holds)} {}
  void on_open(websocket_connection& ws) override { me_ = ws.ref(); }
  void on_message(websocket_connection&, const message&) override {}

private:
  std::shared_ptr<int> holds_;
  connection_ref me_;
};

class keeping_host final : public server_handler {
public:
  keeping_host(std::shared_ptr<int> holds, token& of_guests)
      : holds_{std::move(holds)}, of_guests_{of_guests} {}
  void on_open(websocket_server& wss) override { me_ = wss.ref(); }
  admission on_connection(websocket_server&, const request&) override {
    return std::make_unique<keeper>(of_guests_.hand_out());
  }

private:
  std::shared_ptr<int> holds_;
  token& of_guests_;
  server_ref me_;
};

class HandlerLives : public PlacedStory {};
INSTANTIATE_TEST_SUITE_P(Placed, HandlerLives, both_placements(), name_of_placement);

TEST_P(HandlerLives, AHandlerThatKeepsItsOwnAddressEndsWithItsConnection) {
  token of_host;
  token of_guest;
  serves(std::make_shared<keeping_host>(of_host.hand_out(), of_guest), how);
  auto ana = joins();
  EXPECT_FALSE(of_guest.is_gone());

  ana.leaves();

  EXPECT_TRUE(of_guest.is_gone());
  EXPECT_FALSE(of_host.is_gone());
  all_is_quiet();
}

TEST_P(HandlerLives, AServersHandlerThatKeepsItsOwnAddressEndsWithItsServer) {
  token of_host;
  token of_guest;
  serves(std::make_shared<keeping_host>(of_host.hand_out(), of_guest), how);
  auto ana = joins();

  clears("/chat");

  ana.is_told_goodbye(1000);
  EXPECT_TRUE(of_guest.is_gone());
  EXPECT_TRUE(of_host.is_gone());
  all_is_quiet();
}

// A handler is destroyed where its callbacks ran: whoever keeps the connection does not keep it.
TEST_P(HandlerLives, WhoeverKeepsTheAddressDoesNotKeepTheHandler) {
  token of_guest;
  connection_ref kept;
  hosts.decides = [&](websocket_server&, const request&) {
    return std::make_unique<guest>(
        notes, guest_part{.opens = [&, held = of_guest.hand_out()](websocket_connection& ws) {
          kept = ws.ref();
        }});
  };
  opens_house();
  auto ana = joins();

  ana.leaves();

  EXPECT_EQ(kept.status(), connection_status::closed);
  EXPECT_TRUE(of_guest.is_gone());
  all_is_quiet();
}

// One that came too late is of no use to anybody, although the client is still there for a while.
TEST_P(HandlerLives, AHandlerThatCameTooLateIsNotKept) {
  how.when = admit::after_handshake;
  how.admission_deadline = 2s;
  token of_guest;
  client ana;
  hosts.decides = [&](websocket_server&, const request&) -> admission {
    passes(3s);
    return std::make_unique<keeper>(of_guest.hand_out());
  };
  opens_house();
  calls("WebSocketServer", [&] {
    ana = joins();
    ana.ignores_goodbyes();
  });

  ana.is_told_goodbye(1013);
  EXPECT_TRUE(ana.is_connected());
  EXPECT_TRUE(of_guest.is_gone());
  passes(6s);
  ana.is_cut_off();
  all_is_quiet();
}

// -- places ---------------------------------------------------------------------------------------

// A callback's place owns nothing, so nothing can be moved out of it.
TEST_P(HandlerLives, NothingMovesOutOfAPlace) {
  websocket_server* taken = nullptr;
  bool is_empty = false;
  hosts.opens = [&](websocket_server& wss) {
    websocket_server mine{std::move(wss)};
    is_empty = mine.is_terminated();
    mine = std::move(wss);
    taken = &wss;
    EXPECT_EQ(wss.path(), "/chat");
    EXPECT_FALSE(wss.is_terminated());
  };
  guests = echoing();
  opens_house();
  ASSERT_NE(taken, nullptr);
  EXPECT_TRUE(is_empty);

  auto ana = joins();
  ana.says("still there?");
  ana.hears("still there?");
  all_is_quiet();
}

TEST(NoServer, HasNothingToTell) {
  const websocket_server none;
  EXPECT_THROW((void)none.handler(), std::logic_error);
  EXPECT_THROW((void)none.path(), std::logic_error);
  EXPECT_THROW((void)none.type(), std::logic_error);
  EXPECT_THROW((void)none.owner(), std::logic_error);
}

} // namespace
