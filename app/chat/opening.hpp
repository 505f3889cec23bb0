/// \file
/// What the chat is when it runs.
#pragma once

#include "app/chat/doorman.hpp"
#include "app/program/settings.hpp"

#include <callsign/net.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace chat {

constexpr callsign::process_variable<callsign::websocket_server> WSS{"WSS"};

/// Makes the chat on a web server that runs. When it is open, `up` runs in the main worker.
inline void open(callsign::workers& workers, const callsign::web_server& web,
                 const program::settings& wanted, const program::log_book& log,
                 std::function<void()> up) {
  // The process variable of the worker keeps the server alive, as 4D's global does.
  workers.call("WebSocketServer", [wanted, log, web = web.ref(),
                                   up = std::move(up)](callsign::worker& self) {
    self[WSS] = callsign::websocket_server{self, web, std::make_unique<doorman>(wanted.guests, log),
                                           wanted.server_options()};
    self.call(callsign::main_worker, [up] { up(); });
  });
}

} // namespace chat
