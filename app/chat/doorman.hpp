/// \file
/// Who comes into the chat, and what its log says.
#pragma once

#include "app/chat/member.hpp"
#include "app/program/guest_list.hpp"
#include "app/program/log_book.hpp"

#include <callsign/handlers.hpp>
#include <callsign/websocket_server.hpp>

#include <memory>
#include <string>
#include <utility>

namespace chat {

/// Decides who comes in, and writes the server's life into the log.
class doorman final : public callsign::server_handler {
public:
  doorman(program::guest_list guests, program::log_book log)
      : guests_{std::move(guests)}, log_{std::move(log)} {}

  void on_open(callsign::websocket_server&) override { log_.info("*** Server started"); }

  callsign::admission on_connection(callsign::websocket_server&,
                                    const callsign::request& request) override {
    if (!guests_.admits(request.remote_address))
      return callsign::refuse(403, "address not allowed");
    return std::make_unique<member>();
  }

  void on_error(callsign::websocket_server&, const callsign::error_event& what) override {
    log_.error("!!! Server error: " + std::string{what.status_text()});
  }

  void on_terminate(callsign::websocket_server&) override { log_.info("*** Server closed"); }

private:
  program::guest_list guests_;
  program::log_book log_;
};

} // namespace chat
