#include "relay.hpp"

namespace {

class member final : public callsign::connection_handler {
public:
  void on_message(callsign::websocket_connection& ws, const callsign::message& heard) override {
    ws.server().broadcast(heard, callsign::except(ws));
  }
};

class doorman final : public callsign::server_handler {
public:
  callsign::admission on_connection(callsign::websocket_server&,
                                    const callsign::request&) override {
    return std::make_unique<member>();
  }
};

constexpr callsign::process_variable<callsign::websocket_server> WSS{"WSS"};

} // namespace

void open_relay(callsign::worker& self, const callsign::web_server_ref& web) {
  self[WSS] = callsign::websocket_server{
      self, web, make_relay(), {.path = "/relay", .type = callsign::data_type::as_received}};
}

std::unique_ptr<callsign::server_handler> make_relay() { return std::make_unique<doorman>(); }
