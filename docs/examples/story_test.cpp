// What docs/testing.md shows of stories.

// [story]
#include <callsign/testkit/story.hpp>

#include <memory>

namespace {

/// Speaks for one client.
class member final : public callsign::connection_handler {
public:
  void on_open(callsign::websocket_connection& ws) override { ws.send("Welcome!"); }
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

class Relay : public callsign::testkit::story {};

TEST_F(Relay, WhatOneClientSaysTheOthersHear) {
  serves(std::make_shared<doorman>(), {.path = "/chat"});
  auto ana = joins();
  auto bob = joins();
  ana.hears("Welcome!");
  bob.hears("Welcome!");

  bob.says("Good evening");
  ana.hears("Good evening");
  bob.hears_nothing();

  bob.leaves();
  all_is_quiet();
}

} // namespace
// [story] end
