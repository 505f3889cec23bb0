/// \file
/// The chat in every order, its promises, and lines that fail.

// [explore]
#include <callsign/testkit/explore.hpp>
#include <callsign/testkit/hostile.hpp>
#include <callsign/testkit/story.hpp>

#include <gtest/gtest.h>

#include <memory>

namespace {

/// Speaks for one client.
class member final : public callsign::connection_handler {
public:
  void on_open(callsign::websocket_connection& ws) override {
    ws.send("Welcome on the chat!");
    ws.server().broadcast("New client connected", callsign::except(ws));
  }
  void on_message(callsign::websocket_connection& ws, const callsign::message& heard) override {
    ws.server().broadcast(heard, callsign::except(ws));
  }
};

/// Decides who comes in.
class doorman final : public callsign::server_handler {
public:
  callsign::admission on_connection(callsign::websocket_server&,
                                    const callsign::request&) override {
    return std::make_unique<member>();
  }
};

TEST(Chat, GreetsANewcomerFirstInEveryOrder) {
  const auto greets = [](const callsign::testkit::schedule& how) {
    callsign::testkit::stage chat{{.order_of_steps = how}};
    chat.serves(std::make_shared<doorman>());
    auto ana = chat.joins();
    ana.hears("Welcome on the chat!");

    callsign::testkit::client bob;
    chat.at_once([&] {
      bob = chat.joins();
      ana.says("Good evening");
    });

    bob.hears("Welcome on the chat!");
    bob.takes_all(); // "Good evening", if he was quicker
    ana.hears("New client connected");
    chat.all_is_quiet();
  };

  callsign::testkit::explore(greets, {.max_schedules = 200, .random_schedules = 200});
}
// [explore] end

// [promises]
TEST(Chat, LosesNothingAndHasOneOrderForAll) {
  callsign::testkit::stage chat;
  chat.serves(std::make_shared<doorman>());
  chat.watches_promises({.greeting = "Welcome on the chat!"});
  auto ana = chat.joins();
  auto bob = chat.joins();

  chat.at_once([&] {
    ana.says("1");
    bob.says("2");
    chat.joins();
    ana.says("3");
    bob.leaves();
  });

  chat.keeps_its_promises();
}
// [promises] end

// [hostile]
TEST(Chat, SurvivesEveryFailureOfALine) {
  callsign::testkit::survives_hostile_transport(
      [](callsign::testkit::stage& chat) {
        chat.serves(std::make_shared<doorman>());
        auto ana = chat.joins();
        auto bob = chat.joins();
        ana.says("Good evening");
        bob.leaves();
      },
      {.max_places = 20});
}
// [hostile] end

} // namespace
