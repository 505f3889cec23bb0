/// \file
/// What a client of the chat hears and says.
#pragma once

#include <callsign/handlers.hpp>
#include <callsign/websocket_connection.hpp>
#include <callsign/websocket_server.hpp>

namespace chat {

/// Speaks for one client. Its callbacks run in the worker that owns the server, so it needs no
/// lock; and it keeps nothing, so they may as well run in the connection (`--placement
/// connection`).
class member final : public callsign::connection_handler {
public:
  void on_open(callsign::websocket_connection& ws) override {
    ws.send("Welcome on the chat!");
    ws.server().broadcast("New client connected", callsign::except(ws));
  }

  void on_message(callsign::websocket_connection& ws, const callsign::message& heard) override {
    ws.server().broadcast(heard, callsign::except(ws));
  }

  void on_terminate(callsign::websocket_connection& ws, const callsign::termination&) override {
    ws.server().broadcast("Client disconnected", callsign::except(ws));
  }
};

} // namespace chat
