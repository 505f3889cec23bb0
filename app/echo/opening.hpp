/// \file
/// What the echo is when it runs.
#pragma once

#include "app/echo/doorman.hpp"
#include "app/program/settings.hpp"

#include <callsign/net.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace echo {

constexpr callsign::process_variable<callsign::websocket_server> WSS{"WSS"};

/// Makes the echo on a web server that runs. When it is open, `up` runs in the main worker.
inline void open(callsign::workers& workers, const callsign::web_server& web, answers how,
                 const program::settings& wanted, const program::log_book& log,
                 std::function<void()> up) {
  workers.call("WebSocketServer", [wanted, how, log, web = web.ref(),
                                   up = std::move(up)](callsign::worker& self) {
    self[WSS] = callsign::websocket_server{
        self, web, std::make_unique<doorman>(how, wanted.guests, log), wanted.server_options()};
    self.call(callsign::main_worker, [up] { up(); });
  });
}

} // namespace echo
